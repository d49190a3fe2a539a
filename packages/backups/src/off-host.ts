import { type HostBackups, type OpenHost, readBackupFile } from '@deploy-actions/agent'
import { type Log, UserError } from '@deploy-actions/kit'
import type { BackupStore } from './backup-store.ts'
import { manifestValue, type StoredBackup, volumesOf } from './stored-backup.ts'

/** Where a backup lies on its host, and who wants it. */
export interface HostPlace {
  readonly directory: string
  readonly who: string
  readonly signal: AbortSignal
}

/**
 * Brings a backup that was just verified from the host to the store. No lock is needed for it, only the connection.
 * @throws UserError DA-STORE-…, and says that the backup on the host stays
 */
export async function bringToStore(
  { remote, name }: Pick<OpenHost, 'remote' | 'name'>,
  store: BackupStore,
  { id, manifest }: { id: string; manifest: string },
  recipients: readonly string[],
  place: HostPlace,
): Promise<StoredBackup> {
  try {
    return await store.keep({ id, manifest, read: ({ file }) => readBackupFile(remote, place, id, file) }, recipients)
  } catch (error) {
    if (!(error instanceof UserError) || place.signal.aborted) throw error
    const stays = `${id} is not in the store; on ${name} it is verified and stays, in ${place.directory}/backups/${id}`
    throw new UserError(error.code, `${error.message}. ${stays}`, { ...(error.hint !== undefined && { hint: error.hint }), cause: error })
  }
}

/** Makes sure that the host has a backup, by bringing it back from the store where it does not, or only a damaged one. @throws UserError DA-BACKUP-…, DA-STORE-… */
export async function bringToHost(
  backups: HostBackups,
  store: BackupStore,
  id: string,
  identities: readonly string[],
  log: Log,
): Promise<'was there' | 'brought'> {
  const isOnHost = (await backups.manifest(id)) !== undefined
  if (isOnHost && (await backups.isWhole(id))) return 'was there'
  // Of a broken one that is nowhere else the host says what is wrong with it.
  if (isOnHost && !(await store.has(id))) return 'was there'
  const stored = await store.find(id)
  if (stored.app !== store.app)
    throw new UserError('DA-BACKUP-OTHER', `${id} in ${store.name} is a backup of the app "${stored.app}", and this is ${store.app}`)
  if (stored.encrypted && identities.length === 0) throw store.needsKey(id)
  await backups.setAside(id)
  log.info(`${id} is not on the host, or not whole there: it comes back from ${store.name}`)
  const files = stored.files.map((file) => ({ ...file, content: store.open(stored, file, identities) }))
  await backups.receive(id, stored.manifest, files)
  return 'brought'
}

/** Shows what is in the store, as the host shows what it has. @param onHost ids that the host has */
export function listStore(store: BackupStore, stored: readonly StoredBackup[], onHost: readonly string[], log: Log): void {
  log.info(`in ${store.name}:`)
  const row = (...[id = '', bytes = '', server = '', encrypted = '', volumes = '', where = '']: string[]) =>
    [id.padEnd(18), bytes.padStart(12), server.padEnd(10), encrypted.padEnd(10), volumes.padEnd(20), where].join(' ').trimEnd()
  log.info(row('BACKUP', 'BYTES', 'SERVER', 'ENCRYPTED', 'VOLUMES', 'ALSO'))
  for (const backup of stored) {
    const bytes = backup.files.reduce((sum, { storedSize }) => sum + storedSize, 0)
    const server = manifestValue(backup, 'version').split(' ')[0] ?? ''
    const also = onHost.includes(backup.id) ? 'on the host' : ''
    log.info(row(backup.id, String(bytes), server, backup.encrypted ? 'yes' : 'no', volumesOf(backup).join(' '), also))
  }
  const alone = onHost.filter((id) => !stored.some((backup) => backup.id === id))
  if (alone.length > 0) log.warning(`only on the host that they protect: ${alone.join(' ')}`)
}

/** Those of one PostgreSQL service; `-`: of volumes alone. */
export const ofService = (backups: readonly StoredBackup[], service: string): StoredBackup[] =>
  backups.filter((backup) => manifestValue(backup, 'service') === service)

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
  { dryRun, log }: { dryRun: boolean; log: Log },
): Promise<string[]> {
  const { backups: all, leftOver } = await store.contents()
  const stored = ofService(all, service)
  // Those with volumes have the rule for themselves too: a dump that a migration made later on the same day is no substitute for them.
  const series = [stored, stored.filter((backup) => volumesOf(backup).length > 0)]
  const kept: string[] = []
  for (const one of series)
    kept.push(
      ...(await backups.kept(
        one.map(({ id }) => id),
        retention,
      )),
    )
  const newest = stored.at(-1)?.id
  if (newest !== undefined && !kept.includes(newest))
    throw new UserError('DA-BACKUP-KEPT', `the host did not tell which backups to keep in ${store.name}, so nothing is pruned`)
  const going = stored.filter(({ id }) => !kept.includes(id))
  for (const backup of going) {
    if (!dryRun) await store.remove(backup)
    log.info(`${dryRun ? 'would prune' : 'pruned'} ${backup.id} in the store`)
  }
  for (const object of dryRun ? [] : leftOver) {
    await store.removeLeftOver(object)
    log.info(`removed ${object.key}, left over from a run that died`)
  }
  return going.map(({ id }) => id)
}
