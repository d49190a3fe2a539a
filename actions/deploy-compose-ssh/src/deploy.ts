import {
  type AgentEvent,
  type AgentFacts,
  afterLosses,
  type Change,
  type Choice,
  closeAll,
  openHosts,
  type Reached,
  reopen,
  type Settlement,
  serving,
  type Turns,
} from '@deploy-actions/agent'
import type { ReleasePlan } from '@deploy-actions/compose'
import type { UserError } from '@deploy-actions/kit'
import {
  type DeployPorts,
  type DeployRequest,
  hashesIn,
  type Planned,
  type PlannedHost,
  planHosts,
  readSource,
  refuse,
  registryAhead,
} from '@deploy-actions/plan'
import { endedAs, type Known } from './after-loss.ts'
import { type Applied, changed, held } from './applied.ts'
import { goOn } from './candidate.ts'
import { leave, sessionOf } from './session.ts'
import { requireDroplets, turnsOf } from './take-out.ts'

/** How a deploy ended, and what is known by then; the parts that were not reached are absent. */
export interface DeployResult {
  /** Of all hosts together. */
  status: 'deployed' | 'prepared' | 'unchanged' | 'planned' | Settlement
  hosts: readonly HostResult[]
  /** Of the first host. */
  plan?: ReleasePlan
  images?: Record<string, string>
  failure?: UserError
  /** The release that this run is about. */
  release?: string
  /** What the edge of the first host knows the prepared release by. */
  candidateSecret?: string
  /** It ended as it was asked for, whatever the status is elsewhere. */
  asAsked?: boolean
}

/** What became of one host. */
export interface HostResult {
  /** As the user wrote it. */
  name: string
  /** `lost`: nobody could ask it any more. */
  status: DeployResult['status'] | 'lost'
  /** What served when the run began; empty texts where nothing did. */
  live: Choice['live']
  events: readonly AgentEvent[]
  facts?: AgentFacts
}

/** Deploys a release to the hosts, or does one phase of it. */
export function deploy(request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  const { phase } = request.inputs
  return phase === 'switch' || phase === 'abort' ? goOn(phase, request, ports) : bring(request, ports)
}

/** Brings a new release. */
const bring = (request: DeployRequest, ports: DeployPorts): Promise<DeployResult> =>
  afterLosses<DeployResult, Known>({
    ...{ hosts: ports.hosts, clock: ports.clock, session: sessionOf(request, ports, 'deploy'), mode: 'deploy' },
    attempt: (reached) => attempt(request, ports, reached),
    ended: endedAs,
  })

/** Connect, plan, prepare, switch, verify, commit. What goes wrong after the plan is settled by the hosts and told in the result. */
async function attempt(request: DeployRequest, ports: DeployPorts, reached: Reached<Known>): Promise<DeployResult> {
  const { inputs } = request
  const source = await readSource({ ...inputs, app: request.app, values: request.values, workspace: ports.workspace })
  refuse(source.refusals)
  for (const hash of hashesIn(source.caddyfile)) ports.secrets.suspect(hash)

  requireDroplets(ports)
  const registry = registryAhead(request, ports)
  const session = sessionOf(request, ports, 'deploy')
  const hosts = await openHosts(ports.hosts, { ...session, meanwhile: ({ agent, folder }) => agent.upload(source.entries, folder) })
  try {
    const turns = await turnsOf(hosts, request, ports)
    const planned = await ports.log.group('Plan', () =>
      planHosts({ ...request, balancer: ports.balancer?.check }, source, hosts, { ...ports, registry }),
    )
    await turns?.foresee(planned.hosts.filter(({ nothingToDo, plan }) => !nothingToDo && plan.inTurn.length > 0).map(({ host }) => host))
    const { id: release, images, plan } = planned
    const resultsOf = (ended: Applied) => planned.hosts.map((one) => resultOf(one, ended))
    reached.known = { release, plan, images, hosts: resultsOf({ status: 'failed', hosts: [] }) }
    const ended = await apply(planned, turns, request, ports)
    const others = hosts.filter((host) => !ended.hosts.some((end) => end.host === host))
    await leave(others, ['deployed', 'unchanged'].includes(ended.status))
    return { release, plan, images, ...ended, hosts: resultsOf(ended) }
  } finally {
    await closeAll(hosts)
  }
}

/** Brings the release to the hosts that do not have it. */
async function apply(planned: Planned, turns: Turns | undefined, request: DeployRequest, ports: DeployPorts): Promise<Applied> {
  const { inputs, run } = request
  const todo = planned.hosts.filter(({ nothingToDo }) => !nothingToDo)
  if (inputs.dryRun) return { status: 'planned', hosts: [] }
  await noteEdgeImages(planned.hosts.filter(({ nothingToDo }) => nothingToDo))
  if (todo.length === 0) return { status: 'unchanged', hosts: [] }
  const change = { ...changeTo(planned, todo, request, ports), turns }
  return inputs.phase === 'prepare' ? held(change, run.run?.url, inputs.candidateTimeout) : changed(change)
}

/** The edge is no part of a release: `release edge upgrade` takes the image that the last deploy named, also where that had nothing else to do. */
async function noteEdgeImages(unchanged: readonly PlannedHost[]): Promise<void> {
  const withEdge = unchanged.filter(({ plan }) => plan.switched.length > 0)
  await Promise.all(withEdge.map(({ host, plan }) => host.agent.noteEdgeImage(plan.edge.image)))
}

function changeTo({ id }: Planned, todo: readonly PlannedHost[], request: DeployRequest, ports: DeployPorts): Change {
  const plans = new Map(todo.map(({ host, plan }) => [host.name, plan]))
  const { canary, soak } = request.inputs
  return {
    release: id,
    hosts: todo.map(({ host }) => host),
    single: ports.hosts.length === 1,
    ...{ canary, soakMs: soak, log: ports.log },
    prepare: async ({ name, agent }, then) => {
      const { entries = [], stored = [] } = plans.get(name) ?? {}
      await agent.upload([...entries, ...stored], `${request.directory}/releases/${id}.tmp`)
      await agent.prepare('deploy', id, then)
    },
    reopen: (host, decision) => reopen(host, decision, sessionOf(request, ports, 'deploy')),
  }
}

function resultOf({ host, facts, nothingToDo }: PlannedHost, { status, hosts }: Applied): HostResult {
  const end = hosts.find((one) => one.host === host)
  const { current } = facts
  return {
    name: host.name,
    status: end?.status ?? (status === 'planned' || !nothingToDo ? status : 'unchanged'),
    live: serving(current?.id ?? '', current?.slot ?? ''),
    events: end?.events ?? host.agent.events,
    facts,
  }
}
