import type { Clock } from '@deploy-actions/kit'
import { type Asking, ask, type Exchange } from './ask.ts'
import { captured, secretsIn } from './capture.ts'
import type { Check } from './check.ts'
import type { CheckResult } from './check-result.ts'
import { broken, type Redact } from './condition.ts'
import type { Cookies } from './cookie-jar.ts'
import { type Failure, Unanswered } from './failure.ts'
import { type Answer, judge } from './judge-answer.ts'
import { judgeSamples, takeSamples } from './repeat.ts'
import { NotCaptured } from './variables.ts'
import { TookTooLong, withinTime } from './within-time.ts'

/** Who makes a check: cookies and what was captured so far. */
export interface Visitor {
  readonly cookies: Cookies
  readonly variables: Map<string, unknown>
  /** The address that is asked, where a host has several. */
  readonly node?: string | undefined
}

export interface CheckPorts extends Omit<Asking, 'tell'> {
  readonly clock: Clock
  /** Between a failure and the second look. */
  readonly intervalMs: number
  /** Registers what must never be shown. */
  readonly secret: (value: string) => void
  readonly redact: Redact
}

type Outcome = Partial<Pick<CheckResult, 'failure' | 'figures' | 'why' | 'state'>> & Pick<CheckResult, 'attempts' | 'failedAttempts'>

/** Exchanges that a report keeps of one check: the last ones, because they decided. */
const KEPT = 30

/** Makes one check. It never throws but for a run that is stopped. */
export async function runCheck(check: Check, visitor: Visitor, ports: CheckPorts): Promise<Omit<CheckResult, 'flow'>> {
  const begun = ports.since()
  const exchanges: Exchange[] = []
  const asking = { ...ports, tell: (one: Exchange) => void exchanges.push(one) }
  const outcome = await outcomeOf(check, visitor, asking)
  const state = outcome.state ?? (outcome.failure ? 'failed' : 'passed')
  const { name, severity, place } = check
  const shown = visitor.node === undefined ? name : `${name} (at ${visitor.node})`
  return { name: shown, severity, place, ...outcome, state, ms: ports.since() - begun, exchanges: exchanges.slice(-KEPT) }
}

async function outcomeOf(check: Check, visitor: Visitor, asking: CheckPorts & Asking): Promise<Outcome> {
  const none = { attempts: 0, failedAttempts: [] }
  const why = whyNot(check, visitor, asking)
  if (why !== undefined) return { ...none, state: 'skipped', why }
  if (asking.left() <= 0)
    return {
      ...none,
      failure: {
        cause: 'slow',
        message: 'the time for everything (`timeout`) was over before it began',
        place: check.place,
        surroundings: true,
      },
    }
  try {
    if (check.poll) return await pollCheck(check, visitor, asking)
    const first = await attempt(check, visitor, asking)
    if (first.failure === undefined || !check.recheck || check.severity === 'warn') return { attempts: 1, failedAttempts: [], ...first }
    // What was seen once, for want of time, is no reason to go back.
    if (asking.left() <= asking.intervalMs) return { attempts: 1, failedAttempts: [], failure: { ...first.failure, surroundings: true } }
    await asking.clock.sleep(asking.intervalMs, asking.signal)
    const second = await attempt(check, visitor, asking)
    return { attempts: 2, failedAttempts: [first.failure.message], ...second }
  } catch (error) {
    // Not merely left out: what it was to show was not shown.
    if (error instanceof NotCaptured) return { ...none, failure: { cause: 'assertion', message: error.message, place: check.place } }
    throw error
  }
}

/** Why `when` leaves the check out. */
function whyNot({ when }: Check, { variables }: Visitor, { redact }: CheckPorts): string | undefined {
  for (const [name, condition] of when) {
    const wrong = broken(condition, variables.get(name), redact, true)
    if (wrong !== undefined) return `\`${name}\` ${wrong}`
  }
  return undefined
}

async function attempt(check: Check, visitor: Visitor, asking: CheckPorts & Asking): Promise<Pick<Outcome, 'failure' | 'figures'>> {
  if (check.repeat) return repeatCheck(check, visitor, asking)
  // The answer itself is in no result: reports would show all of it.
  const { failure } = await askOnce(check, visitor, asking)
  return failure ? { failure } : {}
}

