import { parseDuration } from './duration.ts'

/**
 * Turns what a user wrote for one input into a value. `read` gets the trimmed text (a secret's: as it is) and throws a
 * `Mistake` when it breaks the rule. Defaults are no concern of readers: they stand in action.yml.
 */
export interface Reader<T> {
  read(raw: string): T
  /** The value is masked and never repeated in a message. */
  readonly secret?: boolean
  /** The value comes from an earlier step or job; when it is empty, the message explains why that happens. */
  readonly upstream?: boolean
}

/**
 * A broken rule: `rule` continues the sentence "input `x` …", `fix` says what to write instead. Parts of the value stand between
 * double quotes in `rule`: they are taken out when the input is a secret.
 */
export class Mistake extends Error {
  readonly fix: string | undefined
  constructor(rule: string, fix?: string) {
    super(rule)
    this.fix = fix
  }
}

/** Nothing was given. How it could be given depends on where the action runs, so `readInputs` says it. */
export class Missing extends Mistake {
  constructor() {
    super('is required')
  }
}

/** The value type of a reader. */
export type ValueOf<R> = R extends Reader<infer T> ? T : never

/** A reader by a function; the function throws `Mistake`. */
export function reader<T>(read: (raw: string) => T): Reader<T> {
  return { read }
}

/** Any text but none. */
export const text: Reader<string> = reader((raw) => {
  if (raw === '') throw new Missing()
  return raw
})

/** Whatever `inner` takes, or undefined when the input is empty. */
export function optional<T>(inner: Reader<T>): Reader<T | undefined> {
  return { ...inner, read: (raw) => (raw.trim() === '' ? undefined : inner.read(raw)) }
}

export const optionalText: Reader<string | undefined> = optional(text)

/** A value that is masked as soon as it is read, and shown in no message. Keeps its line ends. */
export function secret<T = string>(inner: Reader<T> = text as Reader<T>): Reader<T> {
  return { ...inner, secret: true }
}

/** An input that workflows fill with an output of an earlier job; empty is DA-INPUT-EMPTY-UPSTREAM. */
export function upstream<T>(inner: Reader<T>): Reader<T> {
  return { ...inner, upstream: true }
}

/**
 * An input that is often filled with an output of an earlier job, and has the default `none` in action.yml: without such a default nobody can tell
 * an input that was left out (fine) from one that arrived empty (DA-INPUT-EMPTY-UPSTREAM), because the runner makes both empty.
 */
export function passedOn<T>(inner: Reader<T>): Reader<T | undefined> {
  return upstream({ ...inner, read: (raw) => (raw === 'none' ? undefined : inner.read(raw)) })
}

/** The non-empty lines, trimmed; lines that begin with `#` are comments. None at all is an empty list. */
export const lines: Reader<string[]> = reader(linesOf)

function linesOf(raw: string): string[] {
  return raw
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

/** Each line read by `inner`; the mistakes of all lines are reported together. */
export function each<T>(inner: Reader<T>): Reader<T[]> {
  return { ...inner, read: (raw) => readEach(linesOf(raw), inner) }
}

function readEach<T>(items: readonly string[], inner: Reader<T>): T[] {
  const mistakes: Mistake[] = []
  const values: T[] = []
  for (const item of items) {
    try {
      values.push(inner.read(item))
    } catch (error) {
      mistakes.push(new Mistake(`line "${item}" ${(error as Error).message}`, (error as Mistake).fix))
    }
  }
  if (mistakes.length > 0) throw new Mistake(mistakes.map((mistake) => mistake.message).join('; '), mistakes[0]?.fix)
  return values
}

/** Names separated by commas, spaces or line ends. None at all is an empty list. */
export const list: Reader<string[]> = reader((raw) => raw.split(/[\s,]+/).filter((item) => item !== ''))

/** At least one of what `inner` lists. */
export function atLeastOne<T>(inner: Reader<T[]>): Reader<[T, ...T[]]> {
  return {
    ...inner,
    read(raw) {
      const [first, ...rest] = inner.read(raw)
      if (first === undefined) throw new Mistake('is required', 'Give at least one line.')
      return [first, ...rest]
    },
  }
}

export function oneOf<const T extends string>(...allowed: T[]): Reader<T> {
  return reader((raw) => {
    const found = allowed.find((value) => value === raw)
    if (found === undefined) throw new Mistake(`must be one of ${allowed.join(', ')}`)
    return found
  })
}

/** YAML's booleans as GitHub reads them: true, True, TRUE, false, False, FALSE. */
export const bool: Reader<boolean> = reader((raw) => {
  if (/^(true|True|TRUE)$/.test(raw)) return true
  if (/^(false|False|FALSE)$/.test(raw)) return false
  throw new Mistake('must be true or false')
})

/** Milliseconds, written like `90s`, `10m`, `1h30m`, `500ms`, `0s`. */
export function duration(range: { min?: number; max?: number } = {}): Reader<number> {
  return reader((raw) => {
    const ms = parseDuration(raw)
    if (ms === undefined) throw new Mistake('must be a duration', 'Write it with a unit, like 90s, 10m, 1h30m or 500ms.')
    if (ms < (range.min ?? 0)) throw new Mistake(`must be at least ${(range.min ?? 0) / 1000}s`)
    if (ms > (range.max ?? Number.POSITIVE_INFINITY)) throw new Mistake(`must be at most ${(range.max ?? 0) / 1000}s`)
    return ms
  })
}

/** A whole number from `min` to `max`, both included. */
export function integer(range: { min?: number; max?: number } = {}): Reader<number> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range
  return reader((raw) => {
    const value = /^[+-]?\d+$/.test(raw) ? Number(raw) : Number.NaN
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value
    const limits = [range.min !== undefined && `from ${min}`, range.max !== undefined && `up to ${max}`].filter(Boolean).join(' ')
    throw new Mistake(`must be a whole number${limits === '' ? '' : ` ${limits}`}`)
  })
}

/** JSON, made into a value by `parse`, which throws `Mistake` (or any Error) when the shape is wrong. */
export function json<T = unknown>(parse: (value: unknown) => T = (value) => value as T): Reader<T> {
  return reader((raw) => {
    let value: unknown
    try {
      value = JSON.parse(raw)
    } catch (cause) {
      throw new Mistake(raw === '' ? 'is required' : `must be JSON ("${(cause as Error).message}")`)
    }
    return parse(value)
  })
}

/** Text that matches `pattern`; `rule` says it in words, for example `must be lower-case letters, digits and -`. */
export function matching(pattern: RegExp, rule: string, fix?: string): Reader<string> {
  return reader((raw) => {
    if (raw === '') throw new Missing()
    if (!pattern.test(raw)) throw new Mistake(rule, fix)
    return raw
  })
}

/** Lines `key=value` in order; a key given twice is a mistake. Values keep their inner spaces and further `=`. */
export const pairs: Reader<Map<string, string>> = reader((raw) => {
  const found = new Map<string, string>()
  const wrong: string[] = []
  for (const line of linesOf(raw)) {
    const at = line.indexOf('=')
    const key = line.slice(0, at).trim()
    if (at < 1) wrong.push(`has a line without key=value: "${line}"`)
    else if (found.has(key)) wrong.push(`gives \`${key}\` twice`)
    else found.set(key, line.slice(at + 1).trim())
  }
  if (wrong.length > 0) throw new Mistake(wrong.join('; '), 'Write one key=value per line.')
  return found
})
