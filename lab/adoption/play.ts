import type { LoadReport } from '../lab.ts'
import { Consumer, type Step } from '../scenarios/consumer.ts'
import { lossesIn } from '../scenarios/losses.ts'
import { expectStatus } from '../scenarios/settled.ts'
import type { Stage } from '../scenarios/stage.ts'
import { sudoSetUp, sudoTakeDown } from '../scenarios/sudo-user.ts'
import { sleep } from '../scenarios/under-load.ts'
import { ensureStack, type Stack } from '../stack/stack.ts'
import { type Layout, pasted, repositoryFile } from './layouts.ts'
import { type HostState, must, ROWS_BEFORE, stateOf } from './state-of.ts'
import { untilAnswers, urlOf, visit } from './visit.ts'

/** What became of one layout. */
export interface Adopted {
  layout: Layout
  first: Deployed
  second: Deployed
  /** Printed by the run, in milliseconds: how long published ports were away, and when all that was started by hand had stopped. */
  portAway: number | undefined
  handover: number
  /** What an adoption must not do, as sentences; none when all is well. */
  problems: string[]
}

export interface Deployed {
  seconds: number
  sent: number
  lost: number
  longestGap: number
}

/** Starts the layout by hand on a bare host, takes it over under load, and deploys once more. */
export async function playAdoption(stage: Stage, layout: Layout): Promise<Adopted> {
  const stack = await ensureStack()
  await startByHand(stage, layout)
  const consumer = consumerOf(stage, layout)
  try {
    const before = await stateOf(stage.box, layout)
    const dry = await release(stage, stack, consumer, layout, 'v2', { 'dry-run': 'true' })
    expectStatus(dry, 'planned')
    const problems = [...missingIn(dry, layout), ...changes(before, await stateOf(stage.box, layout), 'the dry run')]

    const handover = { began: 0, ended: 0 }
    const watch = (stdout: string) => {
      if (handover.began === 0 && stdout.includes('handing over from')) handover.began = Date.now()
      if (handover.ended === 0 && stdout.includes('has stopped, after')) handover.ended = Date.now()
    }
    const first = await underLoads(stage, layout, () => release(stage, stack, consumer, layout, 'v2', {}, watch))
    expectStatus(first.step, 'deployed')
    problems.push(...changes(before, await stateOf(stage.box, layout), 'the first deploy'), ...outside(first.reports, handover))
    problems.push(...first.reports.flatMap(({ mixed }) => (mixed.count === 0 ? [] : [`${mixed.count} answers mix two releases`])))

    const second = await underLoads(stage, layout, () => release(stage, stack, consumer, layout, 'v3'))
    expectStatus(second.step, 'deployed')
    problems.push(...changes(before, await stateOf(stage.box, layout), 'the second deploy'))
    problems.push(...second.reports.flatMap((report) => lossesIn(report, { versions: ['v2', 'v3'] })))
    problems.push(...(await unwell(stage, layout)))
    const portAway = printed(first.step, /port [\d ]+ did not answer for at most (\d+) ms/)
    const ended = printed(first.step, /has stopped, after (\d+) ms/) ?? Number.NaN
    return { layout, first: figures(first), second: figures(second), portAway, handover: ended, problems }
  } finally {
    consumer.close()
    if (layout.sudo) await must(stage.box, sudoTakeDown)
  }
}

/** The files where a person put them, `docker compose up -d` in their folder, and data. */
async function startByHand({ box }: Stage, layout: Layout): Promise<void> {
  await box.reset()
  const { folder, envFiles, start, fronts, sudo } = layout
  if (sudo) await must(box, sudoSetUp())
  const lasting = [layout.compose, ...layout.files].map((file) => [`${folder}/${file.split('/').at(-1)}`, repositoryFile(layout, file)])
  for (const [file = '', text] of [...lasting, ...Object.entries(envFiles)]) {
    const mode = envFiles[file] === undefined ? '644' : '600'
    await must(box, `mkdir -p "$(dirname ${file})" && cat >${file} && chmod ${mode} ${file}`, text)
  }
  await must(box, `cd ${folder} && ${start} 2>&1`)
  for (const front of fronts) await untilAnswers(box, front)
  const [front] = fronts
  if (front === undefined) throw new Error(`${layout.name} has no front`)
  for (let row = 1; row <= ROWS_BEFORE; row++) await visit(box, front, '/echo', `row ${row}`)
}

