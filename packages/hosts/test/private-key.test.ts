import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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
const pkcs8Of = (key: KeyObject, passphrase?: string) =>
  key.export({ type: 'pkcs8', format: 'pem', ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }) }) as string
const made = {
  ed25519: generateKeyPairSync('ed25519').privateKey,
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  ec: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
}

test.each([
  ['ed25519, OpenSSH', ed25519.private, 'ssh-ed25519'],
  ['RSA, OpenSSH', newKey('rsa', { bits: 2048 }).private, 'ssh-rsa'],
  ['ECDSA 256, OpenSSH', newKey('ecdsa', { bits: 256 }).private, 'ecdsa-sha2-nistp256'],
  ['ECDSA 384, OpenSSH', newKey('ecdsa', { bits: 384 }).private, 'ecdsa-sha2-nistp384'],
  ['ECDSA 521, OpenSSH', newKey('ecdsa', { bits: 521 }).private, 'ecdsa-sha2-nistp521'],
  ['RSA, PEM', rsaPem, 'ssh-rsa'],
  ['ECDSA, PEM', ecPem, 'ecdsa-sha2-nistp256'],
  ['ed25519, PKCS#8', pkcs8Of(made.ed25519), 'ssh-ed25519'],
  ['RSA, PKCS#8', pkcs8Of(made.rsa), 'ssh-rsa'],
  ['ECDSA, PKCS#8', pkcs8Of(made.ec), 'ecdsa-sha2-nistp384'],
])('a key of the kind %s is read', (_, text, type) => {
  expect(readPrivateKey(text).type).toBe(type)
})

test('PKCS#8 holds the same key as the other forms', () => {
  expect(readPrivateKey(pkcs8Of(made.rsa)).text).toBe(made.rsa.export({ type: 'pkcs1', format: 'pem' }))
  const again = readPrivateKey(readPrivateKey(pkcs8Of(made.ed25519)).text)
  expect(again).toEqual(readPrivateKey(pkcs8Of(made.ed25519)))
})

test.each([
  ['ed25519-v3', 'ssh-ed25519 SHA256:Xjmlj7lUBODocO+nV3JUZPt5Fo5UnyXR90eeAOgYdJc'],
  ['ed25519-v3-locked', 'ssh-ed25519 SHA256:v8cpefbaAAp/zboYMquw2ufI5kQnuAnsOit4GQdRmpE'],
  ['ecdsa256-v3-locked', 'ecdsa-sha2-nistp256 SHA256:WM28nqdzpgJ1azgdsGVwW9FU886IBYvcfRJf8XodFmg'],
  ['ecdsa521-v2', 'ecdsa-sha2-nistp521 SHA256:+k7/+UIkSK0SZFAXgdhRAFKdFlg/LlcJdiYJWeDfnYI'],
  ['rsa-v2-locked', 'ssh-rsa SHA256:Ufo2HB6IC3nUu056iuaiIQDQn5REUru9RAr1P3uugD4'],
])('the PuTTY key %s is the one that puttygen says it is', (name, expected) => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/putty', `${name}.ppk`), 'utf8')
  for (const pasted of [text, text.replaceAll('\n', '\r\n'), text.replace(/^/gm, '  ')]) {
    const { type, fingerprint: found } = readPrivateKey(pasted, 'password')
    expect(`${type} ${found}`).toBe(expected)
  }
  if (!name.endsWith('locked')) return
  expect(() => readPrivateKey(text)).toThrow('needs a passphrase')
  expect(() => readPrivateKey(text, 'wrong')).toThrow('cannot be opened with this passphrase')
  expect(() => readPrivateKey(text.replace(/Private-Lines[\s\S]*/, ''), 'password')).toThrow('cut or damaged')
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
  ['with an empty line after each', (key) => key.replaceAll('\n', '\n\n')],
  ['with its public half behind it', (key) => `${key}${ed25519.public}\n`],
  ['behind the parameters of its curve', (key) => `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key}`],
]
test.each(pasted)('a key pasted %s is read, whatever its form', (_, paste) => {
  expect(readPrivateKey(paste(ed25519.private)).fingerprint).toBe(fingerprint(ed25519))
  expect(readPrivateKey(paste(rsaPem)).text).toBe(rsaPem)
  expect(readPrivateKey(paste(lockedPem), 'open sesame').type).toBe('ssh-rsa')
})

