import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, isIPv6, type LookupFunction, type Socket } from 'node:net'
import { rootCertificates, type TLSSocket } from 'node:tls'
import { brotliDecompressSync, unzipSync } from 'node:zlib'
import { formatDuration } from '@deploy-actions/kit'
import { Unanswered } from './failure.ts'
import type { Certificate, HttpAnswer, HttpClient, HttpRequest } from './http-answer.ts'
import { type Stopwatch, stopwatch } from './stopwatch.ts'
import { unanswered } from './unanswered.ts'

const LONGEST_BYTES = 64 * 1024 * 1024
/** What changes something is never sent on a kept connection: nobody could say whether a cut one had brought it there. */
const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

interface Agents {
  readonly plain: http.Agent
  readonly tls: https.Agent
}

/**
 * Node's own client: it tells every part of a request, connects to another address than the name's, and follows no redirect by itself.
 * @param ca certificates (PEM) that are trusted besides the well-known ones
 * @param longest bytes; a longer answer is not read to its end
 */
export function nodeHttp({ ca, longest = LONGEST_BYTES }: { ca?: string | undefined; longest?: number } = {}): HttpClient {
  const agents = new Map<string, Agents>()
  const seen = new Map<string, Certificate>()
  const trust = ca === undefined ? {} : { ca: [...rootCertificates, ca] }
  const agentsFor = (address = ''): Agents => {
    const made = agents.get(address) ?? {
      plain: new http.Agent({ keepAlive: true }),
      tls: new https.Agent({ keepAlive: true, ...trust }),
    }
    agents.set(address, made)
    return made
  }
  const once = (request: HttpRequest, signal: AbortSignal | undefined, keep: boolean) =>
    ask(request, keep ? agentsFor(request.address) : undefined, {
      trust,
      longest,
      signal,
      remember: (one) => void (one && seen.set(`${one.host} ${one.address ?? ''}`, one)),
    })
  return {
    async send(request, signal) {
      const begun = performance.now()
      try {
        return await once(request, signal, READS.has(request.method))
      } catch (error) {
        if (!(error instanceof StaleConnection)) throw error
        // A server may close a kept connection at any time, also just then: that says nothing about the app. A new one does.
        const left = Math.max(1, request.timeLimitMs - (performance.now() - begun))
        return { ...(await once({ ...request, timeLimitMs: left }, signal, false)), again: true }
      }
    },
    certificates: () => [...seen.values()],
    close() {
      for (const { plain, tls } of agents.values()) {
        plain.destroy()
        tls.destroy()
      }
    },
  }
}

class StaleConnection extends Error {}

interface Asking {
  readonly trust: object
  readonly longest: number
  readonly signal: AbortSignal | undefined
  readonly remember: (certificate: Certificate | undefined) => void
}

function ask(request: HttpRequest, agents: Agents | undefined, { trust, longest, signal, remember }: Asking): Promise<HttpAnswer> {
  const { url, method, headers, address, body, timeLimitMs } = request
  const secure = url.protocol === 'https:'
  const watch = stopwatch()
  return new Promise((resolve, reject) => {
    const agent = agents === undefined ? false : secure ? agents.tls : agents.plain
    const options = {
      method,
      headers,
      agent,
      ...trust,
      ...(address !== undefined && { lookup: always(address) }),
      ...(signal && { signal }),
    }
    const asked = (secure ? https : http).request(url, options)
    const limit = setTimeout(() => fail(tooSlow(request, watch)), timeLimitMs)
    let over = false
    const end = (settle: () => void) => {
      if (over) return
      over = true
      clearTimeout(limit)
      settle()
    }
    const fail = (error: unknown) => {
      const cut = ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')
      const stale = cut && asked.reusedSocket && !watch.answered()
      end(() => reject(signal?.aborted ? signal.reason : stale ? new StaleConnection() : unanswered(error, url, address)))
      asked.destroy()
    }
    asked.on('socket', (socket) => {
      // A kept connection has been through all that, and would collect listeners.
      if (!asked.reusedSocket) watch.follow(socket)
      if (secure && !asked.reusedSocket) socket.once('secureConnect', () => remember(certificateOf(socket, request)))
    })
    // Of an answer that has begun, its reader tells more.
    asked.on('error', (error) => watch.answered() || fail(error))
    asked.on('response', (response) => receive(response, request, { watch, longest }).then((answer) => end(() => resolve(answer)), fail))
    asked.on('upgrade', (response, socket: Socket) => {
      socket.destroy()
      watch.first()
      end(() => resolve({ status: 101, headers: response.headers, body: Buffer.alloc(0), ...watch.done() }))
    })
    asked.end(body)
  })
}

