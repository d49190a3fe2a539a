import { readFileSync } from 'node:fs'
import { parseDocument, type Scalar, type YAMLMap } from 'yaml'
import { ofTheDay } from '../of-the-day.mjs'
import { byHandCompose, byHandInputs, startByHand } from '../scenarios/by-hand.ts'
import { Consumer } from '../scenarios/consumer.ts'
import { expectStatus } from '../scenarios/settled.ts'
import { openStages, type Stage } from '../scenarios/stage.ts'
import { nameOf } from './kept.ts'
import { type Killer, killers } from './killers.ts'
import { adoptionPoints, type KillPoint, points } from './points.ts'
import { brokenTrial, playTrial, type Trial } from './trial.ts'

export interface Choice {
  /** So many hosts share the work; default 1. */
  boxes?: number
  /** Only so many, chosen by the date: a suite that runs every day comes by all of them. */
  sample?: number
  /** Only points whose name, part or killer contains this. */
  only?: string
  /** Not these. */
  without?: readonly string[]
  /** Is told of each kill when it has been played. */
  ended?: (trial: Trial) => void
}

type Pair = { point: KillPoint; killer: Killer }

/** Every kill at every point, or a choice of them, one after the other on hosts that go on living. */
export async function playKillMatrix(choice: Choice, say: (line: string) => void): Promise<Trial[]> {
  const stages = await openStages(choice.boxes ?? 1, { say })
  const chosen = choosePairs(choice)
  const waiting = [...chosen.entries()]
  const trials: Trial[] = []
  const tell = (index: number, trial: Trial): void => {
    trials[index] = trial
    choice.ended?.(trial)
    say(`${index + 1} of ${chosen.length}  ${sayTrial(trial)}`)
  }
  await Promise.all(stages.map((stage) => playOn(stage, () => waiting.shift(), tell)))
  return trials
}

/** How it ended, and what was wrong. */
export function sayTrial({ point, killer, problems }: Trial): string {
  const end = problems.length === 0 ? 'ok' : 'WRONG'
  return [`${point.part}: ${point.name}, ${killer} killed: ${end}`, ...problems.map((problem) => `    ${problem}`)].join('\n')
}

/** Plays on one host what is left to play. */
async function playOn(stage: Stage, take: () => [number, Pair] | undefined, tell: (index: number, trial: Trial) => void): Promise<void> {
  let consumer: Consumer | undefined
  let live = ''
  for (let taken = take(); taken !== undefined; taken = take()) {
    const [index, pair] = taken
    const byHand = pair.point.needs === 'by hand'
    if (consumer === undefined || byHand) {
      consumer?.close()
      consumer = await (byHand ? startedByHand(stage, pair.killer) : startOver(stage))
      live = byHand ? 'v1' : 'v2'
    }
    const { trial, live: after } = await playTrial(stage, consumer, { ...pair, live }).catch((error) => brokenTrial(pair, error))
    tell(index, trial)
    live = after
    // What one kill broke must not be blamed on the next.
    if (trial.problems.length > 0 || byHand) {
      consumer.close()
      consumer = undefined
    }
  }
  consumer?.close()
}

/** A host on which v1 was started by hand, to be there after a reboot. */
async function startedByHand(stage: Stage, killer: Killer): Promise<Consumer> {
  // After the death of its daemon Engine 20.10 starts only what has the policy `always`, whoever has started it.
  const compose = restarting(byHandCompose(stage), killer === 'dockerd' ? 'always' : 'unless-stopped')
  await startByHand(stage, '/srv/sample', { compose })
  return new Consumer(stage, { compose, inputs: { 'verify-for': '2s', ...byHandInputs } })
}

function restarting(compose: string, policy: string): string {
  const project = parseDocument(compose)
  for (const { key } of (project.get('services') as YAMLMap<Scalar>).items) project.setIn(['services', key.value, 'restart'], policy)
  return project.toString()
}

/** A bare host with v1 and then v2 deployed, so that there is a release to go back to. */
async function startOver(stage: Stage): Promise<Consumer> {
  await stage.box.reset()
  const sample = readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8')
  // Something of the base that can be changed from release to release.
  const compose = sample.replace('WORKER_TARGET: http://web:8000/', '$&\n      NOTE: ${WORKER_NOTE:-none}')
  const consumer = new Consumer(stage, { compose, inputs: { 'verify-for': '2s' } })
  for (const tag of ['v1', 'v2']) expectStatus(await consumer.deploy(tag), 'deployed')
  return consumer
}

function choosePairs({ sample, ...choice }: Choice): Pair[] {
  return drawn(pairsOf([...points, ...(sample === undefined ? adoptionPoints : [])], choice), sample)
}

/** So many of them, drawn by the date; all when nobody says how many. */
export function drawn<T extends Pick<Trial, 'point' | 'killer'>>(all: readonly T[], sample = all.length): T[] {
  return ofTheDay(all, sample, nameOf)
}

/** Every killer at every point that is asked for. */
export function pairsOf<P extends Trial['point']>(all: readonly P[], { only = '', without = [] }: Choice): { point: P; killer: Killer }[] {
  const pairs = all.flatMap((point) => killers.map((killer) => ({ point, killer })))
  return pairs.filter((pair) => nameOf(pair).includes(only) && !without.includes(nameOf(pair)))
}
