import type { Clock } from '@deploy-actions/kit'

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/**
 * A clock that stands still until it is told to go on. With `auto` (the default) each sleep moves the clock to its own end at once,
 * so that code which polls runs through without waiting; with `auto: false` only `advance` wakes sleepers.
 */
export class FakeClock implements Clock {
  /** Every span that was slept, in milliseconds. */
  readonly slept: number[] = []
  #now: number
  #sleepers: Sleeper[] = []
  readonly #auto: boolean

  constructor(options: { now?: number; auto?: boolean } = {}) {
    this.#now = options.now ?? Date.UTC(2026, 0, 1)
    this.#auto = options.auto ?? true
  }

  now(): number {
    return this.#now
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.slept.push(ms)
    if (this.#auto) {
      this.#now += ms
      await new Promise((resolve) => setImmediate(resolve)) // others get their turn, as during a real sleep
      signal?.throwIfAborted()
      return
    }
    await new Promise<void>((resolve, reject) => {
      this.#sleepers.push({ at: this.#now + ms, wake: resolve })
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
  }

  /** Moves the clock on and wakes who has slept long enough, the earliest first. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#now = next.at
      next.wake()
      await new Promise((resolve) => setImmediate(resolve))
    }
    this.#now = end
  }

  #next(end: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.at <= end).sort((a, b) => a.at - b.at)[0]
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== due)
    return due
  }
}
