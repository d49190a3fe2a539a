import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { testWith } from '../../../test/needs-tool.ts'
import { parseKnownHosts, readPrivateKey } from '../src/index.ts'
import { newKey } from './ssh-server.ts'

const remedy = 'it comes with the package openssh-client'
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function keygen(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('ssh-keygen', args, { cwd: folder, encoding: 'utf8', input: '' })
  if (status !== 0 && stdout === '' && stderr !== '') throw new Error(`ssh-keygen ${args.join(' ')}: ${stderr}`)
  return stdout
}

const plain = (key: { public: string }) => key.public.split(' ').slice(0, 2).join(' ')
const keys = [newKey('ed25519'), newKey('rsa', { bits: 2048 }), newKey('ecdsa', { bits: 256 }), newKey('ecdsa', { bits: 521 })]

const NAMES = [
  ...['web', 'web.example.com', 'db.example.com', 'example.com', '10.0.0.1', '10.0.0.11', '192.0.2.7', '2001:db8::7', '::1'],
  ...['[web]:2222', '[web.example.com]:2222', '[10.0.0.1]:2022', '[2001:db8::7]:2222', 'www', 'w', 'a.b-c_d'],
]
const PATTERNS = [
  ...NAMES,
  ...[
    '*',
    '*.example.com',
    'web*',
    'we?',
    'w??',
    '?',
    '10.0.0.*',
    '10.0.0.1?',
    '2001:db8:*',
    '[*]:2222',
    '[web*]:*',
    '*:2222',
    '[*.example.com]:2222',
  ],
  ...[
    'WEB',
    'Web.Example.COM',
    '!web',
    '!*.example.com',
    '!10.0.0.1',
    '![web]:2222',
    '!*',
    'a.b*c?d',
    'web.example',
    '*e*',
    '**',
    '',
    '[web]',
    '!',
  ],
]

/** The same numbers in each run. */
function dice(): (limit: number) => number {
  let state = 11
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(state / 65_536) % limit
  }
}

const MARKERS = ['', '', '', '', '@revoked ', '\t', '  ', '#']

function randomLines(count: number): string[] {
  const next = dice()
  const pick = <T>(items: readonly T[]): T => items[next(items.length)] as T
  return Array.from({ length: count }, () => {
    const names = Array.from({ length: 1 + next(4) }, () => pick(PATTERNS)).join(',')
    return `${pick(MARKERS)}${names || 'web'}${pick([' ', '\t', '   '])}${plain(pick(keys))}${pick(['', ' me@here', ' # a comment', '\r'])}`
  })
}

/** The lines that ssh-keygen finds for a name. */
const found = (name: string, file: string): number[] =>
  [...keygen('-F', name, '-f', file).matchAll(/found: line (\d+)/g)].map((match) => Number(match[1]))

function expectSame(text: string): void {
  const file = join(folder, 'known_hosts')
  writeFileSync(file, text)
  const { entries } = parseKnownHosts(text)
  for (const name of NAMES) {
    const ours = entries.filter(({ matches }) => matches(name)).map(({ line }) => line)
    expect([name, ours]).toEqual([name, found(name, file)])
  }
}

testWith(
  'ssh-keygen',
  'names and patterns of known_hosts mean what they mean to ssh-keygen',
  () => expectSame(`${randomLines(400).join('\n')}\n`),
  remedy,
)

testWith(
  'ssh-keygen',
  'names that ssh-keygen hashed are found',
  () => {
    const file = join(folder, 'hashed')
    writeFileSync(file, `${NAMES.map((name, index) => `${name} ${plain(keys[index % keys.length] ?? newKey('ed25519'))}`).join('\n')}\n`)
    keygen('-H', '-f', file)
    const text = readFileSync(file, 'utf8')
    expect(text.match(/^\|1\|/gm)).toHaveLength(NAMES.length)
    expectSame(text)
  },
  remedy,
)

const KINDS: [string, string[]][] = [
  ['ed25519', []],
  ...[256, 384, 521].map((bits): [string, string[]] => ['ecdsa', ['-b', String(bits)]]),
  ['rsa', ['-b', '2048']],
]
const forms = KINDS.flatMap(([type, size]) =>
  ['RFC4716', 'PEM', 'PKCS8'].flatMap((form) => ['', 'open sesame'].map((passphrase) => ({ type, size, form, passphrase }))),
)

/** What ssh-keygen says of a key: its fingerprint. */
function generate(name: string, args: string[]): string {
  keygen('-q', '-f', name, '-C', '', '-a', '1', ...args)
  return keygen('-lf', `${name}.pub`).split(' ')[1] ?? ''
}

testWith(
  'ssh-keygen',
  'keys of each kind and form that ssh-keygen writes are read, and are the same keys',
  () => {
    for (const { type, size, form, passphrase } of forms) {
      const name = `${type}${size.join('')}-${form}-${passphrase.length}`
      const fingerprint = generate(name, ['-t', type, ...size, '-m', form, '-N', passphrase])
      const key = readPrivateKey(readFileSync(join(folder, name), 'utf8'), passphrase)
      expect([name, key.fingerprint]).toEqual([name, fingerprint])
      expect(readPrivateKey(key.text)).toEqual(key)
    }
  },
  remedy,
)

const CIPHERS = [
  '3des-cbc',
  'aes128-cbc',
  'aes192-cbc',
  'aes256-cbc',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
]

testWith(
  'ssh-keygen',
  'keys under each cipher of ssh-keygen are opened; the one that is not read is told with the way out',
  () => {
    for (const cipher of CIPHERS) {
      const fingerprint = generate(cipher, ['-t', 'ed25519', '-N', 'open sesame', '-Z', cipher])
      expect(readPrivateKey(readFileSync(join(folder, cipher), 'utf8'), 'open sesame').fingerprint).toBe(fingerprint)
    }
    generate('chacha', ['-t', 'ed25519', '-N', 'open sesame', '-Z', 'chacha20-poly1305@openssh.com'])
    const chacha = () => readPrivateKey(readFileSync(join(folder, 'chacha'), 'utf8'), 'open sesame')
    expect(chacha).toThrow(expect.objectContaining({ code: 'DA-SSH-KEY-INVALID', message: expect.stringContaining('ssh-keygen -p -Z') }))
  },
  remedy,
)
