import { generateKeyPairSync } from 'node:crypto'
import { defaultsOf, inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { check, inputs } from '../src/inputs.ts'
import { digest } from './ground.ts'

const key = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey

const right = { host: 'shop.example.com', 'ssh-key': key, 'host-fingerprint': `SHA256:${'A'.repeat(43)}` }
const read = (given: Readonly<Record<string, string>>, repository: string | undefined = 'acme/shop') =>
  inputsOf('deploy-compose-ssh', inputs, { ...right, ...given }, (values) => check(values, repository))

test('with a host, a key and its fingerprint everything else has a default', () => {
  expect(read({})).toMatchObject({
    ...{ user: 'root', port: 22, dryRun: false, edgeImage: 'caddy:2', keepReleases: 5, allowOlder: false, lockTimeout: 600_000 },
    ...{ verifyFor: 5_000, healthTimeout: 60_000, drainTimeout: 30_000, streamDrainTimeout: 10_000, warmPrevious: 0, maxErrorIncrease: 5 },
    ...{
      build: undefined,
      images: undefined,
      allowPublicPorts: [],
      removeOrphans: false,
      memoryCheck: true,
      reloadProxies: true,
      composeFile: [],
      profiles: [],
      routes: [],
      switch: [],
      verify: [],
      envKeys: [],
    },
  })
})

test.each([
  ['host', '', 'is required'],
  ['host', 'a.example.com\na.example.com:22', 'same host'],
  ['host', 'root@', 'host'],
  ['user', 'a b', 'user name'],
  ['port', '0', 'from 1 up to 65535'],
  ['port', 'ssh', 'whole number'],
  ['ssh-key', '', 'is required'],
  ['ssh-key', 'ssh-ed25519 AAAA a@b', 'key'],
  ['host-fingerprint', '', 'cannot prove itself'],
  ['host-fingerprint', 'SHA256:short', 'SHA256'],
  ['known-hosts', 'shop.example.com', 'known'],
  ['app', 'Shop', 'lower-case'],
  ['directory', 'opt/shop', 'absolute path'],
  ['directory', '/opt/../etc', 'absolute path'],
  ['directory', '/', 'absolute path'],
  ['lock-timeout', '10', 'duration'],
  ['dry-run', 'yes', 'true or false'],
  ['phase', 'commit', 'one of all, prepare, switch, abort'],
  ['release-id', 'previous', 'release id'],
  ['release-id', '20260131T093000Z-1a2b3c4-77.1', 'phase: all'],
  ['candidate-timeout', '10s', 'at least'],
  ['project-name', 'My Shop', 'lower-case'],
  ['build', '{"schema":2}', 'schema'],
  ['images', 'web', 'service=image'],
  ['images', 'web=ghcr.io/acme/web\nweb=ghcr.io/acme/web', 'twice'],
  ['routes', 'web:8000', 'is not a route'],
  ['routes', 'https://example.com -> web:8000', 'scheme'],
  ['switch', 'web:99999', 'port'],
  ['assets', 'web: /static/*', 'from /folder'],
  ['edge-image', '', 'is required'],
  ['strategy', 'db=switch', 'switch'],
  ['health', 'web: maybe', 'no check that we know'],
  ['verify', 'example.com 200', 'URL'],
  ['verify-for', '2h', 'at most'],
  ['max-error-increase', '5', 'off'],
  ['max-error-increase', '100%', 'from 0% to 99%'],
  ['health-timeout', '500ms', 'at least 1s'],
  ['warm-previous', '2d', 'at most'],
  ['registry', 'https://ghcr.io/acme', 'registry host'],
  ['keep-releases', '1', 'from 2 up to 50'],
  ['allow-older', '', 'true or false'],
  ['remove-orphans', 'all', 'true or false'],
  ['allow-public-ports', '5432/tcp', 'is not a port'],
  ['reload-other-proxies', 'front-proxy-1 $(id)', 'no name of a container'],
  ['edge-image', 'caddy:2 caddy:3', 'must be the name of an image'],
  ['memory-check', 'off', 'true or false'],
  ['reload-proxies', 'no', 'true or false'],
])('%s: %j is refused', (input, value, rule) => {
  expect(() => read({ [input]: value })).toThrow(expect.objectContaining({ message: expect.stringContaining(`\`${input}\``) }))
  expect(() => read({ [input]: value })).toThrow(rule)
})

test.each(['build', 'images'])('an empty %s came from a job that lost it', (input) => {
  expect(() => read({ [input]: '' })).toThrow(expect.objectContaining({ code: 'DA-INPUT-EMPTY-UPSTREAM' }))
})

test('all mistakes are reported together', () => {
  const wrong = { port: 'x', routes: 'nothing', 'keep-releases': '0', 'host-fingerprint': '' }
  const thrown = (() => {
    try {
      return read(wrong)
    } catch (error) {
      return error as Error & { code: string }
    }
  })() as Error & { code: string }
  expect(thrown.code).toBe('DA-INPUT-INVALID')
  for (const input of ['port', 'routes', 'keep-releases', 'known-hosts']) expect(thrown.message).toContain(`\`${input}\``)
})

test('build and images together are one too many', () => {
  const build = JSON.stringify({
    ...{ schema: 1, commit: '1'.repeat(40), committedAt: null },
    images: { web: { ref: 'ghcr.io/acme/web', digest: digest('a'), platforms: ['linux/amd64'] } },
  })
  expect(read({ build }).build?.commit).toBe('1'.repeat(40))
  expect(() => read({ build, images: `web=ghcr.io/acme/web@${digest('a')}` })).toThrow('both')
})

test('at a terminal, where there is no repository, the app has to be named', () => {
  expect(() => read({}, '')).toThrow('`app`')
  expect(read({ app: 'shop' }, '').app).toBe('shop')
})

test('no input with a default of its own is left to the code', () => {
  const { 'edge-image': edge, 'verify-for': hold, build, images } = defaultsOf('deploy-compose-ssh')
  expect([edge, hold, build, images]).toEqual(['caddy:2', '5s', 'none', 'none'])
})

test.each<[string, Record<string, string>, string]>([
  ['a token', { 'take-out-of': 'shop' }, 'digitalocean-token'],
  [
    'hosts that are found also when they are out',
    {
      'take-out-of': 'shop',
      'digitalocean-token': 't',
      host: 'load-balancer:shop',
      'known-hosts': '* ssh-ed25519 AAAA',
      'host-fingerprint': '',
    },
    'would not be found, and never be put back',
  ],
  ['a name that a balancer can have', { 'take-out-of': 'a b', 'digitalocean-token': 't' }, 'name or the id of a load balancer'],
])('`take-out-of` needs %s', (_what, given, message) => expect(() => read(given)).toThrow(message))
