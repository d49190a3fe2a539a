import { hours, requireFreshBackup, type Transport } from '@deploy-actions/digitalocean'
import type { Run, Verdict } from '@deploy-actions/kit'
import type { BackupInputs } from './inputs.ts'

/** Whether a managed database has a backup that is young enough. @throws UserError DA-BACKUP-STALE, DA-DO-… */
export async function checkManaged(
  { databaseId, maxAgeHours }: Pick<BackupInputs, 'databaseId' | 'maxAgeHours'>,
  { transport, clock, log, outputs, summary }: Pick<Run, 'clock' | 'log' | 'outputs' | 'summary'> & { readonly transport: Transport },
): Promise<Verdict> {
  const cluster = databaseId as string
  const { createdAt, ageHours, gigabytes } = await requireFreshBackup(transport, { cluster, maxAgeHours, now: clock.now() })
  log.info(`the newest backup of the database cluster ${cluster} is of ${createdAt}, ${hours(ageHours)} old`)
  outputs.set('status', 'fresh')
  outputs.set('newest', createdAt)
  summary.heading('✅ Backup is fresh — managed database')
  summary.table(['Cluster', 'Newest backup', 'Age', 'GB'], [[`\`${cluster}\``, createdAt, hours(ageHours), String(gigabytes)]])
  return 'ok'
}
