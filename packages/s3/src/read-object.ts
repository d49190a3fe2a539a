import { broken } from './failures.ts'
import type { Transport } from './transport.ts'

/** See `Bucket.read`. What comes later is of the same object, or it is an error. */
export async function readObject(transport: Transport, key: string): Promise<AsyncGenerator<Uint8Array> | undefined> {
  const doing = `give ${key}`
  const response = await transport.open({ method: 'GET', key }, doing)
  return response && follow(transport, key, doing, response)
}

async function* follow(transport: Transport, key: string, doing: string, first: Response): AsyncGenerator<Uint8Array> {
  const etag = first.headers.get('etag')
  const size = Number(first.headers.get('content-length'))
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
    const again = await transport.open({ method: 'GET', key, headers }, doing)
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
