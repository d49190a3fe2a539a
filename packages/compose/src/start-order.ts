import { type ComposeModel, serviceOf } from './compose-model.ts'
import type { ReleaseImages } from './release-image.ts'
import type { Strategies } from './strategies.ts'

/** What must run before a service: `depends_on`, and whoever it shares or links with. */
export function needs(model: ComposeModel, name: string): string[] {
  const { depends_on, links, network_mode, volumes_from } = serviceOf(model, name)
  const shared = /^service:(.+)$/.exec(network_mode ?? '')?.[1]
  const named = [...(links ?? []), ...(volumes_from ?? [])].map((line) => line.split(':')[0] ?? '')
  const all = [...Object.keys(depends_on ?? {}), ...named, ...(shared === undefined ? [] : [shared])]
  return [...new Set(all)].filter((other) => other !== name && model.services[other] !== undefined).sort()
}

/** All services, each after what it needs; equals by name. */
export function startOrder(model: ComposeModel): string[] {
  const order = new Set<string>()
  const visit = (name: string, above: readonly string[]) => {
    if (order.has(name) || above.includes(name)) return
    for (const other of needs(model, name)) visit(other, [...above, name])
    order.add(name)
  }
  for (const name of Object.keys(model.services).sort()) visit(name, [])
  return [...order]
}

/**
 * Base services that are started before the slot: what a switched service or a `once` job needs, the jobs themselves, and what does not exist yet
 * and is none of this release's images (a database that nobody's `depends_on` names must be there as well).
 */
export function preparedServices(model: ComposeModel, strategies: Strategies, images: ReleaseImages): Set<string> {
  const kind = (name: string) => strategies.byService.get(name)?.kind
  const prepared = new Set<string>()
  const add = (name: string) => {
    if (prepared.has(name) || kind(name) === 'switch' || kind(name) === 'off') return
    prepared.add(name)
    needs(model, name).forEach(add)
  }
  for (const name of Object.keys(model.services)) {
    if (kind(name) === 'switch') needs(model, name).forEach(add)
    if (kind(name) === 'once') add(name)
    if (kind(name) === 'start' && !images.has(name) && !needsSwitched(model, strategies, name)) add(name)
  }
  return prepared
}

/** Of them those that a switched service asks to be healthy before it starts; not what itself needs a switched service, and so cannot be well before. */
export function healthyBeforeSlot(model: ComposeModel, strategies: Strategies): Set<string> {
  const isSwitched = (name: string) => strategies.byService.get(name)?.kind === 'switch'
  const asked = Object.entries(model.services)
    .filter(([name]) => isSwitched(name))
    .flatMap(([, { depends_on }]) => Object.entries(depends_on ?? {}))
  const names = asked.filter(([, { condition }]) => condition === 'service_healthy').map(([name]) => name)
  return new Set(names.filter((name) => !isSwitched(name) && model.services[name] !== undefined && !needsSwitched(model, strategies, name)))
}

function needsSwitched(model: ComposeModel, strategies: Strategies, name: string, seen: readonly string[] = []): boolean {
  if (seen.includes(name)) return false
  return needs(model, name).some(
    (other) => strategies.byService.get(other)?.kind === 'switch' || needsSwitched(model, strategies, other, [...seen, name]),
  )
}
