import { Agent, type AgentFacts, type Choice, isLost, outcomeAfter, readFacts, type Settlement, serving } from '@deploy-actions/agent'
import type { ReleasePlan } from '@deploy-actions/compose'
import type { UserError } from '@deploy-actions/kit'
import { hashesIn } from './caddyfile.ts'
import { goOn } from './candidate.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import { type Planned, plan, refuse, registryAhead } from './plan.ts'
import { readSource } from './source.ts'
import { type Ended, settled, switchTo } from './switch.ts'

/** How a deploy ended, and what is known by then; the parts that were not reached are absent. */
export interface DeployResult {
  status: 'deployed' | 'prepared' | 'unchanged' | 'planned' | Settlement
  plan?: ReleasePlan
  facts?: AgentFacts
  images?: Record<string, string>
  agent?: Agent
  failure?: UserError
  /** The release that this run is about. */
  release?: string
  /** What served when the run began; empty texts where nothing did. */
  live?: Choice['live']
  /** What the edge knows the prepared release by. */
  candidateSecret?: string
  /** It ended as it was asked for, whatever the status is elsewhere. */
  asAsked?: boolean
}

/** Deploys a release to a host, or does one phase of it. */
export function deploy(request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  const { phase } = request.inputs
  return phase === 'switch' || phase === 'abort' ? goOn(phase, request, ports) : bring(request, ports)
}

/** As far as an attempt came; told when the connection is lost. */
interface Reached {
  known?: Omit<DeployResult, 'status'>
}

/** How often a run begins anew after a lost connection. */
const AGAIN = 2

/** Brings a new release. After a lost connection it goes on from where the host is by then. */
async function bring(request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  for (let lost = 0; ; lost++) {
    const reached: Reached = {}
    try {
      return await attempt(request, ports, reached)
    } catch (error) {
      if (!isLost(error) || request.inputs.dryRun || ports.signal.aborted || lost === AGAIN) throw error
      const result = await resultAfter(error, reached, request, ports)
      if (result !== undefined) return result
    }
  }
}

/** What the host made of a run whose connection was lost; undefined: nothing, so it can be brought again. */
async function resultAfter(
  loss: UserError,
  { known }: Reached,
  { inputs, directory, run }: DeployRequest,
  ports: DeployPorts,
): Promise<DeployResult | undefined> {
  const options = { directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, signal: ports.signal }
  const { state, facts } = await outcomeAfter(loss, known?.release ?? '-', options, ports)
  if (state === 'live') return { ...known, status: readFacts(inputs.host, facts).healthy ? 'deployed' : 'failed' }
  if (state === 'reverted') return { ...known, status: 'reverted', failure: loss }
  return undefined
}

/** Connect, plan, prepare, switch, verify, commit. What goes wrong after the plan is settled by the host and told in the result. */
async function attempt(request: DeployRequest, ports: DeployPorts, reached: Reached): Promise<DeployResult> {
  const { inputs, directory, run } = request
  const { log, signal } = ports
  const source = await readSource({ ...inputs, app: request.app, values: request.values, workspace: ports.workspace })
  refuse(source.refusals)
  for (const hash of hashesIn(source.caddyfile)) ports.secrets.suspect(hash)

  const registry = registryAhead(request, ports)
  const remote = await log.group('Connect', () => ports.connect())
  try {
    const mode = inputs.dryRun ? 'plan' : 'deploy'
    const { agent, folder } = await Agent.open(remote, { mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal })
    await agent.upload(source.entries, folder)
    await agent.locked()

    const planned = await log.group('Plan', () => plan(request, source, { agent, folder }, { ...ports, registry }))
    const { current } = planned.facts
    const known = { ...planned, agent, release: planned.plan.id, live: serving(current?.id ?? '', current?.slot ?? '') }
    reached.known = known
    if (inputs.dryRun) return await leave(agent, { ...known, status: 'planned' })
    if (planned.nothingToDo) {
      if (planned.plan.switched.length > 0) await agent.noteEdgeImage(planned.plan.edge.image)
      return await leave(agent, { ...known, status: 'unchanged' })
    }
    return await apply(planned, agent, request, ports).then((ended) => ({ ...known, ...ended }))
  } finally {
    remote.close()
  }
}

/** Applies a plan. From the first command on the host settles what goes wrong, whatever becomes of us. */
async function apply(
  { plan: { id, entries, stored } }: Planned,
  agent: Agent,
  { inputs, directory, run }: DeployRequest,
  { log }: DeployPorts,
): Promise<Ended> {
  return settled(async () => {
    const candidateSecret = await log.group('Prepare', async () => {
      await agent.upload([...entries, ...stored], `${directory}/releases/${id}.tmp`)
      await agent.prepare('deploy', id)
      return inputs.phase === 'prepare' ? agent.hold(run.run?.url, inputs.candidateTimeout) : undefined
    })
    return candidateSecret === undefined ? switchTo(agent, log) : { status: 'prepared', candidateSecret }
  })
}

async function leave(agent: Agent, result: DeployResult): Promise<DeployResult> {
  await agent.quit()
  return result
}
