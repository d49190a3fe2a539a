import type { Run, Verdict } from '@deploy-actions/kit'
import { reportFailure } from '@deploy-actions/kit'
import type { MigrateResult } from '@deploy-actions/migrations'

const HEADINGS: Readonly<Record<MigrateResult['status'], string>> = {
  applied: '✅ Applied',
  unchanged: '✅ Unchanged: nothing was pending',
  planned: '📋 Planned: nothing was applied',
  pending: '📋 Pending',
  failed: '❌ Failed',
}

/** Tells where the database was and is: outputs and summary, also of a run that failed. */
export function report(
  result: MigrateResult,
  { app }: { app: string },
  { outputs, summary, log, env }: Pick<Run, 'outputs' | 'summary' | 'log' | 'env'>,
): Verdict {
  outputs.set('status', result.status)
  outputs.set('before', result.before)
  outputs.set('after', result.after)
  outputs.set('applied', result.applied)
  outputs.set('pending-count', String(result.pending.length))
  outputs.set('backup', result.backup)
  summary.heading(`${HEADINGS[result.status]} — database of ${app}`)
  const state = (id: string) =>
    result.applied.includes(id) ? 'applied' : result.pending.includes(id) ? 'pending' : 'applied by another run'
  if (result.planned.length > 0)
    summary.table(
      ['Migration', 'Kind', 'Now'],
      result.planned.map(({ id, kind, because }) => [
        `\`${id}\``,
        because.length === 0 ? kind : `${kind}: ${because.join('; ')}`,
        state(id),
      ]),
    )
  summary.text(`The database was at \`${result.before || 'no migration'}\` and is at \`${result.after || 'no migration'}\`.`)
  if (result.backup !== '')
    summary.text(
      result.backup === 'nothing-to-back-up' ? 'There was nothing to back up before.' : `Backup of before: \`${result.backup}\`.`,
    )
  if (result.failure === undefined) return 'ok'
  reportFailure(result.failure, log, env)
  return 'failed'
}
