import { isLost, outcomeAfter, readFacts } from '@deploy-actions/agent'
import type { Place } from '@deploy-actions/hosts'
import type { UserError } from '@deploy-actions/kit'
import type { DeployPorts, DeployRequest } from '@deploy-actions/plan'
import type { DeployResult } from './deploy.ts'
import { sessionOf } from './session.ts'

/** As far as an attempt came; told when the connection is lost. */
export interface Reached {
  known?: Omit<DeployResult, 'status'>
}

/** How often a run begins anew after a lost connection. */
const AGAIN = 2

/**
 * Makes attempts until one comes to an end. After a lost connection a run to one host goes on from where that is by then; among several the others settle it (`changeHosts`).
 * @param mode `candidate`: an earlier step has prepared the release, so one that the host has removed cannot be brought again
 */
export async function afterLosses(
  attempt: (reached: Reached) => Promise<DeployResult>,
  mode: 'deploy' | 'candidate',
  request: DeployRequest,
  ports: DeployPorts,
): Promise<DeployResult> {
  for (let lost = 0; ; lost++) {
    const reached: Reached = {}
    try {
      return await attempt(reached)
    } catch (error) {
      if (!isLost(error) || ports.hosts.length > 1 || request.inputs.dryRun || ports.signal.aborted || lost === AGAIN) throw error
      const result = await resultAfter(error, reached, mode, request, ports)
      if (result !== undefined) return result
    }
  }
}

/** What the host made of a run whose connection was lost; undefined: nothing, so another attempt can be made. */
async function resultAfter(
  loss: UserError,
  { known }: Reached,
  mode: 'deploy' | 'candidate',
  request: DeployRequest,
  ports: DeployPorts,
): Promise<DeployResult | undefined> {
  const [place] = ports.hosts as [Place]
  const { log, ...options } = sessionOf(request, ports, mode)
  const { state, facts } = await outcomeAfter(
    loss,
    known?.release ?? '-',
    { ...options, mode },
    { ...ports, connect: () => place.connect(log) },
  )
  if (known === undefined) return undefined
  const ended = (status: 'deployed' | 'failed' | 'reverted' | 'aborted') => ({
    ...known,
    status,
    hosts: known.hosts.map((host) => ({ ...host, status })),
  })
  if (state === 'live') return ended(readFacts(place.name, facts).healthy ? 'deployed' : 'failed')
  if (state === 'reverted') return { ...ended('reverted'), failure: loss }
  if (state === 'aborted' && mode === 'candidate') return { ...ended('aborted'), failure: loss }
  return undefined
}
