import type { Clock } from '@deploy-actions/kit'
import { refused, unreachable } from './failures.ts'
import type { Place } from './place.ts'
import { readSlowly } from './read-slowly.ts'
import { type Request, signed } from './sign.ts'

export interface TransportOptions {
  /** Where it is Node's own, objects are read by `readSlowly` in its place. */
  readonly fetch: typeof globalThis.fetch
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Milliseconds without a byte from the store, after which a request counts as lost; a minute when left out. */
  readonly patienceMs?: number | undefined
  /** From 0 to 1; spreads retries. */
  readonly random?: (() => number) | undefined
}

/** An answer whose body was read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export const TRIES = 5
const PATIENCE_MS = 60_000
/** A line so slow that it does not even bring this much gets no backup away in any time. */
const SLOWEST_BYTES_PER_MS = 50

/** Asks a store, and asks again where that can help: everything that is asked of it may be done twice. */
export class Transport {
  readonly place: Place
  readonly #options: TransportOptions

  constructor(place: Place, options: TransportOptions) {
    this.place = place
    this.#options = options
  }

  get patienceMs(): number {
    return this.#options.patienceMs ?? PATIENCE_MS
  }

  /**
   * @param doing what it is for, in messages: `refuses to …`
   * @param expected statuses that are an answer, beside 2xx
   * @throws UserError DA-STORE-REFUSED or DA-STORE-UNREACHABLE; the signal's reason
   */
  async ask(request: Request, doing: string, expected: readonly number[] = []): Promise<Answer> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.#once(request, async (response) => ({
        status: response.status,
        headers: response.headers,
        text: await response.text(),
      }))
      if (!('error' in outcome)) {
        if ((outcome.status >= 200 && outcome.status < 300) || expected.includes(outcome.status)) return outcome
        if (!isPassing(outcome.status)) throw refused(this.place, doing, outcome)
      }
      await this.pause(tries, doing, 'error' in outcome ? outcome.error : new Error(`it answers with status ${outcome.status}`))
    }
  }

  /** Begins to read an object. Undefined: there is none, or none as `if-match` and `range` want it. */
  async open(request: Request, doing: string): Promise<Response | undefined> {
    for (let tries = 1; ; tries += 1) {
      const outcome = await this.#once(request, async (response) => response, { slowly: true })
      if (!('error' in outcome)) {
        if (outcome.ok) return outcome
        const text = await outcome.text().catch(() => '')
        if ([404, 412, 416].includes(outcome.status) && !text.includes('NoSuchBucket')) return undefined
        if (!isPassing(outcome.status)) throw refused(this.place, doing, { status: outcome.status, headers: outcome.headers, text })
      }
      await this.pause(tries, doing, 'error' in outcome ? outcome.error : new Error(`it answers with status ${outcome.status}`))
    }
  }

  /** Before the next try. @throws UserError DA-STORE-UNREACHABLE when there is none */
  async pause(tries: number, doing: string, cause: unknown): Promise<void> {
    const { clock, signal, random = Math.random } = this.#options
    signal.throwIfAborted()
    if (tries >= TRIES) throw unreachable(this.place, doing, cause, tries)
    await clock.sleep(500 * 2 ** (tries - 1) * (0.5 + random()), signal)
  }

  /** One request that is made although the run was stopped: what it left there goes. Nobody waits for it long. */
  async tidy(request: Request): Promise<void> {
    await this.#once(request, (response) => response.text(), { signal: AbortSignal.timeout(10_000) }).catch(() => undefined)
  }

  async #once<T>(
    request: Request,
    read: (response: Response) => Promise<T>,
    { signal = this.#options.signal, slowly = false }: { readonly signal?: AbortSignal; readonly slowly?: boolean } = {},
  ): Promise<T | { error: unknown }> {
    const { fetch, clock } = this.#options
    signal.throwIfAborted()
    const ours = new AbortController()
    const limit = this.patienceMs + (request.body?.length ?? 0) / SLOWEST_BYTES_PER_MS
    const timer = setTimeout(() => ours.abort(new DOMException('no answer in time', 'TimeoutError')), limit)
    const { url, headers } = await signed(request, this.place, clock.now())
    const either = AbortSignal.any([signal, ours.signal])
    const { method, body } = request
    try {
      if (slowly && fetch === globalThis.fetch) return await read(await readSlowly(url, headers, either))
      const sent = body !== undefined && { body: body as Uint8Array<ArrayBuffer> }
      return await read(await fetch(url, { method, headers, redirect: 'manual', signal: either, ...sent }))
    } catch (error) {
      return { error }
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The store's own trouble, or too many questions at once. */
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408
