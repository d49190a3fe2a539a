import { type Clock, type Log, prefixed, UserError } from '@deploy-actions/kit'
import type { ContainerState, Engine } from './engine.ts'
import { listens, statusOf } from './listening.ts'
import { platformName } from './platforms.ts'
import { type Built, refOf } from './target.ts'
import type { Start, VerifySpec } from './verify-spec.ts'

export interface VerifyPorts {
  readonly engine: Engine
  readonly log: Log
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  readonly signal: AbortSignal
}

/** What was seen, in words, and how long it took. */
export interface Verified {
  readonly how: string
  /** Milliseconds, with the download. */
  readonly ms: number
}

/** How long a container without any other sign has to run. */
const RUNS_MS = 3_000
const PAUSE_MS = 200
const LAST_LINES = 15

/** An image in the engine. */
export interface Startable {
  /** By digest, or a name in the engine. */
  readonly reference: string
  /** The platform, where it is not the machine's own. */
  readonly emulated?: string
}

/**
 * Starts what was built and waits until it does what it should.
 * @throws UserError DA-START-FAILED with the container's last lines in the log
 */
export async function verify({ target }: Built, startable: Startable, spec: VerifySpec, ports: VerifyPorts): Promise<Verified> {
  const { engine, clock } = ports
  const { reference, emulated } = startable
  const log = prefixed(ports.log, emulated === undefined ? target.name : `${target.name}, ${emulated}`)
  const name = emulated === undefined ? target.name : `${target.name}-${platformName(emulated)}`
  const began = clock.now()
  const network = await engine.network(name)
  for (const companion of spec.companions) {
    const container = await started(companion.name, () => engine.startCompanion(companion, name, network))
    await waitFor({ ...companion, container, what: `"${companion.name}", which the image "${target.name}" needs,`, told: log }, ports)
  }
  const container = await started(target.name, () =>
    engine.start({ ...spec, reference, platform: emulated, name, network, alias: target.name.toLowerCase() }),
  )
  const what = `the image "${target.name}" (${refOf(target)}${emulated === undefined ? '' : `, ${emulated} by emulation`})`
  const how = await waitFor({ ...spec, container, what, told: log }, ports)
  log.info(`started: ${how}`)
  return { how, ms: clock.now() - began }
}

async function started(name: string, start: () => Promise<string>): Promise<string> {
  try {
    return await start()
  } catch (cause) {
    if (!(cause instanceof UserError) || cause.code !== 'DA-DOCKER') throw cause
    throw new UserError('DA-START-FAILED', `"${name}" cannot be started: ${cause.message}`, {
      hint: 'Run the image by hand: `docker run --rm <image>`. A program that the image does not have, or one of another platform, is the usual reason.',
      cause,
    })
  }
}

interface Waiting extends Start {
  readonly container: string
  /** For messages. */
  readonly what: string
  readonly told: Log
}

async function waitFor(wait: Waiting, ports: VerifyPorts): Promise<string> {
  const { clock, engine, signal } = ports
  const began = clock.now()
  for (let last = 'nothing was seen yet'; ; ) {
    signal.throwIfAborted()
    const state = await engine.state(wait.container, wait.port)
    const seen = await look(wait, state, clock.now() - began, ports)
    if ('ready' in seen) return seen.ready
    last = seen.not
    const over = clock.now() - began > wait.timeout
    if (seen.hopeless || over)
      throw await failed(wait, over && !seen.hopeless ? `not ready after ${wait.timeout / 1000} s: ${last}` : last, engine)
    await clock.sleep(PAUSE_MS, signal)
  }
}

type Look = { ready: string } | { not: string; hopeless?: boolean }

/** One look at a container. Everything that is asked for has to be so at the same time. */
async function look(wait: Waiting, state: ContainerState, ms: number, { engine, fetch }: VerifyPorts): Promise<Look> {
  const { port, path, log, exit, container } = wait
  if (log !== undefined && !new RegExp(log, 'm').test(await engine.logs(container, 5_000)))
    return { not: `no line of its log matches /${log}/`, hopeless: !state.running }
  if (exit !== undefined) return ended(exit, state)
  if (!state.running) return { not: `it ended by itself with code ${state.exitCode}`, hopeless: true }
  if (port !== undefined) return path === undefined ? listening(port, state) : answers(wait, path, state, fetch)
  if (log !== undefined) return { ready: `its log has /${log}/` }
  if (state.health !== undefined)
    return state.health === 'healthy' ? { ready: 'its HEALTHCHECK says healthy' } : { not: `its HEALTHCHECK says ${state.health}` }
  return ms >= RUNS_MS
    ? { ready: `it runs for ${RUNS_MS / 1000} s (it has no HEALTHCHECK, and \`verify\` asks for nothing)` }
    : { not: 'it does not run long enough' }
}

function ended(wanted: number, { running, exitCode }: ContainerState): Look {
  if (running) return { not: 'it still runs' }
  return exitCode === wanted
    ? { ready: `it ended with code ${wanted}` }
    : { not: `it ended with code ${exitCode} instead of ${wanted}`, hopeless: true }
}

async function listening(port: number, { hostPort }: ContainerState): Promise<Look> {
  const yes = hostPort !== undefined && (await listens(hostPort))
  return yes ? { ready: `it listens at ${port}` } : { not: `nothing listens at ${port}` }
}

async function answers({ port, status }: Waiting, path: string, { hostPort }: ContainerState, fetch: VerifyPorts['fetch']): Promise<Look> {
  const found = hostPort === undefined ? 'the port is not published' : await statusOf(hostPort, path, fetch)
  const right = typeof found === 'number' && (status.length > 0 ? status.includes(found) : found >= 200 && found < 400)
  if (right) return { ready: `GET ${path} at ${port} is ${found}` }
  return { not: typeof found === 'number' ? `GET ${path} at ${port} is ${found}` : `GET ${path} at ${port} has no answer (${found})` }
}

async function failed({ container, what, told: log, exit }: Waiting, why: string, engine: Engine): Promise<UserError> {
  const lines = (await engine.logs(container, LAST_LINES)).trimEnd()
  log.info(`last lines of ${container}:`)
  log.raw(lines === '' ? ['(it wrote nothing)'] : lines.split('\n'))
  const needs = exit === undefined && / code 0$/.test(why) ? 'If it should end, write `verify: { exit: 0 }`. ' : ''
  const last = lines.split('\n').at(-1)?.trim() ?? ''
  return new UserError(
    'DA-START-FAILED',
    `${what} does not start as it should: ${why}${last === '' ? '' : `. Its last line: ${log.foreign(last)}`}`,
    {
      hint: `${needs}Variables and services that it needs stand in \`verify\` (\`env\`, \`with\`); \`verify: off\` leaves it unproven.`,
    },
  )
}
