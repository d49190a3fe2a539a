import { addressOf, ownHeaders } from './build-request.ts'
import type { Check, Expectation, Flow } from './check.ts'
import { type Condition, type Rule, whyNoPattern } from './condition.ts'
import { Unanswered } from './failure.ts'
import { filled, NotCaptured, type Variables } from './variables.ts'
import type { Misplaced } from './yaml-places.ts'

/** What the values that are given make impossible, before anything is asked. What needs a captured value is judged when it is there. */
export function judgeGiven(flows: readonly Flow[], base: URL, given: Variables): Misplaced[] {
  return flows.flatMap(({ steps }) => steps).flatMap((check) => judgeCheck(check, base, given))
}

function judgeCheck(check: Check, base: URL, given: Variables): Misplaced[] {
  const { request, expect, poll } = check
  const tries: (readonly [string[], () => string | undefined])[] = [
    [[], () => void addressOf(request, base, given)],
    [['headers'], () => void ownHeaders(request, given)],
    [['expect'], () => unfitPattern(expect, given)],
    [['poll', 'until'], () => poll && unfitPattern(poll.until, given)],
  ]
  return tries.flatMap(([path, work]) => {
    const message = whyImpossible(work)
    return message === undefined ? [] : [{ place: check.at(...path), message }]
  })
}

function whyImpossible(work: () => string | undefined): string | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof Unanswered) return error.failure.message
    if (error instanceof NotCaptured) return undefined
    throw error
  }
}

/** The first pattern that is none with these values; the values are not told. */
function unfitPattern({ headers, cookies, body = [], json }: Expectation, given: Variables): string | undefined {
  const conditions: Condition[] = [...headers.values(), ...cookies.values(), body, ...json.map(({ condition }) => condition)]
  const unfit = conditions.flat().find((rule) => isUnfit(rule, given))
  return unfit && `\`${unfit.operator}: ${String(unfit.wanted)}\` is no regular expression with the values that it has here`
}

function isUnfit(rule: Rule, given: Variables): boolean {
  try {
    return whyNoPattern(filled(rule, given)) !== undefined
  } catch (error) {
    if (error instanceof NotCaptured) return false
    throw error
  }
}
