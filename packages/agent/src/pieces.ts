/** Small enough that a word between two pieces (we live, we were cancelled) does not come late on a slow line. */
const PIECE = 256 * 1024

/** Bytes as the agent takes them during an upload (74-upload.sh): pieces of at most 256 KiB, each behind a line with its length. */
export function* pieces(parts: Iterable<Uint8Array>): Generator<Buffer> {
  const cutter = new Cutter()
  for (const part of parts) yield* cutter.cut(part)
  yield* cutter.rest()
}

/** The same of a stream. */
export async function* piecesOf(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const cutter = new Cutter()
  for await (const part of parts) yield* cutter.cut(part)
  yield* cutter.rest()
}

class Cutter {
  #waiting: Uint8Array[] = []
  #length = 0;

  *cut(part: Uint8Array): Generator<Buffer> {
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + PIECE - this.#length)
      this.#waiting.push(taken)
      this.#length += taken.length
      at += taken.length
      if (this.#length === PIECE) yield* this.rest()
    }
  }

  *rest(): Generator<Buffer> {
    if (this.#length === 0) return
    yield Buffer.concat([Buffer.from(`${this.#length}\n`), ...this.#waiting])
    this.#waiting = []
    this.#length = 0
  }
}