function consumerOf(stage: Stage, layout: Layout): Consumer {
  const [compose, ...others] = [layout.compose, ...layout.files].map((file) => [file, repositoryFile(layout, file)] as const)
  return new Consumer(stage, { compose: compose?.[1] ?? '', composeFile: layout.compose, files: Object.fromEntries(others) })
}

/** What the guide says, and the lab's own: nobody names the app, so it is the repository's. */
function release(
  { lab, box }: Stage,
  stack: Stack,
  consumer: Consumer,
  layout: Layout,
  tag: string,
  more: Record<string, string> = {},
  watch?: (stdout: string) => void,
): Promise<Step> {
  const unnamed = { app: '', directory: '', 'compose-file': '', routes: '', switch: '' }
  const brisk = { 'verify-for': '1s', 'stream-drain-timeout': '1s' }
  const user = layout.sudo && { host: `nodocker@${box.address}` }
  const inputs = { ...unnamed, ...brisk, ...user, ...pasted(layout), images: layout.images(lab, stack, tag).join('\n'), ...more }
  return consumer.deploy(tag, { inputs, env: { GITHUB_REPOSITORY: `acme/${layout.name}` }, ...(watch && { watch }) })
}

interface UnderLoad {
  step: Step
  reports: LoadReport[]
}

/** Every front of the layout at once: in all 60 requests a second, for Python on a small machine. */
async function underLoads({ lab, box }: Stage, { fronts }: Layout, work: () => Promise<Step>): Promise<UnderLoad> {
  const kinds = ['get', 'get-close', 'post', 'post-close', 'slow'] as const
  const loads = await Promise.all(
    fronts.map((front) =>
      lab.load({ url: urlOf(box, front), rate: 60 / fronts.length, kinds: [...kinds], ...(front.host && { host: front.host }) }),
    ),
  )
  const stopAll = () => Promise.all(loads.map((load) => load.stop()))
  try {
    await sleep(2_000)
    const step = await work()
    await sleep(2_000)
    return { step, reports: await stopAll() }
  } catch (error) {
    await stopAll()
    throw error
  }
}

const missingIn = (dry: Step, { planned }: Layout): string[] =>
  planned.flatMap((words) => (dry.stdout.match(words) === null ? [`the plan does not say ${words}`] : []))

function changes(before: HostState, after: HostState, by: string): string[] {
  return Object.keys(before).flatMap((key) => {
    const [was, is] = [before[key as keyof HostState], after[key as keyof HostState]]
    return was === is ? [] : [`${by} changed ${key}: "${was}" became "${is}"`]
  })
}

/** The lines travel to the runner, and a busy machine is late. */
const SLACK_MS = 1000

/** A request that was not under way at any moment of the printed handover had no reason to fail. */
function outside(reports: readonly LoadReport[], { began, ended }: { began: number; ended: number }): string[] {
  const failures = reports.flatMap(({ kinds }) => Object.values(kinds).flatMap(({ errors }) => errors))
  return failures
    .filter(({ epoch_ms, took_ms }) => epoch_ms + took_ms < began - SLACK_MS || epoch_ms > ended + SLACK_MS)
    .map(
      ({ epoch_ms, took_ms, reason }) =>
        `lost ${epoch_ms - began} ms after the handover began (it took ${ended - began} ms), for ${took_ms} ms: ${reason}`,
    )
}

async function unwell({ box }: Stage, { name }: Layout): Promise<string[]> {
  const { code, stdout } = await box.exec(`/opt/${name}/bin/release doctor`)
  const said = stdout.split('\n').filter((line) => line.trim() !== '' && !/^(ok |all is well)/.test(line))
  return code === 0 ? said : [`doctor ends with ${code}`, ...said]
}

const printed = ({ stdout }: Step, pattern: RegExp): number | undefined => {
  const found = pattern.exec(stdout)?.[1]
  return found === undefined ? undefined : Number(found)
}

const figures = ({ step, reports }: UnderLoad): Deployed => ({
  seconds: (step.endedAt - step.startedAt) / 1000,
  sent: sum(reports.map(({ sent }) => sent)),
  lost: sum(reports.map(({ lost }) => lost)),
  longestGap: Math.max(...reports.map(({ longest_gap_ms }) => longest_gap_ms)),
})

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)
