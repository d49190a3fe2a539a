import { asPrefixes } from './address-ranges.ts'
import { block, indent } from './caddy-text.ts'
import { type EdgePlan, HTTP_PORT, HTTPS_PORT } from './edge-plan.ts'

/** The block of global options. HTTP/3 is off: it would announce the port inside the container. */
export function globalOptions(edge: EdgePlan, proxyProtocol: readonly string[]): string {
  const lines = [
    'admin 127.0.0.1:2019',
    `http_port ${HTTP_PORT}`,
    `https_port ${HTTPS_PORT}`,
    ...(edge.sites.length === 0 ? ['auto_https off'] : []),
    ...servers('servers', edge, []),
    ...(proxyProtocol.length === 0 ? [] : publicListeners(edge)).flatMap((port) =>
      servers(`servers :${port}`, edge, proxyWrapper(proxyProtocol)),
    ),
  ]
  return ['# Written by deploy-actions; the next release writes it anew.', '{', ...indent(lines), '}'].join('\n')
}

/** The listeners that visitors reach: a port on a loopback address is not among them. */
export function publicListeners({ doors, sites }: EdgePlan): number[] {
  const web = sites.length === 0 ? [] : [HTTP_PORT, HTTPS_PORT]
  const own = doors.filter(({ hostIp }) => !isLoopback(hostIp)).map(({ listen }) => listen)
  return [...new Set([...web, ...own])]
}

export const isLoopback = (hostIp: string | undefined): boolean => /^(127\.|::1$|\[::1\]$)/.test(hostIp ?? '')

/** What is counted is for the agent (47-answers.sh). Caddy takes the options of the one listener in place of the general ones, so each block has them all. */
function servers(head: string, edge: EdgePlan, more: readonly string[]): string[] {
  const protocols = edge.inside.some(({ protocol }) => protocol === 'h2c') ? 'protocols h1 h2 h2c' : 'protocols h1 h2'
  return block(head, [protocols, ...more, 'metrics']).split('\n')
}

/** Who is not in the ranges may connect as ever. PROXY comes before TLS on the wire, and so it does here. */
function proxyWrapper(ranges: readonly string[]): string[] {
  const proxy = block('proxy_protocol', ['timeout 5s', `allow ${asPrefixes(ranges).join(' ')}`])
  return block('listener_wrappers', [...proxy.split('\n'), 'tls']).split('\n')
}
