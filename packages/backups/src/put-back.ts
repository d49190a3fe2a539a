import { type Log, UserError } from '@deploy-actions/kit'
import { broken, isAskable } from '@deploy-actions/s3'
import type { AppBucket } from './app-bucket.ts'
import type { BackupStore } from './backup-store.ts'
import { partBytesOf } from './object-copies.ts'
import { someAtOnce } from './some-at-once.ts'
import type { StoredBackup } from './stored-backup.ts'
import type { ObjectCopy, ObjectKey } from './stored-objects.ts'

type Line = ObjectCopy & ObjectKey

/** What a restore does to the bucket of an app. */
export interface PutBack {
  readonly backup: StoredBackup
  readonly to: AppBucket
  readonly identities: readonly string[]
  /** Missing there, or differing and to be overwritten. */
  readonly lines: readonly Line[]
}

/**
 * Compares a bucket with a backup; nothing is changed. Whoever goes on has its key, and may list it.
 * @throws UserError DA-BACKUP-UNKNOWN, DA-BACKUP-OBJECTS, DA-BACKUP-ENCRYPTED, DA-STORE-…
 */
export async function planPutBack(
  store: BackupStore,
  id: string,
  { to, identities, log }: { to: AppBucket; identities: readonly string[]; log: Log },
): Promise<PutBack> {
  const backup = await store.find(id)
  if (backup.app !== store.app)
    throw new UserError('DA-BACKUP-OTHER', `${id} in ${store.name} is a backup of the app "${backup.app}", and this is ${store.app}`)
  if (backup.objects === undefined)
    throw new UserError('DA-BACKUP-OBJECTS', `${id} in ${store.name} has no objects of a bucket`, {
      hint: '`operation: list` shows which have some. To restore this one, leave `objects-bucket` out.',
    })
  const keys = await store.keysOf(backup, identities)
  const copies = await store.copiesOf(backup)
  const there = new Map((await to.list()).map((object) => [object.key, object]))
  const wanted = copies.map((copy, at) => ({ ...copy, ...(keys[at] as ObjectKey) })).filter(({ key }) => key.startsWith(to.prefix))
  const missing = wanted.filter(({ key }) => !there.has(key))
  const differing = wanted.filter(
    ({ key, size, etag }) => there.has(key) && (there.get(key)?.size !== size || there.get(key)?.etag !== etag),
  )
  const same = wanted.length - missing.length - differing.length
  log.info(
    `of ${wanted.length} objects of ${backup.objects.bucket} in ${id}, ${missing.length} are missing in ${to.name}, ${differing.length} differ there, ${same} are as they were`,
  )
  if (differing.length > 0 && !to.overwrite)
    log.warning(
      `${differing.length} objects in ${to.name} differ from those in ${id}, and are left as they are: \`objects-overwrite: true\` would put those of the backup in their place`,
    )
  return { backup, to, identities, lines: to.overwrite ? [...missing, ...differing] : missing }
}

/**
 * Puts objects back, and looks that they are there. What else the bucket has stays. What broke off can be run again, and goes on.
 * @returns how many
 * @throws UserError DA-STORE-…, DA-BACKUP-BROKEN; of an object that is not what it was nothing is written
 */
export async function putBack({ backup, to, identities, lines }: PutBack, store: BackupStore, log: Log): Promise<number> {
  if (lines.length === 0) return 0
  const unseal = store.unsealOf(backup, identities)
  await log.progress(`putting ${lines.length} objects back into ${to.name}`, () =>
    someAtOnce(lines, async (line) => {
      if (!isAskable(line.key))
        throw new UserError('DA-BACKUP-BROKEN', `${backup.id} names an object by a key that none can have: ${line.key}`)
      const { headers, stream } = await store.copies.open(line, unseal)
      const acl = to.acl === undefined ? {} : { 'x-amz-acl': to.acl }
      await to.bucket.upload(line.key, stream, partBytesOf(line.size), { ...headers, ...acl })
    }),
  )
  const there = new Map((await to.list()).map(({ key, size }) => [key, size]))
  const lost = lines.filter(({ key, size }) => there.get(key) !== size)
  if (lost.length > 0)
    throw broken(to.bucket.place, `${lost.length} of ${lines.length} objects are not there after they were put back: ${lost[0]?.key}`)
  log.info(`${lines.length} objects are back in ${to.name}`)
  return lines.length
}
