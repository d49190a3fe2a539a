import { Mistake, nearest } from '@deploy-actions/kit'
import * as v from 'valibot'
import {
  bodyCondition,
  by,
  captures,
  condition,
  flag,
  isMapping,
  jsonConditions,
  mapping,
  percent,
  scalar,
  sizeCondition,
  span,
  statuses,
  text,
  whole,
} from './written.ts'

/** A mapping with these words and no others; every wrong one is told, with the nearest right one. */
export const words = <E extends v.ObjectEntries>(what: string, entries: E) => {
  const known = Object.keys(entries)
  const object = v.looseObject(entries, ({ received, path }) =>
    received === 'undefined' && path !== undefined && known.includes(String(path.at(-1)?.key))
      ? `\`${path.at(-1)?.key}\` is missing in ${what}`
      : `must be a mapping with ${known.join(', ')}`,
  )
  const unknown = v.rawCheck<v.InferOutput<typeof object>>(({ dataset, addIssue }) => {
    if (!isMapping(dataset.value)) return
    const input: Record<string, unknown> = dataset.value
    for (const [key, value] of Object.entries(input).filter(([name]) => !known.includes(name))) {
      const near = nearest(key, known)
      const right = near === undefined ? `; there are ${known.join(', ')}` : `; did you mean \`${near}\`?`
      addIssue({ message: `\`${key}\` is no word of ${what}${right}`, path: [{ type: 'object', origin: 'key', input, key, value }] })
    }
  })
  // For types it is a mapping with nothing else in it: whatever else is there has been refused.
  return v.pipe(object, unknown) as unknown as v.StrictObjectSchema<E, undefined>
}

export const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const

const expectEntries = {
  status: v.optional(statuses),
  header: v.optional(mapping(condition)),
  cookie: v.optional(mapping(condition)),
  body: v.optional(bodyCondition),
  json: v.optional(jsonConditions),
  schema: v.optional(v.unknown()),
  size: v.optional(sizeCondition),
  time: v.optional(span('5m')),
  parts: v.optional(v.array(text, 'must be a list of names, such as [database, redis]')),
}

/** `expect: 200` is short for `expect: { status: 200 }`. */
export const expectation = v.lazy((raw) =>
  isMapping(raw)
    ? words('`expect`', expectEntries)
    : v.pipe(
        statuses,
        v.transform((status) => ({ status })),
      ),
)

const follow = by((raw) => {
  if (raw === true) return 10
  if (raw === false) return 0
  if (!Number.isInteger(raw) || (raw as number) < 0 || (raw as number) > 20)
    throw new Mistake('must be true, false, or how many redirects are followed (up to 20)')
  return raw as number
})

const poll = words('`poll`', { until: expectation, every: v.optional(span('5m')), for: v.optional(span('1h')) })

const repeat = words('`repeat`', {
  times: v.optional(whole(1, 10_000)),
  for: v.optional(span('2m')),
  concurrency: v.optional(whole(1, 50)),
  p50: v.optional(span('5m')),
  p95: v.optional(span('5m')),
  p99: v.optional(span('5m')),
  'error-rate': v.optional(percent),
  'min-samples': v.optional(whole(1, 10_000)),
})

const health = words('`health`', { path: text, parts: v.optional(expectEntries.parts, []) })
const cors = words('`cors`', { path: text, origin: text, method: v.optional(text, 'GET'), headers: v.optional(text) })

const common = {
  name: v.optional(text),
  severity: v.optional(v.picklist(['critical', 'warn'], 'must be critical or warn')),
  when: v.optional(mapping(condition)),
  recheck: v.optional(flag),
  'every-node': v.optional(flag),
  'time-limit': v.optional(span('10m')),
}

const requested = {
  query: v.optional(mapping(scalar)),
  headers: v.optional(mapping(scalar)),
  json: v.optional(v.unknown()),
  form: v.optional(mapping(scalar)),
  multipart: v.optional(mapping(v.unknown())),
  body: v.optional(text),
  basic: v.optional(words('`basic`', { user: text, password: text })),
  follow: v.optional(follow),
  expect: v.optional(expectation),
  capture: v.optional(captures),
  poll: v.optional(poll),
  repeat: v.optional(repeat),
}

/** One check as it is written. */
export const checkSchema = words('a check', {
  ...common,
  ...(Object.fromEntries(METHODS.map((method) => [method, v.optional(text)])) as Record<
    (typeof METHODS)[number],
    v.OptionalSchema<typeof text, undefined>
  >),
  ...requested,
  health: v.optional(
    v.lazy((raw) =>
      isMapping(raw)
        ? health
        : v.pipe(
            text,
            v.transform((path) => ({ path, parts: [] as string[] })),
          ),
    ),
  ),
  'https-redirect': v.optional(text),
  'security-headers': v.optional(text),
  cors: v.optional(cors),
  websocket: v.optional(text),
})

export type WrittenCheck = v.InferOutput<typeof checkSchema>
export type WrittenExpectation = v.InferOutput<typeof expectation>

const steps = v.pipe(v.array(v.unknown(), 'must be a list of checks'), v.minLength(1, 'needs at least one check'))

/** A flow around its steps, which are read one by one. */
export const flowSchema = words('a flow', { flow: text, severity: common.severity, when: common.when, steps })
