import { type ComposeModel, type ComposePort, serviceOf } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { Route } from './route-line.ts'
import { protocolOf, type Switching } from './service-ports.ts'
import type { Strategies } from './strategies.ts'

/** Where a request goes: a switched service and its container port. */
export interface Destination {
  readonly service: string
  readonly target: number
}

/** A destination by its names, with what is spoken there. */
export interface Inside extends Destination {
  /** HTTP/2 without TLS, as gRPC servers speak it; undefined for HTTP/1.1. */
  readonly protocol?: 'h2c' | undefined
}

/** A destination for one path; without a path for all others. */
export interface PathRule extends Destination {
  readonly path?: string | undefined
}

/** A port that the edge publishes. */
export interface Door {
  /** Port in the edge container. */
  readonly listen: number
  /** Port or range on the host; undefined for any free one. */
  readonly published?: string | undefined
  readonly hostIp?: string | undefined
  /** Longest path first. */
  readonly rules: readonly PathRule[]
}

/** A host name with automatic TLS. */
export interface Site {
  readonly host: string
  readonly rules: readonly PathRule[]
}

/** All that the edge listens for. */
export interface EdgePlan {
  /** One listener per switched container port, at that port, for requests by name. */
  readonly inside: readonly Inside[]
  readonly doors: readonly Door[]
  readonly sites: readonly Site[]
  readonly refusals: readonly Refusal[]
}

export const HTTP_PORT = 10_080
export const HTTPS_PORT = 10_443
export const VERIFY_PORT = 2_020
const ADMIN_PORT = 2_019
/** Listeners of other published ports begin here; each stays the same whatever else is published, because the edge is not recreated. */
const FIRST_DOOR = 10_500
const RESERVED = [ADMIN_PORT, VERIFY_PORT, HTTP_PORT, HTTPS_PORT]

interface Opening extends PathRule {
  readonly published?: string | undefined
  readonly hostIp?: string | undefined
  readonly from: string
}

/** Works out the edge's listeners from the routes, and from the ports that switched services publish. */
export function planEdge(model: ComposeModel, strategies: Strategies, switching: Switching): EdgePlan {
  const inside = [...strategies.ports].flatMap(([service, ports]) =>
    ports.map((target) => ({ service, target, ...protocolOf(service, target, switching) })),
  )
  const refusals: Refusal[] = inside
    .filter(({ target }) => RESERVED.includes(target))
    .map(({ service, target }) => reservedPort(service, target))
  const known = switching.routes.filter(({ service }) => strategies.ports.has(service))
  const openings = [...known.flatMap(routeOpening), ...fileOpenings(model, strategies, known)]
  const taken = new Set(inside.map(({ target }) => target))
  // By address, so that the same binding has the same listener in whatever order the file has them.
  const bindings = [...openings].sort((a, b) => compare(a.hostIp ?? '', b.hostIp ?? ''))
  const doors = groupBy(bindings, doorKey).map((group) => door(group, taken, refusals))
  const sites = groupBy(
    known.filter(({ host }) => host !== undefined),
    ({ host }) => host ?? '',
  ).map((group) => ({ host: group[0].host ?? '', rules: rulesOf(group.map(opening), refusals) }))
  refusals.push(...takenByBase(model, strategies, publishedPorts(doors, sites)))
  return { inside, doors, sites, refusals }
}

/** A port on the host, and the edge's listener that it leads to. */
export interface PublishedPort {
  readonly published: string
  readonly hostIp?: string | undefined
  readonly listen: number
}

/** The ports on the host that the edge needs. */
export function publishedPorts(doors: readonly Door[], sites: readonly Site[]): PublishedPort[] {
  const own = doors.flatMap(({ published, hostIp, listen }) => (published === undefined ? [] : [{ published, hostIp, listen }]))
  if (sites.length === 0) return own
  const web = [
    { published: '80', listen: HTTP_PORT },
    { published: '443', listen: HTTPS_PORT },
  ]
  return [...web, ...own.filter(({ published, hostIp }) => !(hostIp === undefined && (published === '80' || published === '443')))]
}