/** One answer, judged; what it captures is kept when it is right. @throws NotCaptured */
async function askOnce(
  check: Check,
  visitor: Visitor,
  asking: CheckPorts & Asking,
  { keeps = true } = {},
): Promise<{ failure?: Failure; answer?: Answer }> {
  try {
    const answer = await ask(check, visitor, asking)
    return judged(check, asking, () => {
      for (const text of secretsIn(check.capture, answer)) asking.secret(text)
      const failure = judge(answer, check.expect, check, { ...visitor, redact: asking.redact })
      return failure ? { failure, answer } : { ...(keeps && keep(check, answer, visitor)), answer }
    })
  } catch (error) {
    if (error instanceof Unanswered) return { failure: { ...error.failure, place: check.place } }
    throw error
  }
}

const OVER_TIME =
  'the time for everything (`timeout`) was over before its answer was judged; where a pattern of this check tries its text in many ways, that is why'

/** Nobody waits longer for a verdict than this: meanwhile nothing else can be done, such as stopping. */
const JUDGING_MS = 5_000

/** What is found out of an answer; a pattern that does not come to an end is a failure of the check. */
function judged<T>(check: Check, { left }: Pick<Asking, 'left'>, work: () => T): T | { failure: Failure } {
  const [limit, rest] = [Math.min(JUDGING_MS, check.request.timeLimitMs), left()]
  try {
    return withinTime(Math.min(limit, rest), work)
  } catch (error) {
    if (!(error instanceof TookTooLong)) throw error
    // In the last moments any judgement is too long.
    if (rest < limit) return { failure: { cause: 'slow', message: OVER_TIME, place: check.place, surroundings: true } }
    const message = `the answer could not be judged within ${error.limitMs} ms: a pattern of this check takes too long on its text`
    return { failure: { cause: 'assertion', message, place: check.place, surroundings: true } }
  }
}

function keep(check: Check, answer: Answer, visitor: Visitor): { failure?: Failure } {
  const { values, missing } = captured(check.capture, answer)
  if (missing) return { failure: { cause: 'assertion', message: missing.message, place: check.at('capture', missing.name) } }
  for (const [name, value] of values) visitor.variables.set(name, value)
  return {}
}

/** Looks until an answer is as `until` wants it. An answer that breaks `expect` ends it at once; one that does not come is waited for. */
async function pollCheck(check: Check, visitor: Visitor, asking: CheckPorts & Asking): Promise<Outcome> {
  const { everyMs, forMs } = check.poll as NonNullable<Check['poll']>
  const end = asking.since() + forMs
  const failedAttempts: string[] = []
  for (let attempts = 1; ; attempts++) {
    const { failure, answer } = await askOnce(check, visitor, asking, { keeps: false })
    if (failure && answer) return { attempts, failedAttempts, failure }
    if (failure) failedAttempts.push(failure.message)
    const seen: Looked | undefined = answer && judged(check, asking, () => lookedAt(check, answer, visitor, asking))
    if (seen?.there || seen?.failure) return { attempts, failedAttempts, ...(seen.failure && { failure: seen.failure }) }
    const notYet = seen?.notYet
    const now = asking.since()
    if (now + everyMs > end || asking.left() <= everyMs) {
      const message = `it was not there after ${attempts} ${attempts === 1 ? 'look' : 'looks'}: ${(notYet ?? failure)?.message}`
      return {
        attempts,
        failedAttempts,
        failure: {
          ...((notYet ?? failure) as Failure),
          cause: failure?.cause ?? 'slow',
          message,
          ...(now + everyMs <= end && { surroundings: true }),
        },
      }
    }
    await asking.clock.sleep(everyMs, asking.signal)
  }
}

/** `there`: it is as `until` wants it. `failure`: waiting on would not help. */
interface Looked {
  readonly there?: true
  readonly failure?: Failure
  readonly notYet?: Failure
}

/** Of an answer that keeps `expect`, whether it is as `until` wants it; then it is captured from. */
function lookedAt(check: Check, answer: Answer, visitor: Visitor, { redact }: CheckPorts): Looked {
  const notYet = judge(answer, (check.poll as NonNullable<Check['poll']>).until, check, { ...visitor, redact }, ['poll', 'until'])
  return notYet ? { notYet } : { there: true, ...keep(check, answer, visitor) }
}

async function repeatCheck(check: Check, visitor: Visitor, asking: CheckPorts & Asking): Promise<Pick<Outcome, 'failure' | 'figures'>> {
  const repeat = check.repeat as NonNullable<Check['repeat']>
  const one = async () => {
    const begun = performance.now()
    const { failure } = await askOnce(check, visitor, asking)
    return { ms: performance.now() - begun, failure }
  }
  const { samples, seconds } = await takeSamples(repeat, one, asking)
  const { figures, failure } = judgeSamples(repeat, samples, seconds)
  return {
    figures,
    ...(failure && {
      failure: { ...failure, place: failure.place ?? check.at('repeat'), ...(asking.left() <= 0 && { surroundings: true }) },
    }),
  }
}
