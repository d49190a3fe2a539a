import { type HostBackups, type OpenHost, readBackupFile } from '@deploy-actions/agent'
import { type Log, UserError } from '@deploy-actions/kit'
import type { AppBucket } from './app-bucket.ts'
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
  { id, manifest, from }: { id: string; manifest: string; from?: AppBucket | undefined },
  recipients: readonly string[],
  place: HostPlace,
): Promise<StoredBackup> {
  try {
    return await store.keep({ id, manifest, from, read: ({ file }) => readBackupFile(remote, place, id, file) }, recipients)
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
  const row = (...[id = '', bytes = '', server = '', encrypted = '', volumes = '', objects = '', where = '']: string[]) =>
    [id.padEnd(18), bytes.padStart(12), server.padEnd(10), encrypted.padEnd(10), volumes.padEnd(20), objects.padEnd(26), where]
      .join(' ')
      .trimEnd()
  log.info(row('BACKUP', 'BYTES', 'SERVER', 'ENCRYPTED', 'VOLUMES', 'OBJECTS', 'ALSO'))
  for (const backup of stored) {
    const bytes = backup.files.reduce((sum, { storedSize }) => sum + storedSize, 0)
    const server = manifestValue(backup, 'version').split(' ')[0] ?? ''
    const also = [onHost.includes(backup.id) ? 'on the host' : '', store.isAhead(backup) ? 'of a time to come: does not count' : '']
    log.info(
      row(
        backup.id,
        String(bytes),
        server,
        backup.encrypted ? 'yes' : 'no',
        volumesOf(backup).join(' '),
        objectsIn(backup),
        also.filter(Boolean).join(', '),
      ),
    )
  }
  const alone = onHost.filter((id) => !stored.some((backup) => backup.id === id))
  if (alone.length > 0) log.warning(`only on the host that they protect: ${alone.join(' ')}`)
}

const objectsIn = ({ objects }: StoredBackup): string => (objects === undefined ? '' : `${objects.count} of ${objects.bytes} bytes`)

/** Those of one PostgreSQL service; `-`: of volumes alone. */
export const ofService = (backups: readonly StoredBackup[], service: string): StoredBackup[] =>
  backups.filter((backup) => manifestValue(backup, 'service') === service)
