import type { CheckResult } from './check-result.ts'
import type { Cause, Failure } from './failure.ts'
import type { NodeWait } from './wait.ts'

export type SmokeVerdict = 'passed' | Cause

/** Which cause names the whole, where several were met: what explains the others comes first. */
const ORDER: readonly Cause[] = ['not-rolled-out', 'tls', 'unhealthy', 'assertion', 'slow']

/**
 * What the run found, in one word, and whether an earlier release would be better.
 * @param live what was tested serves everybody; from a candidate there is nothing to go back
 */
export function verdictOf(
  waits: readonly NodeWait[],
  results: readonly CheckResult[],
  { live }: { live: boolean },
): { verdict: SmokeVerdict; rollbackRecommended: boolean } {
  const failures = [...waits.flatMap(({ failure }) => failure ?? []), ...results.filter(isCritical).flatMap(({ failure }) => failure ?? [])]
  const verdict = ORDER.find((cause) => failures.some((one) => one.cause === cause)) ?? 'passed'
  return { verdict, rollbackRecommended: live && failures.some(isOfTheRelease) }
}

export const isCritical = ({ state, severity }: CheckResult): boolean => state === 'failed' && severity === 'critical'

/** A version that is not there yet, a certificate, a name or a wrong address would be no better with an earlier release. */
const isOfTheRelease = ({ cause, surroundings }: Failure): boolean => surroundings !== true && cause !== 'not-rolled-out' && cause !== 'tls'
