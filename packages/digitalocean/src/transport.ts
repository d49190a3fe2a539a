import type { Clock } from '@deploy-actions/kit'
import { badResponse, type Call, type Refused, rateLimited, refusal, unknownResult, unreachable } from './failures.ts'
import type { Json } from './json-value.ts'

export type Fetch = typeof globalThis.fetch

export interface TransportOptions {
  readonly url: string
  /** Secret. */
  readonly token: string
  readonly fetch: Fetch
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for one answer, its body included; 60,000 when left out. */
  readonly timeout?: number | undefined
  /** From 0 to 1; spreads retries. */
  readonly random?: (() => number) | undefined
}

export interface Request extends Call {
  readonly body?: Json | undefined
  /** A request that changes nothing, although it is a POST. */
  readonly harmless?: boolean
  /** Sent although the run is being cancelled: it puts something right. */
  readonly lastly?: boolean
}

const TRIES = 5
/** Seconds that we are ready to wait when the API names a time. */
const LONGEST_WAIT = 120

/** The connection was never made, so nothing can have been done. */
const NEVER_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']

/** DigitalOcean's API: one call at a time, counted, tried again only where that can do no harm. */
export class Transport {
  /** Requests sent so far, those that were tried again included. */
  calls = 0
  /** What is left of this hour's requests; undefined before the first answer. */
  remaining: number | undefined
  readonly #options: TransportOptions

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /**
   * Sends a request and gives the JSON of the answer (null for an empty one). One that only reads is repeated when the API is unreachable, broken or
   * overloaded; one that changes something only when it surely was not done: 429, or no connection at all.
   *
   * @throws ApiRefusal for a status that says what is wrong; UnknownResult when a change may have been made;
   *   UserError DA-DO-UNREACHABLE, DA-DO-RATE-LIMIT, DA-DO-RESPONSE; the signal's reason when it aborts
   */
  async send(request: Request): Promise<Json> {
    const { clock, random = Math.random } = this.#options
    const signal = request.lastly === true ? undefined : this.#options.signal
    const harmless = request.method === 'GET' || request.harmless === true
    for (let tries = 1; ; tries += 1) {
      signal?.throwIfAborted()
      const outcome = await this.#once(request, signal)
      signal?.throwIfAborted()
      if ('body' in outcome && outcome.status < 400) return parsed(outcome.body, request)
      if ('body' in outcome && outcome.status < 500 && outcome.status !== 429) throw refusal(refusedBy(request, outcome))
      if (!harmless && isAmbiguous(outcome)) throw unknownResult(request, 'error' in outcome ? outcome.error : said(outcome))
      const asked = 'body' in outcome ? waitAsked(outcome.headers, clock.now()) : undefined
      if (tries === TRIES || (asked ?? 0) > LONGEST_WAIT) throw givenUp(outcome, asked)
      await clock.sleep(asked === undefined ? 1000 * 2 ** (tries - 1) * (0.5 + random()) : asked * 1000 + 250 * random(), signal)
    }
  }

  async #once({ method, path, body }: Request, cancelled: AbortSignal | undefined): Promise<Outcome> {
    const { url, token, fetch, timeout = 60_000 } = this.#options
    const limit = AbortSignal.timeout(timeout)
    const signal = cancelled === undefined ? limit : AbortSignal.any([limit, cancelled])
    this.calls += 1
    try {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'user-agent': 'deploy-actions' }
      const response = await fetch(`${url}${path}`, {
        method,
        signal,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      this.remaining = numberIn(response.headers, 'ratelimit-remaining') ?? this.remaining
      return { status: response.status, headers: response.headers, body: await response.text() }
    } catch (error) {
      return { error }
    }
  }
}

type Outcome = Answer | { readonly error: unknown }

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** A 5xx can come after the change was made (seen with create: digitalocean/app_action#130). */
function isAmbiguous(outcome: Outcome): boolean {
  if ('body' in outcome) return outcome.status >= 500
  const { code } = ((outcome.error as { cause?: unknown }).cause ?? {}) as { code?: unknown }
  return !NEVER_SENT.includes(String(code))
}

function refusedBy({ method, path }: Request, { status, headers, body }: Answer): Refused {
  let message = ''
  try {
    const { message: text } = JSON.parse(body) as { message?: unknown }
    message = typeof text === 'string' ? text : ''
  } catch {
    // an error page of something in between
  }
  return { method, path: path.split('?')[0] as string, status, message, requestId: headers.get('x-request-id') ?? '' }
}

function parsed(body: string, request: Request): Json {
  if (body.trim() === '') return null
  try {
    return JSON.parse(body) as Json
  } catch {
    // Of a change nobody knows then whether it was the API that answered.
    throw request.method === 'GET' || request.harmless ? badResponse(request) : unknownResult(request, 'the answer is no JSON')
  }
}

const said = ({ status }: Answer): string => `it answers with status ${status}`

function givenUp(outcome: Outcome, asked: number | undefined): Error {
  if ('error' in outcome) return unreachable(outcome.error)
  return outcome.status === 429 ? rateLimited(asked) : unreachable(said(outcome))
}

/** Seconds to wait: `retry-after` (only sent for bursts), else until the oldest request leaves the window. */
function waitAsked(headers: Headers, now: number): number | undefined {
  const after = numberIn(headers, 'retry-after')
  const reset = numberIn(headers, 'ratelimit-remaining') === 0 ? numberIn(headers, 'ratelimit-reset') : undefined
  return after ?? (reset === undefined ? undefined : Math.max(1, reset - now / 1000))
}

function numberIn(headers: Headers, name: string): number | undefined {
  const value = headers.get(name)
  return value !== null && /^\d+$/.test(value.trim()) ? Number(value) : undefined
}
