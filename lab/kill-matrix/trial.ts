import { type Consumer, directory, type Step } from '../scenarios/consumer.ts'
import { lossesIn } from '../scenarios/losses.ts'
import { leftoversOn } from '../scenarios/settled.ts'
import type { Stage } from '../scenarios/stage.ts'
import { sleep, underLoad } from '../scenarios/under-load.ts'
import { agentDies, connectionDies, containersDie, type Killer } from './killers.ts'
import type { KillPoint } from './points.ts'
import { strike } from './strike.ts'

/** What became of one kill. */
export interface Trial {
  point: Pick<KillPoint, 'part' | 'name'>
  killer: Killer
  /** Which release served once the hosts had settled. */
  served: 'old' | 'new' | '?'
  /** Seconds from the end of the step until every host's lock was free. */
  settledAfter: number
  sent: number
  lost: number
  /** What is not as it should be, as sentences. */
  problems: string[]
}

/**
 * One kill under light load, on a host where `live` serves: who serves afterwards, is the lock free, does `doctor` agree, and does the
 * next deploy succeed. @returns what came of it, and the version that is live by then
 */
export async function playTrial(
  stage: Stage,
  consumer: Consumer,
  { point, killer, live }: { point: KillPoint; killer: Killer; live: string },
): Promise<{ trial: Trial; live: string }> {
  const killed = next(live)
  let following = next(killed)
  const worker = point.needs !== 'changed base' && point.needs !== 'by hand'
  const { report, result } = await underLoad(
    stage,
    async () => {
      const struck = await strike(stage, consumer, killed, point, killer)
      if (containersDie(killer)) await stage.box.ready()
      const settledAfter = await untilFree(stage)
      // Who dies in a handover may leave nobody serving: there the doctor comes before everything else.
      if (point.needs === 'by hand') await stage.box.exec(`${directory}/bin/release doctor`)
      if (point.needs === 'by hand' || containersDie(killer)) await untilServes(stage)
      const served = await versionsNow(stage)
      // A rollback may have come back to the very version: deployed once more it would be unchanged.
      if (served.includes(`${following} ${following}`)) following = next(following)
      const problems = [
        ...(connectsAgain(point, killer) ? wentOn(struck.step) : []),
        ...(struck.reached ? [] : [`the moment did not come:\n${struck.step.stdout.slice(-1500)}`]),
        ...serving(served, live, expected(point, killer, struck.journal)),
        ...(containersDie(killer) || connectionDies(killer) ? truth(struck.step, point, { served, live, killed }) : []),
        ...(connectionDies(killer) ? [] : await mended(stage, served.includes(`${live} ${live}`) && point.needs === 'by hand')),
        ...(await nextDeploy(consumer, following)),
        ...(await leftoversOn(stage.box)),
      ]
      return { settledAfter, served, problems }
    },
    { rate: 60, kinds: ['get', 'get-close', 'post', 'post-close', 'slow'], worker },
  )
  // A handover has a gap, which the run prints.
  const losses = point.needs === 'by hand' || containersDie(killer) ? [] : lossesIn(report, { returns: true })
  const problems = [...result.problems, ...losses]
  const served = result.served.length === 1 ? (result.served[0] === `${live} ${live}` ? 'old' : 'new') : '?'
  const lost = report.lost + (report.worker?.lost ?? 0)
  return { trial: { point, killer, served, settledAfter: result.settledAfter, sent: report.sent, lost, problems }, live: following }
}

/** One that could not be played to its end. */
export const brokenTrial = ({ point, killer }: Pick<Trial, 'point' | 'killer'>, error: Error): { trial: Trial; live: string } => ({
  trial: { point, killer, served: '?', settledAfter: 0, sent: 0, lost: 0, problems: [error.message] },
  live: '',
})

/** v1 … v6, round and round: never the one that is live, nor the one before. */
export const next = (tag: string): string => `v${(Number(tag.slice(1)) % 6) + 1}`

/** The kernel frees the lock when the agent is gone; an agent that lost its runner settles first. */
export async function untilFree({ box }: Stage): Promise<number> {
  const began = Date.now()
  const { code } = await box.exec(`flock -w 100 ${directory}/lock true`)
  if (code !== 0) throw new Error('the lock is still taken 100 s after the kill')
  return (Date.now() - began) / 1000
}

