import { appOf, type ConnectionValues, connectionInputs, connectionProblems, placesOf } from '@deploy-actions/hosts'
import { systemClock } from '@deploy-actions/kit'
import { FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { fingerprint, newKey } from './ssh-server.ts'

const key = newKey('ed25519')
const right: ConnectionValues = {
  ...{ host: 'shop.example.com', user: 'root', port: 22, sudo: false, sshKey: key.private, sshKeyPassphrase: undefined },
  ...{ knownHosts: undefined, hostFingerprint: fingerprint(key), jumpHost: undefined },
  ...{ jumpKey: undefined, jumpKeyPassphrase: undefined, app: undefined, directory: undefined },
}
const problems = (values: Partial<ConnectionValues>, repository = 'acme/shop') =>
  connectionProblems({ ...right, ...values }, repository).map(({ input, code }) => `${input}${code === undefined ? '' : ` ${code}`}`)

test('a host, a key and what proves the host is enough', () => {
  expect(problems({})).toEqual([])
  expect(problems({ hostFingerprint: undefined, knownHosts: `shop.example.com ${key.public}` })).toEqual([])
})

test.each([
  ['nothing that proves the host', { hostFingerprint: undefined }, 'known-hosts'],
  ['a host that is named twice', { host: 'a.example.com\n\nb.example.com\nann@A.example.com:22' }, 'host DA-'],
  ['a fingerprint that does not say of which host it is', { host: 'a.example.com\nb.example.com' }, 'host-fingerprint DA-'],
  ['a host that is none', { host: 'a b' }, 'host DA-'],
  ['a jump host that is none', { jumpHost: 'a b' }, 'host DA-'],
  [
    'a jump key that is none',
    { hostFingerprint: `${fingerprint(key)}\njump=${fingerprint(key)}`, jumpHost: 'jump', jumpKey: 'key' },
    'jump-key DA-',
  ],
  ['a jump key without a jump host', { jumpKey: key.private }, 'jump-key'],
  ['a key that is none', { sshKey: 'key' }, 'ssh-key DA-'],
  ['a public key', { sshKey: key.public }, 'ssh-key DA-'],
  ['known_hosts without a key', { knownHosts: 'shop.example.com' }, 'known-hosts DA-'],
  ['a fingerprint that is none', { hostFingerprint: 'SHA256:short' }, 'host-fingerprint DA-'],
] as [string, Partial<ConnectionValues>, string][])('%s is one problem', (_what, values, problem) => {
  expect(problems(values)).toEqual([expect.stringContaining(problem)])
})

test('several hosts are taken in their order, each with an address that is the same however it is written', async () => {
  const host = '  web-2.example.com\n\nann@WEB-1.example.com:2222\r\n[2001:DB8:0::7]\n'
  const knownHosts = `* ${key.public}`
  expect(problems({ host, hostFingerprint: undefined, knownHosts })).toEqual([])
  const places = await placesOf(
    { ...right, host, knownHosts },
    { log: new FakeLog(), clock: systemClock, signal: new AbortController().signal },
  )
  expect(places.map(({ name, address }) => [name, address])).toEqual([
    ['web-2.example.com', 'web-2.example.com:22'],
    ['ann@WEB-1.example.com:2222', 'web-1.example.com:2222'],
    ['[2001:DB8:0::7]', '[2001:db8::7]:22'],
  ])
})

test('a line of known-hosts that cannot be used is a problem only where the host has no other', () => {
  const authority = `@cert-authority *.example.com ${key.public}`
  const known = (line: string) => problems({ hostFingerprint: undefined, knownHosts: `${line}\n${authority}` })
  expect(known(`shop.example.com ${key.public}`)).toEqual([])
  expect(known(`other.example.com ${key.public}`)).toEqual(['known-hosts DA-KNOWN-HOSTS-INVALID'])
})

test('every problem is told at once', () => {
  expect(problems({ hostFingerprint: undefined, host: 'a b', sshKey: 'key' }, '')).toEqual([
    ...['known-hosts', 'app', expect.stringContaining('host DA-'), expect.stringContaining('ssh-key DA-')],
  ])
})

test('values that could not be read are not judged again', () => {
  expect(connectionProblems({ hostFingerprint: 'SHA256:short' }, 'acme/shop')).toEqual([])
})

test.each([
  ['acme/shop', 'shop'],
  ['acme/My.Shop', 'my-shop'],
  ['acme/_-.Site_2', 'site_2'],
  ['acme/läden und mehr', 'l-den-und-mehr'],
  [`acme/${'x'.repeat(100)}`, 'x'.repeat(63)],
  ['acme/---', ''],
  [undefined, ''],
])('the app of %s is %j', (repository, app) => {
  expect(appOf({ app: undefined, directory: undefined }, repository)).toEqual({ app, directory: `/opt/${app}` })
})

test('what is named goes before what is derived', () => {
  expect(appOf({ app: 'mine', directory: undefined }, 'acme/shop')).toEqual({ app: 'mine', directory: '/opt/mine' })
  expect(appOf({ app: 'mine', directory: '/srv/x' }, undefined)).toEqual({ app: 'mine', directory: '/srv/x' })
})

test.each(['/opt/shop', '/srv/a.b_c-d/e', '/x'])('%s is a directory', (path) => {
  expect(connectionInputs.directory.read(path)).toBe(path)
})

test.each(['/', 'opt/shop', '/opt/../etc', '/opt/./x', '/opt/shop/', '/opt/a b', "/opt/'x", '/opt/$HOME', '/opt/x\n', '/..'])(
  '%j is no directory',
  (path) => {
    expect(() => connectionInputs.directory.read(path)).toThrow('absolute path')
  },
)
