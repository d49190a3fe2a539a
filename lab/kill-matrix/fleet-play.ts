import type { Consumer } from '../scenarios/consumer.ts'
import { fleetConsumer } from '../scenarios/fleet.ts'
import { expectStatus } from '../scenarios/settled.ts'
import { openStages, type Stage } from '../scenarios/stage.ts'
import { playFleetTrial } from './fleet-trial.ts'
import { type Choice, drawn, pairsOf, sayTrial } from './play.ts'
import { fleetPoints } from './points.ts'
import { brokenTrial, type Trial } from './trial.ts'

/** Every kill at every point of a release that comes to three hosts, one after the other. */
export async function playFleetMatrix({ sample, ended, ...choice }: Omit<Choice, 'boxes'>, say: (line: string) => void): Promise<Trial[]> {
  const chosen = drawn(pairsOf(fleetPoints, choice), sample)
  if (chosen.length === 0) return []
  const stages = await openStages(3)
  const trials: Trial[] = []
  let consumer: Consumer | undefined
  let live = ''
  for (const pair of chosen) {
    if (consumer === undefined) {
      consumer = await startOver(stages)
      live = 'v2'
    }
    const { trial, live: after } = await playFleetTrial(stages, consumer, { ...pair, live }).catch((error) => brokenTrial(pair, error))
    trials.push(trial)
    ended?.(trial)
    live = after
    say(`${trials.length} of ${chosen.length}  ${sayTrial(trial)}`)
    // What one kill broke must not be blamed on the next.
    if (trial.problems.length > 0) {
      consumer.close()
      consumer = undefined
    }
  }
  consumer?.close()
  return trials
}

/** Bare hosts with v1 and then v2 deployed to all of them. */
async function startOver(stages: readonly Stage[]): Promise<Consumer> {
  await Promise.all(stages.map(({ box }) => box.reset()))
  const consumer = fleetConsumer(stages, { inputs: { 'verify-for': '2s' } })
  for (const tag of ['v1', 'v2']) expectStatus(await consumer.deploy(tag), 'deployed')
  return consumer
}