export async function untilServes({ url }: Stage): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(url).catch(() => undefined)
    // Containers come back one by one.
    if (answer?.ok && (await answer.text()).includes('"api":{"version"')) return
    await sleep(100)
  }
  throw new Error('nobody serves')
}

/** Every pair of versions (web and api) that answers now. */
export async function versionsNow({ url }: Stage): Promise<string[]> {
  const pairs = new Set<string>()
  for (let count = 0; count < 20; count++) {
    const answer = (await (await fetch(url)).json()) as { version: string; api: { version: string } }
    pairs.add(`${answer.version} ${answer.api.version}`)
    await sleep(25)
  }
  return [...pairs]
}

/** A run in one step that only lost its connection connects again and comes to its end; one of two phases asks what the host has made of it. Of a box that lost power the agent died too. */
const connectsAgain = ({ operation }: KillPoint, killer: Killer): boolean =>
  connectionDies(killer) && killer !== 'box' && (operation === 'deploy' || operation === 'rollback')

const wentOn = ({ status, stdout }: Step): string[] =>
  status === 'deployed' || status === 'rolled-back' ? [] : [`the run ended ${status}:\n${stdout.slice(-1500)}`]

/** A run that lives through it says which release serves. */
function truth(
  { status, stdout }: Step,
  { serves }: Pick<KillPoint, 'serves'>,
  { served, live, killed }: { served: string[]; live: string; killed: string },
): string[] {
  const is = served.includes(`${live} ${live}`) ? live : killed
  // Struck before the switch, the new one may serve only because a run that connected again went all the way.
  if (is === killed && serves === 'old' && status !== 'deployed' && status !== 'rolled-back')
    return [`the run ended ${status}, and ${is} serves, which was not verified:\n${stdout.slice(-1500)}`]
  if (status === 'none') return [`the run ended without a status:\n${stdout.slice(-1500)}`]
  const told = { deployed: killed, 'rolled-back': killed, prepared: live, aborted: live, reverted: live }[status] ?? is
  return told === is ? [] : [`the run ended ${status}, but ${is} serves:\n${stdout.slice(-1500)}`]
}

/** An agent that is killed leaves a journal, which says how far it really was: a busy machine strikes late. */
function expected(point: KillPoint, killer: Killer, journal: string): 'old' | 'new' | 'either' {
  const { serves } = point
  if (agentDies(killer) && journal !== '') {
    if (/^phase=prepared?$/m.test(journal)) return 'old'
    return /^verified=yes$/m.test(journal) ? 'new' : 'either'
  }
  if (connectsAgain(point, killer)) return 'new'
  // Told to go all the way with what is well already, the host has done so long before it counts as silence.
  if (killer === 'silence' && point.operation === 'resume') return 'new'
  if (containersDie(killer)) return serves === 'new' ? 'new' : 'either'
  if (serves !== 'new if the agent lives') return serves
  return agentDies(killer) ? 'either' : 'new'
}

function serving(pairs: string[], live: string, serves: 'old' | 'new' | 'either'): string[] {
  if (pairs.length !== 1) return [`several releases answer: ${pairs.join(', ')}`]
  const [web, api] = (pairs[0] as string).split(' ')
  const old = web === live
  return [
    ...(web === api ? [] : [`web ${web} answers with api ${api}`]),
    ...(serves === 'either' || (serves === 'old') === old
      ? []
      : [`${web} serves, but it should be the ${serves} release (${live} was live)`]),
  ]
}

/** `doctor` settles what the dead run left, and is content then. Where nothing is live yet it says that. */
async function mended({ box }: Stage, nothingLive: boolean): Promise<string[]> {
  const doctor = await box.exec(`${directory}/bin/release doctor`)
  if (nothingLive && doctor.stderr.includes('DA-RELEASE-NONE')) return []
  return doctor.code === 0 ? [] : [`doctor ends with ${doctor.code}: ${doctor.stdout}${doctor.stderr}`]
}

async function nextDeploy(consumer: Consumer, tag: string): Promise<string[]> {
  const step = await consumer.deploy(tag)
  return step.status === 'deployed' ? [] : [`the next deploy ended ${step.status}:\n${step.stdout.slice(-1500)}`]
}
