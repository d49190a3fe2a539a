import { type Log, UserError } from '@deploy-actions/kit'
import { type Stored, someAtOnce } from '@deploy-actions/s3'
import type { BackupStore } from './backup-store.ts'
import { isDamage } from './damage.ts'
import { ofService } from './off-host.ts'
import type { StoreContents } from './store-contents.ts'
import { newestOf, type StoredBackup, volumesOf } from './stored-backup.ts'
import { type ObjectCopy, sourceOf } from './stored-objects.ts'

/** Who applies the rule of retention: a host, which also knows what its releases need, or `keptBy`. */
export interface Keeper {
  kept(ids: readonly string[], retention: readonly number[]): Promise<readonly string[]>
}

interface Pruning {
  readonly dryRun: boolean
  readonly log: Log
}

/**
 * Removes from the store what the rule of retention does not keep of a service, and what is left over of runs that died. Only whole backups count, so the newest of them stays
 * whatever the rule is; those that lack something are left alone.
 * @returns what was removed, or would be
 */
export async function pruneStore(
  keeper: Keeper,
  store: BackupStore,
  service: string,
  retention: readonly number[],
  { dryRun, log }: Pruning,
): Promise<string[]> {
  const contents = await store.contents()
  const { backups: all, leftOver } = contents
  const counting = await whole(store, contents, ofService(all, service), log)
  const kept = await keptOf(keeper, store, counting, retention)
  const going = counting.filter(({ id }) => !kept.has(id))
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

/** Those that can take the place of another one: all of their copies are there, and their id is of a time that has come. */
async function whole(store: BackupStore, { copies }: StoreContents, stored: readonly StoredBackup[], log: Log): Promise<StoredBackup[]> {
  const isThere = store.copies.areIn(copies)
  const found: StoredBackup[] = []
  const lacking: string[] = []
  for (const backup of stored) {
    const named = await copiesOf(store, backup)
    if (named === undefined || !named.every(isThere)) lacking.push(backup.id)
    else if (!store.isAhead(backup)) found.push(backup)
  }
  if (lacking.length > 0)
    log.warning(`these backups do not count for \`retention\`, and stay, because copies of their objects are missing: ${lacking.join(' ')}`)
  return found
}

/** Undefined: what says which they are is damaged. */
async function copiesOf(store: BackupStore, backup: StoredBackup): Promise<readonly ObjectCopy[] | undefined> {
  try {
    return await store.copiesOf(backup)
  } catch (error) {
    if (!isDamage(error)) throw error
    return undefined
  }
}

/** The ids that stay. @throws UserError DA-BACKUP-KEPT */
async function keptOf(
  keeper: Keeper,
  store: BackupStore,
  counting: readonly StoredBackup[],
  retention: readonly number[],
): Promise<ReadonlySet<string>> {
  const places = Map.groupBy(counting, ({ objects }) => objects && sourceOf(objects))
  places.delete(undefined)
  // Those with volumes, and those with the objects of a place, have the rule for themselves too: a dump that a migration made later on the same day is no substitute for them.
  const series = [counting, counting.filter((backup) => volumesOf(backup).length > 0), ...places.values()]
  const kept = new Set<string>()
  for (const one of series.filter(({ length }) => length > 0)) {
    const ids = one.map(({ id }) => id)
    const keeps = await keeper.kept(ids, retention)
    if (!keeps.includes(ids.at(-1) as string))
      throw new UserError('DA-BACKUP-KEPT', `it was not told which backups to keep in ${store.name}, so nothing is pruned`)
    for (const id of [...keeps, newestOf(one)?.id as string]) kept.add(id)
  }
  return kept
}

/**
 * The copies of objects that none of the backups that stay names, of whichever service, and that are older than any run that may still come to name them. None as long as it is not
 * certain what is named, or somebody makes a backup.
 */
async function unnamed(
  store: BackupStore,
  { broken, atWork, copies }: StoreContents,
  staying: readonly StoredBackup[],
  log: Log,
): Promise<readonly Stored[]> {
  if (copies.length === 0) return []
  const named = new Set<string>()
  const unsure = [...broken]
  for (const backup of staying) {
    const names = await copiesOf(store, backup)
    if (names === undefined) unsure.push(backup.id)
    else for (const { copy } of names) named.add(store.copies.key(copy))
  }
  const none = 'no copy of an object is removed, because these backups'
  if (unsure.length > 0) log.warning(`${none} may name it and are not whole: ${unsure.join(' ')}`)
  if (atWork.length > 0) log.warning(`${none} are being made, or broke off a short time ago, and may come to name it: ${atWork.join(' ')}`)
  return unsure.length + atWork.length > 0 ? [] : copies.filter((copy) => !named.has(copy.key) && store.isOldCopy(copy))
}
