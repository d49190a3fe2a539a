import { createHash } from 'node:crypto'
import type { Place, Stored } from '@deploy-actions/s3'
import type { StoredFile } from './stored-backup.ts'

/** The objects of a bucket that are a part of a backup, as its record names them. */
export interface StoredObjects {
  /** Whose they were, for people. */
  readonly bucket: string
  readonly prefix: string
  readonly count: number
  /** Of the objects themselves. */
  readonly bytes: number
  /** Lines of `ObjectCopy`, in the open: who prunes, or makes the next backup, has no private key. */
  readonly index: StoredFile
  /** Lines of `ObjectKey` in the same order, encrypted where the copies are. */
  readonly keys: StoredFile
}

/** Of one object: where its copy lies in the store, and what it is. */
export interface ObjectCopy {
  /** Below the folder `objects`: id of the backup that copied it, and a number. */
  readonly copy: string
  readonly size: number
  readonly sha256: string
  /** Of the copy, which has a line of headers, and may be encrypted. */
  readonly storedSize: number
  readonly storedSha256: string
  /** See `markOf`. */
  readonly mark: string
}

export interface ObjectKey {
  readonly key: string
  readonly etag: string
}

/**
 * The same for an object that is unchanged and would be encrypted for the same keys, and for no other one. The time is in it because other headers leave the ETag as it is. It is
 * a checksum, because the key of an object may say what nobody but the owner of `age-key` should read.
 */
export function markOf({ endpoint, bucket }: Place, { key, size, etag, modified }: Stored, recipients: readonly string[]): string {
  const what = [endpoint, bucket, key, size, etag, modified, [...recipients].sort()]
  return createHash('sha256').update(JSON.stringify(what)).digest('hex')
}

export const linesOf = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

/** Where objects come from: backups of the same place share copies, are compared with each other, and have the rule of retention for themselves. */
export const sourceOf = ({ bucket, prefix }: Pick<StoredObjects, 'bucket' | 'prefix'>): string => `${bucket} ${prefix}`

const COPY = /^\d{8}T\d{6}Z\/\d+(\.age)?$/
const SUM = /^[0-9a-f]{64}$/

/** Whether something below the folder of copies is one: another app may have its backups there. */
export const isCopy = (name: string): boolean => COPY.test(name)

/** @throws Error for what is no index of ours: a copy of it would be a way to any other object */
export const copiesIn = (text: string): ObjectCopy[] =>
  valuesIn(text).map((value) => {
    const { copy, size, sha256, storedSize, storedSha256, mark } = value as ObjectCopy
    const isRight = [sha256, storedSha256, mark].every((sum) => SUM.test(sum)) && [size, storedSize].every(Number.isSafeInteger)
    if (!isCopy(copy) || !isRight) throw new Error('not a line of an index')
    return { copy, size, sha256, storedSize, storedSha256, mark }
  })

/** @throws Error */
export const keysIn = (text: string): ObjectKey[] =>
  valuesIn(text).map((value) => {
    const { key, etag } = value as ObjectKey
    if (typeof key !== 'string' || key === '' || typeof etag !== 'string') throw new Error('not a line with a key')
    return { key, etag }
  })

const valuesIn = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
