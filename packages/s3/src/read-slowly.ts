import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

/**
 * A GET whose answer may be read as slowly as the reader is. Node's fetch ends the whole process, so that nothing can catch it, where a server closes the
 * connection behind an answer that is not read to its end yet (nodejs/undici#5360; Node 24 has it).
 *
 * @throws the signal's reason; an error of the connection
 */
export function readSlowly(url: string, headers: Headers, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http
    request(url, { headers: Object.fromEntries(headers), signal }, (answer) => resolve(responseOf(answer)))
      .on('error', (error) => reject(signal.aborted ? signal.reason : error))
      .end()
  })
}

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(answer.headersDistinct)) for (const value of values) headers.append(name, value)
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array<ArrayBuffer>>, { status: answer.statusCode ?? 0, headers })
}
