import { createHash } from 'node:crypto'

/** What went by. */
export interface Measure {
  readonly size: number
  readonly sha256: string
}

/** Passes a stream on, and knows its size and checksum when it has ended. */
export function measured(source: AsyncIterable<Uint8Array>): { stream: AsyncGenerator<Uint8Array>; measure: () => Measure } {
  const hash = createHash('sha256')
  let size = 0
  async function* stream() {
    for await (const chunk of source) {
      hash.update(chunk)
      size += chunk.length
      yield chunk
    }
  }
  return { stream: stream(), measure: () => ({ size, sha256: hash.digest('hex') }) }
}

/** Reads a stream to its end, for its measure alone. */
export async function measureOf(source: AsyncIterable<Uint8Array>): Promise<Measure> {
  const { stream, measure } = measured(source)
  for await (const _ of stream);
  return measure()
}
