type Kind = 'text' | 'bytes' | 'number'

/** SSH's strings, one behind the other: each with its length before it. */
export const words = (...parts: (string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )

/** Reads fields from the beginning; undefined when the bytes end too early. */
export function fields(bytes: Buffer, kinds: readonly Kind[]): (string | Buffer | number)[] | undefined {
  const found: (string | Buffer | number)[] = []
  let at = 0
  for (const kind of kinds) {
    if (bytes.length < at + 4) return undefined
    const number = bytes.readUInt32BE(at)
    at += 4
    if (kind === 'number') {
      found.push(number)
      continue
    }
    if (bytes.length < at + number) return undefined
    const part = bytes.subarray(at, at + number)
    found.push(kind === 'text' ? part.toString('latin1') : part)
    at += number
  }
  return found
}

/** All strings that the bytes consist of; undefined when they do not end with one. */
export function allWords(bytes: Buffer): Buffer[] | undefined {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const [word] = fields(bytes.subarray(at), ['bytes']) ?? []
    if (word === undefined) return undefined
    found.push(word as Buffer)
    at += 4 + (word as Buffer).length
  }
  return found
}
