import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { FakeClock, FakeLog } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { NodeSSH } from 'node-ssh'
import { connectSsh, hostKeysByKnownHosts, parseKnownHosts, type Remote, readPrivateKey } from '../src/index.ts'
import { remoteOver } from '../src/node-ssh-remote.ts'
import { newKey, startServer, type TestServer } from './ssh-server.ts'

const client = newKey('ed25519')
const hostKey = newKey('ed25519')
let server: TestServer
let remote: Remote
let folder: string

const login = (to: TestServer) => {
  const hostKeys = hostKeysByKnownHosts(parseKnownHosts(`* ${hostKey.public}`))
  const target = { user: 'root', host: '127.0.0.1', port: to.port, key: readPrivateKey(client.private), hostKeys }
  return connectSsh(target, { clock: new FakeClock(), log: new FakeLog() })
}

beforeAll(async () => {
  server = await startServer({ hostKeys: [hostKey], client })
  remote = await login(server)
  folder = mkdtempSync(join(tmpdir(), 'remote-'))
})

afterAll(async () => {
  await remote.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

test('standard input arrives byte for byte, from text, bytes and streams', async () => {
  const bytes = randomBytes(300_000)
  const sum = async (stdin: string | Uint8Array | Readable) => (await remote.run('cksum', { stdin })).stdout
  expect(await sum(bytes)).toBe(await sum(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)])))
  expect((await remote.run('cat', { stdin: 'päss\n' })).stdout).toBe('päss\n')
  expect((await remote.run('cat')).stdout).toBe('')
})

test('text is not cut inside a character, lines are told as they come', async () => {
  const text = `a${'é'.repeat(49_999)}\nlast` // an odd number of bytes, so that packets end inside a character
  const lines: string[] = []
  const { stdout } = await remote.run('cat; echo warn >&2', { stdin: text, onLine: (line, from) => lines.push(`${from} ${line.length}`) })
  expect(stdout).toBe(text)
  expect(lines.sort()).toEqual(['stderr 4', 'stdout 4', 'stdout 50000'])
})

test('a program that closes its input early still has its exit code', async () => {
  expect((await remote.run('exit 7', { stdin: Buffer.alloc(2_000_000) })).code).toBe(7)
})

test('a program that a signal ended has 128 and the number of the signal', async () => {
  expect((await remote.run('kill -9 $$')).code).toBe(137)
})

test('an abort rejects with its reason', async () => {
  const abort = new AbortController()
  const running = remote.run('sleep 30', { signal: abort.signal })
  setImmediate(() => abort.abort(new Error('cancelled')))
  await expect(running).rejects.toThrow('cancelled')
  await expect(remote.run('true', { signal: abort.signal })).rejects.toThrow('cancelled')
})

test('a stream of standard input that fails is told as its own error', async () => {
  const broken = new Readable({
    read() {
      this.destroy(new Error('disk gone'))
    },
  })
  await expect(remote.run('cat', { stdin: broken })).rejects.toThrow('disk gone')
  const early = new Readable({ read: () => undefined })
  const running = remote.run('cat', { stdin: early })
  early.destroy(new Error('disk gone'))
  await expect(running).rejects.toThrow('disk gone')
})

test('a connection that dies is an error, for a command, a session and what comes after', async () => {
  const other = await startServer({ hostKeys: [hostKey], client })
  const doomed = await login(other)
  const running = doomed.run('sleep 30')
  const session = await doomed.session('cat')
  other.drop()
  await expect(running).rejects.toMatchObject({ code: 'DA-SSH-LOST' })
  expect(await session.closed).toEqual({ code: null })
  expect(session.write('late')).toBe(false)
  expect(await collect(session.lines)).toEqual([])
  await expect(doomed.run('true')).rejects.toMatchObject({ code: 'DA-SSH-LOST' })
  await expect(doomed.session('true')).rejects.toMatchObject({ code: 'DA-SSH-LOST' })
  await other.close()
})

test('a connection whose socket has just ended, and which does not say so yet, is lost, not refused', async () => {
  const connection = {
    exec() {
      throw new Error('Not connected') // as ssh2 does
    },
  }
  const ssh = { connection, isConnected: () => true } as unknown as NodeSSH
  const remote = remoteOver({ name: 'root@host', ssh, sudo: false, close: () => undefined })
  await expect(remote.run('true')).rejects.toMatchObject({ code: 'DA-SSH-LOST' })
})

