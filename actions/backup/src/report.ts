import type { Run, Verdict } from '@deploy-actions/kit'
import type { BackupRequest, BackupResult } from './backup.ts'

const HEADINGS: Readonly<Record<BackupResult['status'], string>> = {
  created: '✅ Backed up',
  'nothing-to-back-up': '✅ Nothing to back up',
  listed: '📋 Listed',
  verified: '✅ Verified',
  restored: '✅ Restored',
  drilled: '✅ Rehearsed',
  pruned: '✅ Pruned',
  scheduled: '⏰ Scheduled',
  unscheduled: '✅ No longer scheduled',
  planned: '📋 Planned: nothing was touched',
}

/** Tells what came of it: outputs and summary. */
export function report(
  { status, id, size, sha256, stored, objects, failure }: BackupResult,
  { app, directory }: Pick<BackupRequest, 'app' | 'directory'>,
  { outputs, summary }: Pick<Run, 'outputs' | 'summary'>,
): Verdict {
  const path = id === '' ? '' : `${directory}/backups/${id}`
  outputs.set('status', failure === undefined ? status : 'failed')
  outputs.set('id', id)
  outputs.set('path', path)
  outputs.set('size', size)
  outputs.set('sha256', sha256)
  outputs.set('stored', stored)
  outputs.set('objects', objects === undefined ? '' : String(objects))
  summary.heading(`${failure === undefined ? HEADINGS[status] : '❌ On the host, but not in the store'} — ${app}`)
  if (id !== '')
    summary.table(
      ['Backup', 'Bytes', 'sha256', 'On the host', 'In the store', ...(objects === undefined ? [] : ['Objects'])],
      [
        [
          ...[`\`${id}\``, size, sha256.slice(0, 12), `\`${path}\``, stored === '' ? '' : `\`${stored}\``],
          ...(objects === undefined ? [] : [String(objects)]),
        ],
      ],
    )
  if (failure !== undefined) throw failure
  return 'ok'
}
