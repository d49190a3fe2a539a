import { isDeepStrictEqual } from 'node:util'
import { Mistake } from '@deploy-actions/kit'
import { withoutSecretLooks } from './secret-looks.ts'

type Scalar = string | number | boolean | null

/** One rule for a value: an operator and what it compares with. */
export interface Rule {
  readonly operator: Operator
  readonly wanted: unknown
}

/** Rules that a value must all keep. */
export type Condition = readonly Rule[]

const COMPARISONS = {
  lt: (a: number, b: number) => a < b,
  le: (a: number, b: number) => a <= b,
  gt: (a: number, b: number) => a > b,
  ge: (a: number, b: number) => a >= b,
} as const

const OPERATORS = [
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'contains',
  'not-contains',
  'matches',
  'not-matches',
  'in',
  'exists',
  'type',
  'length',
] as const
export type Operator = (typeof OPERATORS)[number]
const TYPES = ['string', 'number', 'boolean', 'null', 'array', 'object']

/**
 * Reads what stands behind a header, a JSONPath or `body`: a plain value means `plain`, a mapping has operators.
 * @throws Mistake
 */
export function readCondition(raw: unknown, plain: Operator = 'eq'): Condition {
  if (raw === null || typeof raw !== 'object') return [readRule(plain, raw)]
  if (Array.isArray(raw)) return [readRule('eq', raw)]
  const entries = Object.entries(raw)
  if (entries.length === 0) throw new Mistake('has no operator; write for example `{ contains: text }`')
  return entries.map(([name, wanted]) => {
    const operator = OPERATORS.find((one) => one === name)
    if (operator === undefined) throw new Mistake(`has the operator \`${name}\`, which does not exist; there are ${OPERATORS.join(', ')}`)
    return readRule(operator, wanted)
  })
}

function readRule(operator: Operator, wanted: unknown): Rule {
  const rule = (wanted: unknown): Rule => ({ operator, wanted })
  const late = typeof wanted === 'string' && wanted.includes('${') // known only when it runs
  if (operator in COMPARISONS && typeof wanted !== 'number' && !late)
    throw new Mistake(`\`${operator}\` takes a number, not ${shown(wanted)}`)
  if (operator === 'exists' && typeof wanted !== 'boolean') throw new Mistake(`\`exists\` takes true or false, not ${shown(wanted)}`)
  if ((operator === 'contains' || operator === 'not-contains') && wanted === '')
    throw new Mistake(`\`${operator}\` takes a text that is not empty: the empty one is in every text`)
  if (operator === 'in' && !Array.isArray(wanted)) throw new Mistake('`in` takes a list, such as [paid, open]')
  if (operator === 'type' && !TYPES.includes(String(wanted))) throw new Mistake(`\`type\` is one of ${TYPES.join(', ')}`)
  if (operator === 'length') return rule(readCondition(wanted))
  if (operator === 'matches' || operator === 'not-matches') checkPattern(wanted, { late: true })
  return rule(wanted)
}

/** @param late it may have variables, which are known only when it runs @throws Mistake */
export function checkPattern(pattern: unknown, { late = false } = {}): void {
  if (typeof pattern !== 'string') throw new Mistake('a pattern is a text, such as "^v\\\\d+"')
  if (late && pattern.includes('${')) return
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    throw new Mistake(`"${pattern}" is no regular expression: ${(error as Error).message.replace(/^.*: /, '')}`)
  }
}

/** Of a rule whose variables have their values: undefined unless it cannot be judged with them. */
export function whyUnfit({ operator, wanted }: Rule): string | undefined {
  if ((operator === 'contains' || operator === 'not-contains') && wanted === '') return `\`${operator}\` has an empty text`
  if (operator !== 'matches' && operator !== 'not-matches') return undefined
  try {
    checkPattern(wanted)
    return undefined
  } catch (error) {
    return (error as Mistake).message
  }
}

/** Takes secrets out of a text. It has to come before every cut: half a secret is on no list. */
export type Redact = (text: string) => string

/**
 * What of the condition a value breaks, continuing a sentence that names the value; undefined when it keeps all.
 * @param asText the value comes from a text (a header), where 1 and "1" are the same
 */
