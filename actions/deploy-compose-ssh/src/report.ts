import { cutWhileDraining, phasesOf, type Timings, timingsOf, timingsOfAll, watchedIn } from '@deploy-actions/agent'
import { formatDuration, type Outputs, type Run, reportFailure, type Summary, type Verdict } from '@deploy-actions/kit'
import type { DeployRequest } from '@deploy-actions/plan'
import type { DeployResult, HostResult } from './deploy.ts'

const HEADINGS: Readonly<Record<DeployResult['status'], string>> = {
  deployed: '✅ Deployed',
  prepared: '⏸️ Prepared: the new release waits for its switch, the old one serves',
  unchanged: '✅ Unchanged: this release is live already',
  planned: '📋 Planned: nothing was touched',
  aborted: '🛑 Aborted: nobody noticed, the old release serves',
  reverted: '↩️ Reverted: the old release serves again',
  failed: '❌ Failed: the release is live, but a service beside it is not well',
}

/** What the first release of the summary is, where it is not the one that serves. */
const FIRST: Partial<Record<DeployResult['status'], string>> = { planned: 'Would serve', prepared: 'Prepared' }

/** Tells how the deploy ended: annotation, outputs, summary, and whether the step is green. */
export function report(
  result: DeployResult,
  { app }: Pick<DeployRequest, 'app'>,
  { log, env, outputs, summary, startedAt }: Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'startedAt'>,
): Verdict {
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  for (const warning of result.hosts.flatMap((host) => onHost(host, result, watchedIn(host.events).warnings))) log.warning(warning)
  const told = result.hosts.map((host) => toldOf(host, result, startedAt))
  const timings = timingsOfAll(told.map((host) => host.timings))
  setOutputs(outputs, result, told, timings)
  summarise(summary, app, result, told, timings)
  return ['deployed', 'prepared', 'unchanged', 'planned'].includes(result.status) || result.asAsked === true ? 'ok' : 'failed'
}

/** What is told of one host: the output `hosts`. */
interface Told {
  readonly host: string
  readonly status: HostResult['status']
  /** The release that the run is about, or that serves after it. */
  readonly release: string
  /** The one that served before that. */
  readonly previous: string
  readonly slot: string
  readonly timings: Timings
}

function toldOf({ name: host, status, live, events }: HostResult, { release = '' }: DeployResult, startedAt: number): Told {
  const timings = timingsOf(events, startedAt)
  if (status === 'lost') return { host, status, release: '', previous: live.release, slot: '', timings }
  if (status === 'deployed' || status === 'failed' || status === 'prepared') {
    const slot = events.findLast(({ name }) => name === 'preparing')?.fields.slot ?? live.slot
    return { host, status, release: release || live.release, previous: live.release, slot, timings }
  }
  if (status === 'planned') return { host, status, release, previous: live.release, slot: '', timings }
  return { host, status, release: live.release, previous: '', slot: live.slot, timings }
}

/** Sentences of a host, with its name where there are several. */
const onHost = ({ name }: HostResult, { hosts }: DeployResult, sentences: readonly string[]): string[] =>
  sentences.map((sentence) => (hosts.length === 1 ? sentence : `${name}: ${sentence}`))

/** The host that stands for all: one where the run did something, if there is any. */
const leading = (told: readonly Told[], { status }: DeployResult): Told => told.find((one) => one.status === status) ?? (told[0] as Told)

/** Sets every output that is known by now. */
function setOutputs(outputs: Outputs, result: DeployResult, told: readonly Told[], timings: Timings): void {
  const { release, previous } = leading(told, result)
  outputs.set('status', result.status)
  outputs.set('release-id', release)
  outputs.set('previous-release-id', previous)
  const secret = result.candidateSecret ?? ''
  outputs.setSecret('candidate-header', secret, secret === '' ? '' : `X-Deploy-Candidate: ${secret}`)
  outputs.set('images', result.images ?? {})
  outputs.set('hosts', told)
  outputs.set('timings', timings)
}

/** What a person reads after the run. */
function summarise(summary: Summary, app: string, result: DeployResult, told: readonly Told[], timings: Timings): void {
  const { release, previous, slot } = leading(told, result)
  summary.heading(`${HEADINGS[result.status]} — ${app} on ${told.length === 1 ? `\`${told[0]?.host}\`` : `${told.length} hosts`}`)
  if (told.length > 1) tellHosts(summary, told)
  else
    summary.table(
      ['', ''],
      [
        [FIRST[result.status] ?? 'Serves now', release === '' ? 'nothing' : `\`${release}\`${slot === '' ? '' : ` in ${slot}`}`],
        ...(previous === '' ? [] : [[result.status === 'prepared' ? 'Serves now' : 'Before', `\`${previous}\``]]),
      ],
    )
  if (result.failure !== undefined) summary.text(`**${result.failure.code}**: ${result.failure.message}`)
  const plan = result.plan
  if (plan !== undefined) {
    summary.table(
      ['Service', 'What happens', 'Image', 'Why'],
      plan.lines.map(({ service, strategy, image, reason, downtime }) => [
        service,
        strategy,
        image,
        downtime === '' ? reason : `${reason}. ${downtime}`,
      ]),
    )
    if (plan.notes.length > 0) summary.list(plan.notes)
  }
  const phases =
    told.length === 1 ? phasesOf(timings) : told.flatMap((one) => phasesOf(one.timings).map((phase) => ({ ...phase, section: one.host })))
  if (phases.length > 0) summary.timeline('How long it took', phases)
  for (const host of result.hosts) for (const note of onHost(host, result, notesOf(host))) summary.text(note)
  for (const line of nextSteps(result, app)) summary.text(line)
}

/** One line for each host. */
function tellHosts(summary: Summary, told: readonly Told[]): void {
  const code = (text: string) => (text === '' ? '' : `\`${text}\``)
  const rows = told.map(({ host, status, release, previous, slot, timings }) => [
    host,
    status,
    status === 'lost' ? 'nobody could ask' : code(release) || 'nothing',
    slot,
    code(previous),
    timings.serves === undefined ? '' : formatDuration(timings.serves),
  ])
  summary.table(['Host', 'Status', 'Release', 'Slot', 'Before', 'Serves after'], rows)
  if (told.every(({ status }) => status === 'deployed' || status === 'unchanged'))
    summary.text('All hosts have the same images, by digest.')
}

/** What there is to know of how a host went through it. */
function notesOf({ events }: HostResult): string[] {
  const handover = events.findLast(({ name }) => name === 'handover')?.fields
  const cut = cutWhileDraining(events)
  return [
    ...(handover === undefined
      ? []
      : [
          `Port ${handover.ports} was handed over from what was started by hand: it did not answer for at most ${handover.milliseconds} ms. The next deploys have no such gap.`,
        ]),
    ...(cut === undefined || (cut.requests === '0' && cut.streams === '0')
      ? []
      : [
          `When their time to drain was up, ${cut.requests} requests and ${cut.streams} streams were cut. \`drain-timeout\` and \`stream-drain-timeout\` give them longer.`,
        ]),
    ...watchedIn(events).notes,
  ]
}

function nextSteps({ status, failure }: DeployResult, app: string): string[] {
  if (status === 'deployed') return [`To go back: run the rollback workflow, or on the host \`/opt/${app}/bin/release rollback\`.`]
  if (status === 'prepared')
    return [
      'Requests with the header of the output `candidate-header` reach it; nobody else does. Next: a step with `phase: switch`, or `phase: abort`.',
    ]
  if (failure === undefined) return []
  return [`What to do about it: docs/errors.md, entry ${failure.code}. The log of this step has the last lines of the containers.`]
}
