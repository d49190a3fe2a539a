import { Mistake, parseDuration } from '@deploy-actions/kit'
import * as v from 'valibot'
import { checkPattern, readCondition } from './condition.ts'
import { jsonPath } from './json-path.ts'
import { checkVariableName } from './variables.ts'

/** A valibot schema from a reader that throws `Mistake`. */
export const by = <T>(read: (raw: unknown) => T) =>
  v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return read(dataset.value)
      } catch (error) {
        if (!(error instanceof Mistake)) throw error
        addIssue({ message: error.message })
        return NEVER
      }
    }),
  )

/** A mapping from texts to what `value` reads. */
export const mapping = <S extends v.GenericSchema>(value: S) =>
  v.pipe(v.custom<Record<string, unknown>>(isMapping, 'must be a mapping (`name: value`)'), v.record(v.string(), value))

export const isMapping = (raw: unknown): raw is Record<string, unknown> => raw !== null && typeof raw === 'object' && !Array.isArray(raw)

export const scalar = by((raw) => {
  if (raw === null || typeof raw === 'object') throw new Mistake('must be a plain value: a text, a number, true or false')
  return raw as string | number | boolean
})

export const text = by((raw) => {
  if (typeof raw !== 'string' || raw === '') throw new Mistake('must be a text')
  return raw
})

export const flag = v.boolean('must be true or false')

export const whole = (min: number, max: number) =>
  by((raw) => {
    if (!Number.isInteger(raw) || (raw as number) < min || (raw as number) > max)
      throw new Mistake(`must be a whole number from ${min} to ${max}`)
    return raw as number
  })

export const span = (max: string) =>
  by((raw) => {
    const ms = typeof raw === 'string' ? parseDuration(raw) : undefined
    if (ms === undefined || ms === 0) throw new Mistake('must be a duration with its unit, such as 500ms, 10s or 2m')
    if (ms > (parseDuration(max) as number)) throw new Mistake(`must be at most ${max}`)
    return ms
  })

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 * 1024 }

/** Bytes of `300`, `10KB`, `2.5MB`. @throws Mistake */
export function bytesOf(raw: unknown): number {
  const [, count, unit = 'B'] = /^(\d+(?:\.\d+)?) ?(B|KB|MB)?$/.exec(String(raw)) ?? []
  if (count === undefined) throw new Mistake('must be a size, such as 300, 10KB or 2MB')
  return Math.round(Number(count) * (UNITS[unit] as number))
}

export const statuses = by((raw) => {
  const list = (Array.isArray(raw) ? raw : String(raw ?? '').split(',')).map((one) => String(one).trim())
  const wrong = list.filter((one) => !/^([1-5]xx|[1-5]\d\d)$/.test(one))
  if (list.length === 0 || wrong.length > 0) throw new Mistake('must be a status such as 200, 2xx or [200, 302]')
  return list
})

export const condition = by((raw) => readCondition(raw))
export const bodyCondition = by((raw) => readCondition(raw, 'contains'))

export const sizeCondition = by((raw) => {
  if (!isMapping(raw)) return readCondition(bytesOf(raw))
  return readCondition(Object.fromEntries(Object.entries(raw).map(([operator, size]) => [operator, bytesOf(size)])))
})

/** A mapping whose keys are JSONPaths. */
export const jsonConditions = by((raw) => {
  if (!isMapping(raw)) throw new Mistake('must be a mapping from JSONPaths to values, such as `$.status: ok`')
  return Object.entries(raw).map(([path, wanted]) => {
    try {
      return { path: jsonPath(path), condition: readCondition(wanted) }
    } catch (error) {
      if (!(error instanceof Mistake)) throw error
      throw new Mistake(error.message.startsWith('"') ? error.message : `\`${path}\` ${error.message}`)
    }
  })
})

const SOURCES = ['json', 'header', 'cookie', 'pattern']

/** Where a captured value comes from: a JSONPath, or a mapping with `json`, `header`, `cookie` or `pattern`. */
export const capture = by((raw) => {
  if (typeof raw === 'string') return { from: { kind: 'json' as const, path: jsonPath(raw) }, secret: false }
  const { secret = false, ...source } = isMapping(raw) ? raw : {}
  const [kind = '', ...more] = Object.keys(source)
  if (!SOURCES.includes(kind) || more.length > 0)
    throw new Mistake(`must be a JSONPath, or a mapping with one of ${SOURCES.join(', ')} (and \`secret: true\`)`)
  if (typeof secret !== 'boolean') throw new Mistake('`secret` must be true or false')
  const value = source[kind]
  if (typeof value !== 'string') throw new Mistake(`\`${kind}\` must be a text`)
  if (kind === 'json') return { from: { kind, path: jsonPath(value) } as const, secret }
  if (kind !== 'pattern') return { from: { kind: kind as 'header' | 'cookie', name: value }, secret }
  checkPattern(value)
  if (!/\((?!\?[:=!<])|\(\?<[^=!]/.test(value)) throw new Mistake('`pattern` needs a group in parentheses around what is to be kept')
  return { from: { kind: 'pattern', pattern: new RegExp(value, 'u') } as const, secret }
})

/** @throws Mistake for a name that is none */
export const captures = by((raw) => {
  if (!isMapping(raw)) throw new Mistake('must be a mapping from names to where their values come from, such as `token: $.token`')
  return Object.entries(raw).map(([name, from]) => {
    checkVariableName(name)
    const read = v.safeParse(capture, from)
    if (!read.success) throw new Mistake(`\`${name}\` ${read.issues[0].message}`)
    return { name, ...read.output }
  })
})

export const percent = by((raw) => {
  const share = /^(\d+(?:\.\d+)?) ?%$/.exec(String(raw))?.[1]
  if (share === undefined || Number(share) > 100) throw new Mistake('must be a share such as 1% or 0.5%')
  return Number(share) / 100
})
