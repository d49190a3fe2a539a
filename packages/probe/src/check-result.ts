import type { Exchange } from './ask.ts'
import type { Severity } from './check.ts'
import type { Failure } from './failure.ts'
import type { Place } from './place.ts'

/** How a check ended: `skipped` by its `when`, `not-run` because of what came before it. */
export type CheckState = 'passed' | 'failed' | 'skipped' | 'not-run'

/** Figures of a `repeat`; times in milliseconds. */
export interface LoadFigures {
  readonly samples: number
  readonly failed: number
  readonly seconds: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

export interface CheckResult {
  /** '' for a check that stands alone. */
  readonly flow: string
  readonly name: string
  readonly severity: Severity
  readonly place: Place
  readonly state: CheckState
  /** How often it was asked; of a `poll` every look counts. */
  readonly attempts: number
  /** What was wrong with the attempts that failed and did not decide: a check that passed with any of them is unsteady. */
  readonly failedAttempts: readonly string[]
  readonly failure?: Failure
  /** Why it did not run. */
  readonly why?: string
  readonly figures?: LoadFigures
  readonly ms: number
  readonly exchanges: readonly Exchange[]
}

/** Passed, but not at once: it says that something comes and goes. */
export const isUnsteady = ({ state, failedAttempts }: CheckResult): boolean => state === 'passed' && failedAttempts.length > 0
