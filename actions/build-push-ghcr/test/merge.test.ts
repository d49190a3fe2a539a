import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createImageStore } from '@deploy-actions/registry'
import { FakeClock, FakeLog, inputsOf, MemoryRegistry } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { type PlatformDigest, readDigests, writeDigests } from '../src/digest-files.ts'
import { inputs } from '../src/inputs.ts'
import { merge } from '../src/merge.ts'
import { targetsOf } from '../src/targets.ts'
import { factsOf } from './facts.ts'

const { commit } = factsOf()
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
let registry: MemoryRegistry
let folder: string
beforeEach(async () => {
  registry = new MemoryRegistry()
  await registry.start()
  folder = mkdtempSync(join(tmpdir(), 'digests-'))
})
afterEach(async () => {
  await registry.stop()
  rmSync(folder, { recursive: true })
})

const targets = () => targetsOf(inputsOf('build-push-ghcr', inputs, { registry: registry.host, tags: 'type=ref,event=branch' }), factsOf())
const store = () => createImageStore({ fetch, clock: new FakeClock(), random: () => 0 })
const run = (digests: PlatformDigest[]) => merge(targets(), digests, commit, { store: store(), steadyStore: store(), log: new FakeLog() })

function pushed(platform: string, more: Partial<PlatformDigest> = {}): PlatformDigest {
  const [os = '', architecture = ''] = platform.split('/')
  const config = registry.keepBlob('acme/shop', JSON.stringify({ os, architecture }))
  const digest = registry.keep('acme/shop', { mediaType: MANIFEST, config, layers: [] })
  return { schema: 1, name: 'shop', ref: `${registry.host}/acme/shop`, digest, platform, commit, ...more }
}

/** What BuildKit pushes with provenance: an index of one image and what is said of it. */
function attested(platform: string): PlatformDigest {
  const image = pushed(platform)
  const [os, architecture] = platform.split('/')
  const proof = registry.keep('acme/shop', {
    mediaType: MANIFEST,
    about: image.digest,
    config: registry.keepBlob('acme/shop', '{}'),
    layers: [],
  })
  const manifests = [
    { mediaType: MANIFEST, digest: image.digest, size: 1, platform: { os, architecture } },
    {
      mediaType: MANIFEST,
      digest: proof,
      size: 1,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.digest': image.digest },
    },
  ]
  return { ...image, digest: registry.keep('acme/shop', { schemaVersion: 2, mediaType: INDEX, manifests }) }
}

test('digests of two jobs become one index under all tags, with the attestations behind the images', async () => {
  const [arm64, amd64] = [attested('linux/arm64'), pushed('linux/amd64')]
  const [result] = await run([arm64, amd64])
  const { tags, manifests } = registry.repository('acme/shop')
  expect([tags.get('main'), tags.get(`sha-${commit}`)]).toEqual([result?.digest, result?.digest])
  const index = JSON.parse(manifests.get(result?.digest ?? '')?.body.toString() ?? '{}')
  expect(index.manifests.map(({ platform }: { platform: { architecture: string } }) => platform.architecture)).toEqual([
    'amd64',
    'arm64',
    'unknown',
  ])
  expect(index.annotations).toMatchObject({ 'org.opencontainers.image.revision': commit })
  expect([...(result?.described?.platforms.keys() ?? [])]).toEqual(['linux/amd64', 'linux/arm64'])
})

test('in whatever order they come, the index is the same', async () => {
  const both = [attested('linux/amd64'), attested('linux/arm64')]
  const [[one], [other]] = [await run(both), await run(both.toReversed())]
  expect(one?.digest).toBe(other?.digest)
})

test.each<[string, () => PlatformDigest[], string]>([
  [
    'of another commit',
    () => [pushed('linux/amd64', { commit: 'f'.repeat(40) })],
    'was built from the commit fffffff, and this is 0123456',
  ],
  [
    'of another image',
    () => [pushed('linux/amd64'), pushed('linux/amd64', { name: 'other' })],
    '"other" was built, and is not asked for here',
  ],
  ['of none of the images', () => [], 'nothing was built of "shop"'],
  ['for one platform twice', () => [pushed('linux/amd64'), pushed('linux/amd64')], 'was built for linux/amd64 twice'],
  ['pushed under another name', () => [pushed('linux/amd64', { ref: 'ghcr.io/acme/else' })], 'was pushed as ghcr.io/acme/else'],
])('digests %s are refused, and no tag moves', async (_, digests, message) => {
  await expect(run(digests())).rejects.toMatchObject({ code: 'DA-DIGESTS', message: expect.stringContaining(message) })
  expect(registry.repository('acme/shop').tags.size).toBe(0)
})

test('files of all jobs come together, also in folders of their own', () => {
  const [a, b] = [pushed('linux/amd64'), pushed('linux/arm64')]
  writeDigests(join(folder, 'digests-0'), [a])
  writeDigests(join(folder, 'digests-1'), [b])
  expect(readDigests(folder, 'digests')).toEqual([a, b])
})

test('a folder without digests, or with something else in it, is told', () => {
  expect(() => readDigests(join(folder, 'none'), 'none')).toThrow('the folder none has no digests')
  mkdirSync(join(folder, 'x'))
  writeFileSync(join(folder, 'x/package.json'), '{}')
  expect(() => readDigests(folder, 'digests')).toThrow('digests/x/package.json is no digest')
})
