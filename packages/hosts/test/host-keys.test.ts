import { createHmac } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { fingerprintOf, hostKeysByFingerprint, hostKeysByKnownHosts, parseHostFingerprints, parseKnownHosts } from '../src/index.ts'
import { fingerprint, newKey } from './ssh-server.ts'

const [one, two] = [newKey('ed25519'), newKey('ed25519')]
const rsa = newKey('rsa', { bits: 2048 })
const blob = (key: { public: string }) => Buffer.from(key.public.split(' ')[1] ?? '', 'base64')
const plain = (key: { public: string }) => key.public.split(' ').slice(0, 2).join(' ')
const state = (known: string, host: string, port = 22, key = one) =>
  hostKeysByKnownHosts(parseKnownHosts(known)).verify({ host, port }, blob(key)).state

function hashed(name: string): string {
  const salt = Buffer.alloc(20, 7)
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`
}

test.each([
  ['web', 'web', 22, 'trusted'],
  ['web', 'other', 22, 'unknown'],
  ['WEB,10.0.0.1', 'web', 22, 'trusted'],
  ['a,10.0.0.1', '10.0.0.1', 22, 'trusted'],
  ['2001:db8::7', '2001:db8::7', 22, 'trusted'],
  ['[web]:2222', 'web', 2222, 'trusted'],
  ['[web]:2222', 'web', 22, 'unknown'],
  ['[web]:2222', 'web', 2223, 'unknown'],
  ['web', 'web', 2222, 'trusted'],
  ['*.example.com', 'web.example.com', 22, 'trusted'],
  ['*.example.com', 'example.com', 22, 'unknown'],
  ['*.example.com,!web.example.com', 'web.example.com', 22, 'unknown'],
  ['web?', 'web1', 22, 'trusted'],
  ['web.1', 'webx1', 22, 'unknown'],
  [hashed('web'), 'web', 22, 'trusted'],
  [hashed('web'), 'other', 22, 'unknown'],
  [hashed('[web]:2222'), 'web', 2222, 'trusted'],
])('a line for %s and the host %s port %i: %s', (names, host, port, expected) => {
  expect(state(`${names} ${plain(one)} a comment`, host, port)).toBe(expected)
})

test('one of several lines is enough, another key is a change, comments and line ends do not matter', () => {
  const known = `# a comment\r\n\r\nweb ${plain(two)}\r\nweb ${plain(one)}\r\n`
  expect(state(known, 'web')).toBe('trusted')
  expect(state(known, 'web', 22, rsa)).toBe('changed')
})

test('lines for the port win over lines for the plain name', () => {
  expect(state(`web ${plain(one)}\n[web]:2222 ${plain(two)}`, 'web', 2222)).toBe('changed')
})

test('at another port the plain name may vouch for a key, but says nothing against one', () => {
  expect([state(`web ${plain(one)}`, 'web', 2222), state(`web ${plain(two)}`, 'web', 2222)]).toEqual(['trusted', 'unknown'])
})

test.each([
  ['2001:DB8:0::7', '2001:db8::7', 22],
  ['[2001:db8::7]', '2001:db8::7', 22],
  ['[2001:0db8:0:0:0:0:0:7]:2222', '2001:db8::7', 2222],
  ['[2001:db8::7]:22', '2001:db8::7', 22],
  ['[web]:22', 'web', 22],
  ['2001:db8:*', '2001:db8::7', 22],
])('a line for %s is of the host %s at port %i', (names, host, port) => {
  expect(state(`${names} ${plain(one)}`, host, port)).toBe('trusted')
})

test('a revoked key is refused for the hosts of its line', () => {
  expect(state(`web ${plain(one)}\n@revoked * ${plain(one)}`, 'web')).toBe('revoked')
  expect(state(`web ${plain(one)}\n@revoked other ${plain(one)}`, 'web')).toBe('trusted')
})

test('types are preferred in the order of the lines, without revoked ones', () => {
  const keys = hostKeysByKnownHosts(
    parseKnownHosts(`web ${plain(rsa)}\nother ${plain(two)}\nweb ${plain(one)}\n@revoked web ${plain(two)}`),
  )
  expect(keys.preferredTypes({ host: 'web', port: 22 })).toEqual(['ssh-rsa', 'ssh-ed25519'])
})

