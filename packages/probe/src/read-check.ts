import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { Mistake } from '@deploy-actions/kit'
import { Attachment, type Check, type Expectation, type Poll, type Repeat, type RequestSpec, type Severity } from './check.ts'
import { METHODS, type WrittenCheck, type WrittenExpectation } from './check-schema.ts'
import type { Condition } from './condition.ts'
import type { Files } from './files.ts'
import { type JsonSchema, jsonSchema } from './json-schema.ts'
import type { Place } from './place.ts'
import { READY_MADE, type ReadyMade, readyMade } from './ready-made.ts'
import { bytesOf, isMapping } from './written.ts'

/** What a check is read with. */
export interface Reading {
  readonly base: URL
  readonly files: Files
  readonly severity?: Severity | undefined
  readonly when?: Readonly<Record<string, Condition>> | undefined
  at(...path: (string | number)[]): Place
}

const LONGEST = { request: 10_000, poll: 60_000 }

/** One check from its written form; mistakes that the form alone cannot show are thrown. @throws Mistake */
export function readCheck(written: WrittenCheck, { base, files, severity, when, at }: Reading): Check {
  const kinds = [...METHODS, ...READY_MADE].filter((word) => written[word] !== undefined)
  const [kind, ...more] = kinds
  if (kind === undefined) throw new Mistake(`says nothing to ask: it needs one of ${[...METHODS, ...READY_MADE].join(', ')}`)
  if (more.length > 0) throw new Mistake(`has ${kinds.map((one) => `\`${one}\``).join(' and ')}: a check asks one thing`)
  const made = readyMade(written, base)
  const request = readRequest(
    written,
    files,
    made ?? { method: kind.toUpperCase(), url: written[kind as (typeof METHODS)[number]] as string },
  )
  checkUrl(request.url, base)
  const poll = written.poll && readPoll(written.poll, files)
  const repeat = written.repeat && readRepeat(written.repeat)
  if (poll && repeat) throw new Mistake('has `poll` and `repeat`: the one waits for an answer, the other measures many')
  return {
    name: written.name ?? made?.name ?? `${request.method} ${request.url}`,
    severity: written.severity ?? severity ?? made?.severity ?? 'critical',
    request,
    expect: withReadyMade(readExpectation(written.expect, files), written.expect !== undefined, made),
    capture: written.capture ?? [],
    ...(poll && { poll }),
    ...(repeat && { repeat }),
    when: new Map([...Object.entries(when ?? {}), ...Object.entries(written.when ?? {})]),
    recheck: written.recheck ?? true,
    everyNode: written['every-node'] ?? false,
    place: at(),
    at,
  }
}

function readRequest(
  written: WrittenCheck,
  files: Files,
  { method, url, headers }: Pick<ReadyMade, 'method' | 'url' | 'headers'>,
): RequestSpec {
  const bodies = (['json', 'form', 'multipart', 'body'] as const).filter((word) => written[word] !== undefined)
  if (bodies.length > 1) throw new Mistake(`has ${bodies.map((one) => `\`${one}\``).join(' and ')}: a request has one body`)
  if (bodies.length > 0 && ['GET', 'HEAD'].includes(method))
    throw new Mistake(`has \`${bodies[0]}\`, but ${method} sends no body; write \`post:\` or \`put:\``)
  return {
    method,
    url,
    query: written.query ?? {},
    headers: lowered({ ...headers, ...written.headers }),
    ...(written.json !== undefined && { json: written.json }),
    ...(written.form && { form: written.form }),
    ...(written.multipart && { multipart: readParts(written.multipart, files) }),
    ...(written.body !== undefined && { body: written.body }),
    ...(written.basic && { basic: written.basic }),
    follow: written.follow ?? 0,
    timeLimitMs: written['time-limit'] ?? LONGEST.request,
  }
}

