import { createHmac } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { canonicalIPv6, type Endpoint } from './host.ts'

type Matcher = (name: string) => boolean

/**
 * How known_hosts may write a host: `own` for this very port, `plain` without one, which holds where nothing is said of the port. Some people write
 * `[host]:22`, or brackets around an address without a port; OpenSSH does not find those, and we do no harm when we do.
 */
export function namesOf({ host, port }: Endpoint): { own: string[]; plain: string[] } {
  const name = host.toLowerCase()
  const plain = [name, `[${name}]:22`, ...(isIPv6(name) ? [`[${name}]`] : [])]
  return port === 22 ? { own: plain, plain: [] } : { own: [`[${name}]:${port}`], plain }
}

/** Which names the first word of a known_hosts line stands for; undefined when it is a hash that cannot be read. */
export const matcherOf = (names: string): Matcher | undefined => (names.startsWith('|') ? matchHashed(names) : matchPatterns(names))

function matchHashed(names: string): Matcher | undefined {
  const [, salt = '', hash = ''] = /^\|1\|([A-Za-z0-9+/]+=*)\|([A-Za-z0-9+/]+=*)$/.exec(names) ?? []
  const bytes = Buffer.from(salt, 'base64')
  if (bytes.length !== 20 || Buffer.from(hash, 'base64').length !== 20) return undefined
  return (name) => createHmac('sha1', bytes).update(name).digest('base64') === hash
}

/** One of the patterns must fit, and none of those behind a `!`. */
function matchPatterns(names: string): Matcher {
  const patterns = names.toLowerCase().split(',')
  const positive = patterns.filter((pattern) => !pattern.startsWith('!')).map(wildcard)
  const negative = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => wildcard(pattern.slice(1)))
  return (name) => positive.some((fits) => fits(name)) && !negative.some((fits) => fits(name))
}

/** `*` and `?` are wildcards; brackets are plain characters, they enclose a host that has a port. An IPv6 address may be spelled in any way. */
function wildcard(pattern: string): Matcher {
  const [, open = '', address = pattern, rest = ''] = /^(\[?)([0-9a-f:.]+)(\]?(?::\d+)?)$/.exec(pattern) ?? []
  const spelled = isIPv6(address) ? `${open}${canonicalIPv6(address)}${rest}` : pattern
  const source = spelled
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.')
  const fits = new RegExp(`^${source}$`, 's')
  return (name) => fits.test(name)
}