test('a host that starts no commands is told apart from a lost connection', async () => {
  const other = await startServer({ hostKeys: [hostKey], client, refuseExec: true })
  const refused = await login(other)
  await expect(refused.run('true')).rejects.toMatchObject({ code: 'DA-SSH-EXEC' })
  await refused.close()
  await other.close()
})

test('a session talks line by line until its end', async () => {
  const session = await remote.session('while read -r line; do echo "got $line"; done; echo bye >&2; printf rest; exit 4')
  const lines = session.lines[Symbol.asyncIterator]()
  expect(session.write('a')).toBe(true)
  expect((await lines.next()).value).toBe('got a')
  session.write('ü \\ b')
  expect((await lines.next()).value).toBe('got ü \\ b')
  session.end()
  expect((await lines.next()).value).toBe('rest')
  expect((await lines.next()).done).toBe(true)
  expect(await session.closed).toEqual({ code: 4 })
  expect(session.stderrTail()).toBe('bye\n')
  expect(session.write('late')).toBe(false)
})

test('the end of the connection waits for what a session tidies up when its input ends', async () => {
  const tidied = join(folder, 'tidied')
  const other = await login(server)
  await other.session(`cat >/dev/null; sleep 0.2; touch ${tidied}`)
  await other.close()
  expect(existsSync(tidied)).toBe(true)
})

test('bytes arrive as they are, between lines, also where they do not fit at once', async () => {
  const session = await remote.session('dd bs=3000000 count=1 iflag=fullblock 2>/dev/null | cksum; cat')
  const bytes = randomBytes(3_000_000)
  expect(await session.send(bytes)).toBe(true)
  session.write('behind them')
  session.end()
  const { stdout } = await remote.run('cksum', { stdin: bytes })
  expect(await collect(session.lines)).toEqual([stdout.trim(), 'behind them'])
  expect(await session.send(bytes)).toBe(false)
})

test.each([
  ['nothing', '', []],
  ['a line', 'Welcome\\n', ['Welcome', '']],
  ['a line without its end', 'Welcome', ['Welcome']],
])('a shell that prints %s before does not spoil the first line of a session', async (_, noise, before) => {
  const shell = join(folder, 'noisy-shell')
  writeFileSync(shell, `#!/bin/sh\nprintf '${noise}'\nexec /bin/sh "$@"\n`, { mode: 0o755 })
  const other = await startServer({ hostKeys: [hostKey], client, shell })
  const noisy = await login(other)
  const session = await noisy.session('echo "= ready"; echo; echo end')
  expect(await collect(session.lines)).toEqual([...before, '= ready', '', 'end'])
  await noisy.close()
  await other.close()
})

test('a session keeps only the end of standard error and ends on abort', async () => {
  const abort = new AbortController()
  const session = await remote.session('head -c 20000 /dev/zero | tr "\\0" x >&2; echo end >&2; echo ready; sleep 30', {
    signal: abort.signal,
  })
  for await (const line of session.lines) if (line === 'ready') abort.abort(new Error('cancelled'))
  expect((await session.closed).code).toBeNull()
  expect(session.stderrTail()).toHaveLength(4096)
  expect(session.stderrTail()).toMatch(/xend\n$/)
})

test('the output of a program comes as bytes, no faster than it is taken, and its exit code is known', async () => {
  const { output, closed } = await remote.program('head -c 20000000 /dev/zero; echo behind >&2; exit 3')
  const chunks = output[Symbol.asyncIterator]()
  const first = (await chunks.next()).value as Uint8Array
  await new Promise((resolve) => setTimeout(resolve, 50))
  // Two windows of SSH (2 MiB each in ssh2) may be here before anybody took anything; the rest of the 20 MB waits on the other side.
  expect((output as Readable).readableLength).toBeLessThanOrEqual(2 * 2 * 1024 * 1024)
  let came = first.length
  for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) came += chunk.length
  // An empty line comes first, because what the shell's own files print may lack its line end.
  expect([came, await closed]).toEqual([20_000_001, { code: 3 }])
})

test('a program is given bytes; one whose connection dies has no exit code', async () => {
  const program = await remote.program('head -c 5')
  program.write(Buffer.from('abcde'))
  let said = ''
  for await (const chunk of program.output) said += Buffer.from(chunk)
  expect([said, await program.closed]).toEqual(['\nabcde', { code: 0 }])
  const other = await startServer({ hostKeys: [hostKey], client })
  const away = await login(other)
  const lost = await away.program('echo begun; sleep 60')
  for await (const _ of lost.output) other.drop()
  expect(await lost.closed).toEqual({ code: null })
  await other.close()
})
