import { type ComposeModel, type ComposeService, serviceOf } from './compose-model.ts'

export type Slot = 'blue' | 'green'
export const SLOTS: readonly Slot[] = ['blue', 'green']

/** The name at which the edge dials a slot; streams have one of their own, so that they are counted apart. */
export const slotAlias = (project: string, service: string, slot: Slot): string => `${project}-${service}-${slot}`
export const streamAlias = (project: string, service: string, slot: Slot): string => `${slotAlias(project, service, slot)}-stream`

/** A service's networks by their key in the file: `default` where it names none. */
export function networksOf(service: ComposeService): string[] {
  if (service.network_mode !== undefined) return []
  const names = Object.keys(service.networks ?? {})
  return names.length === 0 ? ['default'] : names
}

/** The real name of a network or volume on the host. */
export function realName(project: string, key: string, definition: { readonly name?: string } | null | undefined): string {
  return definition?.name ?? `${project}_${key}`
}

/** Every name under which others reach a service: its own, its container's, its aliases, and what `links` of others call it. */
export function allNames(model: ComposeModel, name: string): string[] {
  const service = serviceOf(model, name)
  const aliases = networksOf(service).flatMap((network) => service.networks?.[network]?.aliases ?? [])
  const links = Object.values(model.services).flatMap((other) => linkAliases(other, name))
  return [...new Set([...ownNames(name, service), ...aliases, ...links])]
}

/** The names of a service in one network; `links` count where the linking service is in that network too. */
export function namesIn(model: ComposeModel, name: string, network: string): string[] {
  const service = serviceOf(model, name)
  const neighbours = Object.values(model.services).filter((other) => networksOf(other).includes(network))
  const links = neighbours.flatMap((other) => linkAliases(other, name))
  return [...new Set([...ownNames(name, service), ...(service.networks?.[network]?.aliases ?? []), ...links])]
}

const ownNames = (name: string, service: ComposeService): string[] => [
  name,
  ...(service.container_name === undefined ? [] : [service.container_name]),
]

/** `links: ["web:frontend"]` gives `frontend`; `links: ["web"]` gives `web`. */
function linkAliases(service: ComposeService, target: string): string[] {
  return (service.links ?? [])
    .map((link) => link.split(':'))
    .flatMap(([to, alias = to]) => (to === target && alias !== undefined ? [alias] : []))
}
