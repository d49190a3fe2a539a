/**
 * The bytes of a stream in parts of this size, the last one smaller. Two buffers take turns, so memory does not depend on how long the stream is: whoever asks for
 * the part after the next one has to be done with this one.
 */
export async function* inParts(source: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Buffer> {
  let part: Buffer = Buffer.allocUnsafeSlow(partBytes)
  let other: Buffer | undefined
  let used = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + partBytes - used)
      part.set(taken, used)
      used += taken.length
      at += taken.length
      if (used < partBytes) continue
      yield part
      ;[part, other] = [other ?? Buffer.allocUnsafeSlow(partBytes), part]
      used = 0
    }
  }
  if (used > 0) yield part.subarray(0, used)
}
