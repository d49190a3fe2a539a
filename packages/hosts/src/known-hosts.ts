import { createHmac } from 'node:crypto'
import { UserError } from '@deploy-actions/kit'
import type { Endpoint } from './host.ts'
import { fingerprintOf, type HostKeys, typeOf } from './host-keys.ts'

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

/**
 * Reads known_hosts lines as OpenSSH does: several names, wildcards, `!`, hashed names, `[host]:port`, `@revoked`.
 *
 * @throws UserError DA-KNOWN-HOSTS-INVALID listing every wrong line; `@cert-authority` is wrong too, because our SSH library cannot check certificates
 */
export function parseKnownHosts(text: string): KnownHost[] {
  const entries: KnownHost[] = []
  const problems: string[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    const entry = readLine(line, index + 1)
    if (typeof entry === 'string') problems.push(`line ${index + 1} ${entry}`)
    else entries.push(entry)
  }
  if (entries.length === 0 && problems.length === 0) problems.push('there is no line with a key')
  if (problems.length === 0) return entries
  const hint = 'Paste what `ssh-keyscan <host>` prints, after comparing the fingerprint with the one on the host.'
  throw new UserError('DA-KNOWN-HOSTS-INVALID', `known-hosts cannot be used: ${problems.join('; ')}`, { hint })
}

/** Trusts exactly the keys of known_hosts lines. A host at another port than 22 may also be listed by its plain name, as in OpenSSH. */
export function hostKeysByKnownHosts(entries: readonly KnownHost[]): HostKeys {
  const linesFor = (endpoint: Endpoint): KnownHost[] => {
    const found = namesOf(endpoint).map((name) => entries.filter((entry) => entry.matches(name)))
    return found.find((matching) => matching.length > 0) ?? []
  }
  return {
    askForOtherTypes: false,
    preferredTypes: (endpoint) => [
      ...new Set(
        linesFor(endpoint)
          .filter(({ revoked }) => !revoked)
          .map(({ type }) => type),
      ),
    ],
    verify(endpoint, key) {
      const isRevoked = entries.some((entry) => entry.revoked && entry.key.equals(key) && namesOf(endpoint).some(entry.matches))
      const known = linesFor(endpoint).filter(({ revoked }) => !revoked)
      const expected = known.map((entry) => `${entry.type} ${fingerprintOf(entry.key)} (line ${entry.line})`)
      if (isRevoked) return { state: 'revoked', expected }
      if (known.some((entry) => entry.key.equals(key))) return { state: 'trusted' }
      return known.length === 0 ? { state: 'unknown' } : { state: 'changed', expected }
    },
  }
}

const namesOf = ({ host, port }: Endpoint): string[] => (port === 22 ? [host, `[${host}]:22`] : [`[${host}]:${port}`, host])

/** The entry, or what is wrong with the line. */
function readLine(line: string, number: number): KnownHost | string {
  const words = line.split(/\s+/)
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined
  if (marker === '@cert-authority') return 'is a @cert-authority line, which cannot be checked here: list the host keys themselves'
  if (marker !== undefined && marker !== '@revoked') return `has the unknown marker ${marker}`
  const [names = '', type = '', base64 = ''] = words
  if (/^\d+$/.test(type)) return 'is a key of SSH version 1'
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return 'is not `host type key`'
  const key = Buffer.from(base64, 'base64')
  if (typeOf(key) !== type) return `has a damaged key: it does not say "${type}" inside`
  const matches = names.startsWith('|') ? matchHashed(names) : matchPatterns(names)
  if (matches === undefined) return 'has a hashed name that cannot be read'
  return { line: number, revoked: marker === '@revoked', matches, type, key }
}

function matchHashed(names: string): KnownHost['matches'] | undefined {
  const [, salt, hash] = /^\|1\|([A-Za-z0-9+/]+=*)\|([A-Za-z0-9+/]+=*)$/.exec(names) ?? []
  if (salt === undefined || hash === undefined) return undefined
  return (name) => createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

function matchPatterns(names: string): KnownHost['matches'] {
  const patterns = names.toLowerCase().split(',')
  const positive = patterns.filter((pattern) => !pattern.startsWith('!')).map(wildcard)
  const negative = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => wildcard(pattern.slice(1)))
  return (name) => positive.some((pattern) => pattern.test(name)) && !negative.some((pattern) => pattern.test(name))
}

/** `*` and `?` are wildcards; brackets are plain characters, they enclose a host that has a port. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}
