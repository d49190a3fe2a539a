import { type Clock, type Exec, type Log, UserError } from '@deploy-actions/kit'
import { type ImageStore, suits } from '@deploy-actions/registry'
import { build, localTagOf } from './build.ts'
import { type Builder, findBuilder, removeOwn } from './builder.ts'
import { type Described, describe } from './describe.ts'
import type { Docker } from './docker.ts'
import { Engine, removeStarted } from './engine.ts'
import type { BuildInputs } from './inputs.ts'
import type { RunFacts } from './run-facts.ts'
import { scan } from './scan.ts'
import { tagAll } from './tag-all.ts'
import { type Built, refOf, type Target } from './target.ts'
import { type Verified, verify } from './verify.ts'
import type { WorkFolder } from './work-folder.ts'

export interface BuildPushPorts {
  readonly exec: Exec
  readonly env: Readonly<Record<string, string | undefined>>
  readonly docker: Docker
  /** The same, which a cancelled run does not stop. */
  readonly steady: Docker
  readonly work: WorkFolder
  readonly store: ImageStore
  /** The same, which a cancelled run does not stop: once tags move, all of them do. */
  readonly steadyStore: ImageStore
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly fetch: typeof globalThis.fetch
}

export interface BuildPushRequest {
  readonly inputs: BuildInputs
  readonly targets: readonly Target[]
  readonly facts: RunFacts
  /** Letters and digits, for names of containers and of a builder of our own. */
  readonly key: string
}

/** What became of one image. */
export interface ImageResult extends Built {
  /** Undefined: it was not pushed. */
  readonly described: Described | undefined
  /** Undefined: it was not to be started. */
  readonly verified: Verified | undefined
}

/** Builds all, pushes by digest, starts each, then tags all or none. @throws UserError; no tag has moved then, or the message says which */
export async function buildPush(request: BuildPushRequest, ports: BuildPushPorts): Promise<ImageResult[]> {
  const { inputs, targets, key } = request
  const { log, steady, store } = ports
  const engine = new Engine(ports, key)
  let builder: Builder | undefined
  try {
    const checked = await log.group('Check', () => prepare(request, engine, ports))
    builder = checked.builder
    const about = {
      inputs,
      builder,
      provenance: makesProvenance(inputs.attest, builder, log),
      readOnlyCache: /^pull_request/.test(request.facts.event) || !inputs.push,
      gitToken: inputs.githubToken,
    }
    const built = await log.group('Build', () => all(targets, (target) => build(target, about, ports)))
    // What is read of the images does not wait for them to start.
    const [verified, described] = await log.group('Start', () =>
      Promise.all([
        verifyAll(built, request, engine, ports),
        inputs.push ? allBuilt(built, (one) => describe(one, store, checked.native)) : [],
      ]),
    )
    await allBuilt(built, (one) => scan(one.target, referenceOf(one, inputs), ports))
    const results = built.map((one, at) => ({ ...one, described: described[at], verified: verified[at] }))
    if (inputs.push && inputs.phase === 'all') await log.group('Tag', () => finish(results, engine, ports))
    return results
  } finally {
    await cleanUp({ docker: steady, key, started: engine.hasStarted, ownBuilder: builder === undefined || builder.name === key })
  }
}

/** @throws UserError DA-ATTEST */
function makesProvenance(attest: BuildInputs['attest'], { attests }: Builder, log: Log): boolean {
  if (attest === 'off' || attests) return attest !== 'off'
  if (attest === 'required')
    throw new UserError('DA-ATTEST', 'provenance is required, and the BuildKit of this builder cannot make it', {
      hint: 'Use BuildKit 0.11 or newer (docker/setup-buildx-action), or `attest: auto`.',
    })
  log.notice('the BuildKit of this builder makes no provenance (0.11 and newer do): the images are pushed without')
  return false
}

/** Everything that can go wrong without a build, at the same time. */
async function prepare({ inputs, targets, key }: BuildPushRequest, engine: Engine, { docker, steady, store, log }: BuildPushPorts) {
  const starts = targets.some(({ wanted }) => wanted.verify !== 'off')
  const [builder, native] = await Promise.all([
    findBuilder({ docker, steady }, inputs.builder, key, log),
    starts ? engine.platform() : Promise.resolve(''),
    inputs.push ? all(targets, ({ reference }) => store.mayPush(reference)) : undefined,
  ])
  log.info(`builder ${builder.name ?? '(current)'}, ${builder.driver}, for ${builder.platforms.slice(0, 6).join(', ')}`)
  for (const target of targets) refuseUnstartable(target, native, builder.platforms)
  return { builder, native }
}

