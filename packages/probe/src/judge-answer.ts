import type { Check, Expectation } from './check.ts'
import { broken, type Redact, type Rule, shown } from './condition.ts'
import { cookiesSet } from './cookie-jar.ts'
import { excerptOf } from './excerpt.ts'
import type { Cause, Failure } from './failure.ts'
import { unwellPart } from './health-parts.ts'
import type { HttpAnswer } from './http-answer.ts'
import { FRAMES } from './ready-made.ts'
import { isSecretName, withoutSecretLooks } from './secret-looks.ts'
import { filled, type Variables } from './variables.ts'

/** An answer, and its body as JSON once somebody asks. */
export class Answer {
  readonly http: HttpAnswer
  #json: { value: unknown } | undefined

  constructor(http: HttpAnswer) {
    this.http = http
  }

  get text(): string {
    return this.http.body.toString('utf8')
  }

  /** @throws SyntaxError when it is no JSON */
  get json(): unknown {
    this.#json ??= { value: JSON.parse(this.text) }
    return this.#json.value
  }

  header(name: string): string | undefined {
    const value = this.http.headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : value
  }
}

/** What an answer is judged with. */
export interface Judging {
  readonly variables: Variables
  readonly redact: Redact
}

export const statusFits = (status: number, wanted: readonly string[]): boolean =>
  wanted.some((one) => (one.endsWith('xx') ? String(status).startsWith(one[0] as string) : one === String(status)))

/**
 * The first thing that is not as expected, the status first of all.
 * @param under where the expectation stands in its check
 * @throws NotCaptured
 */
export function judge(
  answer: Answer,
  expect: Expectation,
  check: Pick<Check, 'at'>,
  judging: Judging,
  under: string[] = ['expect'],
): Failure | undefined {
  const fail = (cause: Cause, message: string, ...path: string[]): Failure => ({
    cause,
    message,
    excerpt: excerptOf(answer, judging.redact),
    place: check.at(...under, ...path),
  })
  const { status } = answer.http
  if (!statusFits(status, expect.statuses)) return fail(status >= 500 ? 'unhealthy' : 'assertion', wrongStatus(answer, expect), 'status')
  return (
    judgeHeaders(answer, expect, judging, fail) ??
    judgeBody(answer, expect, judging, fail) ??
    (expect.timeMs !== undefined && answer.http.ms > expect.timeMs
      ? fail('slow', `it took ${Math.round(answer.http.ms)} ms, more than ${expect.timeMs} ms`, 'time')
      : undefined)
  )
}

type Fail = (cause: Cause, message: string, ...path: string[]) => Failure

function wrongStatus(answer: Answer, { statuses }: Expectation): string {
  const to = answer.header('location')
  const leads = to !== undefined && answer.http.status < 400 ? ` and leads to ${withoutSecretLooks(to)} (\`follow: true\` goes there)` : ''
  return `the status is ${answer.http.status}${leads}, not ${statuses.join(' or ')}`
}

function judgeHeaders(answer: Answer, { headers, cookies }: Expectation, { variables, redact }: Judging, fail: Fail): Failure | undefined {
  for (const [name, condition] of headers) {
    const value = name === FRAMES ? framesHeader(answer) : answer.header(name)
    const wrong = broken(filled(condition, variables), value, hushed(name, redact), true)
    if (wrong !== undefined) return fail('assertion', `the header \`${name}\` ${wrong}`, 'header', name)
  }
  const set = cookiesSet(answer.http.headers['set-cookie'])
  for (const [name, condition] of cookies) {
    const wrong = broken(filled(condition, variables), set.get(name), hushed(name, redact), true)
    if (wrong !== undefined) return fail('assertion', `the cookie \`${name}\` ${wrong}`, 'cookie', name)
  }
  return undefined
}

/** What has the name of a secret is not shown at all. */
const hushed = (name: string, redact: Redact): Redact => (isSecretName(name) ? () => '***' : redact)

/** Browsers take either. */
function framesHeader(answer: Answer): string | undefined {
  const policy = answer.header('content-security-policy')
  return answer.header(FRAMES) ?? (policy?.includes('frame-ancestors') ? policy : undefined)
}

function judgeBody(answer: Answer, expect: Expectation, { variables, redact }: Judging, fail: Fail): Failure | undefined {
  if (expect.size) {
    const wrong = broken(expect.size, answer.http.body.length, redact)
    if (wrong !== undefined) return fail('assertion', `the size of the body in bytes ${wrong}`, 'size')
  }
  if (expect.body) {
    const wrong = broken(filled(expect.body, variables), answer.text, redact)
    if (wrong !== undefined) return fail('assertion', `the body ${wrong}`, 'body')
  }
  if (expect.json.length === 0 && expect.schema === undefined && expect.parts.length === 0) return undefined
  try {
    answer.json
  } catch {
    const type = answer.header('content-type') ?? 'no content-type'
    return fail('assertion', `the body is no JSON (${type}): ${shown(redact(answer.text).trim().slice(0, 60))}`, 'json')
  }
  const unwell = unwellPart(answer.json, expect.parts, redact)
  if (unwell !== undefined) return fail('unhealthy', unwell, 'parts')
  for (const { path, condition } of expect.json) {
    const [presence, others] = [condition.filter(isPresence), condition.filter((rule) => !isPresence(rule))]
    const shows = hushed(path.text, redact)
    const found = path.find(answer.json)
    const wrong = broken(presence, path.exists(answer.json) ? found : undefined, shows) ?? broken(filled(others, variables), found, shows)
    if (wrong !== undefined) return fail('assertion', `\`${path.text}\` ${wrong}`, 'json', path.text)
  }
  const unfit = expect.schema?.(answer.json)
  return unfit === undefined ? undefined : fail('assertion', `the body does not fit the schema: ${unfit}`, 'schema')
}

const isPresence = ({ operator }: Rule): boolean => operator === 'exists'
