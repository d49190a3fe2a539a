import { text } from 'node:stream/consumers'
import { type Log, UserError } from '@deploy-actions/kit'
import { type Bucket, broken, nameOf, partBytesFor, type Stored, someAtOnce } from '@deploy-actions/s3'
import { NotUnsealed, sealed, unsealed } from '@deploy-actions/sops/age'
import type { AppBucket } from './app-bucket.ts'
import { amountOf, type Copied, copyObjects, requireSimilar } from './copy-objects.ts'
import { allOf, isDamage, noting } from './damage.ts'
import { measured, measureOf } from './measured.ts'
import { ObjectCopies, type Unseal } from './object-copies.ts'
import { BEGUN, foldersIn, OBJECTS_LEFT_OVER_MS, RECORD, type StoreContents } from './store-contents.ts'
import { type BackupFile, everyFile, filesOf, isAhead, newestOf, parseStored, type StoredBackup, type StoredFile } from './stored-backup.ts'
import { copiesIn, keysIn, linesOf, type ObjectCopy, type ObjectKey, type StoredObjects, sourceOf } from './stored-objects.ts'

/** Beside the record of a backup with objects. */
const INDEX = 'objects.jsonl'
const KEYS = 'keys.jsonl'

export interface BackupStoreOptions {
  readonly bucket: Bucket
  readonly app: string
  /** Folders in the bucket; undefined: none. */
  readonly prefix: string | undefined
  readonly log: Log
  readonly now: () => number
}

export interface HostBackup {
  readonly id: string
  readonly manifest: string
  /** The bytes of one of its files, as they come from the host. */
  readonly read: (file: BackupFile) => AsyncIterable<Uint8Array>
  /** Whose objects belong to it, if any. */
  readonly from?: AppBucket | undefined
}

/** The backups of one app in a store: `<prefix>/<app>/<id>/`, with the files and a record. */
export class BackupStore {
  readonly #bucket: Bucket
  readonly #folder: string
  readonly #app: string
  readonly #log: Log
  readonly #now: () => number
  readonly copies: ObjectCopies

