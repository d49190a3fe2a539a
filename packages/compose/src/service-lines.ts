import { Mistake, parseDuration, type Reader, reader } from '@deploy-actions/kit'
import { readPort } from './route-line.ts'

/** One line of `switch`: the service is reached by name only, on this port. */
export interface SwitchTarget {
  readonly service: string
  /** Container port; without it the service's own `ports` and `expose` must tell. */
  readonly port?: number
  /** What the service speaks there, where it is not HTTP/1.1. */
  readonly protocol?: 'h2c'
}

/** One line of `strategy`. */
export interface StrategyChoice {
  readonly service: string
  readonly strategy: 'recreate' | 'once' | 'keep'
}

/** How a container is known to be ready; times in milliseconds. */
export type Health =
  | { readonly kind: 'docker' }
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'none'; readonly stayUp: number }

/** One line of `health`. */
export interface HealthChoice {
  readonly service: string
  readonly health: Health
}

const NAME = '[A-Za-z0-9][A-Za-z0-9._-]*'

/** Reads a line of `switch`: `web:8000`, or `web` where the file tells the port; `h2c://api:9000` for one that speaks HTTP/2 without TLS. */
export const switchLine: Reader<SwitchTarget> = reader((line) => {
  const [, protocol, service, port] = new RegExp(`^(h2c://)?(${NAME})(?::(\\d+))?$`).exec(line) ?? []
  if (service === undefined) throw new Mistake('is not `service:port`', 'Write it like `web:8000`, or for gRPC `h2c://api:9000`.')
  if (protocol === undefined) return { service, ...(port === undefined ? {} : { port: readPort(port) }) }
  if (port === undefined) throw new Mistake('has `h2c://` without a port', 'Write it like `h2c://api:9000`.')
  return { service, port: readPort(port), protocol: 'h2c' }
})

/** Reads a line of `strategy`: `db=recreate`, `seed=once`, `store=keep`. */
export const strategyLine: Reader<StrategyChoice> = reader((line) => {
  const [, service, strategy] = new RegExp(`^(${NAME})\\s*=\\s*(\\S+)$`).exec(line) ?? []
  if (service === undefined) throw new Mistake('is not `service=strategy`', 'Write it like `db=recreate`.')
  if (strategy === 'switch') throw new Mistake('asks for a switch', 'Name the service in `switch` or `routes`, with its port: `web:8000`.')
  if (strategy !== 'recreate' && strategy !== 'once' && strategy !== 'keep')
    throw new Mistake(`has the strategy "${strategy}"`, 'It is `recreate`, `once` or `keep`.')
  return { service, strategy }
})

/** Reads a line of `health`: `web: http :8000/health`, `web: tcp :8000`, `web: none 10s`, `web: docker`. */
export const healthLine: Reader<HealthChoice> = reader((line) => {
  const [, service, how = ''] = new RegExp(`^(${NAME})\\s*:\\s+(.+)$`).exec(line) ?? []
  if (service === undefined) throw new Mistake('is not `service: check`', 'Write it like `web: http :8000/health`.')
  return { service, health: readHealth(how.trim()) }
})

function readHealth(how: string): Health {
  const [, kind, rest = ''] = /^(\S+)\s*(.*)$/.exec(how) ?? []
  if (kind === 'docker' && rest === '') return { kind }
  if (kind === 'http') {
    const [, port, path] = /^:(\d+)(\/[!-~]*)$/.exec(rest) ?? []
    if (port !== undefined && path !== undefined) return { kind, port: readPort(port), path }
  }
  if (kind === 'tcp' && /^:\d+$/.test(rest)) return { kind, port: readPort(rest.slice(1)) }
  const stayUp = parseDuration(rest)
  if (kind === 'none' && stayUp !== undefined && stayUp > 0) return { kind, stayUp }
  throw new Mistake(
    'has no check that we know',
    'Write `http :8000/health`, `tcp :8000`, `docker`, or `none 10s` (it must stay up that long).',
  )
}
