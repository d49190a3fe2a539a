import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { FakeClock, FakeLog } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'
import { sshProxy } from '../../../lab/ssh-proxy.ts'
import {
  connectSsh,
  hostKeysByFingerprint,
  hostKeysByKnownHosts,
  parseHostFingerprints,
  parseKnownHosts,
  type Remote,
  readPrivateKey,
  type SshTarget,
} from '../src/index.ts'
import { fingerprint, newKey, startServer, type TestServer } from './ssh-server.ts'

const client = newKey('ed25519')
const stranger = newKey('ed25519')
const ed25519 = newKey('ed25519')
const rsa = newKey('rsa', { bits: 2048 })
const ecdsa = newKey('ecdsa', { bits: 256 })

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function server(
  hostKeys = [ed25519],
  more: Omit<Parameters<typeof startServer>[0], 'hostKeys' | 'client'> = {},
): Promise<TestServer> {
  const started = await startServer({ hostKeys, client, ...more })
  cleanups.push(() => started.close())
  return started
}

const knownLine = (port: number, key: { public: string }) => `[127.0.0.1]:${port} ${key.public}`

function target(port: number, changes: Partial<SshTarget> & { known?: string } = {}): SshTarget {
  const { known = knownLine(port, ed25519), ...rest } = changes
  const key = readPrivateKey(client.private)
  return { user: 'deploy', host: '127.0.0.1', port, key, hostKeys: hostKeysByKnownHosts(parseKnownHosts(known)), ...rest }
}

async function connect(
  to: SshTarget,
  options: { jump?: SshTarget; signal?: AbortSignal; clock?: FakeClock; readyTimeout?: number } = {},
): Promise<Remote> {
  const remote = await connectSsh(to, { clock: new FakeClock(), log: new FakeLog(), random: () => 0.5, ...options })
  cleanups.push(() => remote.close())
  return remote
}

test('a host with the expected key lets us run commands', async () => {
  const { port, logins } = await server()
  const remote = await connect(target(port))
  expect(remote.name).toBe(`deploy@127.0.0.1:${port}`)
  expect(await remote.run("printf 'ü %s' '!'; echo err >&2; exit 3")).toEqual({ code: 3, stdout: 'ü !', stderr: 'err\n' })
  expect(logins.at(-1)).toBe('deploy publickey')
})

test('a changed host key ends it before anything about us is sent, with both keys in the message', async () => {
  const { port, logins } = await server()
  const attempt = connect(target(port, { known: knownLine(port, stranger) }))
  await expect(attempt).rejects.toMatchObject({
    code: 'DA-SSH-HOST-KEY',
    hint: expect.stringContaining(`ssh-keyscan -p ${port} 127.0.0.1`),
  })
  await expect(attempt).rejects.toThrow(`shows ssh-ed25519 ${fingerprint(ed25519)}; expected ssh-ed25519 ${fingerprint(stranger)} (line 1)`)
  expect(logins).toEqual([])
})

test('an unknown host is told with its fingerprint and how to check it', async () => {
  const { port, logins } = await server()
  const attempt = connect(target(port, { known: `elsewhere ${ed25519.public}` }))
  await expect(attempt).rejects.toMatchObject({ code: 'DA-SSH-HOST-KEY-UNKNOWN', hint: expect.stringContaining('compare its fingerprint') })
  await expect(attempt).rejects.toThrow(fingerprint(ed25519))
  expect(logins).toEqual([])
})

test('a revoked key is refused although another line trusts it', async () => {
  const { port } = await server()
  const known = `${knownLine(port, ed25519)}\n@revoked * ${ed25519.public}`
  await expect(connect(target(port, { known }))).rejects.toThrow('marks as revoked')
})

test.each([
  ['rsa', rsa],
  ['ecdsa', ecdsa],
])('of a host with several keys the %s one is asked for when only it is known', async (_, key) => {
  const { port, connections } = await server([ed25519, rsa, ecdsa])
  await connect(target(port, { known: knownLine(port, key) }))
  expect(connections()).toBe(1)
})

test('a host that no longer has a key of the known type is told as changed', async () => {
  const { port } = await server([ed25519])
  await expect(connect(target(port, { known: knownLine(port, rsa) }))).rejects.toMatchObject({ code: 'DA-SSH-HOST-KEY' })
})

test('a fingerprint of any of the keys of a host is enough, one of none is refused with all that it showed', async () => {
  const { port, logins } = await server([ed25519, rsa])
  const byFingerprint = (key: { public: string; private: string }) =>
    hostKeysByFingerprint(parseHostFingerprints([fingerprint(key)], [{ host: '127.0.0.1', port }]))
  await connect(target(port, { hostKeys: byFingerprint(rsa) }))
  logins.length = 0
  const attempt = connect(target(port, { hostKeys: byFingerprint(stranger) }))
  await expect(attempt).rejects.toThrow(`${fingerprint(ed25519)}, ssh-rsa ${fingerprint(rsa)}; expected ${fingerprint(stranger)}`)
  expect(logins).toEqual([])
})

