import { StringDecoder } from 'node:string_decoder'

/** Cuts a byte stream into lines of UTF-8 text, wherever the pieces end. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #open = ''

  /** The lines that this piece completes, without their ends. */
  push(piece: Buffer): string[] {
    return this.#cut(this.#decoder.write(piece))
  }

  /** What stands behind the last line end, if anything. */
  finish(): string[] {
    const complete = this.#cut(this.#decoder.end())
    const last = this.#open
    this.#open = ''
    return last === '' ? complete : [...complete, last]
  }

  #cut(text: string): string[] {
    const lines = (this.#open + text).split('\n')
    this.#open = lines.pop() ?? ''
    return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  }
}
