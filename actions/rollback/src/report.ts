import { phasesOf, type Timings, timingsOf, watchedIn } from '@deploy-actions/agent'
import { type Outputs, type Run, reportFailure, type Summary, type Verdict } from '@deploy-actions/kit'
import type { RollbackRequest, RollbackResult } from './rollback.ts'

const HEADINGS: Readonly<Record<RollbackResult['status'], string>> = {
  'rolled-back': '✅ Rolled back',
  unchanged: '✅ Unchanged: this release is live already',
  planned: '📋 Planned: nothing was touched',
  aborted: '🛑 Aborted: the earlier release could not be prepared, nothing changed',
  reverted: '↩️ Reverted: the earlier release did not answer as it should',
  failed: '❌ Failed: the earlier release is live, but a service beside it is not well',
}

/** Tells how the rollback ended: annotation, outputs, summary, and whether the step is green. */
export function report(
  result: RollbackResult,
  { app, inputs: { host, reason } }: Pick<RollbackRequest, 'app' | 'inputs'>,
  { log, env, outputs, summary, startedAt }: Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'startedAt'>,
): Verdict {
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  for (const warning of watchedIn(result.agent.events).warnings) log.warning(warning)
  const timings = timingsOf(result.agent.events, startedAt)
  setOutputs(outputs, host, result, timings)
  summarise(summary, { app, host, reason }, result, timings)
  return ['rolled-back', 'unchanged', 'planned'].includes(result.status) ? 'ok' : 'failed'
}

/** Sets every output that is known by now. */
function setOutputs(outputs: Outputs, host: string, result: RollbackResult, timings: Timings): void {
  const { release, before } = liveAfter(result)
  const slot = result.agent.events.findLast(({ name }) => name === 'preparing')?.fields.slot ?? result.live.slot
  outputs.set('status', result.status)
  outputs.set('release-id', release)
  outputs.set('previous-release-id', before)
  outputs.set('hosts', [{ host, status: result.status, release, slot }])
  outputs.set('timings', timings)
}

/** What a person reads after the run. */
function summarise(
  summary: Summary,
  place: { app: string; host: string; reason: string | undefined },
  result: RollbackResult,
  timings: Timings,
): void {
  const { release, before } = liveAfter(result)
  summary.heading(`${HEADINGS[result.status]} — ${place.app} on ${place.host}`)
  const rows = [[result.status === 'planned' ? 'Would serve' : 'Serves now', `\`${release}\``]]
  if (before !== '') rows.push(['Left, and marked bad', `\`${before}\``])
  if (place.reason !== undefined) rows.push(['Reason', place.reason])
  summary.table(['', ''], rows)
  if (result.failure !== undefined) summary.text(`**${result.failure.code}**: ${result.failure.message}`)
  const phases = phasesOf(timings)
  if (phases.length > 0) summary.timeline('How long it took', phases)
  for (const note of watchedIn(result.agent.events).notes) summary.text(note)
  if (result.status === 'rolled-back')
    summary.text('Data was not touched: a rollback brings back images, files and environment. The next deploy goes on from here.')
}

function liveAfter({ status, release, live }: RollbackResult): { release: string; before: string } {
  if (status === 'rolled-back' || status === 'failed') return { release, before: live.release }
  return { release: status === 'planned' ? release : live.release, before: '' }
}
