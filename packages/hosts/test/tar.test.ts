import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'
import { tar, tarOf } from '../src/tar.ts'

test.each(['../x', '/x', 'a//b', './a', '', 'a\0b'])('the path %j is no path for an upload, and nothing is written', (path) => {
  const files = [{ path: 'good', bytes: Buffer.alloc(1), mode: 0o600 }]
  expect(() => tar([...files, { path, bytes: Buffer.alloc(1), mode: 0o600 }], 0).next()).toThrow('not a path for an upload')
})

async function* chunksOf(...chunks: string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk)
}
const collected = async (parts: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

test.each([0, 1, 511, 512, 513, 3000])('a stream of %i bytes is the same archive as a file of them', async (size) => {
  const bytes = 'x'.repeat(size)
  const whole = Buffer.concat([...tar([{ path: 'a.dump', bytes: Buffer.from(bytes), mode: 0o600 }], 7)])
  const streamed = await collected(tarOf({ path: 'a.dump', size, mode: 0o600 }, chunksOf(bytes.slice(0, 300), bytes.slice(300)), 7))
  expect(streamed.equals(whole)).toBe(true)
})

test.each([4, 6])('a stream that is not the 5 bytes that were said, but %i, is an error', async (length) => {
  await expect(collected(tarOf({ path: 'a', size: 5, mode: 0o600 }, chunksOf('x'.repeat(length)), 0))).rejects.toThrow(
    'has not the 5 bytes',
  )
})

test.each(['tar', 'busybox tar'])('%s reads the size of a file of 9 GiB', async (program) => {
  const first = await tarOf({ path: 'big', size: 9 * 2 ** 30, mode: 0o600 }, chunksOf(), 0).next()
  const [command = '', ...words] = program.split(' ')
  const { stdout, error } = spawnSync(command, [...words, '-t', '-v', '-f', '-'], { input: first.value as Buffer, encoding: 'utf8' })
  if (error === undefined) expect(stdout).toContain(String(9 * 2 ** 30))
})
