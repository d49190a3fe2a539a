import { FakeClock, MemoryRegistry } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createImageStore, type ImageStore } from '../src/index.ts'

let registry: MemoryRegistry
let store: ImageStore
beforeEach(async () => {
  registry = new MemoryRegistry()
  await registry.start()
  store = createImageStore({ fetch, clock: new FakeClock(), random: () => 0 })
})
afterEach(() => registry.stop())

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const at = (repository: string, tag?: string) => ({ registry: registry.host, repository, ...(tag !== undefined && { tag }) })

/** An index of two platforms with one attestation, and bytes that no JSON writer of ours would give. */
function index(repository: string, tag: string): string {
  const image = (name: string) => {
    const config = registry.keepBlob(repository, `{"name":"${name}"}`)
    const layer = registry.keepBlob(repository, `layer of ${name}`)
    return { digest: registry.keep(repository, { mediaType: MANIFEST, config, layers: [layer] }), size: 1, mediaType: MANIFEST }
  }
  const amd64 = image('amd64')
  const manifests = [
    { ...amd64, platform: { os: 'linux', architecture: 'amd64' } },
    { ...image('arm64'), platform: { os: 'linux', architecture: 'arm64' } },
    {
      ...image('proof'),
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.digest': amd64.digest },
    },
  ]
  return registry.keep(repository, { zulu: 'ü', schemaVersion: 2, mediaType: INDEX, manifests }, tag)
}

test('an index is copied under another tag with the same digest, byte for byte', async () => {
  const digest = index('team/app', 'sha-1')
  const copied = await store.copy(at('team/app', 'sha-1'), at('team/app', 'stable'))
  expect([copied.digest, registry.repository('team/app').tags.get('stable')]).toEqual([digest, digest])
  expect(registry.asked.filter((one) => one.startsWith('P'))).toEqual(['PUT team/app manifests stable'])
})

test('into another repository come its platforms and its attestation, by mounts and without a download', async () => {
  const digest = index('team/app', 'v1')
  await store.copy(at('team/app', 'v1'), at('team/production', 'v1'))
  const there = registry.repository('team/production')
  expect(there.tags.get('v1')).toBe(digest)
  expect([...there.manifests.keys()].sort()).toEqual([...registry.repository('team/app').manifests.keys()].sort())
  expect(there.blobs.size).toBe(6)
  expect(registry.asked.filter((one) => /^GET .* blobs/.test(one))).toEqual([])
})

test('a blob that cannot be mounted is told, and the tag is not made', async () => {
  index('team/app', 'v1')
  registry.repository('team/app').blobs.clear()
  await expect(store.copy(at('team/app', 'v1'), at('other/app', 'v1'))).rejects.toMatchObject({ code: 'DA-REGISTRY-MOUNT' })
  expect(registry.repository('other/app').tags.size).toBe(0)
})

test('a registry that keeps other bytes is not believed', async () => {
  index('team/app', 'v1')
  registry.fault = (question) =>
    question.startsWith('PUT') ? { status: 201, headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } } : undefined
  await expect(store.copy(at('team/app', 'v1'), at('team/app', 'v2'))).rejects.toMatchObject({
    code: 'DA-REGISTRY-RESPONSE',
    message: expect.stringContaining('is kept as sha256:000'),
  })
})

test('a copy of nothing is DA-REGISTRY-NOT-FOUND', async () => {
  await expect(store.copy(at('team/app', 'nope'), at('team/app', 'v2'))).rejects.toMatchObject({ code: 'DA-REGISTRY-NOT-FOUND' })
})

test('whether a push is allowed is found out by an upload that is given up', async () => {
  await store.mayPush(at('team/app'))
  expect(registry.asked).toEqual(['POST team/app blobs uploads/', 'DELETE team/app blobs uploads/1'])
})

test.each([
  [{ status: 403 }, 'DA-REGISTRY-PUSH', 'refuses anonymous access to push team/app'],
  [{ status: 401 }, 'DA-REGISTRY-AUTH', 'refuses anonymous access'],
  [
    { status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}' },
    'DA-REGISTRY-PUSH',
    'repository name not known',
  ],
  [{ status: 429, headers: { 'retry-after': '600' } }, 'DA-REGISTRY-RATE-LIMIT', 'for another 600 s'],
  [{ status: 503 }, 'DA-REGISTRY-UNREACHABLE', 'status 503'],
  [{ status: 507 }, 'DA-REGISTRY-UNREACHABLE', 'status 507'],
  ['reset', 'DA-REGISTRY-UNREACHABLE', 'cannot reach the registry'],
] as const)('a registry that answers %j to a push is told', async (fault, code, message) => {
  registry.fault = () => fault
  await expect(store.mayPush(at('team/app'))).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('after a 429 that asks for a short pause the push is tried again', async () => {
  let times = 0
  registry.fault = (question) => {
    times += 1
    return question.startsWith('POST') && times === 1 ? { status: 429, headers: { 'retry-after': '2' } } : undefined
  }
  await store.mayPush(at('team/app'))
  expect(registry.asked).toHaveLength(3)
})

test('an upload at another host gets no login and no DELETE', async () => {
  registry.fault = (question) =>
    question.startsWith('POST') ? { status: 202, headers: { location: 'http://127.0.0.1:9/elsewhere' } } : undefined
  await store.mayPush(at('team/app'))
  expect(registry.asked).toEqual(['POST team/app blobs uploads/'])
})

test('tags come in pages', async () => {
  const digest = registry.keep('team/app', { mediaType: MANIFEST })
  for (let at = 0; at < 250; at += 1) registry.repository('team/app').tags.set(`v${1000 + at}`, digest)
  expect(await store.tags(at('team/app'))).toHaveLength(250)
  expect(await store.tags(at('team/none'))).toEqual([])
})

test('a registry that deletes no tags says so', async () => {
  index('team/app', 'v1')
  registry.deletesTags = false
  expect(await store.remove(at('team/app', 'v1'))).toBe(false)
  registry.deletesTags = true
  expect(await store.remove(at('team/app', 'v1'))).toBe(true)
  expect(registry.repository('team/app').tags.size).toBe(0)
})
