import { type Clock, type Exec, type Log, UserError } from '@deploy-actions/kit'
import type { ImageStore } from '@deploy-actions/registry'
import { build, referenceOf } from './build.ts'
import { type Builder, findBuilder, removeOwn } from './builder.ts'
import type { Described } from './describe.ts'
import type { Docker } from './docker.ts'
import { Engine, removeStarted } from './engine.ts'
import type { BuildInputs } from './inputs.ts'
import { startsOf } from './platform-starts.ts'
import { type Proven, prove } from './prove.ts'
import type { RunFacts } from './run-facts.ts'
import { scan } from './scan.ts'
import { tagAll } from './tag-all.ts'
import { type Built, refOf, type Target } from './target.ts'
import { all, allBuilt } from './together.ts'
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
export interface ImageResult extends Built, Proven {}

/** Builds all, pushes by digest, starts each, then tags all or none. @throws UserError; no tag has moved then, or the message says which */
export async function buildPush(request: BuildPushRequest, ports: BuildPushPorts): Promise<ImageResult[]> {
  const { inputs, targets, key } = request
  const { log, steady } = ports
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
    const proven = await log.group('Start', () => prove(built, { inputs, machine: checked }, { ...ports, engine }))
    await allBuilt(built, (one) => scan(one.target, referenceOf(one, inputs), ports))
    const results = built.map((one, at) => ({ ...one, ...(proven[at] as Proven) }))
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
  for (const target of targets) startsOf(target, { builder, native }, log)
  return { builder, native }
}

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
