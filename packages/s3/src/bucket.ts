import { broken, notAStore, refused } from './failures.ts'
import { inParts } from './parts.ts'
import type { Place } from './place.ts'
import { type Opened, openObject } from './read-object.ts'
import { Transport, type TransportOptions } from './transport.ts'
import { elementsIn, escaped, valueIn } from './xml.ts'

/** An object of a bucket. */
export interface Stored {
  readonly key: string
  readonly size: number
  /** As the store writes it, with its quotes; another one when it is written over. */
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

type Headers = Readonly<Record<string, string>>

export const PART_BYTES = 8 * 1024 * 1024
/** S3 takes 10,000 of them; what is encrypted is a little larger than what it was made of. */
const MOST_PARTS = 9_500

/** How large the parts of a stream of about this size are. */
export const partBytesFor = (size: number): number => Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS))

/** A bucket of an S3-compatible store. Keys are any for which `isAskable` holds. */
export class Bucket {
  readonly place: Place
  readonly #transport: Transport

  constructor(place: Place, options: TransportOptions) {
    this.place = place
    this.#transport = new Transport(place, options)
  }

  /** @param headers of the object, such as `content-type` */
  async put(key: string, bytes: Uint8Array, headers: Headers = {}): Promise<void> {
    await this.#transport.ask({ method: 'PUT', key, headers, body: bytes }, `take ${key}`)
  }

  /**
   * Writes a stream, of which two parts are in memory at a time; the source is not read faster than the store takes it. What fits in one part is one request, else
   * it goes up in parts, and there is nothing until the last one is there. What the source throws comes through.
   */
  async upload(key: string, source: AsyncIterable<Uint8Array>, partBytes: number = PART_BYTES, headers: Headers = {}): Promise<void> {
    const parts = inParts(source, partBytes)
    const first = await parts.next()
    const second = first.done ? first : await parts.next()
    if (second.done) return this.put(key, first.done ? Buffer.alloc(0) : first.value, headers)
    const begun = await this.#transport.ask({ method: 'POST', key, query: { uploads: '' }, headers }, `take ${key} in parts`)
    const uploadId = valueIn(begun.text, 'UploadId') ?? ''
    try {
      const etags: string[] = []
      for (let part = first.value, ahead: Promise<IteratorResult<Buffer>> | undefined = Promise.resolve(second); ; ) {
        const sending = this.#putPart(key, uploadId, etags.length + 1, part)
        const [sent, read] = await Promise.allSettled([sending, ahead ?? parts.next()])
        if (sent.status === 'rejected') throw sent.reason
        if (read.status === 'rejected') throw read.reason
        etags.push(sent.value)
        if (read.value.done) break
        part = read.value.value
        ahead = undefined
      }
      await this.#complete(key, uploadId, etags)
    } catch (error) {
      await this.#transport.tidy({ method: 'DELETE', key, query: { uploadId } })
      await parts.return(undefined)
      throw error
    }
  }

  async #putPart(key: string, uploadId: string, number: number, body: Uint8Array): Promise<string> {
    const query = { partNumber: String(number), uploadId }
    const { headers } = await this.#transport.ask({ method: 'PUT', key, query, body }, `take part ${number} of ${key}`)
    return headers.get('etag') ?? ''
  }

  /** A store may say in the middle of a good answer that it failed. One that no longer knows the upload had put it together when we did not hear of it. */
  async #complete(key: string, uploadId: string, etags: readonly string[]): Promise<void> {
    const parts = etags.map((etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`)
    const body = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`)
    const doing = `put the parts of ${key} together`
    const answer = await this.#transport.ask({ method: 'POST', key, query: { uploadId }, body }, doing, [404])
    if (answer.status === 404 ? valueIn(answer.text, 'Code') !== 'NoSuchUpload' : answer.text.includes('<Error>'))
      throw refused(this.place, doing, answer)
  }

  /** The bytes of an object; a connection that breaks is taken up where it broke. @returns undefined when there is no such object */
  async read(key: string): Promise<AsyncGenerator<Uint8Array> | undefined> {
    return (await openObject(this.#transport, key))?.stream
  }

  /** As `read`, of an object that has to be there. @throws UserError DA-STORE-BROKEN */
  async require(key: string): Promise<AsyncGenerator<Uint8Array>> {
    const stream = await this.read(key)
    if (stream === undefined) throw broken(this.place, `${key} is not there`)
    return stream
  }

  /** An object with its headers, byte for byte as it lies there, as long as it has this ETag. @returns undefined when there is none, or none with this ETag */
  open(key: string, etag: string): Promise<Opened | undefined> {
    return openObject(this.#transport, key, etag)
  }

  /** All objects whose keys begin like this. */
  async list(prefix: string): Promise<Stored[]> {
    const found: Stored[] = []
    for (let token: string | undefined, more = true; more; ) {
      const query = { 'list-type': '2', prefix, ...(token !== undefined && { 'continuation-token': token }) }
      const text = await this.#page(query)
      found.push(...entriesOf(text))
      token = valueIn(text, 'NextContinuationToken')
      more = valueIn(text, 'IsTruncated') === 'true'
      // Half a list would be one of objects that are gone.
      if (more && token === undefined) throw broken(this.place, `the list of ${prefix} breaks off after ${found.length} objects`)
    }
    return found
  }

  /** The first object whose key begins like this: the one with exactly this key, if there is one. */
  async first(prefix: string): Promise<Stored | undefined> {
    return entriesOf(await this.#page({ 'list-type': '2', prefix, 'max-keys': '1' }))[0]
  }

  async #page(query: Readonly<Record<string, string>>): Promise<string> {
    const { text } = await this.#transport.ask({ method: 'GET', key: '', query }, `list ${query.prefix}`)
    // A page of a proxy or of a web server would be a list with nothing in it.
    if (!/<ListBucketResult[\s>]/.test(text)) throw notAStore(this.place, text)
    return text
  }

  async remove(key: string): Promise<void> {
    await this.#transport.ask({ method: 'DELETE', key }, `delete ${key}`, [404])
  }

  /** Removes what a run that failed would leave behind; asks once, and nothing comes of it when that fails. */
  async discard(key: string): Promise<void> {
    await this.#transport.tidy({ method: 'DELETE', key })
  }
}

const entriesOf = (page: string): Stored[] =>
  elementsIn(page, 'Contents').map((entry) => ({
    key: valueIn(entry, 'Key') ?? '',
    size: Number(valueIn(entry, 'Size')),
    etag: valueIn(entry, 'ETag') ?? '',
    modified: Date.parse(valueIn(entry, 'LastModified') ?? ''),
  }))
