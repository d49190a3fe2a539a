import { createHash } from 'node:crypto'
import type { Endpoint } from './host.ts'

/** What is known about a key that a host presents. `expected` says in words which keys would have been right. */
export type KeyVerdict = { state: 'trusted' } | { state: 'unknown' } | { state: 'changed' | 'revoked'; expected: string[] }

/** The keys that hosts may show. Made of known_hosts lines or of fingerprints. */
export interface HostKeys {
  /** Key types to prefer for this host, best first, such as `ssh-ed25519`. The types not named come after them. */
  preferredTypes(endpoint: Endpoint): readonly string[]
  /** `key` is the public key as SSH sends it. */
  verify(endpoint: Endpoint, key: Buffer): KeyVerdict
  /** A host has several keys and shows one; when it is another one than expected, ask for the host's keys of other types before giving up. */
  readonly askForOtherTypes: boolean
}

/** Names of signature algorithms by key type, in the order in which we ask for them. SHA-1 signatures are not among them. */
const ALGORITHMS: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/** What hosts older than OpenSSH 7.2 have for an RSA key. Asked for only where a host has nothing better. */
export const SHA1 = 'ssh-rsa'

/** Signature algorithms to offer: those of `preferred` first, then all others but those of `except`. Types that we cannot use are left out. */
export function offeredAlgorithms(preferred: readonly string[], except: ReadonlySet<string>): string[] {
  const types = new Set([...preferred, ...Object.keys(ALGORITHMS)])
  return [...types].filter((type) => !except.has(type)).flatMap((type) => ALGORITHMS[type] ?? [])
}

/** `SHA256:` and base64 without padding, as `ssh-keygen -l` prints it. */
export const fingerprintOf = (key: Buffer): string => `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`

/** The type that a public key says it has, such as `ssh-ed25519`; empty where the bytes are no key. */
export function typeOf(key: Buffer): string {
  if (key.length < 4) return ''
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')
}
