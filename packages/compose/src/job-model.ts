import { canonicalJson } from './canonical-json.ts'
import type { ComposeModel, ComposeService } from './compose-model.ts'
import { mapValues } from './place-paths.ts'
import { POSTGRES, programOf } from './stateful.ts'

/** What a container beside the service itself must not have: names, ports and addresses that are the service's own, and what would keep it alive. */
const ITS_OWN = [
  ...['container_name', 'hostname', 'mac_address', 'ports', 'expose', 'healthcheck', 'restart', 'depends_on', 'links', 'external_links'],
  ...[
    'scale',
    'deploy',
    'develop',
    'profiles',
    'command',
    'entrypoint',
    'post_start',
    'pre_start',
    'pre_stop',
    'stop_grace_period',
    'volumes_from',
  ],
]

/**
 * A project of one service for a one-off container: with its image, environment, files, volumes and networks.
 * @param base text of `base.json`
 */
export function jobModel(base: string, name: string): string {
  const { services, ...rest } = JSON.parse(base) as ComposeModel
  const service = services[name] as ComposeService
  const kept = Object.fromEntries(Object.entries(service).filter(([key]) => !ITS_OWN.includes(key)))
  const networks = service.networks && mapValues(service.networks, (network) => withoutAddress(network))
  return canonicalJson({ ...rest, services: { [name]: { ...kept, ...(networks && { networks }) } } })
}

function withoutAddress(network: Readonly<Record<string, unknown>> | null): Record<string, unknown> | null {
  if (network === null) return null
  const { aliases: _aliases, ipv4_address: _four, ipv6_address: _six, mac_address: _mac, link_local_ips: _local, ...rest } = network
  return rest
}

/** Everything that a service depends on, and what those depend on; not the service itself. */
export function neededBy({ services }: ComposeModel, name: string): string[] {
  const found = new Set<string>()
  const visit = (one: string) => {
    for (const other of Object.keys(services[one]?.depends_on ?? {})) {
      if (found.has(other) || other === name || !Object.hasOwn(services, other)) continue
      found.add(other)
      visit(other)
    }
  }
  visit(name)
  return [...found]
}

/** Services whose image is a PostgreSQL server. */
export const postgresServices = ({ services }: ComposeModel): string[] =>
  Object.entries(services).flatMap(([name, { image }]) => (POSTGRES.has(programOf(image)) ? [name] : []))
