import { type Log, UserError } from '@deploy-actions/kit'
import { broken, isAskable, someAtOnce } from '@deploy-actions/s3'
import type { AppBucket } from './app-bucket.ts'
import type { BackupStore } from './backup-store.ts'
import { allOf, noting } from './damage.ts'
import { partBytesOf } from './object-copies.ts'
import type { StoredBackup } from './stored-backup.ts'
import type { ObjectCopy, ObjectKey } from './stored-objects.ts'

type Line = ObjectCopy & ObjectKey

/** What a restore does to the bucket of an app. */
export interface PutBack {
  readonly backup: StoredBackup
  readonly to: AppBucket
  readonly identities: readonly string[]
  readonly missing: readonly Line[]
  /** What is there and is to be written over. */
  readonly differing: readonly Line[]
}

/** What came of it. */
export interface PutDone {
  readonly count: number
  /** Of single copies; the objects of the others are back. */
  readonly damage: readonly UserError[]
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
  if (wanted.length === 0 && copies.length > 0)
    log.warning(`none of the ${copies.length} objects in ${id} has a key that begins with ${to.prefix}: is \`objects-prefix\` right?`)
  if (differing.length > 0 && !to.overwrite)
    log.warning(
      `${differing.length} objects in ${to.name} differ from those in ${id}, and are left as they are: \`objects-overwrite: true\` would put those of the backup in their place`,
    )
  const plan = { backup, to, identities, missing, differing: to.overwrite ? differing : [] }
  warnOfPublic(plan, log)
  return plan
}

function warnOfPublic({ to, missing, differing }: PutBack, log: Log): void {
  const count = missing.length + differing.length
  if (to.acl === undefined || to.prefix !== '' || count === 0) return
  log.warning(
    `everybody will be able to read all ${count} objects that are put back into ${to.name}: where only some of them are public, name these by \`objects-prefix\``,
  )
}

/** Puts back what is missing, and is missing still. What broke off can be run again, and goes on. @throws UserError DA-STORE-… */
export async function putMissing(plan: PutBack, store: BackupStore, log: Log): Promise<PutDone> {
  const { to, missing } = plan
  if (missing.length === 0) return { count: 0, damage: [] }
  const there = new Set((await to.list()).map(({ key }) => key))
  const lines = missing.filter(({ key }) => !there.has(key))
  const came = missing.length - lines.length
  if (came > 0) log.warning(`${came} objects that were missing in ${to.name} came there meanwhile, and are left as they are`)
  return putLines(plan, lines, store, log)
}

/** Writes over what differs, if that was asked for. It is lost where no other backup has it, so it comes when all else went well. @throws UserError DA-STORE-… */
export const putDiffering = (plan: PutBack, store: BackupStore, log: Log): Promise<PutDone> => putLines(plan, plan.differing, store, log)

/** @throws UserError where a copy was damaged, with the number */
export function requireUndamaged({ backup, missing, differing }: PutBack, damage: readonly UserError[]): void {
  const count = missing.length + differing.length
  if (damage.length > 0) throw allOf(damage, `of ${count} objects of ${backup.id} were not put back, because they`)
}

/** Looks that they are there, too. Of an object that is not what it was nothing is written. */
async function putLines({ backup, to, identities }: PutBack, lines: readonly Line[], store: BackupStore, log: Log): Promise<PutDone> {
  if (lines.length === 0) return { count: 0, damage: [] }
  const unseal = store.unsealOf(backup, identities)
  const acl = to.acl === undefined ? {} : { 'x-amz-acl': to.acl }
  const damage: UserError[] = []
  const put: Line[] = []
  const putOne = async (line: Line): Promise<void> => {
    if (!isAskable(line.key))
      throw new UserError('DA-BACKUP-BROKEN', `${backup.id} names an object by a key that none can have: ${line.key}`)
    const { headers, stream } = await store.copies.open(line, unseal)
    await to.bucket.upload(line.key, stream, partBytesOf(line.size), { ...headers, ...acl })
    put.push(line)
  }
  await log.progress(`putting ${lines.length} objects back into ${to.name}`, () =>
    someAtOnce(lines, (line) => noting(damage, () => putOne(line))),
  )
  const there = new Map((await to.list()).map(({ key, size }) => [key, size]))
  const lost = put.filter(({ key, size }) => there.get(key) !== size)
  if (lost.length > 0)
    throw broken(to.bucket.place, `${lost.length} of ${put.length} objects are not there after they were put back: ${lost[0]?.key}`)
  log.info(`${put.length} objects are back in ${to.name}`)
  return { count: put.length, damage }
}
