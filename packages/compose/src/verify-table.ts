import { type Door, type EdgePlan, VERIFY_PORT } from './edge-plan.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { Health } from './service-lines.ts'
import type { VerifyCheck } from './verify-line.ts'

/** A check as the agent makes it: `http://127.0.0.1:<port><path>` in the edge container, with `Host` and `X-Forwarded-Proto`. */
export interface EdgeCheck {
  readonly url: string
  readonly port: number
  readonly host: string
  readonly path: string
  readonly statuses: string
  readonly scheme: 'http' | 'https'
}

export interface VerifyRequest {
  /** Undefined or empty: the health paths of the switched services. */
  readonly verify?: readonly VerifyCheck[]
  readonly edge: EdgePlan
  readonly health: ReadonlyMap<string, Health>
  /** Names of each switched service. */
  readonly names: ReadonlyMap<string, readonly string[]>
}

/** Finds for each check the listener of the edge that it must pass. */
export function edgeChecks({ verify = [], edge, health, names }: VerifyRequest): { checks: EdgeCheck[]; refusals: Refusal[] } {
  if (names.size === 0 && verify.length > 0) return { checks: [], refusals: verify.map((check) => noRoute(check, edge)) }
  if (verify.length === 0) return { checks: defaultChecks(edge, health), refusals: [] }
  const found = verify.map((check) => ({ check, port: listenerOf(check, edge, names) }))
  const checks = found.flatMap(({ check, port }) => (port === undefined ? [] : [asked(check, port)]))
  return { checks, refusals: found.filter(({ port }) => port === undefined).map(({ check }) => noRoute(check, edge)) }
}

/** `verify.tsv`. */
export function verifyTable(checks: readonly EdgeCheck[]): string {
  return checks.map(({ url, port, host, path, statuses, scheme }) => `${[url, port, host, path, statuses, scheme].join('\t')}\n`).join('')
}

function defaultChecks(edge: EdgePlan, health: ReadonlyMap<string, Health>): EdgeCheck[] {
  return [...health].flatMap(([service, check]) => {
    if (check.kind !== 'http' || !edge.inside.some((one) => one.service === service && one.target === check.port)) return []
    const host = `${service}:${check.port}`
    return [{ url: `http://${host}${check.path}`, port: check.port, host, path: check.path, statuses: '2xx', scheme: 'http' }]
  })
}

const asked = ({ url, host, port, path, statuses, scheme }: VerifyCheck, listener: number): EdgeCheck => {
  return { url, port: listener, host: port === undefined ? host : `${host}:${port}`, path, statuses, scheme }
}

/** By host route, by a service's name, by a published port, by port 80 for any name; a lone switched service is what an own proxy in front leads to. */
function listenerOf({ host, port, scheme }: VerifyCheck, edge: EdgePlan, names: VerifyRequest['names']): number | undefined {
  if (port === undefined && edge.sites.some((site) => site.host === host)) return VERIFY_PORT
  const service = [...names].find(([, own]) => own.some((name) => name.toLowerCase() === host))?.[0]
  if (service !== undefined) return insidePort(edge, service, port ?? (scheme === 'http' ? 80 : 443), port !== undefined)
  if (port !== undefined && edge.doors.some((door) => isDoor(door, port))) return VERIFY_PORT
  if (port === undefined && edge.doors.some((door) => isDoor(door, 80))) return VERIFY_PORT
  const [only, ...others] = names.keys()
  return only === undefined || others.length > 0 ? undefined : insidePort(edge, only, 80, false)
}

const isDoor = ({ published }: Door, port: number): boolean => published === String(port)

function insidePort(edge: EdgePlan, service: string, port: number, exact: boolean): number | undefined {
  const own = edge.inside.filter((one) => one.service === service).map(({ target }) => target)
  return own.find((one) => one === port) ?? (exact ? undefined : own[0])
}

function noRoute({ url }: VerifyCheck, edge: EdgePlan): Refusal {
  const inside = edge.inside.map(({ service, target }) => `http://${service}:${target}/`)
  const hosts = edge.sites.map(({ host }) => `https://${host}/`)
  const hint = inside.length === 0 ? 'No service is switched: remove it.' : `Ask for one of ${[...hosts, ...inside].join(', ')}.`
  return refusal('DA-VERIFY-NO-ROUTE', `\`verify\` asks for ${url}, which leads to no switched service through the edge`, hint)
}
