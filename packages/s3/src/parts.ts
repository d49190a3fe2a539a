/** The bytes of a stream in parts of this size, the last one smaller. Nothing more than a part is held. */
export async function* inParts(source: AsyncIterable<Uint8Array>, partBytes: number): AsyncGenerator<Buffer> {
  let part = Buffer.allocUnsafe(partBytes)
  let used = 0
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + partBytes - used)
      part.set(taken, used)
      used += taken.length
      at += taken.length
      if (used < partBytes) continue
      yield part
      part = Buffer.allocUnsafe(partBytes)
      used = 0
    }
  }
  if (used > 0) yield part.subarray(0, used)
}
