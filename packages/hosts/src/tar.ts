import type { UploadEntry } from './remote.ts'

const BLOCK = 512

/**
 * The bytes of a tar archive, piece by piece: regular files owned by root, with the modes given. Paths that ustar cannot hold use GNU's long names,
 * which GNU tar, busybox and bsdtar read.
 *
 * @param modified time of all files in seconds since 1970
 * @throws Error before the first byte, for a path that would leave the folder that the archive is unpacked in
 */
export function* tar(entries: readonly UploadEntry[], modified: number): Generator<Buffer> {
  const outside = entries.find(({ path }) => !isInside(path))
  if (outside !== undefined) throw new Error(`not a path for an upload: ${JSON.stringify(outside.path)}`)
  for (const { path, bytes, mode } of entries) {
    const name = Buffer.from(path)
    const split = splitName(name)
    if (split === undefined) {
      const long = Buffer.concat([name, Buffer.alloc(1)])
      yield header({ name: Buffer.from('././@LongLink'), size: long.length, mode: 0, modified: 0, type: 'L' })
      yield padded(long)
    }
    const { prefix, rest } = split ?? { prefix: undefined, rest: name.subarray(0, 100) }
    yield header({ name: rest, prefix, size: bytes.length, mode, modified, type: '0' })
    yield padded(bytes)
  }
  yield Buffer.alloc(2 * BLOCK)
}

/** One file whose bytes come from somewhere else; `size` must be what comes. @throws Error when it is not, behind its last byte */
export async function* tarOf(
  { path, size, mode }: { path: string; size: number; mode: number },
  content: AsyncIterable<Uint8Array>,
  modified: number,
): AsyncGenerator<Uint8Array> {
  if (!isInside(path) || path.length > 100) throw new Error(`not a path for an upload: ${JSON.stringify(path)}`)
  yield header({ name: Buffer.from(path), size, mode, modified, type: '0' })
  let left = size
  for await (const chunk of content) {
    left -= chunk.length
    if (left < 0) break
    yield chunk
  }
  if (left !== 0) throw new Error(`${path} has not the ${size} bytes that were said`)
  yield Buffer.alloc(((BLOCK - (size % BLOCK)) % BLOCK) + 2 * BLOCK)
}

const isInside = (path: string): boolean =>
  path !== '' && !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/** ustar keeps 100 bytes of name and 155 of the folders before it, cut at a slash. */
function splitName(name: Buffer): { prefix: Buffer | undefined; rest: Buffer } | undefined {
  if (name.length <= 100) return { prefix: undefined, rest: name }
  const cut = name.indexOf('/', name.length - 101)
  if (cut === -1 || cut > 155) return undefined
  return { prefix: name.subarray(0, cut), rest: name.subarray(cut + 1) }
}

interface Header {
  name: Buffer
  prefix?: Buffer | undefined
  size: number
  mode: number
  modified: number
  type: '0' | 'L'
}

function header({ name, prefix, size, mode, modified, type }: Header): Buffer {
  const block = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${Math.floor(value).toString(8).padStart(digits, '0')}\0`, at, 'latin1')
  name.copy(block, 0)
  octal(mode & 0o7777, 100, 7)
  octal(0, 108, 7) // owner
  octal(0, 116, 7) // group
  if (size < 8 ** 11) octal(size, 124, 11)
  else largeSize(block, size)
  octal(modified, 136, 11)
  block.write('        ', 148, 'latin1') // the checksum counts its own field as spaces
  block.write(type, 156, 'latin1')
  block.write('ustar\u000000', 257, 'latin1')
  prefix?.copy(block, 345)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** From 8 GiB on in binary, as GNU tar and busybox have it. */
function largeSize(block: Buffer, size: number): void {
  block[124] = 0x80
  block.writeBigUInt64BE(BigInt(size), 128)
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)])
}
