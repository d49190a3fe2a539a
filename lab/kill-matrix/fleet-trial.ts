import type { SshProxy } from '../lab.ts'
import type { Consumer, Step, StepOptions } from '../scenarios/consumer.ts'
import { connectionTo, underLoadOnAll } from '../scenarios/fleet.ts'
import { lossesIn } from '../scenarios/losses.ts'
import { leftoversOn } from '../scenarios/settled.ts'
import type { Stage } from '../scenarios/stage.ts'
import { containersDie, type Killer } from './killers.ts'
import type { FleetPoint } from './points.ts'
import { strike } from './strike.ts'
import { next, type Trial, untilFree, untilServes, versionsNow } from './trial.ts'

/**
 * One kill on the second of several hosts, all under light load: every host serves one complete release, the step tells the truth, the
 * next deploy brings them together. @returns what came of it, and the version that all have by then
 */
export async function playFleetTrial(
  stages: readonly Stage[],
  consumer: Consumer,
  { point, killer, live }: { point: FleetPoint; killer: Killer; live: string },
): Promise<{ trial: Trial; live: string }> {
  const victim = stages[1] as Stage
  const killed = next(live)
  let following = next(killed)
  const { reports, result } = await underLoadOnAll(stages, async () => {
    const through = (wire: SshProxy): StepOptions => ({ inputs: connectionTo(stages, new Map([[victim, wire]])) })
    const struck = await strike(victim, consumer, killed, point, killer, through)
    if (containersDie(killer)) await victim.box.ready()
    const settledAfter = Math.max(...(await Promise.all(stages.map(untilFree))))
    if (containersDie(killer)) await untilServes(victim)
    const served = await Promise.all(stages.map(versionsNow))
    if (served.flat().includes(`${following} ${following}`)) following = next(following)
    const problems = [
      ...(struck.reached ? [] : [`the moment did not come:\n${struck.step.stdout.slice(-1500)}`]),
      ...served.flatMap((pairs, at) => incomplete(pairs, stages[at] as Stage)),
      ...(killer === 'runner' ? [] : untrue(struck.step, served, live)),
      ...(await together(consumer, stages, following)),
    ]
    return { settledAfter, served, problems }
  })
  const judged = reports.filter((_, at) => stages[at] !== victim || !containersDie(killer))
  const problems = [...result.problems, ...judged.flatMap((report) => lossesIn(report, { returns: true }))]
  const sum = (numbers: number[]): number => numbers.reduce((all, one) => all + one, 0)
  const figures = { sent: sum(reports.map(({ sent }) => sent)), lost: sum(reports.map(({ lost }) => lost)) }
  return {
    trial: { point, killer, served: servedBy(result.served, live), settledAfter: result.settledAfter, ...figures, problems },
    live: following,
  }
}

function servedBy(served: readonly string[][], live: string): Trial['served'] {
  const all = new Set(served.flat())
  if (all.size !== 1) return '?'
  return all.has(`${live} ${live}`) ? 'old' : 'new'
}

function incomplete(pairs: readonly string[], { box }: Stage): string[] {
  const [web, api] = (pairs[0] ?? '').split(' ')
  if (pairs.length === 1 && web === api) return []
  return [`${box.name} answers with web and api ${pairs.join(', ')}`]
}

/** `deployed`, `rolled-back`: all have the new one; `reverted`, `aborted`: all have the old one; `failed` names who has what. */
function untrue({ status, stdout, outputs }: Step, served: readonly string[][], live: string): string[] {
  const is = servedBy(served, live)
  const told = { deployed: 'new', 'rolled-back': 'new', reverted: 'old', aborted: 'old' }[status]
  if (told === is || (told === undefined && status === 'failed')) return []
  return [`the run ended ${status}, but the hosts serve ${served.map(String).join('; ')} (${outputs.hosts}):\n${stdout.slice(-1500)}`]
}

/** The next deploy over all of them settles what was left. */
async function together(consumer: Consumer, stages: readonly Stage[], tag: string): Promise<string[]> {
  const step = await consumer.deploy(tag)
  if (step.status !== 'deployed') return [`the next deploy ended ${step.status}:\n${step.stdout.slice(-1500)}`]
  const served = await Promise.all(stages.map(versionsNow))
  const left = await Promise.all(stages.map(({ box }) => leftoversOn(box)))
  return [
    ...served.flatMap((pairs, at) =>
      pairs.join() === `${tag} ${tag}` ? [] : [`${stages[at]?.box.name} serves ${pairs.join(', ')} after the next deploy`],
    ),
    ...left.flat(),
  ]
}
