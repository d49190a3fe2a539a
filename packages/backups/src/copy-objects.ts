import { type Log, UserError } from '@deploy-actions/kit'
import { broken, isAskable, type Opened, type Stored, someAtOnce } from '@deploy-actions/s3'
import type { AppBucket } from './app-bucket.ts'
import type { ObjectCopies } from './object-copies.ts'
import { markOf, type ObjectCopy, type ObjectKey } from './stored-objects.ts'

/** The objects of a bucket, each with its copy, in one order. */
export interface Copied {
  readonly copies: readonly ObjectCopy[]
  readonly keys: readonly ObjectKey[]
}

export interface CopyRequest {
  readonly from: AppBucket
  readonly listed: readonly Stored[]
  /** Copies that are in the store already. */
  readonly shared: readonly ObjectCopy[]
  readonly recipients: readonly string[]
}

/** How often an object is asked for that changes again and again. */
const TRIES = 3

/** Copies what the store does not have yet. @throws UserError DA-STORE-…, DA-BACKUP-OBJECTS before anything is read */
export async function copyObjects(
  id: string,
  { from, listed, shared, recipients }: CopyRequest,
  copies: ObjectCopies,
  log: Log,
): Promise<Copied> {
  requireAskable(listed, from)
  const known = new Map(shared.map((copy) => [copy.mark, copy]))
  const found: { copy: ObjectCopy; key: ObjectKey }[] = []
  let copied = 0
  const copyOne = async ([at, object]: [number, Stored]): Promise<void> => {
    const there = known.get(markOf(from.bucket.place, object, recipients))
    if (there !== undefined) found[at] = { copy: there, key: object }
    else {
      const now = await openNow(object, from)
      if (now === undefined) return
      const name = `${id}/${String(at + 1).padStart(6, '0')}${recipients.length > 0 ? '.age' : ''}`
      const copy = await copies.add(name, { ...now.opened, size: now.object.size }, recipients)
      // An answer that tells no length may have been cut.
      if (copy.size !== now.object.size)
        throw broken(from.bucket.place, `${object.key} has ${now.object.size} bytes, and ${copy.size} came`)
      found[at] = { copy: { ...copy, mark: markOf(from.bucket.place, now.object, recipients) }, key: now.object }
      copied += 1
    }
  }
  await log.progress(`copying what is new of ${listed.length} objects of ${from.name}`, () => someAtOnce(listed.entries(), copyOne))
  const lines = found.filter((line) => line !== undefined)
  log.info(
    `${lines.length} objects of ${from.name}: ${copied} copied, ${lines.length - copied} unchanged${lost(listed.length - lines.length)}`,
  )
  return { copies: lines.map(({ copy }) => copy), keys: lines.map(({ key: { key, etag } }) => ({ key, etag })) }
}

const lost = (count: number): string => (count === 0 ? '' : `, ${count} deleted while it was read`)

/** An object as it is now; undefined: it was deleted since it was listed. */
async function openNow(listed: Stored, { bucket }: AppBucket): Promise<{ object: Stored; opened: Opened } | undefined> {
  let object = listed
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const opened = await bucket.open(object.key, object.etag)
    if (opened !== undefined) return { object, opened }
    const again = await bucket.first(object.key)
    if (again?.key !== object.key) return undefined
    object = again
  }
  throw broken(bucket.place, `${object.key} is listed, and cannot be read as it is listed, in ${TRIES} tries`)
}

function requireAskable(listed: readonly Stored[], { name }: AppBucket): void {
  const odd = listed.filter(({ key }) => !isAskable(key)).map(({ key }) => key)
  if (odd.length === 0) return
  throw new UserError(
    'DA-BACKUP-OBJECTS',
    `${odd.length} objects of ${name} have keys that no web address can have, because a part of them is "." or "..": ${odd.slice(0, 5).join(' ')}`,
    { hint: 'Give them other keys, or name an `objects-prefix` that they are not below.' },
  )
}

/** How much there is of objects. */
interface Amount {
  readonly count: number
  readonly bytes: number
}

export const amountOf = (objects: readonly { readonly size: number }[]): Amount => ({
  count: objects.length,
  bytes: objects.reduce((sum, { size }) => sum + size, 0),
})

/**
 * A bucket that lost most of what it had is looked at first.
 * @param when `was` was: in which backup, or how else
 * @throws UserError DA-BACKUP-SHRUNK
 */
export function requireSimilar(now: Amount, was: Amount, when: string, { place, maySmaller }: AppBucket): void {
  if (maySmaller || (now.count * 2 >= was.count && now.bytes * 2 >= was.bytes)) return
  throw new UserError(
    'DA-BACKUP-SHRUNK',
    `${place} has ${now.count} objects of ${now.bytes} bytes; ${when} it had ${was.count} of ${was.bytes}`,
    { hint: 'If that is right, run it once with `objects-smaller: true`. Else `operation: restore` puts back what is missing.' },
  )
}