test('a locked key needs its passphrase, and a wrong one is told', () => {
  for (const text of [locked.private, lockedPem, pkcs8Of(made.ed25519, 'open sesame')]) {
    expect(readPrivateKey(text, 'open sesame').text).not.toMatch(/ENCRYPTED/)
    expect(readPrivateKey(text, 'open sesame\n')).toEqual(readPrivateKey(text, 'open sesame'))
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

test('a wrong passphrase is told as one, also when what it decrypts to ends like a key', () => {
  const looksUnsupported = (passphrase: string) => {
    try {
      createPrivateKey({ key: lockedPem, format: 'pem', passphrase })
      return false
    } catch (error) {
      return (error as { code?: string }).code === 'ERR_OSSL_UNSUPPORTED'
    }
  }
  const wrong = Array.from({ length: 10_000 }, (_, at) => `wrong ${at}`).find(looksUnsupported) as string
  expect(wrong).toBeDefined()
  expect(() => readPrivateKey(lockedPem, wrong)).toThrow(expect.objectContaining({ code: 'DA-SSH-KEY-PASSPHRASE' }))
})

test('a cipher that OpenSSL has put away is told as such, whatever the passphrase', () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/des-cbc.pem'), 'utf8')
  for (const passphrase of ['open sesame', 'wrong'])
    expect(() => readPrivateKey(text, passphrase)).toThrow(
      expect.objectContaining({ code: 'DA-SSH-KEY-INVALID', message: expect.stringContaining('no longer read') }),
    )
})

test('a passphrase for a key that needs none does no harm', () => {
  expect(readPrivateKey(ed25519.private, 'not needed').type).toBe('ssh-ed25519')
})

const certificate = `ssh-ed25519-cert-v01@openssh.com ${Buffer.from('\0\0\0 ssh-ed25519-cert-v01@openssh.com').toString('base64')}`
const dsa = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey
const framed = (label: string, inside: string) => `-----BEGIN ${label}-----\n${inside}\n-----END ${label}-----\n`

test.each([
  ['nothing', ' \n', 'is empty'],
  ['a public key', ed25519.public, 'is a public key'],
  ['a public key in PEM', framed('PUBLIC KEY', 'AA'), 'is a public key'],
  ['a known_hosts line', `web ${ed25519.public}`, 'known_hosts'],
  ['a path', '~/.ssh/id_ed25519', 'is a path'],
  ['another path', '/home/runner/deploy.pem', 'is a path'],
  ['a certificate', framed('CERTIFICATE', 'AA'), 'is a certificate'],
  ['a certificate of OpenSSH', certificate, 'is a certificate'],
  ['a fingerprint', fingerprint(ed25519), 'is a fingerprint'],
  ['a token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'is a token'],
  ['another token', 'dop_v1_0123456789abcdef', 'is a token'],
  ['base64 of a key', Buffer.from(ed25519.private).toString('base64'), 'base64 of a key'],
  ['a key without its frame', ed25519.private.split('\n').slice(1, -2).join('\n'), 'lacks its first and last line'],
  ['an expression', '${{ secrets.DEPLOY_SSH_KEY }}', 'an expression that nobody filled in'],
  ['half a key', ed25519.private.slice(0, 200), 'is cut'],
  ['a key without its first line', ed25519.private.split('\n').slice(1).join('\n'), 'first line is missing'],
  ['two keys', `${ed25519.private}${rsaPem}`, 'is 2 private keys'],
  ['a damaged key', ed25519.private.replace(/\n[^-\n]{40}/, '\n'), 'is damaged'],
  ['a damaged key in PEM', rsaPem.replace(/\n[^-\n]{40}/, '\n'), 'is damaged'],
  ['a DSA key', dsa.export({ type: 'pkcs8', format: 'pem' }) as string, 'DSA key'],
  ['a key that is none of SSH', pkcs8Of(generateKeyPairSync('ed448').privateKey), 'type ed448'],
  [
    'a key on a curve that SSH does not have',
    pkcs8Of(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
    'curve secp256k1',
  ],
  ['a short RSA key', pkcs8Of(generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey), '768 bits'],
  ['an old PuTTY key', 'PuTTY-User-Key-File-1: ssh-rsa\nEncryption: none\n', 'PuTTY key of version 1'],
  ['words', 'hunter2', 'does not begin'],
])('%s is refused as what it is, and not shown', (_, text, problem) => {
  let thrown: unknown
  try {
    readPrivateKey(text)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'DA-SSH-KEY-INVALID', message: expect.stringContaining(problem) })
  expect(`${(thrown as Error).message}`).not.toMatch(/hunter2|b3BlbnNzaC1rZXk|ghp_|dop_v1|LS0tLS/)
})
