import { FakeClock } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createRegistry, type RegistryOptions } from '../src/registry.ts'
import { digestOf, FakeRegistry } from './fake-registry.ts'

let registry: FakeRegistry
let clock: FakeClock

beforeEach(async () => {
  registry = new FakeRegistry()
  await registry.start()
  clock = new FakeClock()
})
afterEach(() => registry.stop())

const amd64 = { os: 'linux', architecture: 'amd64' }
const arm64 = { os: 'linux', architecture: 'arm64', variant: 'v8' }

function resolve(
  pointer: { tag?: string; digest?: string } = { tag: 'v1' },
  options: Partial<RegistryOptions> & { platform?: string } = {},
) {
  const { platform = 'linux/amd64', ...rest } = options
  const client = createRegistry({ fetch: globalThis.fetch, clock, random: () => 0.5, ...rest })
  return client.resolve({ registry: registry.host, repository: 'team/app', ...pointer }, { platform })
}

const login = (password = 's3cret') => ({ logins: [{ registry: registry.host, username: 'bob', password }] })

async function failure(attempt: Promise<unknown>): Promise<{ code: string; message: string; hint: string }> {
  const error = await attempt.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  expect(JSON.stringify([String(error), (error as { hint?: string }).hint])).not.toMatch(/s3cret|czNjcmV0/)
  return error as { code: string; message: string; hint: string }
}

test('an image of one platform is told with digest, size and how it runs', async () => {
  const digest = registry.putImage('v1', amd64, {
    User: '1000',
    Env: ['A=1'],
    Healthcheck: { Test: ['CMD', 'true'], Interval: 5_000_000_000 },
    Volumes: { '/data': {} },
    ExposedPorts: { '8000/tcp': {} },
    Entrypoint: ['/run'],
    Cmd: null,
    WorkingDir: '/app',
    Labels: { a: 'b' },
  })
  expect(await resolve()).toEqual({
    digest,
    manifestDigest: digest,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    platforms: ['linux/amd64'],
    size: 150,
    config: {
      user: '1000',
      env: ['A=1'],
      healthcheck: { test: ['CMD', 'true'], interval: 5_000_000_000, timeout: 0, startPeriod: 0, retries: 0 },
      volumes: ['/data'],
      exposedPorts: ['8000/tcp'],
      entrypoint: ['/run'],
      command: [],
      workingDirectory: '/app',
      labels: { a: 'b' },
    },
  })
  expect(registry.seen[0]?.accept).toMatch(/oci\.image\.index.*manifest\.list.*oci\.image\.manifest.*manifest\.v2/)
})

test('of an index the digest is its own, size and config are those of the platform', async () => {
  const one = registry.putImage('a', amd64, { User: 'amd' }, [1])
  const two = registry.putImage('b', arm64, { User: 'arm' }, [2])
  const digest = registry.putIndex('v1', [
    { digest: one, platform: amd64 },
    { digest: two, platform: arm64 },
    { digest: digestOf('attestation'), platform: { os: 'unknown', architecture: 'unknown' } },
  ])
  const image = await resolve({ tag: 'v1' }, { platform: 'linux/arm64' })
  expect(image).toMatchObject({
    digest,
    manifestDigest: two,
    size: 2,
    platforms: ['linux/amd64', 'linux/arm64/v8'],
    config: { user: 'arm' },
  })
  expect(await resolve({ tag: 'moved', digest })).toMatchObject({ digest, manifestDigest: one })
})

test.each([
  ['linux/arm64', 'linux/amd64', false],
  ['linux/arm64/v8', 'linux/arm64', true],
  ['linux/arm/v6', 'linux/arm/v7', false],
  ['linux/arm', 'linux/arm/v7', true],
  ['windows/amd64', 'linux/amd64', false],
])('asked for %s, an image for %s suits: %s', async (platform, there, good) => {
  const [os = '', architecture = '', variant] = there.split('/')
  const own = { os, architecture, ...(variant && { variant }) }
  const digest = registry.putImage('v1', own)
  registry.putIndex('index', [{ digest, platform: own }])
  for (const tag of ['v1', 'index']) {
    if (good) expect((await resolve({ tag }, { platform })).manifestDigest).toBe(digest)
    else
      expect(await failure(resolve({ tag }, { platform }))).toMatchObject({
        code: 'DA-IMAGE-PLATFORM',
        message: expect.stringContaining(`there for ${there}`),
      })
  }
})

