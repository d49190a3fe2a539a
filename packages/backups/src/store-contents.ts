import type { Log } from '@deploy-actions/kit'
import type { Stored } from '@deploy-actions/s3'
import { everyFile, parseStored, type StoredBackup } from './stored-backup.ts'

/** What is written last: a backup without it is none. */
export const RECORD = 'backup.json'
/** Is there while a backup with objects is made: it may come to name any copy. */
export const BEGUN = 'begun'
const ID = /^\d{8}T\d{6}Z$/
/** What nothing names after so long is left over from a run that died. */
const LEFT_OVER_MS = 24 * 3_600_000
/** The same for copies of objects, and for what `begun` stands for: longer than any job of a runner lasts. */
export const OBJECTS_LEFT_OVER_MS = 7 * LEFT_OVER_MS

/** What the folders of backups have: whole ones, and what is left over of others. */
interface Folders {
  /** Oldest first. */
  readonly backups: readonly StoredBackup[]
  /** Ids of those that have a record, and are not whole all the same. */
  readonly broken: readonly string[]
  /** Ids of those that are being made, or were until a short time ago. */
  readonly atWork: readonly string[]
  readonly leftOver: readonly Stored[]
}

/** What is in a store. */
export interface StoreContents extends Folders {
  /** Copies of objects, whichever backups name them. */
  readonly copies: readonly Stored[]
}

interface Reading {
  /** Of the app. */
  readonly folder: string
  /** The text of an object; undefined: it is not there. */
  readonly read: (key: string) => Promise<string | undefined>
  readonly now: number
  /** Of a backup, for messages. */
  readonly address: (id: string) => string
  readonly log: Log
}

/** A backup is whole when its record can be read, and each of its files is there in its size. @param listed all that lies below the folder */
export async function foldersIn(listed: readonly Stored[], { folder, read, now, address, log }: Reading): Promise<Folders> {
  const byId = Map.groupBy(listed, ({ key }) => key.slice(folder.length + 1).split('/')[0] as string)
  const [backups, broken, atWork, leftOver]: [StoredBackup[], string[], string[], Stored[]] = [[], [], [], []]
  for (const [id, found] of [...byId].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!ID.test(id)) continue
    const keyOf = (object: string): string => `${folder}/${id}/${object}`
    const sizes = new Map(found.map(({ key, size }) => [key, size]))
    const isRecorded = sizes.has(keyOf(RECORD))
    if (!isRecorded && isYoung(found, sizes.has(keyOf(BEGUN)), now)) {
      atWork.push(id)
      continue
    }
    const text = isRecorded ? await read(keyOf(RECORD)) : undefined
    // Somebody removes it right now.
    if (isRecorded && text === undefined) continue
    const record = text === undefined ? undefined : parseStored(text, id)
    if (record && everyFile(record).every(({ object, storedSize }) => sizes.get(keyOf(object)) === storedSize)) {
      backups.push(record)
      continue
    }
    log.warning(
      `${address(id)} is no whole backup: ${record === undefined ? 'it has no record that can be read' : 'a part of it is missing'}`,
    )
    if (isRecorded) broken.push(id)
    else leftOver.push(...found)
  }
  return { backups, broken, atWork, leftOver }
}

/** Whether something in a folder is so young that the run which brought it may go on. */
function isYoung(found: readonly Stored[], hasBegun: boolean, now: number): boolean {
  const limit = hasBegun ? OBJECTS_LEFT_OVER_MS : LEFT_OVER_MS
  return found.some(({ modified }) => now - modified <= limit)
}
