import { serviceOf } from './compose-model.ts'
import type { HostContainer, HostFacts, HostPort } from './host-facts.ts'
import { orphans } from './judge-orphans.ts'
import type { Judged, JudgeOptions } from './judged.ts'
import { isAny } from './public-ports.ts'
import { type Refusal, refusal } from './refusal.ts'
import { isReplacedIn } from './replaced-proxy.ts'

interface Wanted {
  readonly port: number
  readonly hostIp?: string | undefined
}

/** The ports that the edge must publish: on an edge that stands, all of them must be there, and lead where the release listens; else nobody else may have them. And those of new base services. */
export function judgePorts(facts: HostFacts, plan: Judged, options: JudgeOptions): Refusal[] {
  return [...edgePorts(facts, plan, options), ...basePorts(facts, plan, options)]
}

function edgePorts(facts: HostFacts, plan: Judged, options: JudgeOptions): Refusal[] {
  const { app } = options
  if (plan.switched.length === 0) return []
  const wanted = plan.edge.published.flatMap(({ published, hostIp, listen }) =>
    /^\d+$/.test(published) ? [{ port: Number(published), hostIp, listen }] : [],
  )
  const { edge } = facts
  if (edge === undefined)
    return wanted.flatMap((one) => takenBy(one, withoutOld(facts, plan, options), isLeftOver(facts, plan, options)) ?? [])
  // What our own edge has on one address is not taken by somebody else.
  const others = {
    ...facts,
    containers: facts.containers.filter((one) => one.app !== app),
    listening: facts.listening.filter(({ port }) => !edge.publishedPorts.some(({ published }) => published === port)),
  }
  return wanted.flatMap((one) => {
    const binding = bindingFor(one, edge.publishedPorts)
    if (binding === undefined) return [takenBy(one, others) ?? edgeLacks(one, facts.host)]
    const { target = one.listen } = binding
    return target === one.listen ? [] : [edgeMoved(one, target, facts.host)]
  })
}

/** Containers of this project that people started and that are switched now give their ports up at the handover. */
function withoutOld(facts: HostFacts, plan: Judged, options: JudgeOptions): HostFacts {
  const isSwitched = ({ project, app, service }: HostContainer) =>
    project === options.project && app === undefined && service !== undefined && plan.switched.includes(service)
  const isOld = (one: HostContainer) => isSwitched(one) || isReplacedIn(one, facts, plan, options)
  const given = facts.containers.filter((one) => isOld(one) && one.state === 'running').flatMap(({ ports }) => ports)
  return {
    ...facts,
    containers: facts.containers.filter((one) => !isOld(one)),
    listening: facts.listening.filter(({ port }) => !given.some(({ published }) => published === port)),
  }
}

/** The binding at which requests to the wanted one arrive: the very same, or one on all addresses. One on a single address does not serve all. */
const bindingFor = ({ port, hostIp }: Wanted, bindings: readonly HostPort[]): HostPort | undefined => {
  const candidates = bindings.filter(({ published }) => published === port)
  return candidates.find((one) => one.hostIp === hostIp) ?? candidates.find((one) => isAny(one.hostIp))
}

/** What others have. A container of this project may be the very service, from before it was deployed; one that the file has no more keeps its ports, unless it goes first. */
function basePorts(facts: HostFacts, plan: Judged, options: JudgeOptions): Refusal[] {
  const { host, containers } = facts
  const { lines, model } = plan
  const starting = lines.filter(({ strategy }) => strategy === 'start').map(({ service }) => service)
  const left = options.removeOrphans === true ? [] : orphans(facts, plan, options)
  const others = [...containers.filter((one) => one.app !== options.app && one.project !== options.project), ...left]
  return starting.flatMap((service) =>
    (serviceOf(model, service).ports ?? []).flatMap(({ published = '', host_ip: hostIp, protocol = 'tcp' }) => {
      const owner = protocol === 'tcp' ? ownerOf({ port: Number(published), hostIp }, others) : undefined
      if (owner === undefined) return []
      const message = `port ${published} on ${host}, which "${service}" publishes, is taken by ${named(owner)}`
      const hint =
        'Stop it, or publish another port. If it is this app, started by hand under another name, set `project-name` to that name.'
      return [refusal('DA-HOST-PORT-TAKEN', message, hint)]
    }),
  )
}

