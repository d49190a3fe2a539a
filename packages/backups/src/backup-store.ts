import { type Log, UserError } from '@deploy-actions/kit'
import { type Bucket, broken, nameOf, partBytesFor, type Stored } from '@deploy-actions/s3'
import { NotUnsealed, sealed, unsealed } from '@deploy-actions/sops/age'
import type { AppBucket } from './app-bucket.ts'
import { type Copied, copyObjects, requireSimilar } from './copy-objects.ts'
import { measured, measureOf } from './measured.ts'
import { ObjectCopies, type Unseal } from './object-copies.ts'
import { someAtOnce } from './some-at-once.ts'
import { type BackupFile, everyFile, filesOf, parseStored, type StoredBackup, type StoredFile } from './stored-backup.ts'
import { copiesIn, keysIn, linesOf, type ObjectCopy, type ObjectKey, type StoredObjects } from './stored-objects.ts'

/** What is written last: a backup without it is none. */
const RECORD = 'backup.json'
/** Beside the record of a backup with objects. */
const INDEX = 'objects.jsonl'
const KEYS = 'keys.jsonl'
const ID = /^\d{8}T\d{6}Z$/
/** What nothing names after so long is left over from a run that died. */
const LEFT_OVER_MS = 24 * 3_600_000

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

/** What is in a store: whole backups, and what is left over of others. */
export interface StoreContents {
  /** Oldest first. */
  readonly backups: readonly StoredBackup[]
  /** Ids of those that have a record, and are not whole all the same. */
  readonly broken: readonly string[]
  readonly leftOver: readonly Stored[]
  /** Copies of objects, whichever backups name them. */
  readonly copies: readonly Stored[]
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
      const objects = from && (await this.#keepObjects(id, from, recipients))
      for (const file of all) files.push(await this.#keepFile(id, file, read, recipients))
      const stored = new Date(this.#now()).toISOString().replace(/\.\d+/, '')
      const record: StoredBackup = {
        schema: 1,
        id,
        app: this.#app,
        stored,
        encrypted: recipients.length > 0,
        files,
        ...(objects && { objects }),
        manifest,
      }
      await this.#keepRecord(record)
      this.#log.info(`${id} is in ${this.name}${record.encrypted ? ', encrypted' : ''}, and was read back`)
      return record
    } catch (error) {
      // A key that may not delete leaves them for the next prune.
      const lists = from === undefined ? [] : [INDEX, KEYS, `${KEYS}.age`]
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
    const back = await this.#log.progress(`reading ${file.file} back`, async () => measureOf(await this.#open(key)))
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
    const before = backups.filter(({ objects }) => objects !== undefined)
    // Nobody prunes the newest one, so what it names stays there meanwhile.
    const newest = before.at(-1)
    const shared = newest === undefined ? [] : (await this.copiesOf(newest)).filter(this.copies.areIn(copies))
    const similar = before.findLast(({ objects }) => objects?.bucket === from.name && objects.prefix === from.prefix)
    const listed = await from.list()
    requireSimilar(listed, similar, from)
    const copied = await copyObjects(id, { from, listed, shared, recipients }, this.copies, this.#log)
    const isThere = this.copies.areIn(await this.#bucket.list(this.copies.key('')))
    const gone = copied.copies.find((copy) => !isThere(copy))
    if (gone !== undefined) throw broken(this.#bucket.place, `${this.copies.key(gone.copy)} was removed while the backup was made`)
    return this.#keepLists(id, from, copied, recipients)
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
    const bytes = copies.reduce((sum, { size }) => sum + size, 0)
    return { bucket: name, prefix, count: copies.length, bytes, index, keys: await keepList(KEYS, keys, recipients) }
  }

  async #keepRecord(record: StoredBackup): Promise<void> {
    const key = this.#key(record.id, RECORD)
    const text = `${JSON.stringify(record, null, 2)}\n`
    await this.#bucket.put(key, Buffer.from(text))
    if ((await this.#textOf(key)) !== text) throw broken(this.#bucket.place, `${key} is not what was uploaded`)
  }

  /** All backups that are whole: their record can be read, and each of its objects is there in its size. */
  async contents(): Promise<StoreContents> {
    const objects = await this.#bucket.list(`${this.#folder}/`)
    const byId = Map.groupBy(objects, ({ key }) => key.slice(this.#folder.length + 1).split('/')[0] as string)
    const backups: StoredBackup[] = []
    const broken: string[] = []
    const leftOver: Stored[] = []
    for (const [id, found] of [...byId].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (!ID.test(id)) continue
      const sizes = new Map(found.map(({ key, size }) => [key, size]))
      const record = sizes.has(this.#key(id, RECORD)) ? await this.recordOf(id) : undefined
      const isWhole = record && everyFile(record).every(({ object, storedSize }) => sizes.get(this.#key(id, object)) === storedSize)
      if (record !== undefined && isWhole) backups.push(record)
      else {
        this.#log.warning(
          `${this.address(id)} is no whole backup: ${record === undefined ? 'it has no record that can be read' : 'a part of it is missing'}`,
        )
        if (sizes.has(this.#key(id, RECORD))) broken.push(id)
        else leftOver.push(...found.filter((object) => this.isOld(object)))
      }
    }
    const copies = objects.filter(({ key }) => key.startsWith(this.copies.key('')))
    return { backups, broken, leftOver, copies }
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
    const source = await this.#open(this.#key(id, file.object))
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
   * @throws UserError as `open`
   */
  async verify(backup: StoredBackup, identities: readonly string[], read = new Set<string>()): Promise<void> {
    for (const file of everyFile(backup)) {
      if (!backup.encrypted || identities.length > 0) {
        for await (const _ of this.open(backup, file, identities));
        continue
      }
      const { size, sha256 } = await measureOf(await this.#open(this.#key(backup.id, file.object)))
      if (size !== file.storedSize || sha256 !== file.storedSha256)
        throw new UserError(
          'DA-BACKUP-BROKEN',
          `${file.object} of ${backup.id} in ${this.name} is not what was uploaded: its sha256 differs`,
        )
    }
    const unseal = backup.encrypted && identities.length === 0 ? undefined : this.unsealOf(backup, identities)
    await someAtOnce(await this.copiesOf(backup), async (copy) => {
      const what = [copy.copy, copy.sha256, copy.storedSha256].join(' ')
      if (!read.has(what)) await this.copies.verify(copy, unseal)
      read.add(what)
    })
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
  }

  /** Whether no run that is still at work can have brought it. */
  isOld({ modified }: Stored): boolean {
    return this.#now() - modified > LEFT_OVER_MS
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
    const all: Uint8Array[] = []
    for await (const chunk of this.open(backup, file, identities)) all.push(chunk)
    try {
      const values = parse(Buffer.concat(all).toString())
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

  async #open(key: string): Promise<AsyncGenerator<Uint8Array>> {
    const chunks = await this.#bucket.read(key)
    if (chunks === undefined) throw broken(this.#bucket.place, `${key} is not there`)
    return chunks
  }

  /** Undefined: it is not in the store. */
  async recordOf(id: string): Promise<StoredBackup | undefined> {
    const text = await this.#textOf(this.#key(id, RECORD))
    return text === undefined ? undefined : parseStored(text, id)
  }

  async #textOf(key: string): Promise<string | undefined> {
    const chunks = await this.#bucket.read(key)
    if (chunks === undefined) return undefined
    const all: Uint8Array[] = []
    for await (const chunk of chunks) all.push(chunk)
    return Buffer.concat(all).toString('utf8')
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
