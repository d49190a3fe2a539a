import { type Log, UserError } from '@deploy-actions/kit'
import { type Bucket, broken, nameOf, partBytesFor, type Stored } from '@deploy-actions/s3'
import { NotUnsealed, sealed, unsealed } from '@deploy-actions/sops/age'
import { measured, measureOf } from './measured.ts'
import { type BackupFile, filesOf, parseStored, type StoredBackup, type StoredFile } from './stored-backup.ts'

/** What is written last: a backup without it is none. */
const RECORD = 'backup.json'
const ID = /^\d{8}T\d{6}Z$/
/** What has no record after so long is left over from a run that died. */
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
}

/** What is in a store: whole backups, and what is left over of others. */
export interface StoreContents {
  /** Oldest first. */
  readonly backups: readonly StoredBackup[]
  /** Ids of those that have a record, and are not whole all the same. */
  readonly broken: readonly string[]
  readonly leftOver: readonly Stored[]
}

/** The backups of one app in a store: `<prefix>/<app>/<id>/`, with the files and a record. */
export class BackupStore {
  readonly #bucket: Bucket
  readonly #folder: string
  readonly #app: string
  readonly #log: Log
  readonly #now: () => number

  constructor({ bucket, app, prefix, log, now }: BackupStoreOptions) {
    this.#bucket = bucket
    this.#app = app
    this.#folder = prefix === undefined ? app : `${prefix}/${app}`
    this.#log = log
    this.#now = now
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
  async keep({ id, manifest, read }: HostBackup, recipients: readonly string[]): Promise<StoredBackup> {
    const all = filesOf(manifest).map((file) => ({ ...file, object: recipients.length > 0 ? `${file.file}.age` : file.file }))
    const files: StoredFile[] = []
    // Of another server with the same prefix: nothing of it is written over, and nothing taken away when ours fails.
    if (await this.has(id)) throw taken(this.address(id))
    try {
      for (const file of all) files.push(await this.#keepFile(id, file, read, recipients))
      const stored = new Date(this.#now()).toISOString().replace(/\.\d+/, '')
      const record: StoredBackup = { schema: 1, id, app: this.#app, stored, encrypted: recipients.length > 0, files, manifest }
      await this.#keepRecord(record)
      this.#log.info(`${id} is in ${this.name}${record.encrypted ? ', encrypted' : ''}, and was read back`)
      return record
    } catch (error) {
      // A key that may not delete leaves them for the next prune.
      for (const object of [RECORD, ...all.map((file) => file.object)]) await this.#bucket.discard(this.#key(id, object))
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
      const record = sizes.has(this.#key(id, RECORD)) ? await this.#recordOf(id) : undefined
      const isWhole = record?.files.every(({ object, storedSize }) => sizes.get(this.#key(id, object)) === storedSize)
      if (record !== undefined && isWhole) backups.push(record)
      else {
        this.#log.warning(
          `${this.address(id)} is no whole backup: ${record === undefined ? 'it has no record that can be read' : 'a part of it is missing'}`,
        )
        if (sizes.has(this.#key(id, RECORD))) broken.push(id)
        else leftOver.push(...found.filter(({ modified }) => this.#now() - modified > LEFT_OVER_MS))
      }
    }
    return { backups, broken, leftOver }
  }

  async has(id: string): Promise<boolean> {
    return (await this.#recordOf(id)) !== undefined
  }

  /** @throws UserError DA-BACKUP-UNKNOWN */
  async find(id: string): Promise<StoredBackup> {
    const found = await this.#recordOf(id)
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
    if (encrypted && identities.length === 0) throw this.needsKey(id)
    const source = await this.#open(this.#key(id, file.object))
    const { stream, measure } = measured(encrypted ? unsealed(source, identities) : source)
    try {
      yield* stream
    } catch (error) {
      throw error instanceof NotUnsealed ? notOpened(id, file, error) : error
    }
    const { size, sha256 } = measure()
    if (size !== file.size || sha256 !== file.sha256)
      throw new UserError(
        'DA-BACKUP-BROKEN',
        `${file.file} of ${id} in ${this.name} is not what it was when it was made: its sha256 differs`,
      )
  }

  /** Reads a whole backup: what lies in the store, or with a key what was put into it. @throws UserError as `open` */
  async verify(backup: StoredBackup, identities: readonly string[]): Promise<void> {
    for (const file of backup.files) {
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
  }

  /** Its record first: what is half removed is no backup. */
  async remove({ id, files }: StoredBackup): Promise<void> {
    await this.#bucket.remove(this.#key(id, RECORD))
    for (const { object } of files) await this.#bucket.remove(this.#key(id, object))
  }

  async removeLeftOver({ key }: Stored): Promise<void> {
    await this.#bucket.remove(key)
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

  async #recordOf(id: string): Promise<StoredBackup | undefined> {
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

const notOpened = (id: string, { object }: StoredFile, cause: NotUnsealed): UserError =>
  new UserError('DA-BACKUP-ENCRYPTED', `${object} of ${id} ${cause.message}`, { hint: KEY_HINT, cause })
