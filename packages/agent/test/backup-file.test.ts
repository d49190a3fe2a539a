import { FakeRemote } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { readBackupFile } from '../src/index.ts'

const bytes = Buffer.from([0, 10, 255, 61, 32, 10, 7])
async function read(output: readonly Buffer[], signal = new AbortController().signal): Promise<Buffer> {
  const remote = new FakeRemote({}, { programs: { '': () => ({ output, stderr: 'cat: gone' }) } })
  const all: Uint8Array[] = []
  for await (const chunk of readBackupFile(remote, { directory: '/opt/shop', who: 'ann', signal }, '20260131T093000Z', 'database.dump'))
    all.push(chunk)
  return Buffer.concat(all)
}
const begun = Buffer.from('Welcome!\n\n= backup-file size=7\n')

test('the file begins behind the line with its size, whatever the login shell says, however the pieces fall', async () => {
  const whole = Buffer.concat([begun, bytes])
  expect((await read([whole])).equals(bytes)).toBe(true)
  expect((await read([...whole].map((byte) => Buffer.from([byte])))).equals(bytes)).toBe(true)
  expect((await read([begun, bytes])).equals(bytes)).toBe(true)
})

test('another version of the agent on the host is given ours, once', async () => {
  expect((await read([Buffer.from('= need-agent\n'), begun, bytes])).equals(bytes)).toBe(true)
})

test.each<[string, readonly Buffer[], string, RegExp]>([
  ['less than was said', [begun, bytes.subarray(1)], 'DA-SSH-LOST', /6 of 7 bytes.*cat: gone/],
  ['more than was said', [begun, bytes, bytes], 'DA-SSH-LOST', /14 of 7/],
  ['nothing', [], 'DA-SSH-LOST', /unknown/],
  ['something else without end', [Buffer.alloc(70_000, 'x')], 'DA-SSH-LOST', /something else/],
  ['a refusal', [Buffer.from('\n! DA-BACKUP-UNKNOWN there is no such\n')], 'DA-BACKUP-UNKNOWN', /no such/],
])('%s is an error', async (_what, output, code, message) => {
  await expect(read(output)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

test('a run that was stopped says that, and not that the connection was lost', async () => {
  const stop = new AbortController()
  const remote = new FakeRemote({}, { programs: { '': () => ({ output: [begun] }) } })
  const chunks = readBackupFile(remote, { directory: '/opt/shop', who: 'ann', signal: stop.signal }, '20260131T093000Z', 'database.dump')
  queueMicrotask(() => stop.abort(new Error('cancelled')))
  await expect(chunks.next()).rejects.toThrow('cancelled')
})
