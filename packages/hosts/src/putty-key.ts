import crypto from 'node:crypto'
import { allWords } from './ssh-bytes.ts'

/** What went wrong with a PuTTY key, as the end of the sentence "the SSH key …". */
export class PuttyProblem extends Error {
  readonly passphrase: boolean
  constructor(problem: string, { passphrase = false } = {}) {
    super(problem)
    this.passphrase = passphrase
  }
}

interface PuttyFile {
  version: '2' | '3'
  type: string
  encrypted: boolean
  /** The header lines by their names. */
  values: ReadonlyMap<string, string>
  publicBytes: Buffer
  privateBytes: Buffer
}

/** Reads a PuTTY private key file of version 2 or 3. Its form is told in PuTTY's manual, appendix C. @throws PuttyProblem */
export function readPuttyKey(text: string, passphrase: string | undefined): crypto.KeyObject {
  const file = parse(text)
  if (file.encrypted && passphrase === undefined) throw new PuttyProblem('needs a passphrase', { passphrase: true })
  const keys = file.encrypted ? keysOf(file, passphrase as string) : { mac: macKeyOf(file, ''), cipher: undefined }
  const opened = keys.cipher === undefined ? file.privateBytes : decrypt(file.privateBytes, keys.cipher)
  if (macOf(file, opened, keys.mac) !== file.values.get('Private-MAC')?.toLowerCase()) {
    if (file.encrypted) throw new PuttyProblem('cannot be opened with this passphrase', { passphrase: true })
    throw new PuttyProblem('is damaged')
  }
  return keyOf(file.type, file.publicBytes, opened)
}

function parse(text: string): PuttyFile {
  const lines = text.split('\n')
  const values = new Map<string, string>()
  const blocks = new Map<string, Buffer>()
  for (let at = 0; at < lines.length; at++) {
    const [, name, value] = /^([\w-]+): ?(.*)$/.exec(lines[at] ?? '') ?? []
    if (name === undefined || value === undefined) continue
    values.set(name, value)
    if (!name.endsWith('-Lines')) continue
    blocks.set(name, Buffer.from(lines.slice(at + 1, at + 1 + Number(value)).join(''), 'base64'))
    at += Number(value)
  }
  const [, version, type] = /^PuTTY-User-Key-File-(\d+): (\S+)/.exec(text) ?? []
  if (version !== '2' && version !== '3')
    throw new PuttyProblem(`is a PuTTY key of version ${version}: save it anew with a current PuTTYgen`)
  const [publicBytes, privateBytes] = [blocks.get('Public-Lines'), blocks.get('Private-Lines')]
  const encryption = values.get('Encryption') ?? ''
  if (!publicBytes || !privateBytes || !values.has('Private-MAC') || !/^(?:none|aes256-cbc)$/.test(encryption)) {
    throw new PuttyProblem('is a PuTTY key that is cut or damaged')
  }
  return { version, type: type ?? '', encrypted: encryption !== 'none', values, publicBytes, privateBytes }
}

function keysOf(file: PuttyFile, passphrase: string): { cipher: { key: Buffer; iv: Buffer }; mac: Buffer } {
  if (file.version === '3') return argonKeys(file, passphrase)
  const part = (count: number) =>
    crypto
      .createHash('sha1')
      .update(Buffer.from([0, 0, 0, count]))
      .update(passphrase)
      .digest()
  const key = Buffer.concat([part(0), part(1)]).subarray(0, 32)
  return { cipher: { key, iv: Buffer.alloc(16) }, mac: macKeyOf(file, passphrase) }
}

function argonKeys({ values }: PuttyFile, passphrase: string): { cipher: { key: Buffer; iv: Buffer }; mac: Buffer } {
  if (typeof crypto.argon2Sync !== 'function') {
    throw new PuttyProblem(
      'is a PuTTY key that this Node cannot decrypt: convert it with `puttygen key.ppk -O private-openssh-new -o id_key`',
    )
  }
  const number = (name: string) => Number(values.get(name))
  const derived = crypto.argon2Sync((values.get('Key-Derivation') ?? '').toLowerCase() as 'argon2id', {
    message: Buffer.from(passphrase),
    nonce: Buffer.from(values.get('Argon2-Salt') ?? '', 'hex'),
    parallelism: number('Argon2-Parallelism'),
    tagLength: 80,
    memory: number('Argon2-Memory'),
    passes: number('Argon2-Passes'),
  })
  return { cipher: { key: derived.subarray(0, 32), iv: derived.subarray(32, 48) }, mac: derived.subarray(48, 80) }
}