  constructor({ bucket, app, prefix, log, now }: BackupStoreOptions) {
    this.#bucket = bucket
    this.#app = app
    this.#folder = prefix === undefined ? app : `${prefix}/${app}`
    this.#log = log
    this.#now = now
    this.copies = new ObjectCopies(bucket, this.#folder)
  }

  /** For messages. */
  get name(): string {
    return `${nameOf(this.#bucket.place)}, below ${this.#folder}`
  }

  get app(): string {
    return this.#app
  }

  address(id: string): string {
    return `s3://${this.#bucket.place.bucket}/${this.#folder}/${id}`
  }

  /**
   * Brings a verified backup of the host to the store, encrypted on the way for these public keys, if any, and reads all of it back. It counts from its record on.
   * @throws UserError DA-STORE-…; then nothing of it stays in the store, as far as that is in our hands
   */
  async keep({ id, manifest, read, from }: HostBackup, recipients: readonly string[]): Promise<StoredBackup> {
    const all = filesOf(manifest).map((file) => ({ ...file, object: recipients.length > 0 ? `${file.file}.age` : file.file }))
    const files: StoredFile[] = []
    // Of another server with the same prefix: nothing of it is written over, and nothing taken away when ours fails.
    if (await this.has(id)) throw taken(this.address(id))
    try {
      // Before it is known what can be shared: a prune that sees it removes no copies.
      if (from !== undefined) await this.#bucket.put(this.#key(id, BEGUN), Buffer.alloc(0))
      for (const file of all) files.push(await this.#keepFile(id, file, read, recipients))
      // Last: the shorter it is between the copies and the record that names them, the better.
      const objects = from && (await this.#keepObjects(id, from, recipients))
      const stored = new Date(this.#now()).toISOString().replace(/\.\d+/, '')
      const record: StoredBackup = {
        schema: objects === undefined ? 1 : 2,
        id,
        app: this.#app,
        stored,
        encrypted: recipients.length > 0,
        files,
        ...(objects && { objects }),
        manifest,
      }
      await this.#keepRecord(record)
      if (from !== undefined) await this.#bucket.discard(this.#key(id, BEGUN))
      this.#log.info(`${id} is in ${this.name}${record.encrypted ? ', encrypted' : ''}, and was read back`)
      return record
    } catch (error) {
      // A key that may not delete leaves them for the next prune.
      const lists = from === undefined ? [] : [INDEX, KEYS, `${KEYS}.age`, BEGUN]
      for (const object of [RECORD, ...all.map((file) => file.object), ...lists]) await this.#bucket.discard(this.#key(id, object))
      throw error
    }
  }

  async #keepFile(
    id: string,
    { object, ...file }: BackupFile & { object: string },
    read: HostBackup['read'],
    recipients: readonly string[],
  ): Promise<StoredFile> {
    const key = this.#key(id, object)
    const plain = measured(read(file))
    const stored = measured(recipients.length > 0 ? sealed(plain.stream, recipients) : plain.stream)
    await this.#log.progress(`uploading ${file.file} (${file.size} bytes)`, () =>
      this.#bucket.upload(key, stored.stream, partBytesFor(file.size)),
    )
    if (plain.measure().sha256 !== file.sha256) throw changedOnHost(id, file)
    const { size, sha256 } = stored.measure()
    const back = await this.#log.progress(`reading ${file.file} back`, async () => measureOf(await this.#bucket.require(key)))
    if (back.sha256 !== sha256 || back.size !== size)
      throw broken(
        this.#bucket.place,
        `${key} is not what was uploaded: ${back.size} bytes came back of ${size}, sha256 ${back.sha256.slice(0, 12)}… in place of ${sha256.slice(0, 12)}…`,
      )
    return { ...file, object, storedSize: size, storedSha256: sha256 }
  }

  /** Copies what no backup has yet, and writes down which copy is which object. A copy that was made for a backup that failed goes with a later prune. */
  async #keepObjects(id: string, from: AppBucket, recipients: readonly string[]): Promise<StoredObjects> {
    const { backups, copies } = await this.contents()
    const before = backups.filter((backup) => backup.objects !== undefined && !this.isAhead(backup))
    const source = sourceOf({ bucket: from.name, prefix: from.prefix })
    const similar = newestOf(before.filter(({ objects }) => objects !== undefined && sourceOf(objects) === source))
    const shared = await this.#sharedWith(similar ?? newestOf(before), copies)
    const listed = await from.list()
    if (listed.length === 0) this.#log.warning(`${from.place} has no objects: are \`objects-bucket\` and \`objects-prefix\` right?`)
    const [was, when] = similar?.objects === undefined ? [amountOf(listed), 'when it was listed'] : [similar.objects, `in ${similar.id}`]
    requireSimilar(amountOf(listed), was, when, from)
    const copied = await copyObjects(id, { from, listed, shared, recipients }, this.copies, this.#log)
    // It may have been emptied while it was read.
    requireSimilar(amountOf(copied.copies), was, when, from)
    const isThere = this.copies.areIn(await this.#bucket.list(this.copies.key('')))
    const gone = copied.copies.find((copy) => !isThere(copy))
    if (gone !== undefined) throw broken(this.#bucket.place, `${this.copies.key(gone.copy)} was removed while the backup was made`)
    return this.#keepLists(id, from, copied, recipients)
  }

  /** The copies of a backup that are there. Nobody prunes the newest one of a place, so they stay there meanwhile. */
  async #sharedWith(backup: StoredBackup | undefined, copies: readonly Stored[]): Promise<ObjectCopy[]> {
    if (backup === undefined) return []
    try {
      return (await this.copiesOf(backup)).filter(this.copies.areIn(copies))
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#log.warning(`everything is copied anew, because ${error.message}`)
      return []
    }
  }

  async #keepLists(
    id: string,
    { name, prefix }: AppBucket,
    { copies, keys }: Copied,
    recipients: readonly string[],
  ): Promise<StoredObjects> {
    const keepList = async (file: string, values: readonly unknown[], readers: readonly string[]): Promise<StoredFile> => {
      const bytes = Buffer.from(linesOf(values))
      async function* all() {
        yield bytes as Uint8Array
      }
      const object = readers.length > 0 ? `${file}.age` : file
      return this.#keepFile(id, { file, object, ...(await measureOf(all())) }, all, readers)
    }
    const index = await keepList(INDEX, copies, [])
    return { bucket: name, prefix, ...amountOf(copies), index, keys: await keepList(KEYS, keys, recipients) }
  }

  async #keepRecord(record: StoredBackup): Promise<void> {
    const key = this.#key(record.id, RECORD)
    const text = `${JSON.stringify(record, null, 2)}\n`
    await this.#bucket.put(key, Buffer.from(text))
    if ((await this.#textOf(key)) !== text) throw broken(this.#bucket.place, `${key} is not what was uploaded`)
  }

  /** All backups that are whole: their record can be read, and each of its objects is there in its size. */
  async contents(): Promise<StoreContents> {
    const listed = await this.#bucket.list(`${this.#folder}/`)
    const read = (key: string) => this.#textOf(key)
    const address = (id: string) => this.address(id)
    const folders = await foldersIn(listed, { folder: this.#folder, read, now: this.#now(), address, log: this.#log })
    return { ...folders, copies: this.copies.among(listed) }
  }

  async has(id: string): Promise<boolean> {
    return (await this.recordOf(id)) !== undefined
  }

  /** @throws UserError DA-BACKUP-UNKNOWN */
  async find(id: string): Promise<StoredBackup> {
    const found = await this.recordOf(id)
    if (found !== undefined) return found
    const { backups } = await this.contents()
    const there = backups.map((backup) => backup.id)
    throw new UserError(
      'DA-BACKUP-UNKNOWN',
      `there is no backup ${id}, neither on the host nor in ${this.name}; there ${there.length === 0 ? 'is none' : `are: ${there.join(' ')}`}`,
    )
  }

  /**
   * One of its files as it was on the host, as it comes. Size and checksum are compared at the end, so whoever takes it may not use it before it has ended.
   * @throws UserError DA-BACKUP-ENCRYPTED, DA-BACKUP-BROKEN or DA-STORE-…
   */
  async *open({ id, encrypted }: StoredBackup, file: StoredFile, identities: readonly string[]): AsyncGenerator<Uint8Array> {
    // The index of its objects is in the open all the same.
    const unseal = encrypted && file.object !== file.file ? this.#unseal(id, identities) : undefined
    const source = await this.#bucket.require(this.#key(id, file.object))
    const { stream, measure } = measured(unseal?.(source, `${file.object} of ${id}`) ?? source)
    yield* stream
    const { size, sha256 } = measure()
    if (size !== file.size || sha256 !== file.sha256)
      throw new UserError(
        'DA-BACKUP-BROKEN',
        `${file.file} of ${id} in ${this.name} is not what it was when it was made: its sha256 differs`,
      )
  }

  /**
   * Reads a whole backup: what lies in the store, or with a key what was put into it.
   * @param read copies of objects that were read already, as a part of another backup
   * @throws UserError as `open`; of the copies of objects one for all that are damaged
   */
  async verify(backup: StoredBackup, identities: readonly string[], read = new Set<string>()): Promise<void> {
    for (const file of everyFile(backup)) await this.#verifyFile(backup, file, identities)
    const unseal = backup.encrypted && identities.length === 0 ? undefined : this.unsealOf(backup, identities)
    const copies = await this.copiesOf(backup)
    const damage: UserError[] = []
    await someAtOnce(copies, async (copy) => {
      const what = [copy.copy, copy.sha256, copy.storedSha256].join(' ')
      if (read.has(what)) return
      await noting(damage, async () => {
        await this.copies.verify(copy, unseal)
        read.add(what)
      })
    })
    if (damage.length > 0) throw allOf(damage, `of ${copies.length} objects of ${backup.id}`)
  }

  async #verifyFile(backup: StoredBackup, file: StoredFile, identities: readonly string[]): Promise<void> {
    if (!backup.encrypted || identities.length > 0) {
      for await (const _ of this.open(backup, file, identities));
      return
    }
    const { size, sha256 } = await measureOf(await this.#bucket.require(this.#key(backup.id, file.object)))
    if (size !== file.storedSize || sha256 !== file.storedSha256)
      throw new UserError('DA-BACKUP-BROKEN', `${file.object} of ${backup.id} in ${this.name} is not what was uploaded: its sha256 differs`)
  }

  /** Which copies a backup names. @throws UserError DA-BACKUP-BROKEN or DA-STORE-… */
  async copiesOf(backup: StoredBackup): Promise<ObjectCopy[]> {
    return backup.objects === undefined ? [] : this.#linesOf(backup, backup.objects.index, [], copiesIn)
  }

  /** The keys of its objects, in the order of `copiesOf`. @throws UserError as `open` */
  async keysOf(backup: StoredBackup, identities: readonly string[]): Promise<ObjectKey[]> {
    return backup.objects === undefined ? [] : this.#linesOf(backup, backup.objects.keys, identities, keysIn)
  }

  /** How the copies of a backup are opened. @throws UserError DA-BACKUP-ENCRYPTED */
  unsealOf({ id, encrypted }: StoredBackup, identities: readonly string[]): Unseal {
    return encrypted ? this.#unseal(id, identities) : (source) => source
  }

  /** Its record first: what is half removed is no backup. Copies of objects stay: others may name them. */
  async remove(backup: StoredBackup): Promise<void> {
    const { id } = backup
    await this.#bucket.remove(this.#key(id, RECORD))
    for (const { object } of everyFile(backup)) await this.#bucket.remove(this.#key(id, object))
    // It stayed where the key of `create` may not delete.
    await this.#bucket.remove(this.#key(id, BEGUN))
  }

  /** Whether no run that is still at work can have brought this copy of an object. */
  isOldCopy({ modified }: Stored): boolean {
    return this.#now() - modified > OBJECTS_LEFT_OVER_MS
  }

  /** See `isAhead`. */
  isAhead(backup: StoredBackup): boolean {
    return isAhead(backup, this.#now())
  }

  async removeLeftOver({ key }: Stored): Promise<void> {
    await this.#bucket.remove(key)
  }

  #unseal(id: string, identities: readonly string[]): Unseal {
    if (identities.length === 0) throw this.needsKey(id)
    return async function* (source, name) {
      try {
        yield* unsealed(source, identities)
      } catch (error) {
        throw error instanceof NotUnsealed ? notOpened(name, error) : error
      }
    }
  }

  async #linesOf<T>(backup: StoredBackup, file: StoredFile, identities: readonly string[], parse: (text: string) => T[]): Promise<T[]> {
    const lines = await text(this.open(backup, file, identities))
    try {
      const values = parse(lines)
      if (values.length !== backup.objects?.count) throw new Error('lines are missing')
      return values
    } catch (cause) {
      throw new UserError('DA-BACKUP-BROKEN', `${file.object} of ${backup.id} in ${this.name} cannot be read`, { cause })
    }
  }

  needsKey(id: string): UserError {
    return new UserError('DA-BACKUP-ENCRYPTED', `${id} is encrypted in ${this.name}, and \`age-key\` is not given`, { hint: KEY_HINT })
  }

  #key(id: string, object: string): string {
    return `${this.#folder}/${id}/${object}`
  }

  /** Undefined: it is not in the store. */
  async recordOf(id: string): Promise<StoredBackup | undefined> {
    const text = await this.#textOf(this.#key(id, RECORD))
    return text === undefined ? undefined : parseStored(text, id)
  }

  async #textOf(key: string): Promise<string | undefined> {
    const stream = await this.#bucket.read(key)
    return stream && text(stream)
  }
}

const taken = (address: string): UserError =>
  new UserError('DA-STORE-TAKEN', `${address} is there already, and was left as it is`, {
    hint: 'Two hosts bring their backups to the same place: give each environment an `s3-prefix` of its own.',
  })

const changedOnHost = (id: string, { file }: BackupFile): UserError =>
  new UserError(
    'DA-BACKUP-BROKEN',
    `${file} of ${id} is not what it was when it was made, or changed on its way from the host: its sha256 differs`,
  )

const KEY_HINT = 'Give the private key (AGE-SECRET-KEY-1…) that belongs to one of the public keys of `encrypt-to`, from a secret.'

const notOpened = (name: string, cause: NotUnsealed): UserError =>
  new UserError('DA-BACKUP-ENCRYPTED', `${name} ${cause.message}`, { hint: KEY_HINT, cause })
