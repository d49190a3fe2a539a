import { UserError } from '@deploy-actions/kit'
import type { Endpoint } from './host.ts'
import { fingerprintOf, type HostKeys } from './host-keys.ts'
import { matcherOf, namesOf } from './known-host-names.ts'
import { whyNoPublicKey } from './public-key.ts'

/** One line of a known_hosts file. */
export interface KnownHost {
  /** Line number, from 1. */
  line: number
  revoked: boolean
  /** Whether the line speaks of a host, given as known_hosts writes it: `host`, or `[host]:port`. */
  matches(name: string): boolean
  type: string
  key: Buffer
}

/** What a known_hosts text says. */
export interface KnownHosts {
  entries: readonly KnownHost[]
  /** Lines that OpenSSH passes over, or that cannot be checked here: each with its number and what is wrong with it. */
  unusable: readonly string[]
}

/**
 * Reads known_hosts lines as OpenSSH does: several names, wildcards, `!`, hashed names, `[host]:port`, `@revoked`.
 *
 * @throws UserError DA-KNOWN-HOSTS-INVALID when there is no line with a key, or when it cannot be read which key is revoked. Lines that are wrong otherwise
 *   are `unusable`; so is `@cert-authority`, because our SSH library cannot check certificates
 */
export function parseKnownHosts(text: string): KnownHosts {
  const entries: KnownHost[] = []
  const unusable: string[] = []
  let blind = false
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const entry = readLine(line, index + 1)
    if (typeof entry !== 'string') entries.push(entry)
    else {
      unusable.push(`line ${index + 1} ${entry}`)
      blind ||= line.startsWith('@revoked')
    }
  }
  if (entries.length === 0 || blind) throw notUsable(unusable)
  return { entries, unusable }
}

/**
 * Trusts exactly the keys of known_hosts lines, as `ssh` with strict checking does. A host at another port than 22 may be listed by its plain name too,
 * as long as there is no line for the port.
 */
export function hostKeysByKnownHosts({ entries }: KnownHosts): HostKeys {
  const linesFor = (names: readonly string[]) => entries.filter(({ matches }) => names.some(matches))
  const trustedFor = (names: readonly string[]) => linesFor(names).filter(({ revoked }) => !revoked)
  return {
    askForOtherTypes: false,
    preferredTypes(endpoint) {
      const { own, plain } = namesOf(endpoint)
      const lines = trustedFor(own)
      return [...new Set((lines.length > 0 ? lines : trustedFor(plain)).map(({ type }) => type))]
    },
    verify(endpoint, key) {
      const { own, plain } = namesOf(endpoint)
      const known = trustedFor(own)
      const expected = known.map((entry) => `${entry.type} ${fingerprintOf(entry.key)} (line ${entry.line})`)
      if (linesFor([...own, ...plain]).some((entry) => entry.revoked && entry.key.equals(key))) return { state: 'revoked', expected }
      const trusting = known.length > 0 ? known : trustedFor(plain)
      if (trusting.some((entry) => entry.key.equals(key))) return { state: 'trusted' }
      return known.length === 0 ? { state: 'unknown' } : { state: 'changed', expected }
    },
  }
}

/**
 * A host without a line of its own, where some lines could not be used: one of those was meant for it.
 * @throws UserError DA-KNOWN-HOSTS-INVALID
 */
export function refuseUnusable({ entries, unusable }: KnownHosts, hosts: readonly Endpoint[]): void {
  if (unusable.length === 0) return
  const alone = hosts.find((host) => {
    const { own, plain } = namesOf(host)
    return !entries.some(({ matches, revoked }) => !revoked && [...own, ...plain].some(matches))
  })
  if (alone !== undefined) throw notUsable(unusable, `there is no line that can be used for ${alone.host}`)
}

function notUsable(unusable: readonly string[], why?: string): UserError {
  const problems = unusable.length === 0 ? ['there is no line with a key'] : unusable
  const hint = 'Paste what `ssh-keyscan <host>` prints, after comparing the fingerprint with the one on the host.'
  const message = `known-hosts cannot be used: ${[...(why === undefined ? [] : [why]), ...problems].join('; ')}`
  return new UserError('DA-KNOWN-HOSTS-INVALID', message, { hint })
}

/** The entry, or what is wrong with the line. */
function readLine(line: string, number: number): KnownHost | string {
  const words = line.split(/\s+/)
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  if (marker === '@cert-authority') return 'is a @cert-authority line, which cannot be checked here: list the host keys themselves'
  if (marker !== undefined && marker !== '@revoked') return `has the unknown marker ${marker.slice(0, 20)}`
  const [names = '', type = '', base64 = ''] = words
  if (/^-----BEGIN|^PuTTY-/.test(line)) return 'is the beginning of a key file'
  if (/^(?:ssh-|ecdsa-|sk-)/.test(names) && /^AAAA/.test(type))
    return `is a public key without the host before it: write \`<host> ${names} …\``
  if (/^\d+$/.test(type)) return 'is a key of SSH version 1'
  if (base64 === '' || base64.startsWith('#')) return 'is not `host type key`'
  const problem = whyNoPublicKey(type, base64)
  if (problem !== undefined) return problem
  const matches = matcherOf(names)
  if (matches === undefined) return 'has a hashed name that cannot be read'
  return { line: number, revoked: marker === '@revoked', matches, type, key: Buffer.from(base64, 'base64') }
}
