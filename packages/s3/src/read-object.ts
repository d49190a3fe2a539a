import { broken } from './failures.ts'
import type { Request } from './sign.ts'
import type { Transport } from './transport.ts'

/** An object that is being read. */
export interface Opened {
  readonly size: number
  /** Those that are of the object, and go with it to another place. */
  readonly headers: Readonly<Record<string, string>>
  /** A connection that breaks is taken up where it broke. What comes later is of the same object, or it is an error. */
  readonly stream: AsyncGenerator<Uint8Array>
}

/** See `Bucket.read` and `Bucket.open`. */
export async function openObject(transport: Transport, key: string, etag?: string): Promise<Opened | undefined> {
  const question: Request = { method: 'GET', key, ...(etag !== undefined && { headers: { 'if-match': etag } }) }
  const response = await transport.open(question, `give ${key}`)
  if (response === undefined) return undefined
  const headers = headersOf(response)
  if (!isPacked(response)) return { headers, ...follow(transport, question, response) }
  // fetch would unpack it on the way, so the store is asked to keep silent about it.
  await response.body?.cancel()
  const silent = { ...question, query: { 'response-content-encoding': 'identity' } }
  const plain = await transport.open(silent, `give ${key}`)
  if (plain !== undefined && isPacked(plain))
    throw broken(
      transport.place,
      `${key} is packed (content-encoding: ${headers['content-encoding']}), and the store does not give it as it lies there`,
    )
  return plain && { headers, ...follow(transport, silent, plain) }
}

/** Other signs than those of ASCII have no form in which every store takes them signed. */
const OF_OBJECT = /^(content-(type|disposition|encoding|language)|cache-control|x-amz-meta-.+)$/

const headersOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name, value]) => OF_OBJECT.test(name) && /^[\x20-\x7e]*$/.test(value)))

const isPacked = ({ headers }: Response): boolean => !/^(identity)?$/i.test(headers.get('content-encoding') ?? '')

function follow(transport: Transport, question: Request, first: Response): Pick<Opened, 'size' | 'stream'> {
  const size = Number(first.headers.get('content-length'))
  return { size, stream: streamOf(transport, question, first, size) }
}

async function* streamOf(transport: Transport, question: Request, first: Response, size: number): AsyncGenerator<Uint8Array> {
  const { key } = question
  const doing = `give ${key}`
  const etag = first.headers.get('etag')
  let response = first
  let at = 0
  for (let tries = 1; ; ) {
    let cut: unknown = new Error(`it ended after ${at} of ${size} bytes`)
    for await (const chunk of chunksOf(response, transport.patienceMs)) {
      if ('error' in chunk) cut = chunk.error
      else {
        at += chunk.bytes.length
        tries = 1
        yield chunk.bytes
      }
    }
    if (at >= size) return
    await transport.pause(tries, doing, cut)
    tries += 1
    const headers = { range: `bytes=${at}-`, ...(etag !== null && { 'if-match': etag }) }
    const again = await transport.open({ ...question, headers }, doing)
    if (again?.status !== 206) throw broken(transport.place, `${key} changed while it was read`)
    response = again
  }
}

/** What comes until the end, or until it breaks or nothing comes for too long. */
async function* chunksOf(response: Response, patienceMs: number): AsyncGenerator<{ bytes: Uint8Array } | { error: unknown }> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  try {
    for (;;) {
      const { value, done } = await inTime(reader.read(), patienceMs)
      if (done) return
      yield { bytes: value }
    }
  } catch (error) {
    yield { error }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('no answer in time', 'TimeoutError')), ms)
  })
  work.catch(() => undefined) // when the silence was too long, nobody hears it any more
  return Promise.race([work, silence]).finally(() => clearTimeout(timer))
}
