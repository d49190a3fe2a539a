import { type EdgePlan, publishedPorts } from './edge-plan.ts'
import type { HostContainer, HostFacts, HostMount, StartedByHand } from './host-facts.ts'
import type { Judged, JudgeOptions } from './judged.ts'

// A proxy of the project that people started, which the file has no more: the edge takes its place, its ports, and the certificates that a Caddy has.

/** A container that people started, as Docker lists it and as it was made. */
type Made = HostContainer & StartedByHand

interface Place {
  readonly model: Judged['model']
  readonly published: readonly { readonly published: string }[]
  readonly removeOrphans?: boolean | undefined
}

/** Whether a container of the project that is taken over makes room for the edge: it is in the file no more, may go (`remove-orphans`), and has a port that the edge needs. */
export function isReplaced({ app, service, oneOff, state, ports }: HostContainer, { model, published, removeOrphans }: Place): boolean {
  if (removeOrphans !== true || app !== undefined || oneOff === true || state !== 'running') return false
  if (service === undefined || Object.hasOwn(model.services, service)) return false
  return ports.some((port) => published.some((one) => one.published === String(port.published)))
}

/** As the judgement sees it: only what is taken over makes room. */
export const isReplacedIn = (one: HostContainer, facts: HostFacts, plan: Judged, { project, removeOrphans }: JudgeOptions): boolean =>
  facts.current === undefined &&
  one.project === project &&
  isReplaced(one, { model: plan.model, published: plan.edge.published, removeOrphans })

/**
 * What the agent has to know of them (59-certificates.sh): their services, and lines `source<TAB>folder<TAB>host…`: the volume or folder in which a Caddy
 * keeps its certificates, the place in it, and the names whose certificates the edge takes.
 */
export function replacedTexts(
  containers: readonly Made[],
  { model, edge }: { readonly model: Judged['model']; readonly edge: EdgePlan },
  removeOrphans: boolean,
): Record<string, string> {
  const place = { model, published: publishedPorts(edge.doors, edge.sites), removeOrphans }
  const replaced = containers.filter((one) => isReplaced(one, place))
  if (replaced.length === 0) return {}
  const hosts = edge.sites.map(({ host }) => host).join(' ')
  const storages = hosts === '' ? [] : replaced.flatMap((one) => storageOf(one) ?? [])
  return {
    replaced: [...new Set(replaced.map(({ service }) => `${service}\n`))].join(''),
    certificates: storages.map(({ mount, folder }) => `${mount.source}\t${folder}\t${hosts}\n`).join(''),
  }
}

/** What the plan says of them. */
export function replacedNotices(containers: readonly Made[], hosts: readonly string[]): string[] {
  return containers.flatMap((one) => [
    `${one.names[0]} is in the file no more, and the edge takes its place: it is stopped at the handover, and removed when the release is final (\`remove-orphans\`; volumes stay).`,
    ...(hosts.length === 0 ? [] : [certificatesNotice(one, hosts.join(', '))]),
  ])
}

function certificatesNotice(one: Made, hosts: string): string {
  const storage = storageOf(one)
  if (storage !== undefined) {
    const { type, source } = storage.mount
    return `Its certificates for ${hosts}, with their keys and the ACME account, are copied from the ${type === 'volume' ? 'volume' : 'folder'} "${source}": as far as they are there, none is ordered.`
  }
  const own = one.mounted.find(({ target }) => target.startsWith('/etc/letsencrypt'))
  const what = own === undefined ? 'It has no certificates that a Caddy keeps' : `Its certificates (${own.source}) are not taken over`
  return `${what}: the edge orders its own for ${hosts} as soon as it has the ports. For that the name has to lead to this host, and port 80 or 443 to be open to the internet; until they are there, mostly some seconds, https fails.`
}

interface Storage {
  readonly mount: HostMount
  /** Where the storage is in the mount. */
  readonly folder: string
}

/** Caddy keeps them in `caddy` below XDG_DATA_HOME, which is /data in its own image, and below the home of its user elsewhere. */
function storageOf({ image, mounted }: Made): Storage | undefined {
  const found = mounted.flatMap((mount) => {
    if (/\/(\.local\/share|data)\/caddy\/?$/.test(mount.target)) return [{ mount, folder: '.' }]
    if (/\/\.local\/share\/?$/.test(mount.target) || (/^\/data\/?$/.test(mount.target) && /caddy/i.test(image)))
      return [{ mount, folder: 'caddy' }]
    return []
  })
  return found[0]
}
