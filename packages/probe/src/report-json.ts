import type { SmokeResult } from './smoke.ts'
import type { NodeWait } from './wait.ts'

/** What the files of a report say, as plain data; `clean` takes secrets out of each text. */
export interface Report {
  readonly schema: 1
  readonly url: string
  readonly verdict: string
  readonly rollbackRecommended: boolean
  readonly startedAt: string
  readonly ms: number
  readonly waits: readonly (Omit<NodeWait, 'problems'> & { readonly problems: Readonly<Record<string, number>> })[]
  readonly checks: readonly ReportedCheck[]
}

export type ReportedCheck = SmokeResult['results'][number] & { readonly unsteady: boolean }

export function reportOf(
  url: string,
  { verdict, rollbackRecommended, waits, results, startedAt, ms }: SmokeResult,
  clean: (text: string) => string,
): Report {
  const report: Report = {
    schema: 1,
    url,
    verdict,
    rollbackRecommended,
    startedAt: new Date(startedAt).toISOString(),
    ms: Math.round(ms),
    waits: waits.map((wait) => ({ ...wait, problems: Object.fromEntries(wait.problems) })),
    checks: results.map((one) => ({ ...one, unsteady: one.state === 'passed' && one.failedAttempts.length > 0 })),
  }
  return cleaned(report, clean)
}

function cleaned<T>(value: T, clean: (text: string) => string): T {
  if (typeof value === 'string') return clean(value) as T
  if (typeof value === 'number') return (Math.round(value * 10) / 10) as T
  if (Array.isArray(value)) return value.map((item) => cleaned(item, clean)) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), cleaned(inner, clean)])) as T
}