test('a missing image is named', async () => {
  const error = await failure(resolve({ tag: 'nope' }))
  expect(error).toMatchObject({ code: 'DA-REGISTRY-NOT-FOUND', message: expect.stringContaining(`${registry.host}/team/app:nope`) })
})

test('a public image behind a token service is read without a login', async () => {
  registry.putImage('v1', amd64)
  registry.auth = 'bearer'
  registry.readers = ['anonymous']
  await resolve()
  expect(registry.seen.map(({ path }) => path.split('?')[0])).toEqual([
    '/v2/team/app/manifests/v1',
    '/token',
    '/v2/team/app/manifests/v1',
    expect.stringContaining('/blobs/'),
  ])
})

test.each(['basic', 'bearer'] as const)('with %s auth the login is sent when it is asked for, and kept', async (auth) => {
  registry.putImage('v1', amd64)
  Object.assign(registry, { auth, users: { bob: 's3cret' }, readers: ['bob'] })
  await resolve({ tag: 'v1' }, login())
  expect(registry.seen[0]?.authorization).toBeUndefined()
  expect(registry.seen.filter(({ authorization }) => authorization === undefined)).toHaveLength(1)
})

test.each([
  ['basic', 'nobody', /anonymous access/],
  ['bearer', 'nobody', /anonymous access/],
  ['basic', 'wrong', /does not accept the password of user "bob"/],
  ['bearer', 'wrong', /does not accept the password of user "bob"/],
  ['basic', 'not allowed', /user "bob" to read team\/app: it needs permission to pull/],
  ['bearer', 'not allowed', /user "bob" to read team\/app: it needs permission to pull/],
] as const)('with %s auth, a login that is %s is told', async (auth, who, message) => {
  registry.putImage('v1', amd64)
  Object.assign(registry, { auth, users: { bob: who === 'wrong' ? 'other' : 's3cret' } })
  const error = await failure(resolve({ tag: 'v1' }, who === 'nobody' ? {} : login()))
  expect(error).toMatchObject({ code: 'DA-REGISTRY-AUTH', message: expect.stringMatching(message) })
  expect(error.message).toContain(registry.host)
})

test('the token service may be another host, but a password never goes to it in the clear when the registry is encrypted', async () => {
  registry.putImage('v1', amd64)
  Object.assign(registry, { auth: 'bearer', users: { bob: 's3cret' }, readers: ['bob'] })
  const tokens = new FakeRegistry()
  await tokens.start()
  tokens.users = { bob: 's3cret' }
  registry.realm = `http://${tokens.host}/token`
  await resolve({ tag: 'v1' }, login())
  expect(tokens.seen).toHaveLength(1)
  // An encrypted registry, played by one that answers the same over http.
  const fetch: typeof globalThis.fetch = (url, init) =>
    globalThis.fetch(String(url).replace('https://secure.example', `http://${registry.host}`), init)
  const client = createRegistry({ fetch, clock, logins: [{ registry: 'secure.example', username: 'bob', password: 's3cret' }] })
  const error = await failure(
    client.resolve({ registry: 'secure.example', repository: 'team/app', tag: 'v1' }, { platform: 'linux/amd64' }),
  )
  expect(error).toMatchObject({ code: 'DA-REGISTRY-AUTH', message: expect.stringContaining('without encryption') })
  expect(tokens.seen).toHaveLength(1)
  await tokens.stop()
})

test('a login for one registry is not sent to another', async () => {
  registry.putImage('v1', amd64)
  registry.auth = 'basic'
  const logins = [{ registry: 'ghcr.io', username: 'bob', password: 's3cret' }]
  expect(await failure(resolve({ tag: 'v1' }, { logins }))).toMatchObject({ message: expect.stringContaining('anonymous access') })
  expect(registry.seen.every(({ authorization }) => authorization === undefined)).toBe(true)
})

