import { notAStore, refused } from './failures.ts'
import { inParts } from './parts.ts'
import type { Place } from './place.ts'
import { readObject } from './read-object.ts'
import { Transport, type TransportOptions } from './transport.ts'
import { elementsIn, escaped, valueIn } from './xml.ts'

/** An object of a bucket. */
export interface Stored {
  readonly key: string
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
}

export const PART_BYTES = 8 * 1024 * 1024
/** S3 takes 10,000 of them; what is encrypted is a little larger than what it was made of. */
const MOST_PARTS = 9_500

/** How large the parts of a stream of about this size are. */
export const partBytesFor = (size: number): number => Math.max(PART_BYTES, Math.ceil(size / MOST_PARTS))

/** A bucket of an S3-compatible store. Keys are made of letters, digits, `.`, `_`, `-` and `/`. */
export class Bucket {
  readonly place: Place
  readonly #transport: Transport

  constructor(place: Place, options: TransportOptions) {
    this.place = place
    this.#transport = new Transport(place, options)
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#transport.ask({ method: 'PUT', key, body: bytes }, `take ${key}`)
  }

  /**
   * Writes a stream, of which two parts are in memory at a time; the source is not read faster than the store takes it. What fits in one part is one request, else
   * it goes up in parts, and there is nothing until the last one is there. What the source throws comes through.
   */
  async upload(key: string, source: AsyncIterable<Uint8Array>, partBytes: number = PART_BYTES): Promise<void> {
    const parts = inParts(source, partBytes)
    const first = await parts.next()
    const second = first.done ? first : await parts.next()
    if (second.done) return this.put(key, first.done ? Buffer.alloc(0) : first.value)
    const begun = await this.#transport.ask({ method: 'POST', key, query: { uploads: '' } }, `take ${key} in parts`)
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
  read(key: string): Promise<AsyncGenerator<Uint8Array> | undefined> {
    return readObject(this.#transport, key)
  }

  /** All objects whose keys begin like this. */
  async list(prefix: string): Promise<Stored[]> {
    const found: Stored[] = []
    for (let token: string | undefined, more = true; more; ) {
      const query = { 'list-type': '2', prefix, ...(token !== undefined && { 'continuation-token': token }) }
      const { text } = await this.#transport.ask({ method: 'GET', key: '', query }, `list ${prefix}`)
      // A page of a proxy or of a web server would be a list with nothing in it.
      if (!/<ListBucketResult[\s>]/.test(text)) throw notAStore(this.place, text)
      for (const entry of elementsIn(text, 'Contents')) {
        const modified = Date.parse(valueIn(entry, 'LastModified') ?? '')
        found.push({ key: valueIn(entry, 'Key') ?? '', size: Number(valueIn(entry, 'Size')), modified })
      }
      token = valueIn(text, 'NextContinuationToken')
      more = valueIn(text, 'IsTruncated') === 'true' && token !== undefined
    }
    return found
  }

  async remove(key: string): Promise<void> {
    await this.#transport.ask({ method: 'DELETE', key }, `delete ${key}`, [404])
  }

  /** Removes what a run that failed would leave behind; asks once, and nothing comes of it when that fails. */
  async discard(key: string): Promise<void> {
    await this.#transport.tidy({ method: 'DELETE', key })
  }
}
