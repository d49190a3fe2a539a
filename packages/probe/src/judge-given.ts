import { addressOf, ownHeaders } from './build-request.ts'
import type { Check, Expectation, Flow } from './check.ts'
import { type Condition, type Rule, whyUnfit } from './condition.ts'
import { Unanswered } from './failure.ts'
import { filled, NotCaptured, type Variables } from './variables.ts'
import type { Misplaced } from './yaml-places.ts'

/** What the values that are given make impossible, before anything is asked. What needs a captured value is judged when it is there. */
export function judgeGiven(flows: readonly Flow[], base: URL, given: Variables): Misplaced[] {
  const checks = flows.flatMap(({ steps }) => steps)
  const known = new Set([...given.keys(), ...checks.flatMap(({ capture }) => capture.map(({ name }) => name))])
  return checks.flatMap((check) => [...judgeCheck(check, base, given), ...strangersIn(check, known)])
}

/** With a name that nobody gives a check would be left out for ever, and look green. Whoever asks whether it `exists` knows that. */
function strangersIn(check: Check, known: ReadonlySet<string>): Misplaced[] {
  return [...check.when]
    .filter(([name, condition]) => !known.has(name) && !condition.some(({ operator }) => operator === 'exists'))
    .map(([name]) => ({
      place: check.at('when'),
      message: `\`when\` asks for \`${name}\`, which is neither given nor captured: this check would never run`,
    }))
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
  return (
    unfit &&
    `\`${unfit.operator}: ${String(unfit.wanted)}\` is ${unfit.operator.endsWith('matches') ? 'no regular expression' : 'an empty text'} with the values that it has here`
  )
}

function isUnfit(rule: Rule, given: Variables): boolean {
  try {
    return whyUnfit(filled(rule, given)) !== undefined
  } catch (error) {
    if (error instanceof NotCaptured) return false
    throw error
  }
}
