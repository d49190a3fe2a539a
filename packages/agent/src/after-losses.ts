import type { Place } from '@deploy-actions/hosts'
import type { Clock, UserError } from '@deploy-actions/kit'
import { isLost, type Outcome, outcomeAfter } from './go-on.ts'
import type { OpenOptions } from './open-hosts.ts'

/** As far as an attempt came; told when the connection is lost. */
export interface Reached<Known> {
  known?: Known
}

/** A run that may lose its connection. */
export interface Attempts<Result, Known> {
  readonly hosts: readonly Place[]
  readonly clock: Clock
  /** What every session of the run is opened with; `plan` changes nothing, so there is nothing to go on with. */
  readonly session: OpenOptions & { readonly signal: AbortSignal }
  /** What the host is asked as after a loss. `candidate`: what an earlier step has prepared stays. */
  readonly mode: 'deploy' | 'candidate'
  attempt(reached: Reached<Known>): Promise<Result>
  /** What the host made of it. Undefined: nothing, so another attempt can be made. */
  ended(outcome: Outcome, known: Known, loss: UserError): Result | undefined
}

/** How often a run begins anew after a lost connection. */
const AGAIN = 2

/**
 * Makes attempts until one comes to an end. After a lost connection a run on one host goes on from where that is by then; among several the others settle it (`changeHosts`).
 * @throws the loss itself when the host does not come back
 */
export async function afterLosses<Result, Known extends { readonly release?: string }>(run: Attempts<Result, Known>): Promise<Result> {
  const [place, ...others] = run.hosts
  const { mode, log, signal } = run.session
  for (let lost = 0; ; lost++) {
    const reached: Reached<Known> = {}
    try {
      return await run.attempt(reached)
    } catch (loss) {
      if (!isLost(loss) || place === undefined || others.length > 0 || mode === 'plan' || signal.aborted || lost === AGAIN) throw loss
      const ports = { clock: run.clock, log, signal, connect: () => place.connect(log) }
      const outcome = await outcomeAfter(loss, reached.known?.release ?? '-', { ...run.session, mode: run.mode }, ports)
      const result = reached.known && run.ended(outcome, reached.known, loss)
      if (result !== undefined) return result
    }
  }
}
