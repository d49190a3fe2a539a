/** Small enough that a word between two pieces (we live, we were cancelled) does not come late on a slow line. */
const PIECE = 256 * 1024

/** Bytes as the agent takes them during an upload (74-upload.sh): pieces of at most 256 KiB, each behind a line with its length. */
export function* pieces(parts: Iterable<Uint8Array>): Generator<Buffer> {
  let waiting: Uint8Array[] = []
  let length = 0
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const taken = part.subarray(at, at + PIECE - length)
      waiting.push(taken)
      length += taken.length
      at += taken.length
      if (length < PIECE) continue
      yield piece(waiting, length)
      waiting = []
      length = 0
    }
  }
  if (length > 0) yield piece(waiting, length)
}

const piece = (parts: readonly Uint8Array[], length: number): Buffer => Buffer.concat([Buffer.from(`${length}\n`), ...parts])