/** Of a key without a passphrase, and of every key of version 2. */
const macKeyOf = ({ version }: PuttyFile, passphrase: string): Buffer =>
  version === '3' ? Buffer.alloc(0) : crypto.createHash('sha1').update('putty-private-key-file-mac-key').update(passphrase).digest()

function decrypt(bytes: Buffer, { key, iv }: { key: Buffer; iv: Buffer }): Buffer {
  if (bytes.length % 16 !== 0) throw new PuttyProblem('is damaged')
  const decipher = crypto.createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
  return Buffer.concat([decipher.update(bytes), decipher.final()])
}

function macOf(file: PuttyFile, opened: Buffer, key: Buffer): string {
  const mac = crypto.createHmac(file.version === '3' ? 'sha256' : 'sha1', key)
  const comment = file.values.get('Comment') ?? ''
  for (const part of [file.type, file.encrypted ? 'aes256-cbc' : 'none', comment, file.publicBytes, opened]) {
    const bytes = Buffer.from(part as string)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    mac.update(length).update(bytes)
  }
  return mac.digest('hex')
}

const CURVES: Readonly<Record<string, { crv: string; bytes: number }>> = {
  'ecdsa-sha2-nistp256': { crv: 'P-256', bytes: 32 },
  'ecdsa-sha2-nistp384': { crv: 'P-384', bytes: 48 },
  'ecdsa-sha2-nistp521': { crv: 'P-521', bytes: 66 },
}

/** The numbers of a key, from its public and its private half. */
function keyOf(type: string, publicBytes: Buffer, opened: Buffer): crypto.KeyObject {
  const outside = allWords(publicBytes)?.slice(1)
  const inside = wordsBeforePadding(opened)
  if (outside === undefined) throw new PuttyProblem('is damaged')
  const jwk = jwkOf(type, outside, inside)
  if (jwk === undefined) throw new PuttyProblem(`is of the type ${type}, which hosts no longer take or which is not read here`)
  return crypto.createPrivateKey({ key: jwk, format: 'jwk' })
}

function jwkOf(type: string, outside: readonly Buffer[], inside: readonly Buffer[]): crypto.JsonWebKey | undefined {
  const curve = CURVES[type]
  if (curve !== undefined) {
    const point = outside[1] ?? Buffer.alloc(0)
    const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)]
    return { kty: 'EC', crv: curve.crv, x: fixed(x, curve.bytes), y: fixed(y, curve.bytes), d: fixed(inside[0], curve.bytes) }
  }
  if (type === 'ssh-ed25519') {
    // A number that begins with its lowest byte: zeros are missing at the end.
    const seed = Buffer.concat([inside[0] ?? Buffer.alloc(0), Buffer.alloc(32)]).subarray(0, 32)
    return { kty: 'OKP', crv: 'Ed25519', x: outside[0]?.toString('base64url') ?? '', d: seed.toString('base64url') }
  }
  if (type !== 'ssh-rsa') return undefined
  const [e, n] = outside
  const [d, p, q, qi] = inside
  return { kty: 'RSA', ...rsaNumbers({ e, n, d, p, q, qi }) }
}

function rsaNumbers(given: Record<'e' | 'n' | 'd' | 'p' | 'q' | 'qi', Buffer | undefined>): Record<string, string> {
  const number = (bytes: Buffer | undefined) => BigInt(`0x${bytes?.toString('hex') || '0'}`)
  const hex = (value: bigint) => value.toString(16)
  const text = (value: bigint) =>
    Buffer.from(hex(value).padStart(hex(value).length + (hex(value).length % 2), '0'), 'hex').toString('base64url')
  const [d, p, q] = [number(given.d), number(given.p), number(given.q)]
  if (p < 2n || q < 2n) throw new PuttyProblem('is damaged')
  const all = { n: number(given.n), e: number(given.e), d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: number(given.qi) }
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, text(value)]))
}

/** A number as so many bytes, whatever zeros it came with. */
function fixed(bytes: Buffer | undefined, length: number): string {
  const hex = (bytes?.toString('hex') ?? '').replace(/^(?:00)+/, '')
  return Buffer.from(hex.padStart(2 * length, '0'), 'hex').toString('base64url')
}

/** The private half is filled up to whole blocks of the cipher. */
function wordsBeforePadding(bytes: Buffer): Buffer[] {
  for (let end = bytes.length; end > bytes.length - 16 && end > 0; end--) {
    const found = allWords(bytes.subarray(0, end))
    if (found !== undefined) return found
  }
  throw new PuttyProblem('is damaged')
}
