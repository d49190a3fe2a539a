/** Lines that one side adds and one reader takes; the reader waits while there are none and ends after `close`. */
export class LineQueue implements AsyncIterable<string> {
  #waiting: string[] = []
  #wake: () => void = () => undefined
  #closed = false

  add(lines: readonly string[]): void {
    this.#waiting.push(...lines)
    this.#wake()
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const lines = this.#waiting
      this.#waiting = []
      yield* lines
      if (this.#waiting.length > 0) continue
      if (this.#closed) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
