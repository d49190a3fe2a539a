import type { Clock } from '@deploy-actions/kit'
import type { Target } from './ask.ts'
import { certificateChecks } from './certificate-checks.ts'
import type { Flow } from './check.ts'
import type { CheckResult } from './check-result.ts'
import type { HttpClient } from './http-answer.ts'
import { runFlows } from './run-flows.ts'
import { type SmokeVerdict, verdictOf } from './verdict.ts'
import { type NodeWait, type WaitPorts, type WaitRequest, waitUntilReady } from './wait.ts'

export interface SmokeRequest {
  readonly target: Target
  readonly wait: WaitRequest
  readonly flows: readonly Flow[]
  /** Visitors see what is tested: it is no candidate. */
  readonly live: boolean
  readonly variables: ReadonlyMap<string, unknown>
  /** For everything: waiting, checks, second looks. */
  readonly timeoutMs: number
  readonly certificateDays: { readonly failDays: number; readonly warnDays: number }
}

export interface SmokePorts extends Pick<WaitPorts, 'notYet'> {
  readonly http: HttpClient
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly secret: (value: string) => void
  /** Takes out of a text what must never be shown. */
  readonly redact: (text: string) => string
  readonly done: (result: CheckResult) => void
  readonly waited: (waits: readonly NodeWait[]) => void
}

export interface SmokeResult {
  readonly verdict: SmokeVerdict
  readonly rollbackRecommended: boolean
  readonly waits: readonly NodeWait[]
  readonly results: readonly CheckResult[]
  /** Milliseconds since 1970, and how long it took. */
  readonly startedAt: number
  readonly ms: number
}

/** Waits until the release answers, then makes the checks; nothing of it runs longer than the one deadline. */
export async function smoke(
  request: SmokeRequest,
  { http, clock, signal, secret, redact, done, waited, notYet }: SmokePorts,
): Promise<SmokeResult> {
  const { target, wait, flows, live, variables, timeoutMs, certificateDays } = request
  const startedAt = clock.now()
  const since = () => clock.now() - startedAt
  const left = () => timeoutMs - since()
  const asking = { target, http, signal, clock, since, left }
  const waits = await waitUntilReady(wait, { ...asking, notYet })
  waited(waits)
  const ready = waits.every((one) => one.ready)
  const made = ready
    ? await runFlows(flows, { ...asking, intervalMs: wait.intervalMs, variables: new Map(variables), secret, redact, done })
    : flows.flatMap(notReached)
  const certificates = certificateChecks(http.certificates(), certificateDays, clock.now())
  for (const one of certificates) done(one)
  const results = [...made, ...certificates]
  return { ...verdictOf(waits, results, { live }), waits, results, startedAt, ms: since() }
}

function notReached({ name: flow, steps }: Flow): CheckResult[] {
  return steps.map(({ name, severity, place }) => ({
    flow,
    name,
    severity,
    place,
    state: 'not-run',
    attempts: 0,
    failedAttempts: [],
    why: 'the release did not answer',
    ms: 0,
    exchanges: [],
  }))
}