const ownerOf = (wanted: Wanted, containers: readonly HostContainer[]): HostContainer | undefined =>
  containers.find(({ state, ports }) => state === 'running' && ports.some((one) => overlap(wanted, one)))

const named = (owner: HostContainer): string => {
  const { names, id, project, app } = owner
  const container = `the container ${names[0] ?? id}${project === undefined ? '' : ` of project ${project}`}`
  return isEdge(owner) ? `the edge of the app "${app}" (${container})` : container
}

/** Of an app that was deployed beside this one. */
const isEdge = ({ app, service }: HostContainer): boolean => app !== undefined && service === 'edge'

/** Whether a container is one of the project that is taken over, and in the file no more. */
const isLeftOver = (facts: HostFacts, plan: Judged, options: JudgeOptions) => (one: HostContainer) =>
  facts.current === undefined && orphans(facts, plan, options).includes(one)

function takenBy(
  { port, hostIp }: Wanted,
  { host, containers, listening }: HostFacts,
  isLeft: (owner: HostContainer) => boolean = () => false,
): Refusal | undefined {
  const owner = ownerOf({ port, hostIp }, containers)
  const listens = listening.some((one) =>
    overlap({ port, hostIp }, { published: one.port, ...(one.address === undefined ? {} : { hostIp: one.address }) }),
  )
  if (owner === undefined && !listens) return undefined
  const who = owner === undefined ? 'a program outside of Docker' : named(owner)
  const look = owner === undefined ? ` (\`ss -ltnp 'sport = :${port}'\` on the host names it)` : ''
  const isReplaceable = owner !== undefined && isLeft(owner)
  const hint = isReplaceable
    ? IN_ITS_PLACE
    : owner !== undefined && isEdge(owner)
      ? BEHIND_ANOTHER
      : `Stop it${look}; or, if it is a proxy that shall stay in front, remove the route and name the service in \`switch\`.`
  return refusal('DA-HOST-PORT-TAKEN', `port ${port} on ${host} is taken by ${who}`, hint)
}

const BEHIND_ANOTHER =
  'Only one program has a port. Publish this app inside the host alone (`ports: ["172.17.0.1:8081:8000"]`, and `switch` in place of the route), and lead to it from that app or from a proxy of your own: docs/guide-several-apps.md.'

const IN_ITS_PLACE =
  'The file has it no more. If the edge is to take its place, set `remove-orphans: true`: it stops at the handover, and the certificates of a Caddy are taken over (docs/guide-adoption.md). If it is to stay in front, put it back into the file, remove the route and name the service in `switch`.'

const edgeLacks = (wanted: Wanted, host: string): Refusal =>
  refusal(
    'DA-EDGE-PORTS',
    `the edge on ${host} does not publish port ${written(wanted)}, which this release newly needs`,
    `Take the port out. Or: ${NEW_EDGE}`,
  )

/** Docker would go on leading requests to the listener of before, where nobody answers any more, or another address's rules do. */
const edgeMoved = (wanted: Wanted & { listen: number }, target: number, host: string): Refusal =>
  refusal(
    'DA-EDGE-PORTS',
    `the edge on ${host} publishes port ${written(wanted)} to its listener ${target}, and this release would listen at ${wanted.listen}: requests would lead nowhere`,
    `Another address of this port, or a container port, came or went: undo that change. Or: ${NEW_EDGE}`,
  )

const written = ({ port, hostIp }: Wanted): string => (isAny(hostIp) ? `${port}` : `${hostIp}:${port}`)

// The edge of `edge upgrade` is the one that the live release describes, so it brings no port of a release that could not be deployed.
const NEW_EDGE =
  'at a quiet moment run `release uninstall` on the host, then deploy: it takes the project over anew. Requests fail for some seconds, volumes stay. `release edge upgrade` is for a newer Caddy and changes no port.'

/** Whether two bindings meet: the same port, and the same address or one of them on all. */
const overlap = ({ port, hostIp }: Wanted, other: HostPort): boolean =>
  other.published === port && (isAny(hostIp) || isAny(other.hostIp) || hostIp === other.hostIp)
