import type { ComposeDependency, ComposeFileObject, ComposeModel, ComposeService } from './compose-model.ts'
import { serviceOf } from './compose-model.ts'
import { asFiles, textPath } from './file-objects.ts'
import { mapValues } from './place-paths.ts'
import { allNames, networksOf, realName, type Slot, slotAlias, streamAlias } from './service-names.ts'
import { type SplitRequest, switchedOf } from './split-request.ts'

/** What a slot's container does not take over from its service: it has none of it, or has its own. */
const DROPPED = new Set([
  'build',
  'container_name',
  'depends_on',
  'develop',
  'environment',
  'external_links',
  'links',
  'ports',
  'profiles',
  'pull_policy',
])

/** The model of project `<project>-<slot>`: the switched services, on networks and volumes that base owns. */
export function slotModel(model: ComposeModel, slot: Slot, request: SplitRequest): ComposeModel {
  const switched = switchedOf(request.strategies)
  const services = switched.map((name) => [`${name}-${slot}`, slotService(model, name, slot, request)] as const)
  const originals = switched.map((name) => serviceOf(model, name))
  return {
    name: `${request.project}-${slot}`,
    services: Object.fromEntries(services),
    networks: externals(originals.flatMap(networksOf), model.networks, request.project),
    volumes: externals(originals.flatMap(volumesOf), model.volumes, request.project),
    configs: used(
      originals,
      'configs',
      asFiles(model.configs, request.configTexts, (name) => `./${textPath('configs', name)}`),
    ),
    secrets: used(
      originals,
      'secrets',
      asFiles(model.secrets, request.secretTexts, (name) => `./${textPath('secrets', name)}`),
    ),
  }
}

function slotService(model: ComposeModel, name: string, slot: Slot, request: SplitRequest): ComposeService {
  const service = serviceOf(model, name)
  const switched = switchedOf(request.strategies)
  const kept = Object.fromEntries(Object.entries(service).filter(([key]) => !DROPPED.has(key)))
  const dependencies = slotDependencies(service, switched, slot)
  const aliases = [slotAlias(request.project, name, slot), streamAlias(request.project, name, slot)]
  return {
    ...kept,
    ...(service.deploy === undefined ? {} : { deploy: withoutRestartPolicy(service.deploy) }),
    ...(dependencies === undefined ? {} : { depends_on: dependencies }),
    env_file: [`env/${name}.env`],
    external_links: externalLinks(model, service, slot, request),
    labels: { ...service.labels, ...ownLabels(request, name, slot) },
    networks: Object.fromEntries(networksOf(service).map((network) => [network, { ...service.networks?.[network], aliases }])),
    // A candidate must not come back after a reboot; the agent sets the policy of services.tsv when the release is live.
    restart: 'no',
  }
}

const ownLabels = ({ app, id }: SplitRequest, service: string, slot: Slot): Record<string, string> => ({
  'deploy-actions.app': app,
  'deploy-actions.release': id,
  'deploy-actions.slot': slot,
  'deploy-actions.service': service,
})

/** It would win over `restart`. */
function withoutRestartPolicy({
  restart_policy: _policy,
  ...deploy
}: NonNullable<ComposeService['deploy']>): NonNullable<ComposeService['deploy']> {
  return deploy
}

/** Among switched services only: base runs and is healthy before a slot starts. */
function slotDependencies(service: ComposeService, switched: readonly string[], slot: Slot): Record<string, ComposeDependency> | undefined {
  const among = Object.entries(service.depends_on ?? {}).filter(([name]) => switched.includes(name))
  return among.length === 0 ? undefined : Object.fromEntries(among.map(([name, how]) => [`${name}-${slot}`, how]))
}

/** Every switched service, itself included, under every name it had: the slot's own, found by the plain name. Then the service's own links. */
function externalLinks(model: ComposeModel, service: ComposeService, slot: Slot, request: SplitRequest): string[] {
  const switched = switchedOf(request.strategies)
  const peers = switched.flatMap((peer) => allNames(model, peer).map((name) => `${slotAlias(request.project, peer, slot)}:${name}`))
  const base = (service.links ?? []).filter((link) => !switched.includes(link.split(':')[0] ?? ''))
  return [...new Set([...peers, ...base.map((link) => (link.includes(':') ? link : `${link}:${link}`)), ...(service.external_links ?? [])])]
}

/** A service's named volumes, by their keys in the file. */
export const volumesOf = (service: ComposeService): string[] =>
  (service.volumes ?? []).flatMap(({ type, source }) => (type === 'volume' && source !== undefined && source !== '' ? [source] : []))

/** Networks or volumes that exist already, by their real names. */
export function externals(
  keys: readonly string[],
  definitions: Readonly<Record<string, { readonly name?: string } | null>> | undefined,
  project: string,
): Record<string, { name: string; external: true }> {
  return Object.fromEntries(
    [...new Set(keys)].sort().map((key) => [key, { name: realName(project, key, definitions?.[key]), external: true }]),
  )
}

function used(
  services: readonly ComposeService[],
  kind: 'configs' | 'secrets',
  all: Readonly<Record<string, ComposeFileObject>>,
): Record<string, ComposeFileObject> {
  const names = new Set(services.flatMap((service) => (service[kind] ?? []).map(({ source }) => source)))
  return mapValues(Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name))), ({ name: _name, ...object }) => object)
}
