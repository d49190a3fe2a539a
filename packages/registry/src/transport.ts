import type { Clock } from '@deploy-actions/kit'
import { rateLimited, speaksPlainHttp, unreachable } from './failures.ts'

export type Fetch = typeof globalThis.fetch

export interface TransportOptions {
  fetch: Fetch
  clock: Clock
  signal?: AbortSignal | undefined
  /** Milliseconds for one answer, its body included; 30,000 when left out. */
  timeout?: number | undefined
  /** From 0 to 1; spreads retries. */
  random?: (() => number) | undefined
}

/** An answer with its body, which is read at once: then the time limit and the retries hold for the body too. */
export interface Answer {
  status: number
  headers: Headers
  body: Buffer
}

const TRIES = 4
/** Seconds that we are ready to wait when a server names a time. */
const LONGEST_WAIT = 60

export interface Question {
  /** GET when left out. Only what may be done twice: a lost answer is asked for again. */
  method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | undefined
  url: string
  headers: Record<string, string>
  body?: Uint8Array | undefined
}

/**
 * One request, tried again with growing pauses when the server is unreachable, overloaded (429) or broken (5xx), as long as it asks in Retry-After.
 *
 * @returns any answer with another status than those
 * @throws UserError DA-REGISTRY-UNREACHABLE or DA-REGISTRY-RATE-LIMIT; the signal's reason when it aborts
 */
export async function send(question: Question, who: Requester, options: TransportOptions): Promise<Answer> {
  const { clock, signal, random = Math.random } = options
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted()
    const outcome = await once(question, options)
    signal?.throwIfAborted()
    const retryAfter = 'status' in outcome ? waitAsked(outcome.headers, clock.now()) : undefined
    if ('status' in outcome && outcome.status !== 429 && outcome.status < 500) return outcome
    const hopeless = !('status' in outcome) && speaksPlainHttp(outcome.error)
    if (tries === TRIES || hopeless || (retryAfter ?? 0) > LONGEST_WAIT) {
      if (!('status' in outcome)) throw unreachable(who.registry, outcome.error)
      if (outcome.status === 429) throw rateLimited(who, retryAfter)
      throw unreachable(who.registry, `it answers with status ${outcome.status}`)
    }
    const pause = 500 * 2 ** (tries - 1) * (0.5 + random())
    await clock.sleep(retryAfter === undefined ? pause : retryAfter * 1000, signal)
  }
}

/** For messages. */
export interface Requester {
  registry: string
  username: string | undefined
  /** What the inputs for the login are called; `registry-username` and `registry-password` when left out. */
  loginInputs?: { username: string; password: string } | undefined
}

async function once(question: Question, options: TransportOptions): Promise<Answer | { error: unknown }> {
  const { method = 'GET', url, headers, body } = question
  const limit = AbortSignal.timeout(options.timeout ?? 30_000)
  const signal = options.signal === undefined ? limit : AbortSignal.any([limit, options.signal])
  try {
    const response = await options.fetch(url, { method, headers, signal, ...(body && { body: Buffer.from(body) }) })
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
  } catch (error) {
    return { error }
  }
}

/** Seconds that Retry-After asks for, which is a number or a date. */
function waitAsked(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds)
}
