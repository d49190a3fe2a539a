import { phasesOf, type Timings, timingsOf, timingsOfAll, watchedIn } from '@deploy-actions/agent'
import { type Outputs, type Run, reportFailure, type Summary, type Verdict } from '@deploy-actions/kit'
import type { HostResult, RollbackRequest, RollbackResult } from './rollback.ts'

const HEADINGS: Readonly<Record<RollbackResult['status'], string>> = {
  'rolled-back': '✅ Rolled back',
  unchanged: '✅ Unchanged: this release is live already',
  planned: '📋 Planned: nothing was touched',
  superseded: '⏭️ Superseded: another release serves by now, nothing was touched',
  aborted: '🛑 Aborted: the earlier release could not be prepared, nothing changed',
  reverted: '↩️ Reverted: the earlier release did not answer as it should',
  failed: '❌ Failed: the earlier release is live, but a service beside it is not well',
}

/** Tells how the rollback ended: annotation, outputs, summary, and whether the step is green. */
export function report(
  result: RollbackResult,
  { app, inputs: { reason } }: Pick<RollbackRequest, 'app'> & { readonly inputs: Pick<RollbackRequest['inputs'], 'reason'> },
  { log, env, outputs, summary, startedAt }: Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'startedAt'>,
): Verdict {
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  for (const host of result.hosts) for (const warning of onHost(host, result, watchedIn(host.events).warnings)) log.warning(warning)
  const told = result.hosts.map((host) => toldOf(host, result, startedAt))
  const timings = timingsOfAll(told.map((host) => host.timings))
  setOutputs(outputs, result, told, timings)
  summarise(summary, { app, reason }, result, told)
  return ['rolled-back', 'unchanged', 'planned', 'superseded'].includes(result.status) ? 'ok' : 'failed'
}

/** What is told of one host: the output `hosts`. */
interface Told {
  readonly host: string
  readonly status: HostResult['status']
  /** The release that serves now, or would. */
  readonly release: string
  /** The one that was left. */
  readonly previous: string
  readonly slot: string
  readonly timings: Timings
}

function toldOf({ name: host, status, live, events }: HostResult, { release }: RollbackResult, startedAt: number): Told {
  const timings = timingsOf(events, startedAt)
  const slot = events.findLast(({ name }) => name === 'preparing')?.fields.slot ?? live.slot
  if (status === 'lost') return { host, status, release: '', previous: live.release, slot: '', timings }
  if (status === 'rolled-back' || status === 'failed') return { host, status, release, previous: live.release, slot, timings }
  return { host, status, release: status === 'planned' ? release : live.release, previous: '', slot, timings }
}

/** Sentences of a host, with its name where there are several. */
const onHost = ({ name }: HostResult, { hosts }: RollbackResult, sentences: readonly string[]): string[] =>
  sentences.map((sentence) => (hosts.length === 1 ? sentence : `${name}: ${sentence}`))

/** The host that stands for all: one where the run did something, if there is any. */
const leading = (told: readonly Told[], { status }: RollbackResult): Told => told.find((one) => one.status === status) ?? (told[0] as Told)

/** Sets every output that is known by now. */
function setOutputs(outputs: Outputs, result: RollbackResult, told: readonly Told[], timings: Timings): void {
  const { release, previous } = leading(told, result)
  outputs.set('status', result.status)
  outputs.set('release-id', release)
  outputs.set('previous-release-id', previous)
  outputs.set('hosts', told)
  outputs.set('timings', timings)
  outputs.set('deployment-id', '') // of App Platform
  outputs.set('held', false)
}

/** What a person reads after the run. */
function summarise(
  summary: Summary,
  { app, reason }: { app: string; reason: string | undefined },
  result: RollbackResult,
  told: readonly Told[],
): void {
  const { release, previous } = leading(told, result)
  const several = told.length > 1
  summary.heading(`${HEADINGS[result.status]} — ${app} on ${several ? `${told.length} hosts` : `\`${told[0]?.host}\``}`)
  const rows = [[result.status === 'planned' ? 'Would serve' : 'Serves now', `\`${release}\``]]
  if (previous !== '') rows.push(['Left, and marked bad', `\`${previous}\``])
  if (reason !== undefined) rows.push(['Reason', reason])
  if (!several || reason !== undefined) summary.table(['', ''], several ? rows.slice(-1) : rows)
  if (several) {
    const code = (text: string) => (text === '' ? '' : `\`${text}\``)
    summary.table(
      ['Host', 'Status', 'Release', 'Slot', 'Left'],
      told.map((one) => [
        one.host,
        one.status,
        one.status === 'lost' ? 'nobody could ask' : code(one.release),
        one.slot,
        code(one.previous),
      ]),
    )
  }
  if (result.failure !== undefined) summary.text(`**${result.failure.code}**: ${result.failure.message}`)
  const phases = told.flatMap((one) => phasesOf(one.timings).map((phase) => ({ ...phase, ...(several && { section: one.host }) })))
  if (phases.length > 0) summary.timeline('How long it took', phases)
  for (const host of result.hosts) for (const note of onHost(host, result, watchedIn(host.events).notes)) summary.text(note)
  if (result.status === 'rolled-back')
    summary.text('Data was not touched: a rollback brings back images, files and environment. The next deploy goes on from here.')
}
