import { type Clock, type Log, prefixed, UserError } from '@deploy-actions/kit'
import { type BuildSurroundings, buildCommand } from './build-command.ts'
import { buildFailure, placeOf, registryFaltered } from './build-failure.ts'
import type { Docker } from './docker.ts'
import { type BuildFacts, BuildProgress } from './progress.ts'
import { type Built, refOf, type Target } from './target.ts'
import type { WorkFolder } from './work-folder.ts'

export interface BuildPorts {
  readonly docker: Docker
  readonly work: WorkFolder
  readonly log: Log
  readonly clock: Clock
}

/** Builds one image and pushes it by digest (or loads it, with `push: false`). @throws UserError with image and line */
export async function build(
  target: Target,
  about: Omit<BuildSurroundings, 'metadataFile' | 'dockerfile' | 'localTag'>,
  ports: BuildPorts,
): Promise<Built> {
  const { work, clock } = ports
  const { wanted, name } = target
  const log = prefixed(ports.log, name)
  const metadataFile = `metadata-${name}.json`
  const { args, env } = buildCommand(target, {
    ...about,
    metadataFile: work.write(metadataFile, ''),
    dockerfile: wanted.dockerfile === undefined ? undefined : work.write(`Dockerfile-${name}`, wanted.dockerfile),
    localTag: localTagOf(target),
  })
  const started = clock.now()
  const run = () => runOnce(args, env, { ...ports, log })
  let { code, facts } = await run()
  if (code !== 0 && registryFaltered(facts)) {
    log.warning('the registry did not keep what was pushed; it is pushed once more. What is built stays in the cache')
    ;({ code, facts } = await run())
  }
  annotate(target, facts, log)
  if (code !== 0) {
    log.raw(facts.lastWords)
    throw buildFailure(target, facts, code)
  }
  const metadata = parse(work.read(metadataFile))
  const digest = metadata['containerimage.digest']
  if (about.inputs.push && typeof digest !== 'string')
    throw new UserError('DA-BUILD-FAILED', `the builder did not say under which digest "${name}" was pushed`, {
      hint: 'Use a newer buildx and BuildKit (docker/setup-buildx-action).',
    })
  const { steps, cached } = facts
  log.info(
    `built in ${((clock.now() - started) / 1000).toFixed(1)} s, ${cached} of ${steps} steps from the cache${typeof digest === 'string' ? `: ${digest}` : ''}`,
  )
  return {
    target,
    digest: typeof digest === 'string' ? digest : '',
    metadata,
    steps,
    cached,
    slowest: slowestOf(facts),
    ms: clock.now() - started,
  }
}

async function runOnce(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { docker, log, clock }: Omit<BuildPorts, 'work'>,
): Promise<{ code: number; facts: BuildFacts }> {
  const shown = gathered(log, clock)
  const progress = new BuildProgress(shown.take)
  const { code } = await docker.run(args, { env, onLine: (line) => progress.take(line) })
  shown.flush()
  return { code, facts: progress.facts() }
}

const slowestOf = ({ times }: BuildFacts): Built['slowest'] => times.toSorted((a, b) => b.ms - a.ms).slice(0, 5)

/** How long lines are gathered before they are shown: each block of foreign lines costs two lines of its own. */
const GATHER_MS = 1_000

function gathered(log: Log, clock: Clock): { take: (line: string) => void; flush: () => void } {
  let lines: string[] = []
  let since = clock.now()
  const flush = () => {
    if (lines.length > 0) log.raw(lines)
    lines = []
    since = clock.now()
  }
  return {
    take(line) {
      lines.push(line)
      if (clock.now() - since >= GATHER_MS) flush()
    },
    flush,
  }
}

/** Of an image that is not pushed; also what a container of it can be started from. */
export const localTagOf = ({ name, tags }: Target): string => `deploy-actions-build/${name.toLowerCase()}:${tags.all.at(-1)}`

/** By digest; of an image that was not pushed, its name in the engine. */
export const referenceOf = ({ target, digest }: Built, { push }: { readonly push: boolean }): string =>
  push ? `${refOf(target)}@${digest}` : localTagOf(target)

/** BuildKit's checks, at their lines; GitHub shows ten of a kind. */
function annotate(target: Target, { warnings }: BuildFacts, log: Log): void {
  for (const { text, url, line } of warnings.slice(0, 5)) {
    const at = line === undefined ? undefined : placeOf(target, { file: '', line })
    log.warning(`${text}${url === '' ? '' : `\n${url}`}`, 'Dockerfile', at)
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
