import { formatDuration, type Run, reportFailure, type Verdict } from '@deploy-actions/kit'
import type { AppRollback } from './app-rollback.ts'
import type { RollbackInputs } from './inputs.ts'

const HEADINGS: Readonly<Record<AppRollback['status'], string>> = {
  'rolled-back': '✅ Rolled back',
  unchanged: '✅ Unchanged',
  planned: '📋 Planned: nothing was touched',
  superseded: '⏭️ Superseded: another deployment serves by now, nothing was touched',
  reverted: '↩️ Reverted: the rollback was taken back',
  failed: '❌ Failed',
}

/** Tells how a rollback on App Platform ended: annotation, outputs, summary, and whether the step is green. */
export function reportApp(
  result: AppRollback,
  { reason }: Pick<RollbackInputs, 'reason'>,
  { log, env, outputs, summary, clock, startedAt }: Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'clock' | 'startedAt'>,
): Verdict {
  const { app, status, target = '', made = '', previous = '', platform } = result
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  const ours = Math.max(0, clock.now() - startedAt - platform)
  outputs.set('status', status)
  outputs.set('release-id', target)
  outputs.set('previous-release-id', previous)
  outputs.set('deployment-id', made)
  outputs.set('held', result.held)
  outputs.set('timings', { ours, platform })
  summary.heading(`${HEADINGS[status]} — ${String(app.spec.name)}`)
  const code = (text: string) => (text === '' ? '–' : `\`${text}\``)
  summary.table(
    ['', ''],
    [
      ['Serves now', `${code(app.active_deployment?.id ?? '')} ${app.live_url ?? ''}`.trim()],
      ['Gone back to', code(target)],
      ['Left', code(previous)],
      ['Time', `${formatDuration(ours)} of this action, ${formatDuration(platform)} of the platform`],
      ...(reason === undefined ? [] : [['Reason', reason]]),
    ],
  )
  if (result.failure !== undefined) summary.text(`**${result.failure.code}**: ${result.failure.message}`)
  if (result.held)
    summary.text(
      'The app is held: it takes no deployment until a step with `operation: commit` or `revert`. The end of the job lets it go.',
    )
  return status === 'failed' ? 'failed' : 'ok'
}
