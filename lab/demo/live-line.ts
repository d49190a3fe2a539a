/**
 * One line of a terminal that is written again and again. Where nobody watches live (a log file), a line is written only when its
 * words change, not its numbers.
 */
export class LiveLine {
  readonly #out: NodeJS.WriteStream
  #words = ''

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out
  }

  show(words: string, numbers: string): void {
    const text = [words, numbers].filter((part) => part !== '').join('   ')
    if (this.#out.isTTY) this.#out.write(`\r\u001b[2K  ${text.slice(0, this.#out.columns - 3)}`)
    else if (words !== this.#words) this.#out.write(`  ${text}\n`)
    this.#words = words
  }

  /** Leaves the last text standing, and goes on below it. */
  end(): void {
    if (this.#out.isTTY && this.#words !== '') this.#out.write('\n')
    this.#words = ''
  }
}
