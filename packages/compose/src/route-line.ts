import { Mistake, type Reader, reader } from '@deploy-actions/kit'

/** One line of `routes`: what arrives at `from` goes to `service:port`. */
export interface Route {
  /** Lower case. Undefined for a port route. */
  readonly host?: string
  /** The published port of a port route, such as 80. Undefined for a host. */
  readonly port?: number
  /** `/api`, `/api*` or `/api/*`; undefined for everything. Is not stripped. */
  readonly path?: string
  readonly service: string
  readonly target: number
  /** What the service speaks there, where it is not HTTP/1.1. */
  readonly protocol?: 'h2c'
  readonly line: string
}

const LINE = /^(?<from>\S+?)(?<path>\/\S*)?\s*->\s*(?<protocol>h2c:\/\/)?(?<service>[A-Za-z0-9][A-Za-z0-9._-]*):(?<target>\d{1,5})$/
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const FORM =
  'Write it like `example.com -> web:8000`, `example.com/api* -> api:9000`, `:80 -> web:8000`, or for gRPC `example.com -> h2c://api:9000`.'

/** Reads a line of `routes`: `example.com[/path*] -> web:8000`, `:80[/path*] -> web:8000`; `h2c://` before a service that speaks HTTP/2 without TLS. */
export const routeLine: Reader<Route> = reader(readRoute)

interface Parts {
  readonly from: string
  readonly path?: string
  readonly protocol?: string
  readonly service: string
  readonly target: string
}

function readRoute(line: string): Route {
  const parts = LINE.exec(line)?.groups as Parts | undefined
  if (parts === undefined) throw new Mistake('is not a route', FORM)
  const address = readAddress(parts.from)
  const path = readPath(parts.path)
  return {
    ...address,
    ...(path === undefined ? {} : { path }),
    service: parts.service,
    target: readPort(parts.target),
    ...(parts.protocol === undefined ? {} : { protocol: 'h2c' }),
    line,
  }
}

function readAddress(from: string): { host: string } | { port: number } {
  if (from === ':443') throw new Mistake('has port 443 without a name, for which no certificate can be had', FORM)
  if (from.startsWith(':')) return { port: readPort(from.slice(1)) }
  const host = from.toLowerCase()
  if (/^[a-z]+:/.test(host)) throw new Mistake('has a scheme: host names always get https, and http for them is sent there', FORM)
  if (host.startsWith('*.'))
    throw new Mistake('has a wildcard, for which no certificate can be had over http', 'Name each host on its own line.')
  if (host.includes(':'))
    throw new Mistake('has a host name with a port: names are served on 80 and 443', 'Use `:8080 -> web:8000` for another port.')
  if (/^[\d.]+$/.test(host)) throw new Mistake('has an address, for which no certificate can be had', 'Use `:80 -> web:8000`.')
  if (!host.includes('.') || host.length > 253 || !host.split('.').every((label) => LABEL.test(label))) {
    throw new Mistake('has no full host name', `${FORM} Names with other letters are written as punycode (xn--…).`)
  }
  return { host }
}

/** @throws Mistake for anything but 1 to 65535 */
export function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) throw new Mistake(`has a port that is not between 1 and 65535 ("${text}")`)
  return port
}

function readPath(path: string | undefined): string | undefined {
  if (path === undefined || path === '/' || path === '/*') return undefined
  if (!/^\/[A-Za-z0-9._~/-]*\*?$/.test(path)) {
    throw new Mistake('has a path with characters other than letters, digits, `.`, `_`, `~`, `-`, `/` and one `*` at its end', FORM)
  }
  return path
}