test.each([
  [`@cert-authority * ${plain(one)}`, 'cannot be checked here'],
  [`web ${plain(one)}\n@revoked * ${plain(two).slice(0, -8)}`, 'line 2 has a damaged key'],
  [`@other * ${plain(one)}`, 'unknown marker'],
  [plain(one), 'is a public key without the host before it'],
  ['web', 'is not `host type key`'],
  [`web ${plain(one).slice(0, -4)}`, 'damaged key: it is cut'],
  [`web ${plain(one).slice(0, -3)}`, 'damaged key: it is cut'],
  [`web ssh-future@example.com ${Buffer.from('\0\0\0\u0016ssh-future@example.com').toString('base64')}`, 'type ssh-future@example.com'],
  ['web 2048 65537 123', 'SSH version 1'],
  [`web ssh-rsa ${plain(one).split(' ')[1]}`, 'damaged key'],
  [`web ${plain(one).slice(0, -20)}!`, 'is not `host type key`'],
  [`|2|x|y ${plain(one)}`, 'hashed name'],
  ['# nothing', 'no line with a key'],
])('the known_hosts text %j is refused', (text, problem) => {
  expect(() => parseKnownHosts(text)).toThrow(
    expect.objectContaining({ code: 'DA-KNOWN-HOSTS-INVALID', message: expect.stringContaining(problem) }),
  )
})

test('wrong lines are reported together, with their numbers', () => {
  expect(() => parseKnownHosts('x\n\n@cert-authority * y z')).toThrow(/line 1 .*line 3 /)
})

test('lines that cannot be used are passed over beside others, as ssh does, and can be told', () => {
  const known = parseKnownHosts(`x\nweb ${plain(one)}\n@cert-authority * ${plain(two)}\nweb 1024 65537 12345`)
  expect(hostKeysByKnownHosts(known).verify({ host: 'web', port: 22 }, blob(one)).state).toBe('trusted')
  expect(known.unusable).toEqual([
    'line 1 is not `host type key`',
    expect.stringMatching(/^line 3 is a @cert-authority line/),
    'line 4 is a key of SSH version 1',
  ])
})

test('fingerprints hold for their host, at every port or at the one named', () => {
  const hosts = [
    { host: 'web', port: 22 },
    { host: '2001:db8::7', port: 22 },
  ]
  const keys = hostKeysByFingerprint(parseHostFingerprints([`web=${fingerprint(one)}`, `[2001:db8::7]:2222 = ${fingerprint(two)}=`], hosts))
  const verify = (host: string, port: number, key = one) => keys.verify({ host, port }, blob(key)).state
  expect([verify('web', 22), verify('web', 2222), verify('web', 22, two), verify('other', 22)]).toEqual([
    'trusted',
    'trusted',
    'changed',
    'unknown',
  ])
  expect([verify('2001:db8::7', 2222, two), verify('2001:db8::7', 22, two)]).toEqual(['trusted', 'unknown'])
})

test('a host may have several fingerprints, and a bare one is for the only host', () => {
  const web = { host: 'web', port: 2222 }
  const both = hostKeysByFingerprint(parseHostFingerprints([`web:2222=${fingerprint(one)}`, `web=${fingerprint(two)}`], [web]))
  expect([one, two].map((key) => both.verify(web, blob(key)).state)).toEqual(['trusted', 'trusted'])
  const bare = hostKeysByFingerprint(parseHostFingerprints([fingerprint(one)], [web]))
  expect(bare.verify(web, blob(one)).state).toBe('trusted')
  expect(bare.verify({ host: 'jump', port: 22 }, blob(one)).state).toBe('unknown')
})

test.each([
  [fingerprint(one), 'does not say of which of the 2 hosts'],
  [`web=MD5:${'aa:'.repeat(15)}aa`, 'MD5'],
  ['web=SHA256:abc', 'is not'],
  [`a b=${fingerprint(one)}`, 'does not begin with a host'],
])('the fingerprint line %j is refused', (line, problem) => {
  const hosts = [
    { host: 'a', port: 22 },
    { host: 'b', port: 22 },
  ]
  expect(() => parseHostFingerprints([line], hosts)).toThrow(
    expect.objectContaining({ code: 'DA-HOST-FINGERPRINT-INVALID', message: expect.stringContaining(problem) }),
  )
})

test('no fingerprint at all is refused', () => {
  expect(() => parseHostFingerprints([], [])).toThrow('there is no line')
})

test('a fingerprint is written as ssh-keygen does', () => {
  const github = 'AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'
  expect(fingerprintOf(Buffer.from(github, 'base64'))).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU')
})
