import { performance } from 'node:perf_hooks'
import type { LoadKind } from '../load.ts'
import type { Consumer, Step } from '../scenarios/consumer.ts'
import { expectStatus } from '../scenarios/settled.ts'
import type { Stage } from '../scenarios/stage.ts'
import { underLoad } from '../scenarios/under-load.ts'
import { run } from '../shell.ts'

const RATE = 330
const short: LoadKind[] = ['get', 'get-close', 'post', 'post-close']

/** One deploy or rollback under load. Times in milliseconds since the command was started. */
export interface Change extends Record<string, number> {
  /** Until the load generator had the first answer of the new version. */
  serves: number
  /** Until the command had ended. */
  step: number
  sent: number
  lost: number
  mixed: number
}

/** Measures a change to a version. `slow`: with requests of 1.5 s in flight, which a step that loses none has to wait for. */
export async function measureChange(
  stage: Stage,
  url: string,
  version: string,
  work: () => Promise<{ startedAt: number; endedAt: number }>,
  { slow = false } = {},
): Promise<Change> {
  const kinds: LoadKind[] = slow ? [...short, 'slow'] : short
  const { report, result } = await underLoad({ ...stage, url }, work, { kinds, rate: RATE, worker: false })
  const first = report.versions.find((span) => span.version === version)
  if (first === undefined) throw new Error(`${version} never answered; these did: ${JSON.stringify(report.versions)}`)
  return {
    serves: first.first_epoch_ms - result.startedAt,
    step: result.endedAt - result.startedAt,
    sent: report.sent,
    lost: report.lost,
    mixed: report.mixed.count,
  }
}

/** A release whose container exits at its start: milliseconds from that exit until the step had failed, and the whole step. */
export async function measureExit(stage: Stage, consumer: Consumer): Promise<{ refused: number; step: number }> {
  const since = Math.floor(Date.now() / 1000)
  const step = await consumer.deploy('exit')
  expectStatus(step, 'aborted')
  const format = `--filter event=die --filter label=deploy-actions.app --format '{{.TimeNano}} {{.Actor.Attributes.exitCode}}'`
  const events = await stage.box.exec(`docker events --since ${since} --until ${Math.ceil(Date.now() / 1000) + 1} ${format}`)
  const exit = events.stdout.split('\n').find((line) => line.endsWith(' 3'))
  if (exit === undefined) throw new Error(`no container exited by itself: ${events.stdout}`)
  return { refused: Math.round(step.endedAt - Number(exit.split(' ')[0]) / 1e6), step: took(step) }
}

const took = (step: Step): number => step.endedAt - step.startedAt

/** What the bundle costs before it does anything: started without inputs it fails at once. Milliseconds, beside bare Node. */
export async function measureStart(bundle: string): Promise<{ bare: number; bundle: number }> {
  const time = async (args: string[]): Promise<number> => {
    const began = performance.now()
    await run(process.execPath, args, { env: { GITHUB_ACTIONS: '' } })
    return Math.round(performance.now() - began)
  }
  return { bare: await time(['-e', '0']), bundle: await time([bundle]) }
}
