import { Mistake, nearest, parseDuration, reader } from '@deploy-actions/kit'
import { parse } from 'yaml'

/** What a container has to show before it counts as started. */
export interface Readiness {
  /** Something listens here. */
  readonly port: number | undefined
  /** The answer to GET of it is `status`. */
  readonly path: string | undefined
  /** Empty: 200 to 399. */
  readonly status: readonly number[]
  readonly log: string | undefined
  readonly exit: number | undefined
}

/** How a container is started. */
export interface Start extends Readiness {
  readonly env: Readonly<Record<string, string>>
  /** Undefined: the image's own. */
  readonly command: readonly string[] | undefined
  /** Milliseconds. */
  readonly timeout: number
}

export interface Companion extends Start {
  readonly name: string
  readonly image: string
}

export interface VerifySpec extends Start {
  readonly companions: readonly Companion[]
  /** Whether platforms that the machine only emulates are started too. */
  readonly emulated: boolean
}

export type Verify = VerifySpec | 'off'

const KEYS = ['port', 'path', 'status', 'log', 'exit', 'command', 'env', 'timeout']

/** The input as YAML. */
export const verifyText = reader((raw) => {
  try {
    return verifyOf(parse(raw) ?? 'auto')
  } catch (cause) {
    if (cause instanceof Mistake) throw cause
    throw new Mistake(`is no YAML: ${(cause as Error).message.split('\n')[0]}`)
  }
})

/** What `verify` says, as a text of YAML or as a part of `images`. @throws Mistake */
export function verifyOf(value: unknown): Verify {
  if (value === 'off' || value === false) return 'off'
  if (value === 'auto' || value === true || value === null) return { ...startOf({}, 'it'), companions: [], emulated: true }
  const { with: companions, emulated = true, ...start } = mapping(value, 'must be `auto`, `off` or a mapping such as `port: 8000`')
  refuseUnknown(start, [...KEYS, 'with', 'emulated'])
  if (typeof emulated !== 'boolean') throw new Mistake(`has "${String(emulated)}" as \`emulated\``, 'It is `true` or `false`.')
  const needed = companions === undefined ? {} : mapping(companions, 'has a `with` that is not a mapping of names')
  return { ...startOf(start, 'it'), companions: Object.entries(needed).map(([name, one]) => companionOf(name, one)), emulated }
}

function companionOf(name: string, value: unknown): Companion {
  if (!/^[a-z0-9][a-z0-9.-]*$/i.test(name)) throw new Mistake(`has the companion "${name}", which is no name of a host`)
  const { image, ...start } = mapping(value, `has the companion ${name}, which is not a mapping with an \`image\``)
  if (typeof image !== 'string' || image === '') throw new Mistake(`has the companion ${name} without an \`image\``)
  refuseUnknown(start, [...KEYS, 'image'])
  return { name, image, ...startOf(start, name) }
}

function startOf(given: Record<string, unknown>, name: string): Start {
  const { port, path, status, log, exit, command, env = {}, timeout = '60s' } = given
  const start: Start = {
    port: wholeNumber(port, `a port of ${name}`, 1, 65535),
    path: textOf(path, 'path'),
    status: (Array.isArray(status) ? status : status === undefined ? [] : [status]).map(
      (one) => wholeNumber(one, 'a status', 100, 599) as number,
    ),
    log: textOf(log, 'log'),
    exit: wholeNumber(exit, 'an exit code', 0, 255),
    command: commandOf(command),
    env: Object.fromEntries(
      Object.entries(mapping(env, 'has an `env` that is not a mapping')).map(([key, one]) => [key, scalar(key, one)]),
    ),
    timeout: durationOf(timeout),
  }
  if (start.path !== undefined && !start.path.startsWith('/')) throw new Mistake(`has the path "${start.path}"`, 'A path begins with `/`.')
  if (start.path !== undefined && start.port === undefined) throw new Mistake('has a `path` without a `port`')
  if (start.status.length > 0 && start.path === undefined) throw new Mistake('has a `status` without a `path`')
  if (start.exit !== undefined && start.port !== undefined) throw new Mistake('has `exit` and `port`: what ends cannot listen')
  checkPattern(start.log)
  return start
}

function refuseUnknown(given: Record<string, unknown>, known: readonly string[]): void {
  for (const key of Object.keys(given)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    throw new Mistake(`has the unknown key "${key}"`, near === undefined ? `There are ${known.join(', ')}.` : `Did you mean \`${near}\`?`)
  }
}

function mapping(value: unknown, rule: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Mistake(rule)
  return value as Record<string, unknown>
}

function wholeNumber(value: unknown, what: string, min: number, max: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new Mistake(`has "${String(value)}" as ${what}`, `It is a whole number from ${min} to ${max}.`)
  return value
}

function textOf(value: unknown, key: string): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || value === '') throw new Mistake(`has a \`${key}\` that is not a text`)
  return value
}

function scalar(key: string, value: unknown): string {
  if (value === null || typeof value === 'object') throw new Mistake(`has no value for \`${key}\` in \`env\``)
  return String(value)
}

function commandOf(value: unknown): string[] | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string') return ['sh', '-c', value]
  if (Array.isArray(value) && value.length > 0) return value.map(String)
  throw new Mistake('has a `command` that is neither a text nor a list')
}

function durationOf(value: unknown): number {
  const ms = parseDuration(String(value))
  if (ms === undefined || ms < 1000 || ms > 3_600_000)
    throw new Mistake(`has the timeout "${String(value)}"`, 'Write it with a unit, from 1s to 1h.')
  return ms
}

function checkPattern(pattern: string | undefined): void {
  try {
    new RegExp(pattern ?? '', 'm')
  } catch (cause) {
    throw new Mistake(`has a \`log\` that is no regular expression: ${(cause as Error).message}`)
  }
}
