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
  planned: '📋 Planned: nothing was touched',
}

/** Tells what came of it: outputs and summary. */
export function report(
  { status, id, size, sha256 }: BackupResult,
  { app, directory }: Pick<BackupRequest, 'app' | 'directory'>,
  { outputs, summary }: Pick<Run, 'outputs' | 'summary'>,
): Verdict {
  const path = id === '' ? '' : `${directory}/backups/${id}`
  outputs.set('status', status)
  outputs.set('id', id)
  outputs.set('path', path)
  outputs.set('size', size)
  outputs.set('sha256', sha256)
  summary.heading(`${HEADINGS[status]} — database of ${app}`)
  if (id !== '') summary.table(['Backup', 'Bytes', 'sha256', 'On the host'], [[`\`${id}\``, size, sha256.slice(0, 12), `\`${path}\``]])
  return 'ok'
}
