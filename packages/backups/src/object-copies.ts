import { UserError } from '@deploy-actions/kit'
import { type Bucket, broken, type Opened, PART_BYTES, partBytesFor, type Stored } from '@deploy-actions/s3'
import { sealed } from '@deploy-actions/sops/age'
import { measured, measureOf } from './measured.ts'
import { isCopy, type ObjectCopy } from './stored-objects.ts'

/** Turns what lies in the store into what was put there, by its name for messages. */
export type Unseal = (source: AsyncIterable<Uint8Array>, name: string) => AsyncIterable<Uint8Array>

/** The copies of objects in a store, which several backups may name: `<folder>/objects/<id>/<number>`, each behind one line of JSON with its headers. */
export class ObjectCopies {
  readonly #bucket: Bucket
  readonly #folder: string

  constructor(bucket: Bucket, folder: string) {
    this.#bucket = bucket
    this.#folder = folder
  }

  key(copy: string): string {
    return `${this.#folder}/objects/${copy}`
  }

  /** Those of a list of the store that are copies. */
  among(stored: readonly Stored[]): Stored[] {
    const folder = this.key('')
    return stored.filter(({ key }) => key.startsWith(folder) && isCopy(key.slice(folder.length)))
  }

  /** Whether a copy is among these objects of the store, in its size. */
  areIn(stored: readonly Stored[]): (copy: ObjectCopy) => boolean {
    const sizes = new Map(stored.map(({ key, size }) => [key, size]))
    return ({ copy, storedSize }) => sizes.get(this.key(copy)) === storedSize
  }

  /** Brings an object to the store as it comes, encrypted for these public keys, if any, and reads it back. @throws UserError DA-STORE-… */
  async add(copy: string, { headers, size, stream }: Opened, recipients: readonly string[]): Promise<Omit<ObjectCopy, 'mark'>> {
    const key = this.key(copy)
    const content = measured(stream)
    const plain = behindHeaders(headers, content.stream)
    const stored = measured(recipients.length > 0 ? sealed(plain, recipients) : plain)
    await this.#bucket.upload(key, stored.stream, partBytesOf(size))
    const { size: storedSize, sha256: storedSha256 } = stored.measure()
    const back = await measureOf(await this.#bucket.require(key))
    if (back.sha256 !== storedSha256) throw broken(this.#bucket.place, `${key} is not what was uploaded: another sha256 came back`)
    const { size: came, sha256 } = content.measure()
    return { copy, size: came, sha256, storedSize, storedSha256 }
  }

  /** An object as it was, as it comes; whoever takes it may not use it before it has ended. @throws UserError DA-BACKUP-BROKEN or DA-STORE-…, what `unseal` throws */
  async open({ copy, ...was }: ObjectCopy, unseal: Unseal): Promise<Omit<Opened, 'size'>> {
    const key = this.key(copy)
    const stored = measured(await this.#bucket.require(key))
    const { headers, rest } = await headersBefore(unseal(stored.stream, key), key)
    const { stream, measure } = measured(rest)
    async function* checked() {
      yield* stream
      const { size, sha256 } = measure()
      if (size !== was.size || sha256 !== was.sha256 || stored.measure().sha256 !== was.storedSha256) throw notAsItWas(key)
    }
    return { headers, stream: checked() }
  }

  /** Reads a copy to its end: what was uploaded, and where it can be opened also what was in the bucket. @throws UserError as `open` */
  async verify(copy: ObjectCopy, unseal: Unseal | undefined): Promise<void> {
    if (unseal !== undefined) {
      const { stream } = await this.open(copy, unseal)
      for await (const _ of stream);
      return
    }
    const { size, sha256 } = await measureOf(await this.#bucket.require(this.key(copy.copy)))
    if (size !== copy.storedSize || sha256 !== copy.storedSha256) throw notAsItWas(this.key(copy.copy))
  }
}

const notAsItWas = (key: string): UserError =>
  new UserError('DA-BACKUP-BROKEN', `${key} in the store is not what was put there: its sha256 differs`)

/** Buffers no larger than an object that is small; age adds less than this. */
export const partBytesOf = (size: number): number => (size < PART_BYTES ? size + 64 * 1024 : partBytesFor(size))

async function* behindHeaders(headers: Opened['headers'], content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${JSON.stringify(headers)}\n`)
  yield* content
}

const NEWLINE = 10
/** A store takes 8 KiB of headers with an object. */
const LONGEST_LINE = 64 * 1024

async function headersBefore(source: AsyncIterable<Uint8Array>, key: string) {
  const chunks = source[Symbol.asyncIterator]()
  let begun = Buffer.alloc(0)
  let end = -1
  while (end < 0) {
    const next = await chunks.next()
    if (next.done || begun.length > LONGEST_LINE) throw notAsItWas(key)
    begun = Buffer.concat([begun, next.value])
    end = begun.indexOf(NEWLINE)
  }
  async function* rest() {
    yield begun.subarray(end + 1) as Uint8Array
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  }
  return { headers: headersIn(begun.subarray(0, end).toString(), key), rest: rest() }
}

function headersIn(line: string, key: string): Record<string, string> {
  try {
    return JSON.parse(line) as Record<string, string>
  } catch {
    throw notAsItWas(key)
  }
}