test('a key refused after the host showed its expected key of another type is told as refused', async () => {
  const { port } = await server([ed25519, rsa])
  const hostKeys = hostKeysByFingerprint(parseHostFingerprints([fingerprint(rsa)], [{ host: '127.0.0.1', port }]))
  await expect(connect(target(port, { hostKeys, key: readPrivateKey(stranger.private) }))).rejects.toMatchObject({ code: 'DA-SSH-AUTH' })
})

test('a refused key is named by user, type and fingerprint', async () => {
  const { port, connections } = await server()
  const attempt = connect(target(port, { key: readPrivateKey(stranger.private) }))
  await expect(attempt).rejects.toMatchObject({ code: 'DA-SSH-AUTH' })
  await expect(attempt).rejects.toThrow(`deploy@127.0.0.1:${port} refused the key ssh-ed25519 ${fingerprint(stranger)}`)
  expect(connections()).toBe(1)
})

test('a host that refuses connections is tried three times with growing pauses', async () => {
  const { port, close } = await server()
  await close()
  const clock = new FakeClock()
  await expect(connect(target(port), { clock })).rejects.toMatchObject({
    code: 'DA-SSH-UNREACHABLE',
    message: expect.stringContaining('after 3 tries'),
  })
  expect(clock.slept).toEqual([1000, 2000])
})

async function tcpServer(greet: (count: number, socket: import('node:net').Socket) => void): Promise<number> {
  let count = 0
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined)
    count += 1
    greet(count, socket)
  }).listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  cleanups.push(() => tcp.close())
  return (tcp.address() as AddressInfo).port
}

test('a host that hangs up at first, as sshd does under load, is tried again', async () => {
  const { port } = await server()
  const { connect: dial } = await import('node:net')
  const front = await tcpServer((count, socket) => {
    if (count < 3) socket.destroy()
    else socket.pipe(dial(port, '127.0.0.1')).pipe(socket)
  })
  const clock = new FakeClock()
  await connect(target(front), { clock })
  expect(clock.slept).toHaveLength(2)
})

test('a host that accepts and says nothing is given up after the limit', async () => {
  const front = await tcpServer(() => undefined)
  await expect(connect(target(front), { readyTimeout: 50 })).rejects.toThrow(/after 3 tries: it does not answer/)
})

test('a host name that does not exist is not tried again', async () => {
  const clock = new FakeClock()
  const to = target(22, { host: 'no-such-host.invalid', known: `* ${ed25519.public}` })
  await expect(connect(to, { clock })).rejects.toMatchObject({ code: 'DA-SSH-UNREACHABLE' })
})

test('an abort ends the attempt with its reason', async () => {
  const front = await tcpServer(() => undefined)
  const abort = new AbortController()
  const attempt = connect(target(front), { signal: abort.signal })
  setImmediate(() => abort.abort(new Error('cancelled')))
  await expect(attempt).rejects.toThrow('cancelled')
})

test('through a jump host, both keys are checked and the target gets the login', async () => {
  const inner = await server([rsa])
  const outer = await server()
  const remote = await connect(target(inner.port, { known: knownLine(inner.port, rsa) }), { jump: { ...target(outer.port), user: 'gate' } })
  expect((await remote.run('echo inside')).stdout).toBe('inside\n')
  expect([outer.commands.length, inner.commands.length]).toEqual([0, 1])
  expect([outer.logins.at(-1), inner.logins.at(-1)]).toEqual(['gate publickey', 'deploy publickey'])
  const wrong = connect(target(inner.port), { jump: target(outer.port) })
  await expect(wrong).rejects.toMatchObject({ code: 'DA-SSH-HOST-KEY', message: expect.stringContaining(`:${inner.port} `) })
  const wrongJump = connect(target(inner.port), { jump: target(outer.port, { known: knownLine(outer.port, rsa) }) })
  await expect(wrongJump).rejects.toMatchObject({ code: 'DA-SSH-HOST-KEY', message: expect.stringContaining(`:${outer.port} `) })
})

test('a target that the jump host cannot reach is tried again and named', async () => {
  const inner = await server()
  await inner.close()
  const outer = await server()
  const clock = new FakeClock()
  const attempt = connect(target(inner.port), { jump: target(outer.port), clock })
  await expect(attempt).rejects.toMatchObject({ code: 'DA-SSH-UNREACHABLE', message: expect.stringContaining(`:${inner.port}`) })
  expect(clock.slept).toHaveLength(2)
})

test.each([
  ['RSA', newKey('rsa', { bits: 2048 })],
  ['ECDSA 256', ecdsa],
  ['ECDSA 521', newKey('ecdsa', { bits: 521 })],
])('a key of the kind %s logs in', async (_, key) => {
  const started = await startServer({ hostKeys: [ed25519], client: key })
  cleanups.push(() => started.close())
  const remote = await connect(target(started.port, { key: readPrivateKey(key.private) }))
  expect((await remote.run('echo in')).stdout).toBe('in\n')
})

