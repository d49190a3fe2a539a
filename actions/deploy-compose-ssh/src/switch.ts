import { type Agent, Settled } from '@deploy-actions/agent'
import type { Log } from '@deploy-actions/kit'
import type { DeployResult } from './deploy.ts'

/** What a phase adds to a result. */
export type Ended = Partial<DeployResult> & Pick<DeployResult, 'status'>

/** The switch to what is prepared, and all that follows. @throws Settled */
export async function switchTo(agent: Agent, log: Log): Promise<Ended> {
  await log.group('Switch and verify', () => agent.switch())
  const status = await log.group('Finish', () => agent.commit())
  return { status, ...(status === 'failed' && agent.lastFailure && { failure: agent.lastFailure }) }
}

/** Where the host settled what went wrong, that is a result. */
export async function settled(work: () => Promise<Ended>): Promise<Ended> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Settled) return { status: error.settlement, failure: error }
    throw error
  }
}
