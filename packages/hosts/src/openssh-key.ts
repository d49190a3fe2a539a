import { fields, words } from './ssh-bytes.ts'

/** What an OpenSSH private key says of itself before it is decrypted. */
export interface OpenSshHeader {
  /** `none` where the key has no passphrase. */
  cipher: string
  /** Of the public half, such as `ssh-ed25519`. */
  type: string
}

const MAGIC = 'openssh-key-v1\0'

/** Reads the open part of an OpenSSH private key; undefined when the bytes are none. The format is PROTOCOL.key of OpenSSH. */
export function openSshHeader(base64: string): OpenSshHeader | undefined {
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return undefined
  const [cipher, , , count, ...rest] = fields(bytes.subarray(MAGIC.length), ['text', 'text', 'bytes', 'number', 'bytes']) ?? []
  if (typeof cipher !== 'string' || count !== 1) return undefined
  const [type] = fields(rest[0] as Buffer, ['text']) ?? []
  return typeof type === 'string' ? { cipher, type } : undefined
}

/** An Ed25519 key without a passphrase in OpenSSH's form, the only one in which ssh2 takes it. */
export function writeOpenSshEd25519(publicHalf: Buffer, seed: Buffer): string {
  const type = 'ssh-ed25519'
  const check = Buffer.alloc(8)
  const inner = Buffer.concat([check, words(type, publicHalf, Buffer.concat([seed, publicHalf]), '')])
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1))
  const one = Buffer.from([0, 0, 0, 1])
  const whole = [MAGIC, words('none', 'none', ''), one, words(words(type, publicHalf), Buffer.concat([inner, padding]))]
  const base64 = Buffer.concat(whole.map((part) => Buffer.from(part as string))).toString('base64')
  const lines = base64.match(/.{1,70}/g) ?? []
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n')
}
