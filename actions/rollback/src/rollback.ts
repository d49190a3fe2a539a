import { Agent, type Choice, isLost, outcomeAfter, Settled, type Settlement } from '@deploy-actions/agent'
import type { Remote } from '@deploy-actions/hosts'
import type { Clock, Log, UserError } from '@deploy-actions/kit'
import { dockerConfig, registryLogins } from '@deploy-actions/registry'
import { formatReleaseId, parseReleaseId, type WorkflowRun } from '@deploy-actions/release'
import type { RollbackInputs } from './inputs.ts'

/** All that a rollback uses of the world. */
export interface RollbackPorts {
  readonly connect: () => Promise<Remote>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface RollbackRequest {
  readonly inputs: RollbackInputs
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
}

/** How fast the way back is: `warm` a rename, `stopped` a start, `local` new containers, `pull` needs the registry. */
export type Way = Choice['way']

/** How a rollback ended, and what is known by then. */
export interface RollbackResult {
  status: 'rolled-back' | 'unchanged' | 'planned' | Exclude<Settlement, 'deployed'>
  /** What served when the run began. */
  live: Choice['live']
  /** The release that it is, or would be. */
  release: string
  way: Way
  agent: Agent
  failure?: UserError
}

/** As far as an attempt came; told when the connection is lost. */
interface Reached {
  known?: Omit<RollbackResult, 'status'>
}

/** How often a run begins anew after a lost connection. */
const AGAIN = 2

/** Brings back an earlier release. After a lost connection it goes on from where the host is by then. */
export async function rollback(request: RollbackRequest, ports: RollbackPorts): Promise<RollbackResult> {
  const { inputs, directory, run } = request
  for (let lost = 0; ; lost++) {
    const reached: Reached = {}
    try {
      return await attempt(request, ports, reached)
    } catch (error) {
      if (!isLost(error) || inputs.dryRun || ports.signal.aborted || lost === AGAIN) throw error
      const { known } = reached
      const options = { directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, signal: ports.signal }
      const { state } = await outcomeAfter(error, known?.release ?? '-', options, ports)
      if (known !== undefined && state === 'live') return { ...known, status: 'rolled-back' }
      if (known !== undefined && state === 'reverted') return { ...known, status: 'reverted', failure: error }
    }
  }
}

/** Connect, choose, prepare, switch, verify, commit. The same steps on the host as a deploy. */
async function attempt(
  { inputs, directory, run }: RollbackRequest,
  { connect, clock, log, signal }: RollbackPorts,
  reached: Reached,
): Promise<RollbackResult> {
  const remote = await log.group('Connect', connect)
  try {
    const mode = inputs.dryRun ? 'plan' : 'deploy'
    const { agent } = await Agent.open(remote, { mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal })
    await agent.locked()
    const { release, way, live, record } = await agent.choose(inputs.to)
    const known = { live, release, way, agent }
    log.info(way === 'live' ? `${release} is live already` : `Going back to ${release}: ${WAYS[way]}`)
    if (way === 'live' || inputs.dryRun) {
      await agent.quit()
      return { ...known, status: way === 'live' ? 'unchanged' : 'planned' }
    }
    const logins = way === 'pull' ? registryLogins(inputs, registriesIn(record), run.actor) : []
    if (logins.length > 0) agent.credential(dockerConfig(logins))
    const id = inputs.env === 'restore' ? release : await withCurrentEnv(agent, release, { clock, run })
    reached.known = { ...known, release: id }
    return { ...reached.known, ...(await apply(agent, id, log)) }
  } finally {
    remote.close()
  }
}

const WAYS: Readonly<Record<Exclude<Way, 'live'>, string>> = {
  warm: 'it still runs, one rename is enough',
  stopped: 'its containers are there and start again',
  local: 'its containers are made anew from the images on the host',
  pull: 'its images have to be pulled again',
}

/** Of the images in a release's record. */
function registriesIn(record: string): string[] {
  const images: string[] = Object.values(JSON.parse(record).images ?? {})
  return [...new Set(images.map((image) => /^([^/]+[.:][^/]*)\//.exec(image)?.[1] ?? 'docker.io'))]
}

/** The same release with the environment that is live now: a release of its own. */
async function withCurrentEnv(agent: Agent, release: string, { clock, run }: { clock: Clock; run: WorkflowRun }): Promise<string> {
  const { commit } = parseReleaseId(release)
  const id = formatReleaseId({ at: new Date(clock.now()), commit, ...(run.run && { run: run.run }) })
  await agent.repeat(release, id)
  return id
}

/** From the first command on the host settles what goes wrong, whatever becomes of us. */
async function apply(agent: Agent, id: string, log: Log): Promise<Pick<RollbackResult, 'status' | 'failure'>> {
  try {
    await log.group('Prepare', () => agent.prepare('rollback', id))
    await log.group('Switch and verify', () => agent.switch())
    const settled = await log.group('Finish', () => agent.commit())
    if (settled === 'deployed') return { status: 'rolled-back' }
    return { status: settled, ...(agent.lastFailure && { failure: agent.lastFailure }) }
  } catch (error) {
    if (error instanceof Settled && error.settlement !== 'deployed') return { status: error.settlement, failure: error }
    throw error
  }
}