function refuseUnstartable({ name, wanted }: Target, native: string, own: readonly string[]): void {
  const built = wanted.platforms.length > 0 ? wanted.platforms : own.slice(0, 1)
  if (wanted.verify === 'off' || built.some((platform) => suits(platform, native) || suits(native, platform))) return
  throw new UserError(
    'DA-START-PLATFORM',
    `the image "${name}" is built for ${built.join(', ')}, and this machine starts ${native}: it could not be proven`,
    {
      hint: 'Build it on a runner of its platform (`phase: build` in a matrix), or write `verify: off`.',
    },
  )
}

async function verifyAll(
  built: readonly Built[],
  { inputs }: BuildPushRequest,
  engine: Engine,
  ports: BuildPushPorts,
): Promise<(Verified | undefined)[]> {
  return allBuilt(built, async (one) => {
    const { verify: spec } = one.target.wanted
    if (spec === 'off') return undefined
    const reference = referenceOf(one, inputs)
    if (inputs.push) await engine.pull(reference)
    return verify(one, reference, spec, { ...ports, engine })
  })
}

/** By digest; of an image that was not pushed, its name in the engine. */
const referenceOf = ({ target, digest }: Built, { push }: BuildInputs): string => (push ? `${refOf(target)}@${digest}` : localTagOf(target))

async function finish(results: readonly ImageResult[], engine: Engine, { steadyStore, signal, log }: BuildPushPorts): Promise<void> {
  signal.throwIfAborted()
  await tagAll(
    results.map(({ target, described }) => ({ target, manifest: (described as Described).manifest })),
    steadyStore,
    log,
  )
  for (const { target, digest } of results) {
    if (!target.wanted.load) continue
    const reference = `${refOf(target)}@${digest}`
    await engine.pull(reference)
    for (const tag of target.tags.all) await engine.tag(reference, `${refOf(target)}:${tag}`)
  }
}

/** All at once; when some fail, the others still come to their end, and all failures are told together. */
async function all<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const outcomes = await Promise.allSettled(items.map(work))
  const reasons = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  if (reasons.length > 0) throw together(reasons)
  return outcomes.map((one) => (one as PromiseFulfilledResult<R>).value)
}

/** The same for images that are pushed already: the error has all their digests, for whoever wants to look at them. */
async function allBuilt<R>(built: readonly Built[], work: (one: Built) => Promise<R>): Promise<R[]> {
  try {
    return await all(built, work)
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'DA-CANCELLED') throw error
    const pushed = built.filter(({ digest }) => digest !== '').map(({ target, digest }) => `${refOf(target)}@${digest}`)
    if (pushed.length === 0) throw error
    const options = {
      cause: error.cause,
      ...(error.hint !== undefined && { hint: error.hint }),
      ...(error.at !== undefined && { at: error.at }),
    }
    throw new UserError(error.code, `${error.message}\nNo image got a tag. Pushed without one: ${pushed.join(', ')}`, options)
  }
}

/** One error for several; of one kind it keeps its code. Anything that is no mistake of the user's goes first. */
function together(reasons: readonly unknown[]): unknown {
  const [first] = reasons
  const errors = reasons.filter((one) => one instanceof UserError)
  if (errors.length < reasons.length) return reasons.find((one) => !(one instanceof UserError))
  const cancelled = errors.find(({ code }) => code === 'DA-CANCELLED')
  const messages = [...new Set(errors.map(({ message }) => message))]
  const { code, hint, at } = errors[0] as UserError
  if (cancelled !== undefined || messages.length === 1) return cancelled ?? first
  return new UserError(code, messages.map((one) => `- ${one}`).join('\n'), {
    ...(hint !== undefined && { hint }),
    ...(at !== undefined && { at }),
  })
}

interface Leftovers {
  readonly docker: Docker
  readonly key: string
  /** Whether there can be containers. */
  readonly started: boolean
  /** Whether there can be a builder of our own. */
  readonly ownBuilder: boolean
}

/** Never throws: what went wrong before is what counts. */
async function cleanUp({ docker, key, started, ownBuilder }: Leftovers): Promise<void> {
  if (started) await removeStarted(docker, key).catch(() => undefined)
  if (ownBuilder) await removeOwn(docker, key).catch(() => undefined)
}