export function broken(condition: Condition, actual: unknown, redact: Redact, asText = false): string | undefined {
  for (const { operator, wanted } of condition) {
    const unfit = whyUnfit({ operator, wanted })
    if (unfit !== undefined) return `cannot be judged: ${redact(unfit)}`
    if (!keeps(operator, wanted, actual, asText)) return sentence(operator, wanted, actual, redact)
  }
  return undefined
}

function keeps(operator: Operator, wanted: unknown, actual: unknown, asText: boolean): boolean {
  if (operator === 'exists') return (actual !== undefined) === wanted
  if (actual === undefined) return operator === 'ne' || operator.startsWith('not-')
  switch (operator) {
    case 'eq':
      return same(wanted, actual, asText)
    case 'ne':
      return !same(wanted, actual, asText)
    case 'contains':
      return holds(actual, wanted, asText)
    case 'not-contains':
      return !holds(actual, wanted, asText)
    case 'matches':
      return new RegExp(String(wanted), 'u').test(textOf(actual))
    case 'not-matches':
      return !new RegExp(String(wanted), 'u').test(textOf(actual))
    case 'in':
      return (wanted as unknown[]).some((one) => same(one, actual, asText))
    case 'type':
      return typeOf(actual) === wanted
    case 'length':
      return lengthOf(actual) !== undefined && broken(wanted as Condition, lengthOf(actual), asIs) === undefined
    default:
      return compare(operator, actual, wanted)
  }
}

function compare(operator: keyof typeof COMPARISONS, actual: unknown, wanted: unknown): boolean {
  const [a, b] = [actual, wanted].map((one) => (typeof one === 'string' && one.trim() !== '' ? Number(one) : one))
  return typeof a === 'number' && typeof b === 'number' && COMPARISONS[operator](a, b)
}

function same(wanted: unknown, actual: unknown, asText: boolean): boolean {
  if (asText && wanted !== null && typeof wanted !== 'object') return String(wanted as Scalar) === String(actual)
  return isDeepStrictEqual(wanted, actual)
}

function holds(actual: unknown, wanted: unknown, asText: boolean): boolean {
  if (Array.isArray(actual)) return actual.some((one) => same(wanted, one, asText))
  return typeof actual === 'string' && actual.includes(String(wanted))
}

function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return value !== null && typeof value === 'object' ? Object.keys(value).length : undefined
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const WORDS: Readonly<Record<Exclude<Operator, 'exists' | 'length'>, (wanted: string, actual: string) => string>> = {
  eq: (wanted, actual) => `is ${actual}, not ${wanted}`,
  ne: (wanted) => `is ${wanted}, which it must not be`,
  lt: (wanted, actual) => `is ${actual}, not less than ${wanted}`,
  le: (wanted, actual) => `is ${actual}, more than ${wanted}`,
  gt: (wanted, actual) => `is ${actual}, not more than ${wanted}`,
  ge: (wanted, actual) => `is ${actual}, less than ${wanted}`,
  contains: (wanted, actual) => `does not contain ${wanted}: ${actual}`,
  'not-contains': (wanted) => `contains ${wanted}`,
  matches: (wanted, actual) => `does not match ${wanted}: ${actual}`,
  'not-matches': (wanted) => `matches ${wanted}`,
  in: (wanted, actual) => `is ${actual}, not one of ${wanted}`,
  type: (wanted, actual) => `is of another type than ${wanted}: ${actual}`,
}

function sentence(operator: Operator, wanted: unknown, actual: unknown, redact: Redact): string {
  if (operator === 'exists') return wanted === true ? 'is missing' : `is there: ${shown(actual, redact)}`
  if (actual === undefined) return operator === 'eq' ? `is missing; it should be ${shown(wanted, redact)}` : 'is missing'
  if (operator === 'length') return `has the wrong length ${lengthOf(actual) ?? ''}: ${shown(actual, redact)}`
  return WORDS[operator](shown(wanted, redact), shown(actual, redact))
}

/** For what stands in the checks themselves. */
const asIs: Redact = (text) => text

/** A value for a message: short. */
export function shown(value: unknown, redact: Redact = asIs): string {
  const whole = redact(value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)))
  const text = withoutSecretLooks(whole.slice(0, 2_000))
  return text.length > 120 ? `${text.slice(0, 117)}…` : text
}
