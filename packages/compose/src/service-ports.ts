import type { ComposeService } from './compose-model.ts'
import type { Route } from './route-line.ts'
import type { SwitchTarget } from './service-lines.ts'

/** The lines that make services switched. */
export interface Switching {
  readonly routes: readonly Route[]
  readonly switch: readonly SwitchTarget[]
}

/** Names of the services that `routes` or `switch` name, in order of first mention. */
export function namedForSwitch({ routes, switch: targets }: Switching): string[] {
  return [...new Set([...routes, ...targets].map(({ service }) => service))]
}

/** The container ports at which a switched service answers under its names, ascending: from routes, `switch`, `ports` and `expose`. */
export function listenedPorts(name: string, service: ComposeService, switching: Switching): number[] {
  const routed = switching.routes.filter((route) => route.service === name).map(({ target }) => target)
  const switched = switching.switch.filter((target) => target.service === name).flatMap(({ port }) => port ?? [])
  return [...new Set([...routed, ...switched, ...ownPorts(service)])].sort((a, b) => a - b)
}

/** What is spoken at a port: one line that says so is enough, because a port is the same whoever leads to it. */
export function protocolOf(name: string, port: number, switching: Switching): { protocol?: 'h2c' } {
  const routed = switching.routes.some((route) => route.service === name && route.target === port && route.protocol === 'h2c')
  const switched = switching.switch.some((target) => target.service === name && target.port === port && target.protocol === 'h2c')
  return routed || switched ? { protocol: 'h2c' } : {}
}

/** TCP container ports that the file itself names. */
export function ownPorts(service: ComposeService): number[] {
  const published = (service.ports ?? []).filter(({ protocol }) => protocol !== 'udp').map(({ target }) => target)
  return [...new Set([...published, ...(service.expose ?? []).flatMap(readExpose)])]
}

function readExpose(written: string | number): number[] {
  const [, from, to = from, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(String(written)) ?? []
  if (from === undefined || protocol !== 'tcp') return []
  return Array.from({ length: Math.max(0, Number(to) - Number(from) + 1) }, (_, index) => Number(from) + index)
}
