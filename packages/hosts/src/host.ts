import { isIPv6 } from 'node:net'
import { UserError } from '@deploy-actions/kit'

export interface Endpoint {
  /** Name or address; IPv6 without brackets. Lower case. */
  host: string
  port: number
}

/** Where to log in. */
export interface Host extends Endpoint {
  user: string
}

/** `user@host:port`, for messages. */
export const nameOf = ({ user, host, port }: Host): string => `${user}@${isIPv6(host) ? `[${host}]` : host}:${port}`

/**
 * Reads lines `[user@]host[:port]`, with IPv6 addresses in brackets. `defaults` fills in what a line leaves out.
 *
 * @throws UserError DA-HOSTS-INVALID listing every wrong line; a host and port that occurs twice is wrong, whoever logs in
 */
export function parseHosts(lines: readonly string[], defaults: { user: string; port: number }): Host[] {
  const problems: string[] = []
  const seen = new Map<string, Host>()
  for (const line of lines) {
    const host = readHost(line, defaults)
    if (typeof host === 'string') {
      problems.push(`"${line}" ${host}`)
      continue
    }
    const place = `${host.host} ${host.port}`
    if (seen.has(place)) problems.push(`"${line}" is the same host as an earlier line`)
    seen.set(place, host)
  }
  if (problems.length > 0) throw invalidHosts(problems)
  return [...seen.values()]
}

/** One host, such as the input `jump-host`. @throws UserError DA-HOSTS-INVALID */
export function parseHost(line: string, defaults: { user: string; port: number }): Host {
  const host = readHost(line, defaults)
  if (typeof host === 'string') throw invalidHosts([`"${line}" ${host}`])
  return host
}

const NAME = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.@\\-]*\$?$/

/** The host, or what is wrong with the line. */
function readHost(line: string, defaults: { user: string; port: number }): Host | string {
  const text = line.trim()
  if (text.includes('://')) return 'has a scheme: leave `ssh://` out'
  const at = text.lastIndexOf('@')
  const user = at === -1 ? defaults.user : text.slice(0, at)
  const place = text.slice(at + 1)
  if (isIPv6(place)) return `needs brackets around the IPv6 address: [${place}]`
  const [, bracketed, name = bracketed, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(place) ?? []
  if (name === undefined || name === '') return 'is not `[user@]host[:port]`'
  if (!USER.test(user)) return 'has a user name that no system accepts'
  if (bracketed !== undefined && !isIPv6(bracketed)) return 'has something in brackets that is no IPv6 address'
  if (bracketed === undefined && !NAME.test(name.toLowerCase())) return 'has a host name with characters that no host name has'
  const port = digits === undefined ? defaults.port : Number(/^\d+$/.test(digits) ? digits : Number.NaN)
  if (!(port >= 1 && port <= 65_535)) return 'has a port that is not a number from 1 to 65535'
  return { user, host: bracketed === undefined ? name.toLowerCase() : canonicalIPv6(bracketed), port }
}

/** One spelling for each address, so that duplicates and known_hosts entries are found. A zone such as `%eth0` stays. */
export function canonicalIPv6(address: string): string {
  const [plain = '', zone] = address.split('%', 2)
  const canonical = new URL(`http://[${plain}]`).hostname.slice(1, -1)
  return zone === undefined ? canonical : `${canonical}%${zone}`
}

/** @param problems each continues the sentence "hosts cannot be read: …" */
export function invalidHosts(problems: readonly string[]): UserError {
  const hint =
    'Write each host on its own line, like `203.0.113.7`, `deploy@web1.example.com:2222`, `[2001:db8::7]:22`, `droplet-tag:web` or `load-balancer:shop`.'
  return new UserError('DA-HOSTS-INVALID', `hosts cannot be read: ${problems.join('; ')}`, { hint })
}
