import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { readPrivateKey } from '../src/index.ts'
import { fingerprint, newKey } from './ssh-server.ts'

const ed25519 = newKey('ed25519')
const locked = newKey('ed25519', { passphrase: 'open sesame', cipher: 'aes256-ctr', rounds: 4 })
const encoding = { publicKeyEncoding: { type: 'spki', format: 'pem' } } as const
const rsaPem = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  ...encoding,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
}).privateKey
const ecPem = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  ...encoding,
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey
const lockedPem = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  ...encoding,
  privateKeyEncoding: { type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'open sesame' },
}).privateKey
const pkcs8 = generateKeyPairSync('ed25519', { ...encoding, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).privateKey

test.each([
  ['ed25519, OpenSSH', ed25519.private, 'ssh-ed25519'],
  ['RSA, OpenSSH', newKey('rsa', { bits: 2048 }).private, 'ssh-rsa'],
  ['ECDSA 256, OpenSSH', newKey('ecdsa', { bits: 256 }).private, 'ecdsa-sha2-nistp256'],
  ['ECDSA 384, OpenSSH', newKey('ecdsa', { bits: 384 }).private, 'ecdsa-sha2-nistp384'],
  ['ECDSA 521, OpenSSH', newKey('ecdsa', { bits: 521 }).private, 'ecdsa-sha2-nistp521'],
  ['RSA, PEM', rsaPem, 'ssh-rsa'],
  ['ECDSA, PEM', ecPem, 'ecdsa-sha2-nistp256'],
])('a key of the kind %s is read', (_, text, type) => {
  expect(readPrivateKey(text).type).toBe(type)
})

const pasted: [string, (key: string) => string][] = [
  ['with Windows line ends', (key) => key.replaceAll('\n', '\r\n')],
  ['with old Mac line ends', (key) => key.replaceAll('\n', '\r')],
  ['without the last line end', (key) => key.trimEnd()],
  ['between double quotes', (key) => `"${key}"`],
  ['between single quotes and spaces', (key) => `  '${key.trim()}' \n`],
  ['indented, as in YAML', (key) => key.replace(/^/gm, '    ')],
  ['with literal \\n', (key) => key.replaceAll('\n', '\\n')],
  ['with literal \\r\\n, quoted', (key) => `"${key.replaceAll('\n', '\\r\\n')}"`],
  ['with spaces for line ends', (key) => key.trim().replaceAll('\n', ' ')],
  ['with a byte order mark', (key) => `\uFEFF${key}`],
]
test.each(pasted)('a key pasted %s is read, whatever its form', (_, paste) => {
  expect(readPrivateKey(paste(ed25519.private)).fingerprint).toBe(fingerprint(ed25519))
  expect(readPrivateKey(paste(rsaPem)).text).toBe(rsaPem)
})

test('a locked key needs its passphrase, and a wrong one is told', () => {
  for (const text of [locked.private, lockedPem]) {
    expect(readPrivateKey(text, 'open sesame').passphrase).toBe('open sesame')
    for (const none of [undefined, '']) {
      expect(() => readPrivateKey(text, none)).toThrow(
        expect.objectContaining({ code: 'DA-SSH-KEY-PASSPHRASE', message: expect.stringContaining('needs a') }),
      )
    }
    expect(() => readPrivateKey(text, 'wrong')).toThrow(
      expect.objectContaining({ code: 'DA-SSH-KEY-PASSPHRASE', message: expect.stringContaining('this passphrase') }),
    )
  }
})

test('a passphrase for a key that needs none does no harm', () => {
  expect(readPrivateKey(ed25519.private, 'not needed').type).toBe('ssh-ed25519')
})

test.each([
  ['nothing', ' \n', 'is empty'],
  ['a public key', ed25519.public, 'is a public key'],
  ['a public key in PEM', '-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----', 'is a public key'],
  ['a known_hosts line', `web ${ed25519.public}`, 'known_hosts'],
  ['a path', '~/.ssh/id_ed25519', 'is a path'],
  ['a PuTTY key', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', 'PuTTY'],
  ['a certificate', '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n', 'certificate'],
  ['half a key', ed25519.private.slice(0, 200), 'is cut'],
  ['a key without its first line', ed25519.private.split('\n').slice(1).join('\n'), 'does not begin'],
  ['a damaged key', ed25519.private.replace(/\n[^-\n]{40}/, '\n'), 'is damaged'],
  ['PKCS#8', pkcs8, 'PKCS#8'],
  ['words', 'hunter2', 'does not begin'],
])('%s is refused as what it is, and not shown', (_, text, problem) => {
  let thrown: unknown
  try {
    readPrivateKey(text)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'DA-SSH-KEY-INVALID', message: expect.stringContaining(problem) })
  expect(`${(thrown as Error).message}`).not.toMatch(/hunter2|b3BlbnNzaC1rZXk/)
})