test('blobs that are kept elsewhere are fetched there, without the login', async () => {
  const store = new FakeRegistry()
  await store.start()
  for (const each of [registry, store]) each.putImage('v1', amd64)
  Object.assign(registry, { auth: 'basic', users: { bob: 's3cret' }, readers: ['bob'], blobsAt: store.host })
  await resolve({ tag: 'v1' }, login())
  expect(store.seen.map(({ authorization }) => authorization)).toEqual([undefined])
  await store.stop()
})

test('too many requests, broken answers and cut connections are tried again, as long as asked', async () => {
  const digest = registry.putImage('v1', amd64)
  registry.failures.push({ status: 429, headers: { 'retry-after': '7' } }, 'reset', {
    status: 503,
    headers: { 'retry-after': new Date(clock.now() + 17_000).toUTCString() },
  })
  expect((await resolve()).digest).toBe(digest)
  expect(clock.slept).toEqual([7000, 1000, 9000])
})

test('a registry that stays away is told as unreachable, one with a rate limit as that', async () => {
  registry.failures.push('reset', 'reset', 'reset', 'reset')
  expect(await failure(resolve())).toMatchObject({ code: 'DA-REGISTRY-UNREACHABLE', message: expect.stringContaining(registry.host) })
  expect(registry.seen).toHaveLength(4)
  registry.failures.push(...Array.from({ length: 4 }, () => ({ status: 502 })))
  expect(await failure(resolve())).toMatchObject({ code: 'DA-REGISTRY-UNREACHABLE', message: expect.stringContaining('502') })
  registry.failures.push({ status: 429, headers: { 'retry-after': '3600' } })
  expect(await failure(resolve())).toMatchObject({ code: 'DA-REGISTRY-RATE-LIMIT', message: expect.stringContaining('3600 s') })
})

test('a registry that accepts and says nothing is told as that', async () => {
  registry.failures.push('silence', 'silence', 'silence', 'silence')
  expect(await failure(resolve({ tag: 'v1' }, { timeout: 30 }))).toMatchObject({
    message: expect.stringContaining('does not answer in time'),
  })
})

test('an answer that is cut in the middle is asked for again, and never taken for a whole one', async () => {
  const digest = registry.putImage('v1', amd64)
  registry.failures.push('cut')
  expect((await resolve()).digest).toBe(digest)
  registry.failures.push('cut', 'cut', 'cut', 'cut')
  expect(await failure(resolve())).toMatchObject({ code: 'DA-REGISTRY-UNREACHABLE' })
})

test('a registry of plain http that is not listed as insecure is told with the fix', async () => {
  const client = createRegistry({
    fetch: (url, init) => globalThis.fetch(String(url).replace('plain.example', registry.host), init),
    clock,
  })
  const error = await failure(client.resolve({ registry: 'plain.example', repository: 'team/app', tag: 'v1' }, { platform: 'linux/amd64' }))
  expect(error).toMatchObject({ code: 'DA-REGISTRY-UNREACHABLE', hint: expect.stringContaining('insecure-registries') })
})

test('an abort ends it with its reason', async () => {
  registry.failures.push('silence')
  const abort = new AbortController()
  const attempt = resolve({ tag: 'v1' }, { signal: abort.signal })
  setImmediate(() => abort.abort(new Error('cancelled')))
  await expect(attempt).rejects.toThrow('cancelled')
})

test.each([
  ['a web page', '<html>', 'not JSON'],
  ['a manifest of schema 1', '{"schemaVersion":1}', 'schema 1'],
  ['anything else', '{"schemaVersion":2}', 'neither an image nor an index'],
])('%s in place of a manifest is told', async (_, body, problem) => {
  registry.put('v1', 'text/plain', body)
  expect(await failure(resolve())).toMatchObject({ code: 'DA-REGISTRY-RESPONSE', message: expect.stringContaining(problem) })
})

test('bytes that do not have the digest asked for are refused', async () => {
  const digest = digestOf('promised')
  registry.put(digest, 'application/vnd.oci.image.manifest.v1+json', '{}')
  expect(await failure(resolve({ digest }))).toMatchObject({
    code: 'DA-REGISTRY-RESPONSE',
    message: expect.stringContaining('other bytes'),
  })
})