test('an RSA key signs with what the host takes, not with SHA-1', async () => {
  const key = newKey('rsa', { bits: 2048 })
  const started = await startServer({ hostKeys: [ed25519], client: key })
  cleanups.push(() => started.close())
  await connect(target(started.port, { key: readPrivateKey(key.private) }))
  expect(started.hashes).toEqual([expect.stringMatching(/^sha(256|512)$/)])
})

test('a jump host may have a key of its own', async () => {
  const inner = await server()
  const outer = await startServer({ hostKeys: [ed25519], client: stranger })
  cleanups.push(() => outer.close())
  const jump = { ...target(outer.port), key: readPrivateKey(stranger.private) }
  const remote = await connect(target(inner.port), { jump })
  expect((await remote.run('echo inside')).stdout).toBe('inside\n')
  await expect(connect(target(inner.port), { jump: target(outer.port) })).rejects.toMatchObject({ code: 'DA-SSH-AUTH' })
})

test('a jump host that forwards nothing is told as that', async () => {
  const inner = await server()
  const outer = await server([ed25519], { refuseForwarding: true })
  const attempt = connect(target(inner.port), { jump: target(outer.port) })
  await expect(attempt).rejects.toMatchObject({ code: 'DA-SSH-UNREACHABLE', hint: expect.stringContaining('AllowTcpForwarding') })
})

test('a host with an IPv6 address is reached, and known by it', async () => {
  const { port } = await server([ed25519], { address: '::1' })
  const remote = await connect(target(port, { host: '::1', known: `[::1]:${port} ${ed25519.public}` }))
  expect(remote.name).toBe(`deploy@[::1]:${port}`)
})

test('a host that signs with SHA-1 only is known by its RSA key, with a warning', async () => {
  const { port } = await server([rsa], { algorithms: { serverHostKey: ['ssh-rsa'] } })
  const log = new FakeLog()
  const remote = await connectSsh(target(port, { known: knownLine(port, rsa) }), { clock: new FakeClock(), log })
  cleanups.push(() => remote.close())
  expect(log.text('warning')).toContain('SHA-1')
  const wrong = connect(target(port, { known: knownLine(port, stranger) }))
  await expect(wrong).rejects.toMatchObject({ code: 'DA-SSH-HOST-KEY', hint: expect.stringContaining('has none of them any more') })
})

test('a host with which no algorithm is shared is told with what it lacks', async () => {
  const { port, logins } = await server([ed25519], { algorithms: { kex: ['diffie-hellman-group1-sha1'] } })
  const attempt = connect(target(port))
  await expect(attempt).rejects.toMatchObject({ code: 'DA-SSH-ALGORITHMS', message: expect.stringContaining('no matching key exchange') })
  expect(logins).toEqual([])
})

test('a host that hangs up with a word before its version is asked five times, and its word is told', async () => {
  const front = await tcpServer((_, socket) => socket.end('Exceeded MaxStartups\r\n'))
  const clock = new FakeClock()
  await expect(connect(target(front), { clock })).rejects.toMatchObject({
    code: 'DA-SSH-UNREACHABLE',
    message: expect.stringMatching(/after 5 tries: it hangs up before it proves its key, and says "Exceeded MaxStartups"/),
    hint: expect.stringContaining('fail2ban'),
  })
  expect(clock.slept).toEqual([1000, 2000, 4000, 8000])
})

test.each([
  ['hangs up without a word', (socket: import('node:net').Socket) => socket.destroy()],
  ['resets the connection', (socket: import('node:net').Socket) => socket.resetAndDestroy()],
  ['hangs up behind its version', (socket: import('node:net').Socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
])('a host that %s, as for a banned address, is told so', async (_, greet) => {
  const front = await tcpServer((_count, socket) => void greet(socket))
  await expect(connect(target(front))).rejects.toThrow(/after 5 tries: it hangs up before it proves its key$/)
})

test('a port where something else than SSH answers is told at once, with what that says', async () => {
  const front = await tcpServer((_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n'))
  const clock = new FakeClock()
  await expect(connect(target(front), { clock })).rejects.toThrow('no SSH server: it says "HTTP/1.1 400 Bad Request"')
  expect(clock.slept).toEqual([])
})

test('a host that has counted too many logins is told as a refused key, and not tried again', async () => {
  const { port, connections } = await server([ed25519], { hangUpAtLogin: true })
  await expect(connect(target(port))).rejects.toMatchObject({ code: 'DA-SSH-AUTH' })
  expect(connections()).toBe(1)
})

test('a login takes no more than five turns of the wire, the first word of a program two more', async () => {
  const { port } = await server()
  const wire = await sshProxy({ address: '127.0.0.1', port, knownHosts: knownLine(port, ed25519) }, { delayMs: 30 })
  cleanups.push(() => wire.close())
  const remote = await connect(target(wire.port))
  const login = wire.turns()
  const session = await remote.session('echo ready; sleep 10')
  for await (const line of session.lines) if (line === 'ready') break
  expect([login <= 5, wire.turns() - login <= 2]).toEqual([true, true])
})

test('the key is the first thing that is tried, signed at once: nothing is asked before', async () => {
  const { port, logins } = await server()
  await connect(target(port))
  expect(logins).toEqual(['deploy publickey'])
})