/** A name that always means this address. */
function always(address: string): LookupFunction {
  const family = isIPv6(address) ? 6 : 4
  return (_name, options, tell) => (options.all ? tell(null, [{ address, family }]) : tell(null, address, family))
}

async function receive(
  response: http.IncomingMessage,
  { url, method }: HttpRequest,
  { watch, longest }: { watch: Stopwatch; longest: number },
): Promise<HttpAnswer> {
  watch.first()
  const parts: Buffer[] = []
  let length = 0
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part)
      length += part.length
      if (length > longest) throw tooLong(url, longest)
    }
  } catch (error) {
    if (error instanceof Unanswered) throw error
    const promised = response.headers['content-length']
    const message = `the answer of ${url.host}${url.pathname} broke off after ${length} bytes${promised === undefined ? '' : ` of ${promised}`}`
    throw new Unanswered({ cause: 'unhealthy', message }, { cause: error })
  }
  const body = method === 'HEAD' ? Buffer.alloc(0) : unpacked(Buffer.concat(parts), response, url)
  return { status: response.statusCode ?? 0, headers: response.headers, body, ...watch.done() }
}

/** Only what a check asked for by `accept-encoding` comes packed. */
function unpacked(body: Buffer, { headers }: http.IncomingMessage, url: URL): Buffer {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (body.length === 0 || encoding === 'identity') return body
  try {
    return encoding === 'br'
      ? brotliDecompressSync(body, { maxOutputLength: LONGEST_BYTES })
      : unzipSync(body, { maxOutputLength: LONGEST_BYTES })
  } catch (cause) {
    throw new Unanswered(
      { cause: 'assertion', message: `the answer of ${url.host}${url.pathname} is not ${encoding}, as it says` },
      { cause },
    )
  }
}

function tooLong(url: URL, longest: number): Unanswered {
  const message = `the answer of ${url.host}${url.pathname} is longer than ${longest / 1024 / 1024} MB, and was not read further`
  return new Unanswered({ cause: 'assertion', message })
}

function tooSlow({ url, address, timeLimitMs }: HttpRequest, watch: Stopwatch): Unanswered {
  const within = `within ${formatDuration(timeLimitMs)}`
  if (address === undefined && isIP(url.hostname.replace(/[[\]]/g, '')) === 0 && !watch.named())
    return new Unanswered({ cause: 'unhealthy', message: `no name server answered for ${url.hostname} ${within}`, surroundings: true })
  if (!watch.connected()) return new Unanswered({ cause: 'unhealthy', message: `no connection to ${url.host} ${within}` })
  const what = watch.answered() ? 'the answer had begun, but not ended' : 'there was no answer'
  return new Unanswered({ cause: 'slow', message: `${what} ${within}` })
}

/** Undefined on a resumed session, which shows none: the first connection has told. */
function certificateOf(socket: Socket, { url, address }: HttpRequest): Certificate | undefined {
  const { valid_to, issuer } = (socket as TLSSocket).getPeerCertificate()
  if (valid_to === undefined) return undefined
  return { host: url.host, address, issuer: String(issuer?.O ?? issuer?.CN ?? ''), validTo: Date.parse(valid_to) }
}
