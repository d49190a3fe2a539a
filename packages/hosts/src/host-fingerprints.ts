import { UserError } from '@deploy-actions/kit'
import { type Endpoint, parseHost } from './host.ts'
import { fingerprintOf, type HostKeys } from './host-keys.ts'

export interface HostFingerprint {
  host: string
  /** Undefined: the fingerprint holds for the host at every port. */
  port: number | undefined
  fingerprint: string
}

/**
 * Reads lines `host=SHA256:…` or `host:port=SHA256:…`; a host may have several lines. A bare `SHA256:…` is for the only host of the run.
 *
 * @param hosts all hosts that will be connected to, the jump host included
 * @throws UserError DA-HOST-FINGERPRINT-INVALID listing every wrong line
 */
export function parseHostFingerprints(lines: readonly string[], hosts: readonly Endpoint[]): HostFingerprint[] {
  const read = lines.map((line) => readLine(line.trim(), hosts))
  const problems = read.filter((result) => typeof result === 'string')
  if (read.length === 0) problems.push('there is no line')
  if (problems.length === 0) return read.filter((result) => typeof result !== 'string')
  const hint = 'Take it from `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the host and write `host=SHA256:…`.'
  throw new UserError('DA-HOST-FINGERPRINT-INVALID', `host-fingerprint cannot be used: ${problems.join('; ')}`, { hint })
}

/** Trusts exactly the keys with these fingerprints. */
export function hostKeysByFingerprint(fingerprints: readonly HostFingerprint[]): HostKeys {
  return {
    // A fingerprint does not say of which of the host's keys it is.
    askForOtherTypes: true,
    preferredTypes: () => [],
    verify({ host, port }, key) {
      const expected = fingerprints
        .filter((line) => line.host === host && (line.port ?? port) === port)
        .map(({ fingerprint }) => fingerprint)
      if (expected.length === 0) return { state: 'unknown' }
      return expected.includes(fingerprintOf(key)) ? { state: 'trusted' } : { state: 'changed', expected }
    },
  }
}

/** The fingerprint, or what is wrong with the line. */
function readLine(line: string, hosts: readonly Endpoint[]): HostFingerprint | string {
  if (/(?:^|=|MD5:)(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(line)) return `"${line}" is an MD5 fingerprint, which no longer proves anything`
  const [, place, base64] = /^(?:(.*?)\s*=\s*)?SHA256:([A-Za-z0-9+/]{43})=?$/.exec(line) ?? []
  if (base64 === undefined) return `"${line}" is not \`host=SHA256:\` and 43 characters`
  const fingerprint = `SHA256:${base64}`
  if (place !== undefined) return withPlace(line, place, fingerprint)
  const [only, ...others] = hosts
  if (only === undefined || others.length > 0) return `"${line}" does not say of which of the ${hosts.length} hosts it is`
  return { host: only.host, port: only.port, fingerprint }
}

function withPlace(line: string, place: string, fingerprint: string): HostFingerprint | string {
  try {
    const { host, port } = parseHost(place, { user: 'any', port: 22 })
    const hasPort = /(?:^|\]|^[^:]*):\d+$/.test(place)
    return { host, port: hasPort ? port : undefined, fingerprint }
  } catch (error) {
    if (error instanceof UserError) return `"${line}" does not begin with a host`
    throw error
  }
}
