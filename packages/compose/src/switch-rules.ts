import type { ComposeService, ComposeServiceNetwork } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { ReleaseImage } from './release-image.ts'
import { isStateful } from './stateful.ts'

/** One service that is to be switched, with its image when the release supplies it. */
export interface SwitchCandidate {
  readonly name: string
  readonly service: ComposeService
  readonly image: ReleaseImage | undefined
}

type Rule = (candidate: SwitchCandidate) => Refusal | undefined

const RULES: readonly Rule[] = [
  ...[networkMode, sharedNamespace, staticAddress, volumesFrom, protocol, tlsPort, anonymousVolume, discovery],
  keepsData,
]

/** Everything for which two containers of this service cannot run side by side, or the edge cannot stand before it. */
export const switchRefusals = (candidate: SwitchCandidate): Refusal[] => RULES.flatMap((rule) => rule(candidate) ?? [])

function networkMode({ name, service }: SwitchCandidate): Refusal | undefined {
  const mode = service.network_mode
  if (mode === undefined) return undefined
  const hint =
    'Remove `network_mode` and give the service a network, or take it out of `routes` and `switch` (then it is recreated, with a gap).'
  return refusal(
    'DA-SWITCH-NETWORK-MODE',
    `service "${name}" has \`network_mode: ${mode}\`: the edge cannot answer for its name there`,
    hint,
  )
}

function sharedNamespace({ name, service }: SwitchCandidate): Refusal | undefined {
  const key = (['ipc', 'pid'] as const).find((one) => /^(service|container):/.test(service[one] ?? ''))
  if (key === undefined) return undefined
  const hint = `Remove \`${key}\`, or take the service out of \`routes\` and \`switch\`.`
  return refusal('DA-SWITCH-NAMESPACE', `service "${name}" has \`${key}: ${service[key]}\`: two slots cannot share one container's`, hint)
}

function staticAddress({ name, service }: SwitchCandidate): Refusal | undefined {
  const networks = Object.entries(service.networks ?? {})
  const fixed = networks.find(([, network]) => addressOf(network) !== undefined)
  const address = service.mac_address ?? addressOf(fixed?.[1])
  if (address === undefined) return undefined
  const where = fixed === undefined ? '' : ` in network "${fixed[0]}"`
  const hint = 'Remove the address and let others reach the service by its name: two containers cannot have one address.'
  return refusal('DA-SWITCH-STATIC-ADDRESS', `service "${name}" has the fixed address ${address}${where}`, hint)
}

const addressOf = (network: ComposeServiceNetwork | null | undefined): string | undefined =>
  network?.ipv4_address ?? network?.ipv6_address ?? network?.mac_address

function volumesFrom({ name, service }: SwitchCandidate): Refusal | undefined {
  if ((service.volumes_from ?? []).length === 0) return undefined
  const hint = 'Name the volumes under `volumes` of both services instead.'
  return refusal('DA-SWITCH-VOLUMES-FROM', `service "${name}" has \`volumes_from: ${service.volumes_from?.join(', ')}\``, hint)
}

function protocol({ name, service }: SwitchCandidate): Refusal | undefined {
  const port = service.ports?.find((one) => (one.protocol ?? 'tcp') !== 'tcp')
  if (port === undefined) return undefined
  const hint = 'Only HTTP can be switched. Move that port to a service of its own, or take this one out of `routes` and `switch`.'
  return refusal(
    'DA-SWITCH-PROTOCOL',
    `service "${name}" publishes ${port.published ?? port.target}/${port.protocol}, which is not HTTP`,
    hint,
  )
}

function tlsPort({ name, service }: SwitchCandidate): Refusal | undefined {
  if (!service.ports?.some(({ published }) => published === '443')) return undefined
  const hint = 'Let the edge hold the certificate: remove that port and add a route like `example.com -> web:8000`.'
  return refusal('DA-SWITCH-PROTOCOL', `service "${name}" publishes 443: the edge cannot pass TLS through that the app ends itself`, hint)
}

function anonymousVolume({ name, service, image }: SwitchCandidate): Refusal | undefined {
  const mounted = new Set((service.volumes ?? []).filter(({ source }) => source !== undefined && source !== '').map(({ target }) => target))
  const tmpfs = (service.volumes ?? []).filter(({ type }) => type === 'tmpfs').map(({ target }) => target)
  const short = [service.tmpfs ?? []].flat().map((line) => String(line).split(':')[0])
  const named = new Set([...mounted, ...tmpfs, ...short])
  const own = (service.volumes ?? []).filter(({ type, source }) => type === 'volume' && (source === undefined || source === ''))
  const path = own[0]?.target ?? image?.volumes?.find((volume) => !named.has(volume))
  if (path === undefined) return undefined
  const whose = own.length > 0 ? 'has' : 'has, from its image,'
  const hint = `Give it a name (\`volumes: ["data:${path}"]\`) if it must last, or \`tmpfs: ${path}\` if it need not: each new container would begin with an empty one.`
  return refusal('DA-SWITCH-ANONYMOUS-VOLUME', `service "${name}" ${whose} an anonymous volume at ${path}`, hint)
}

/** Proxies that find containers by themselves would send requests to both slots, also before the switch. */
function discovery({ name, service }: SwitchCandidate): Refusal | undefined {
  const labels = service.labels ?? {}
  const traefik = labels['traefik.enable'] !== 'false' ? Object.keys(labels).find((key) => key.startsWith('traefik.')) : undefined
  const caddy = Object.keys(labels).find((key) => /^caddy(_\d+)?(\.|$)/.test(key))
  const virtual = service.environment?.VIRTUAL_HOST === undefined ? undefined : 'VIRTUAL_HOST'
  const found = traefik ?? caddy ?? virtual
  if (found === undefined) return undefined
  const hint = `Remove it, and let the proxy ask http://${name}:<port> by a fixed rule (its file provider), or replace the proxy by \`routes\`.`
  return refusal(
    'DA-SWITCH-DISCOVERY',
    `service "${name}" has \`${found}\`: a proxy that finds containers would send requests to both slots`,
    hint,
  )
}

/** Two databases on the same files destroy them, and without files of its own each would have another content. */
function keepsData({ name, service }: SwitchCandidate): Refusal | undefined {
  if (!isStateful(name, service, [])) return undefined
  const hint = `Take "${name}" out of \`routes\` and \`switch\`: it then runs on beside the switched services, which reach it by its name. To open it to visitors, publish its port in the file, or let a proxy of your own lead to it (docs/guide-own-proxy.md).`
  const message = `service "${name}" keeps data (its image is ${service.image?.split('@')[0] ?? 'built'}), and while a release comes two of it would run on the same files`
  return refusal('DA-SWITCH-STATEFUL', message, hint)
}
