import { appendFileSync } from 'node:fs'
import { formatDuration, type Run, type Verdict } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { formatBuildRecord } from '@deploy-actions/release'
import type { BuildPushRequest, ImageResult } from './build-push.ts'
import { recordOf } from './record.ts'
import { refOf } from './target.ts'

type Ports = Pick<Run, 'log' | 'outputs' | 'summary' | 'env'>

/** Tells what was made: outputs, the runner's list of artifacts, summary. */
export function report(results: readonly ImageResult[], { inputs, facts }: BuildPushRequest, run: WorkflowRun, ports: Ports): Verdict {
  const { outputs, env, log } = ports
  const tagged = inputs.push && inputs.phase !== 'build'
  outputs.set('status', tagged ? 'pushed' : 'built')
  if (tagged) {
    outputs.set('build', formatBuildRecord(recordOf(results, facts, run)))
    listArtifacts(results, env.GITHUB_ARTIFACTS)
  }
  if (inputs.push) setImages(results, tagged, outputs)
  outputs.set('metadata', Object.fromEntries(results.map(({ target, metadata }) => [target.name, metadata])))
  for (const { target, described } of results)
    if (described?.user === '' || described?.user === 'root' || described?.user === '0')
      log.info(`${target.name} runs as root: \`USER\` in its Dockerfile would change that`)
  summarise(results, tagged, ports)
  return 'ok'
}

function setImages(results: readonly ImageResult[], tagged: boolean, outputs: Ports['outputs']): void {
  const tags = ({ target }: ImageResult) => (tagged ? target.tags.all.map((tag) => `${refOf(target)}:${tag}`) : [])
  const about = (one: ImageResult) => ({
    image: refOf(one.target),
    digest: one.digest,
    tags: tags(one),
    platforms: Object.fromEntries(one.described?.platforms ?? []),
    size: one.described?.size ?? 0,
    user: one.described?.user || 'root',
  })
  outputs.set('images', Object.fromEntries(results.map((one) => [one.target.name, about(one)])))
  const [first] = results
  if (first === undefined) return
  outputs.set('image', refOf(first.target))
  outputs.set('digest', first.digest)
  outputs.set('tags', tags(first).join('\n'))
}

/** For `actions/attest`, where the runner has such a file. */
function listArtifacts(results: readonly ImageResult[], file: string | undefined): void {
  if (file) appendFileSync(file, results.map(({ target, digest }) => `oci://${refOf(target)}@${digest}\n`).join(''))
}

function summarise(results: readonly ImageResult[], tagged: boolean, { summary }: Ports): void {
  summary.heading(tagged ? '📦 Built, started and tagged' : '📦 Built')
  summary.table(
    ['image', 'digest', 'platforms', 'size', 'change', 'cache', 'build', 'started'],
    results.map(({ target, digest, described, steps, cached, ms, verified }) => [
      `\`${refOf(target)}\``,
      digest === '' ? '–' : `\`${digest.slice(0, 19)}…\``,
      [...(described?.platforms.keys() ?? target.wanted.platforms)].join(', '),
      described === undefined ? '–' : megabytes(described.size),
      change(described),
      `${cached}/${steps}`,
      formatDuration(ms),
      verified === undefined ? 'not asked for' : `${verified.how} (${formatDuration(verified.ms)})`,
    ]),
  )
  const slow = results.flatMap(({ target, slowest }) =>
    slowest.map(({ name, ms }) => `${formatDuration(ms).padStart(8)}  ${target.name}: ${name}`),
  )
  if (slow.length > 0) summary.details('What took longest', slow.join('\n'))
  if (!tagged) return
  summary.list(results.map(({ target }) => `${target.name}: ${target.tags.all.map((tag) => `\`${tag}\``).join(' ')}`))
}

function change(described: ImageResult['described']): string {
  if (described?.previousSize === undefined || described.shared === undefined) return 'new'
  const { size, previousSize, shared } = described
  const share = size === 0 ? 100 : Math.round((shared / size) * 100)
  return `${size >= previousSize ? '+' : '−'}${megabytes(Math.abs(size - previousSize))}, ${share} % shared`
}

export const megabytes = (bytes: number): string =>
  bytes < 1_000_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
