import type { HostBackups } from '@deploy-actions/agent'
import { type Log, UserError } from '@deploy-actions/kit'
import type { Stored } from '@deploy-actions/s3'
import type { BackupStore, StoreContents } from './backup-store.ts'
import { ofService } from './off-host.ts'
import { someAtOnce } from './some-at-once.ts'
import { type StoredBackup, volumesOf } from './stored-backup.ts'

interface Pruning {
  readonly dryRun: boolean
  readonly log: Log
}

/**
 * Removes from the store what the rule of retention does not keep of a service, and what is left over of runs that died. Only whole backups count, so the newest of them stays
 * whatever the rule is.
 * @returns what was removed, or would be
 */
export async function pruneStore(
  backups: HostBackups,
  store: BackupStore,
  service: string,
  retention: readonly number[],
  { dryRun, log }: Pruning,
): Promise<string[]> {
  const contents = await store.contents()
  const { backups: all, leftOver } = contents
  const stored = ofService(all, service)
  // Those with volumes or objects have the rule for themselves too: a dump that a migration made later on the same day is no substitute for them.
  const series = [stored, stored.filter((backup) => volumesOf(backup).length > 0), stored.filter(({ objects }) => objects !== undefined)]
  const kept: string[] = []
  for (const one of series) {
    const ids = one.map(({ id }) => id)
    const keeps = await backups.kept(ids, retention)
    if (ids.length > 0 && !keeps.includes(ids.at(-1) as string))
      throw new UserError('DA-BACKUP-KEPT', `the host did not tell which backups to keep in ${store.name}, so nothing is pruned`)
    kept.push(...keeps)
  }
  const going = stored.filter(({ id }) => !kept.includes(id))
  // Before anything goes: what cannot be read shows now.
  const copies = await unnamed(
    store,
    contents,
    all.filter((backup) => !going.includes(backup)),
    log,
  )
  for (const backup of going) {
    if (!dryRun) await store.remove(backup)
    log.info(`${dryRun ? 'would prune' : 'pruned'} ${backup.id} in the store`)
  }
  for (const object of dryRun ? [] : leftOver) {
    await store.removeLeftOver(object)
    log.info(`removed ${object.key}, left over from a run that died`)
  }
  if (!dryRun) await someAtOnce(copies, (copy) => store.removeLeftOver(copy))
  if (copies.length > 0) log.info(`${dryRun ? 'would remove' : 'removed'} ${copies.length} copies of objects that no backup names any more`)
  return going.map(({ id }) => id)
}

/**
 * The copies of objects that none of the backups that stay names, of whichever service, and that are older than a day: a backup that is being made names new ones, and those of the
 * newest backup, which stays. None as long as it is not certain what is named.
 */
async function unnamed(
  store: BackupStore,
  { broken, copies }: StoreContents,
  staying: readonly StoredBackup[],
  log: Log,
): Promise<readonly Stored[]> {
  if (copies.length === 0) return []
  const named = new Set<string>()
  const unsure = [...broken]
  for (const backup of staying) {
    try {
      for (const { copy } of await store.copiesOf(backup)) named.add(store.copies.key(copy))
    } catch (error) {
      if (!(error instanceof UserError && error.code === 'DA-BACKUP-BROKEN')) throw error
      unsure.push(backup.id)
    }
  }
  if (unsure.length > 0)
    log.warning(`no copy of an object is removed, because these backups may name it and are not whole: ${unsure.join(' ')}`)
  return unsure.length > 0 || named.size === 0 ? [] : copies.filter((copy) => !named.has(copy.key) && store.isOld(copy))
}