const lowered = (headers: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

function checkUrl(url: string, base: URL): void {
  const sample = url.replaceAll(/\$\{[^}]*\}/g, 'x')
  if (!url.startsWith('/') && !/^(https?:\/\/|\$\{)/.test(url))
    throw new Mistake(`asks "${url}": write a path that begins with /, or a whole http(s) address`)
  if (!URL.canParse(sample, base.href)) throw new Mistake(`asks "${url}", which is no address`)
}

/** Files are read now, so that a missing one is told before anything is asked. */
function readParts(parts: Readonly<Record<string, unknown>>, files: Files): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parts).map(([field, part]) => [field, isMapping(part) ? attachment(field, part, files) : part]))
}

function attachment(field: string, { file, bytes, name, type, ...others }: Record<string, unknown>, files: Files): Attachment {
  if ((file === undefined) === (bytes === undefined) || Object.keys(others).length > 0)
    throw new Mistake(`\`multipart\`: the part \`${field}\` is a text, or a mapping with \`file\` or \`bytes\`, and \`name\`, \`type\``)
  const content = file !== undefined ? files.read(String(file)) : randomBytes(bytesOf(bytes))
  return new Attachment(
    String(name ?? (file === undefined ? 'made-up.bin' : basename(String(file)))),
    String(type ?? 'application/octet-stream'),
    content,
  )
}

/** What an answer has to be like; with nothing about its status any 2xx is right. */
export function readExpectation(written: WrittenExpectation | undefined, files: Files): Expectation {
  const expected: Partial<Exclude<WrittenExpectation, { status: string[] }>> & { status?: string[] | undefined } = written ?? {}
  return {
    statuses: expected.status ?? ['2xx'],
    headers: new Map(Object.entries(lowered(expected.header ?? {})) as [string, Condition][]),
    cookies: new Map(Object.entries(expected.cookie ?? {})),
    ...(expected.body && { body: expected.body }),
    json: expected.json ?? [],
    ...(expected.schema !== undefined && { schema: readSchema(expected.schema, files) }),
    ...(expected.size && { size: expected.size }),
    ...(expected.time !== undefined && { timeMs: expected.time }),
    parts: expected.parts ?? [],
  }
}

function readSchema(written: unknown, files: Files): JsonSchema {
  if (typeof written !== 'string') return jsonSchema(written)
  try {
    return jsonSchema(JSON.parse(files.read(written).toString('utf8')))
  } catch (error) {
    throw new Mistake(
      error instanceof Mistake ? `\`schema\`: ${error.message}` : `\`schema\`: ${written} is no JSON: ${(error as Error).message}`,
    )
  }
}

/** What stands in the check comes on top of what the ready-made one asks for. */
function withReadyMade(expected: Expectation, given: boolean, made: ReadyMade | undefined): Expectation {
  if (made === undefined) return expected
  return {
    ...expected,
    ...(made.statuses && !given && { statuses: made.statuses }),
    headers: new Map([...(made.expectHeaders ?? []), ...expected.headers]),
    parts: [...(made.parts ?? []), ...expected.parts],
  }
}

function readPoll(written: NonNullable<WrittenCheck['poll']>, files: Files): Poll {
  return { until: readExpectation(written.until, files), everyMs: written.every ?? 1_000, forMs: written.for ?? LONGEST.poll }
}

function readRepeat(written: NonNullable<WrittenCheck['repeat']>): Repeat {
  if ((written.times === undefined) === (written.for === undefined)) throw new Mistake('`repeat` needs `times` or `for`, and not both')
  const limits = new Map(
    ([50, 95, 99] as const).flatMap((share) =>
      written[`p${share}`] === undefined ? [] : [[share, written[`p${share}`] as number] as const],
    ),
  )
  const minSamples = written['min-samples'] ?? Math.min(written.times ?? 20, 20)
  if (written.times !== undefined && minSamples > written.times)
    throw new Mistake(`\`repeat\` asks ${written.times} times, and \`min-samples\` wants ${minSamples}`)
  return {
    ...(written.times !== undefined && { times: written.times }),
    ...(written.for !== undefined && { forMs: written.for }),
    concurrency: written.concurrency ?? 1,
    limits,
    errorRate: written['error-rate'] ?? 0,
    minSamples,
  }
}
