import type { Remote } from '@deploy-actions/hosts'
import { type Clock, type Log, messageOf, UserError } from '@deploy-actions/kit'
import { Agent, AgentLost, type AgentOptions } from './agent.ts'

/** What became of a release whose run lost its connection. */
export type Outcome = Awaited<ReturnType<Agent['outcome']>> & {
  /** The host's facts as they are now. */
  readonly facts: readonly string[]
}

/** Whether the connection is gone. An agent that somebody killed is another thing: what killed it would do so again. */
export const isLost = (error: unknown): error is UserError =>
  (error instanceof AgentLost && error.connection) || (error instanceof UserError && error.code === 'DA-SSH-LOST')

export interface AfterLoss {
  readonly connect: () => Promise<Remote>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** A host that boots again is back within two minutes. */
const TRIES = 24
const PAUSE_MS = 5_000

/** Whether it was thrown because of a loss: only the host can say what became of the work. */
export const leavesUnknown = (error: unknown): boolean =>
  error instanceof UserError && (error.code === 'DA-AGENT-LOST' || error.code === 'DA-SSH-LOST' || leavesUnknown(error.cause))

/**
 * Connects again after a loss, waits until the host has settled what went on, and asks what became of the release.
 * @param options mode: `deploy` when left out; as `candidate` what is prepared stays
 * @throws the loss itself when the host does not come back; what else goes wrong has it as its cause
 */
export async function outcomeAfter(
  loss: UserError,
  id: string,
  options: Omit<AgentOptions, 'mode' | 'log'> & { readonly mode?: 'deploy' | 'candidate' },
  ports: AfterLoss,
): Promise<Outcome> {
  const { log } = ports
  log.warning(`${loss.message}; connecting again, to see what the host did with ${id}`)
  const remote = await backAgain(loss, ports)
  try {
    const { agent } = await Agent.open(remote, { mode: 'deploy', ...options, log })
    await agent.locked()
    const outcome = await agent.outcome(id)
    const facts = await agent.block('facts')
    await agent.quit()
    log.info(`${id} on ${remote.name}: ${WORDS[outcome.state]}`)
    return { ...outcome, facts }
  } catch (error) {
    throw isLost(error) ? loss : because(loss, error)
  } finally {
    await remote.close()
  }
}

const WORDS: Readonly<Record<Outcome['state'], string>> = {
  live: 'it is live',
  reverted: 'the host took it back',
  aborted: 'the host removed what was new; nobody noticed',
  none: 'the host had not begun with it',
}

function because(loss: UserError, error: unknown): unknown {
  if (!(error instanceof UserError)) return error
  const { code, message, hint } = error
  return new UserError(code, message, { ...(hint !== undefined && { hint }), cause: loss })
}

async function backAgain(loss: UserError, { connect, clock, log, signal }: AfterLoss): Promise<Remote> {
  for (let tries = 1; ; tries++) {
    try {
      return await connect()
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'DA-SSH-UNREACHABLE') throw because(loss, error)
      if (tries >= TRIES || signal.aborted) throw loss
      log.info(`${messageOf(error)}; trying again`)
      await clock.sleep(PAUSE_MS, signal)
    }
  }
}
