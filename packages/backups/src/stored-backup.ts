import { UserError } from '@deploy-actions/kit'
import { timeOf } from './retention.ts'
import type { StoredObjects } from './stored-objects.ts'

/** A file of a backup, as the host's manifest has it. */
export interface BackupFile {
  readonly file: string
  readonly size: number
  readonly sha256: string
}

/** The same in the store, where it may be encrypted. */
export interface StoredFile extends BackupFile {
  readonly object: string
  readonly storedSize: number
  readonly storedSha256: string
}

/** What `backup.json` says, which is the last that is written of a backup: without it there is none. */
export interface StoredBackup {
  /** 2 with objects: versions that know of none leave it alone. */
  readonly schema: 1 | 2
  readonly id: string
  readonly app: string
  /** When it was read back. */
  readonly stored: string
  readonly encrypted: boolean
  readonly files: readonly StoredFile[]
  /** Of a bucket of the app; undefined where none was asked for. */
  readonly objects?: StoredObjects
  /** The host's own, letter for letter. */
  readonly manifest: string
}

/** The files of a backup by the manifest that the host wrote: the dump, and the volumes that were taken with it. @throws UserError DA-BACKUP-BROKEN */
export function filesOf(manifest: string): BackupFile[] {
  try {
    const { file, size, sha256, volumes = [] } = JSON.parse(manifest) as Partial<BackupFile> & { volumes?: BackupFile[] }
    const dump = file === undefined ? [] : [{ file, size, sha256 } as BackupFile]
    const files = [...dump, ...volumes.map((one) => ({ file: one.file, size: one.size, sha256: one.sha256 }))]
    if (files.length === 0) throw new Error('there is nothing in it')
    return files.map(checked)
  } catch (cause) {
    throw new UserError('DA-BACKUP-BROKEN', 'the manifest of the backup on the host cannot be read', { cause })
  }
}

function checked<F extends BackupFile>({ file, size, sha256, ...rest }: F): F {
  if (!isPlain(file) || !Number.isSafeInteger(size) || !/^[0-9a-f]{64}$/.test(sha256)) throw new Error('not a file of a backup')
  return { file, size, sha256, ...rest } as F
}

/** Never a way out of the folder that it is written to. */
const isPlain = (name: unknown): boolean => typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)

/** All that lies in its folder in the store, but the record. */
export const everyFile = ({ files, objects }: Pick<StoredBackup, 'files' | 'objects'>): StoredFile[] => [
  ...files,
  ...(objects === undefined ? [] : [objects.index, objects.keys]),
]

/** Undefined for what is no `backup.json` of ours, or has no manifest that can be read: whoever asks for a value of it may rely on that. */
export function parseStored(text: string, id: string): StoredBackup | undefined {
  try {
    const stored = JSON.parse(text) as StoredBackup
    if (![1, 2].includes(stored.schema) || stored.id !== id) return undefined
    for (const file of everyFile(stored)) if (!isPlain(checked(file).object)) return undefined
    filesOf(stored.manifest)
    return stored
  } catch {
    return undefined
  }
}

/** How far the clock of a host may be ahead. */
const AHEAD_MS = 24 * 3_600_000

/** Whether its id is of a time to come, because the clock of its host was wrong: it would stay the newest one until then. */
export function isAhead({ id }: Pick<StoredBackup, 'id'>, now: number): boolean {
  return timeOf(id) > now + AHEAD_MS
}

/** The one that came to the store last. @param backups by id, oldest first */
export const newestOf = (backups: readonly StoredBackup[]): StoredBackup | undefined =>
  backups.reduce<StoredBackup | undefined>(
    (newest, backup) => (newest === undefined || backup.stored >= newest.stored ? backup : newest),
    undefined,
  )

/** The volumes that are in it. */
export function volumesOf({ manifest }: Pick<StoredBackup, 'manifest'>): string[] {
  const { volumes = [] } = JSON.parse(manifest) as { volumes?: { volume?: unknown }[] }
  return volumes.map(({ volume }) => String(volume))
}

/** One value of the host's manifest, to show. */
export function manifestValue({ manifest }: Pick<StoredBackup, 'manifest'>, key: string): string {
  return String((JSON.parse(manifest) as Record<string, unknown>)[key] ?? '')
}