const opening = (route: Route): Opening => ({
  path: route.path,
  service: route.service,
  target: route.target,
  from: `route \`${route.line}\``,
})
const routeOpening = (route: Route): Opening[] => (route.port === undefined ? [] : [{ ...opening(route), published: String(route.port) }])

/** Ports in the file move to the edge; where a route has that port too, the route's address counts. */
function fileOpenings(model: ComposeModel, strategies: Strategies, routes: readonly Route[]): Opening[] {
  const routed = new Set(routes.flatMap(({ port, host }) => (host === undefined ? [String(port)] : ['80', '443'])))
  return [...strategies.ports.keys()].flatMap((service) => {
    const ports = (serviceOf(model, service).ports ?? []).filter(({ protocol }) => (protocol ?? 'tcp') === 'tcp')
    return ports.map((port) => {
      const hostIp = port.published !== undefined && routed.has(port.published) ? undefined : hostIpOf(port)
      return { service, target: port.target, published: port.published, hostIp, from: `\`ports\` of ${service}` }
    })
  })
}

const hostIpOf = ({ host_ip: ip }: ComposePort): string | undefined => (ip === undefined || ip === '' || ip === '0.0.0.0' ? undefined : ip)

const doorKey = ({ published, hostIp, service, target }: Opening): string =>
  published === undefined ? `any ${service}:${target}` : `${hostIp ?? ''} ${published}`

function door(group: readonly [Opening, ...Opening[]], taken: Set<number>, refusals: Refusal[]): Door {
  const { published, hostIp, target } = group[0]
  return { listen: listenPort(published, target, taken), published, hostIp, rules: rulesOf(group, refusals) }
}

function listenPort(published: string | undefined, target: number, taken: Set<number>): number {
  const first = FIRST_DOOR + (Number.parseInt(published ?? String(target), 10) % 50_000)
  let port = published === '80' && !taken.has(HTTP_PORT) ? HTTP_PORT : first
  while (taken.has(port)) port++
  taken.add(port)
  return port
}

/** One rule per path; the same path twice is right only when both say the same. */
function rulesOf(openings: readonly Opening[], refusals: Refusal[]): PathRule[] {
  const rules = groupBy(openings, ({ path }) => path ?? '').map((group) => {
    const [first, ...others] = group
    const other = others.find(({ service, target }) => service !== first.service || target !== first.target)
    if (other !== undefined) refusals.push(routeClash(first, other))
    return { service: first.service, target: first.target, ...(first.path === undefined ? {} : { path: first.path }) }
  })
  return rules.sort((a, b) => (b.path?.length ?? 0) - (a.path?.length ?? 0) || compare(a.path ?? '', b.path ?? ''))
}

function takenByBase(model: ComposeModel, strategies: Strategies, wanted: readonly { published: string }[]): Refusal[] {
  const base = Object.entries(model.services).filter(([name]) => !['switch', 'off'].includes(strategies.byService.get(name)?.kind ?? 'off'))
  return base.flatMap(([name, { ports }]) =>
    (ports ?? [])
      .filter(({ published, protocol }) => (protocol ?? 'tcp') === 'tcp' && wanted.some((one) => one.published === published))
      .map(({ published }) => portTaken(name, published ?? '')),
  )
}

const reservedPort = (service: string, port: number): Refusal =>
  refusal(
    'DA-EDGE-PORT-RESERVED',
    `service "${service}" has the container port ${port}, which the edge needs for itself`,
    `Let it listen on another port (not ${RESERVED.join(', ')}).`,
  )

const routeClash = (one: Opening, other: Opening): Refusal =>
  refusal(
    'DA-ROUTE-CLASH',
    `${one.from} and ${other.from} claim the same address for ${one.service}:${one.target} and ${other.service}:${other.target}`,
    'Remove one of them, or give one a path.',
  )

const portTaken = (service: string, port: string): Refusal =>
  refusal(
    'DA-ROUTE-PORT-TAKEN',
    `service "${service}" of the same file publishes port ${port}, which the edge would need`,
    `Keep "${service}" in front: remove those \`routes\`, and name the service behind it in \`switch\` (the edge answers for its name). Or remove that port from "${service}".`,
  )

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Groups in order of first appearance. */
function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return [...groups.values()]
}
