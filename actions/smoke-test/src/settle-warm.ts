import { Agent, type Choice, isLost, outcomeAfter, Settled } from '@deploy-actions/agent'
import type { Remote } from '@deploy-actions/hosts'
import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import type { SmokeResult } from '@deploy-actions/probe'

/** What became of the release that was kept warm. */
export interface Warm {
  readonly did: 'ended' | 'rolled-back' | 'kept' | 'superseded' | 'none'
  /** A sentence for the summary. */
  readonly told?: string
  readonly failure?: UserError
  /** With `rolled-back`: the release that serves again, and the one that was left. */
  readonly release?: string
  readonly left?: string
}

export interface WarmRequest {
  readonly directory: string
  readonly who: string
  readonly releaseId: string | undefined
  readonly lockTimeoutMs: number
}

interface WarmPorts {
  readonly connect: () => Promise<Remote>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Green ends the warm release before its time; red switches back to it, where going back helps. Whatever else is live by now is left alone. */
export async function settleWarm({ verdict, rollbackRecommended }: SmokeResult, request: WarmRequest, ports: WarmPorts): Promise<Warm> {
  if (verdict !== 'passed' && !rollbackRecommended)
    return {
      did: 'kept',
      told: `What was found (\`${verdict}\`) is not surely of this release, so the one before stays warm until its time is over.`,
    }
  try {
    return await onHost(verdict === 'passed' ? end : goBack, request, ports)
  } catch (error) {
    // The verdict is known and has to be told, whatever became of the connection.
    if (!(error instanceof UserError)) throw error
    return { did: 'none', told: 'What is warm could not be settled.', failure: error }
  }
}

async function onHost(work: typeof end, request: WarmRequest, ports: WarmPorts): Promise<Warm> {
  const remote = await ports.connect()
  try {
    return await work(remote, request, ports)
  } finally {
    await remote.close()
  }
}

async function open(
  remote: Remote,
  mode: 'candidate' | 'deploy',
  { directory, who, lockTimeoutMs }: WarmRequest,
  { log, signal }: WarmPorts,
): Promise<Agent> {
  const { agent } = await Agent.open(remote, { mode, directory, lockTimeoutMs, who, log, signal })
  await agent.locked()
  return agent
}

async function end(remote: Remote, request: WarmRequest, ports: WarmPorts): Promise<Warm> {
  const agent = await open(remote, 'candidate', request, ports)
  const { release, live } = await agent.cool(request.releaseId)
  await agent.quit()
  if (request.releaseId !== undefined && live !== request.releaseId)
    return { did: 'superseded', told: othersServe(live, request.releaseId) }
  return release === ''
    ? { did: 'none', told: 'Nothing was warm any more.' }
    : { did: 'ended', told: `\`${release}\` was warm, and is stopped now; the way back starts it again.` }
}

async function goBack(remote: Remote, request: WarmRequest, ports: WarmPorts): Promise<Warm> {
  const agent = await open(remote, 'deploy', request, ports)
  try {
    const { release, way, live, ...keys } = await agent.choose('previous')
    const rotated = [...keys.rotated, ...keys.returning, ...keys.lacking]
    const other = request.releaseId !== undefined && live.release !== request.releaseId
    if (other || way !== 'warm' || rotated.length > 0) {
      await agent.quit()
      if (other) return { did: 'superseded', told: othersServe(live.release, request.releaseId ?? '') }
      return {
        did: 'none',
        told: `The release before, \`${release}\`, ${way === 'warm' ? `still has the old ${rotated.join(', ')}` : 'is not warm any more'}. ${wayOnward(keys)}`,
      }
    }
    return await switchBack(agent, release, live.release, request, ports)
  } catch (error) {
    if (error instanceof Settled) return { did: 'none', told: `The switch back did not succeed (\`${error.settlement}\`).`, failure: error }
    throw error
  }
}

/** What the action rollback would make of it, which may refuse: as far as it is known here. */
function wayOnward({ rotated, returning, lacking }: Pick<Choice, 'rotated' | 'returning' | 'lacking'>): string {
  const old = [...returning, ...lacking].join(', ')
  if (returning.length > 0)
    return `The action rollback refuses it, because ${old} would come back (\`DA-ROLLBACK-ROTATED\`): deploy the older commit with \`allow-older: true\`.`
  if (lacking.length > 0)
    return `The action rollback refuses it as it is, because ${old} would come back (\`DA-ROLLBACK-ROTATED\`); with \`env: current\` it leaves that out.`
  const values = rotated.length > 0 ? ' with the values of now' : ''
  return `The action rollback can bring it back${values}, and says so where it may not: over a migration that took something away, for example (\`DA-ROLLBACK-SCHEMA\`).`
}

/** After a lost connection the host settles by itself; it is asked what became of it. */
async function switchBack(agent: Agent, release: string, from: string, request: WarmRequest, ports: WarmPorts): Promise<Warm> {
  const told = `\`${release}\` serves again; \`${from}\` is marked bad.`
  try {
    await agent.prepare('rollback', release)
    await agent.switch()
    const settled = await agent.commit()
    const failure = settled === 'deployed' ? undefined : agent.lastFailure
    return { did: 'rolled-back', told, release, left: from, ...(failure && { failure }) }
  } catch (error) {
    if (!isLost(error) || ports.signal.aborted) throw error
    const { directory, who, lockTimeoutMs } = request
    const { state } = await outcomeAfter(error, release, { directory, who, lockTimeoutMs, signal: ports.signal }, ports)
    if (state === 'live') return { did: 'rolled-back', told, release, left: from }
    throw error
  }
}

const othersServe = (live: string, tested: string): string => `\`${live}\` is live by now, not \`${tested}\`: the host was left alone.`
