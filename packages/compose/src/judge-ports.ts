import type { HostFacts, HostPort } from './host-facts.ts'
import type { Judged } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'

interface Wanted {
  readonly port: number
  readonly hostIp?: string | undefined
}

/** The ports that the edge must publish: on an edge that stands, all of them must be there; else nobody else may have them. */
export function judgePorts(facts: HostFacts, plan: Judged): Refusal[] {
  if (plan.switched.length === 0) return []
  const wanted = plan.edge.published.flatMap(({ published, hostIp }) =>
    /^\d+$/.test(published) ? [{ port: Number(published), hostIp }] : [],
  )
  const { edge } = facts
  if (edge === undefined) return wanted.flatMap((one) => takenBy(one, facts) ?? [])
  const lacking = wanted.filter((one) => !edge.publishedPorts.some((port) => overlap(one, port)))
  const taken = lacking.map((one) => takenBy(one, facts))
  return taken.flatMap((refused, index) => refused ?? edgeLacks(lacking[index] as Wanted, facts.host))
}

function takenBy({ port, hostIp }: Wanted, { host, containers, listening }: HostFacts): Refusal | undefined {
  const owner = containers.find(({ state, ports }) => state === 'running' && ports.some((one) => overlap({ port, hostIp }, one)))
  const listens = listening.some((one) =>
    overlap({ port, hostIp }, { published: one.port, ...(one.address === undefined ? {} : { hostIp: one.address }) }),
  )
  if (owner === undefined && !listens) return undefined
  const project = owner?.project === undefined ? '' : ` of project ${owner.project}`
  const who = owner === undefined ? 'a program outside of Docker' : `the container ${owner.names[0] ?? owner.id}${project}`
  const look = owner === undefined ? ` (\`ss -ltnp 'sport = :${port}'\` on the host names it)` : ''
  const hint = `Stop it${look}; or, if it is a proxy that shall stay in front, remove the route and name the service in \`switch\`.`
  return refusal('DA-HOST-PORT-TAKEN', `port ${port} on ${host} is taken by ${who}`, hint)
}

const edgeLacks = ({ port }: Wanted, host: string): Refusal =>
  refusal(
    'DA-EDGE-PORTS',
    `the edge on ${host} does not publish port ${port}, which this release newly needs`,
    'A deploy never recreates the edge. Run `release edge upgrade` on the host at a quiet moment, then deploy again; or take the port out.',
  )

const ANY = ['', '0.0.0.0', '::', '*', '[::]']
const isAny = (address: string | undefined): boolean => address === undefined || ANY.includes(address)

/** Whether two bindings meet: the same port, and the same address or one of them on all. */
const overlap = ({ port, hostIp }: Wanted, other: HostPort): boolean =>
  other.published === port && (isAny(hostIp) || isAny(other.hostIp) || hostIp === other.hostIp)
