import { Agent, type AgentFacts, Settled, type Settlement } from '@deploy-actions/agent'
import type { ReleasePlan } from '@deploy-actions/compose'
import type { Remote } from '@deploy-actions/hosts'
import type { Log, UserError } from '@deploy-actions/kit'
import { hashesIn } from './caddyfile.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import { type Planned, plan, refuse, registryAhead } from './plan.ts'
import { readSource } from './source.ts'

/** How a deploy ended, and what is known by then; the parts that were not reached are absent. */
export interface DeployResult {
  status: 'deployed' | 'unchanged' | 'planned' | Settlement
  plan?: ReleasePlan
  facts?: AgentFacts
  images?: Record<string, string>
  agent?: Agent
  failure?: UserError
}

/** Deploys a release to a host: connect, plan, prepare, switch, verify, commit. What goes wrong after the plan is settled by the host and told in the result. */
export async function deploy(request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
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
    await remote.upload(source.entries, folder)
    await agent.locked()

    const planned = await log.group('Plan', () => plan(request, source, { agent, folder }, { ...ports, registry }))
    const known = { ...planned, agent }
    if (inputs.dryRun) return await leave(agent, { ...known, status: 'planned' })
    if (planned.nothingToDo) return await leave(agent, { ...known, status: 'unchanged' })
    return await apply(planned, { agent, remote, directory, log }).then((ended) => ({ ...known, ...ended }))
  } finally {
    remote.close()
  }
}

/** Applies a plan. From the first command on the host settles what goes wrong, whatever becomes of us. */
async function apply(
  { plan: { id, entries, stored } }: Planned,
  { agent, remote, directory, log }: { agent: Agent; remote: Remote; directory: string; log: Log },
): Promise<Partial<DeployResult> & Pick<DeployResult, 'status'>> {
  try {
    await log.group('Prepare', async () => {
      await remote.upload([...entries, ...stored], `${directory}/releases/${id}.tmp`)
      await agent.prepare('deploy', id)
    })
    await log.group('Switch and verify', () => agent.switch())
    const status = await log.group('Finish', () => agent.commit())
    return { status, ...(status === 'failed' && agent.lastFailure && { failure: agent.lastFailure }) }
  } catch (error) {
    if (error instanceof Settled) return { status: error.settlement, failure: error }
    throw error
  }
}

async function leave(agent: Agent, result: DeployResult): Promise<DeployResult> {
  await agent.quit()
  return result
}
