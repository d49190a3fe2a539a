import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, type Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2 from 'ssh2'
import { fingerprintOf } from '../src/index.ts'

interface PublicKey {
  getPublicSSH(): Buffer
  verify(data: Buffer, signature: Buffer, hash?: string): boolean
}
type KeyPair = { private: string; public: string }
// biome-ignore lint/suspicious/noExplicitAny: the events of ssh2's server have many shapes
type Listener = (...args: any[]) => void
interface Login {
  username: string
  method: string
  key: { data: Buffer }
  blob?: Buffer
  signature?: Buffer
  hashAlgo?: string
  accept(): void
  reject(methods: string[]): void
}
interface ServerSide {
  on(event: string, listener: Listener): this
  end(): void
  _sock: { destroy(): void }
  _protocol: { disconnect(reason: number): void }
}
type ServerChannel = Duplex & { stderr: Duplex; exit(codeOrSignal: number | string): void; close(): void }

const library = ssh2 as unknown as {
  Server: new (config: { hostKeys: string[]; algorithms?: Record<string, string[]> }, listener: (client: ServerSide) => void) => NetServer
  utils: {
    generateKeyPairSync(
      type: 'ed25519' | 'rsa' | 'ecdsa',
      options?: { bits?: number; passphrase?: string; cipher?: string; rounds?: number },
    ): KeyPair
    parseKey(text: string, passphrase?: string): PublicKey | Error
  }
}

/** A few of the keys that ssh2 makes it cannot read itself: those are made anew. */
export const newKey: typeof library.utils.generateKeyPairSync = (type, options) => {
  for (;;) {
    const key = library.utils.generateKeyPairSync(type, options)
    const read = [library.utils.parseKey(key.public), library.utils.parseKey(key.private, options?.passphrase)]
    if (!read.some((one) => one instanceof Error)) return key
  }
}

function publicHalf(key: KeyPair): PublicKey {
  const parsed = library.utils.parseKey(key.public)
  if (parsed instanceof Error) throw parsed
  return parsed
}

const publicBytes = (key: KeyPair): Buffer => publicHalf(key).getPublicSSH()

/** A login that only asks whether the key would be taken has no signature yet. */
const isSigned = (key: PublicKey, { blob, signature, hashAlgo }: Login): boolean =>
  signature === undefined || (blob !== undefined && key.verify(blob, signature, hashAlgo) === true)

/** The fingerprint of a key in OpenSSH's public form. */
export const fingerprint = (key: KeyPair): string => fingerprintOf(publicBytes(key))

export interface TestServer {
  port: number
  /** Everything that clients sent about themselves: users who tried to log in. */
  logins: string[]
  /** What each of them signed with, such as `sha512`. */
  hashes: unknown[]
  commands: string[]
  /** How many TCP connections came in. */
  connections(): number
  /** Cuts all connections as a dead network would. */
  drop(): void
  close(): Promise<void>
}

/** An SSH server on this machine that knows one client key and runs commands in a real shell. */
export async function startServer(options: {
  hostKeys: KeyPair[]
  client: KeyPair
  shell?: string
  refuseExec?: boolean
  /** Where to listen; 127.0.0.1 when left out. */
  address?: string
  /** What it has beside ssh2's defaults, such as `serverHostKey`. */
  algorithms?: Record<string, string[]>
  refuseForwarding?: boolean
  /** Plays a program in the place of a shell. */
  play?: (channel: Duplex & { exit(code: number): void; close(): void }) => void
  /** Hangs up at a login, as a server that has counted too many of them. */
  hangUpAtLogin?: boolean
}): Promise<TestServer> {
  const logins: string[] = []
  const hashes: unknown[] = []
  const commands: string[] = []
  const clients = new Set<ServerSide>()
  let connections = 0
  const authorized = publicHalf(options.client)
  const { algorithms, address = '127.0.0.1' } = options
  const config = { hostKeys: options.hostKeys.map((key) => key.private), ...(algorithms && { algorithms }) }
  const server = new library.Server(config, (client) => {
    connections += 1
    clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => clients.delete(client))
    client.on('authentication', (context: Login) => {
      logins.push(`${context.username} ${context.method}`)
      hashes.push(context.hashAlgo)
      if (options.hangUpAtLogin) return client._protocol.disconnect(2)
      if (context.method === 'publickey' && authorized.getPublicSSH().equals(context.key.data) && isSigned(authorized, context))
        context.accept()
      else context.reject(['publickey'])
    })
    // Without a listener ssh2 answers as sshd does with `AllowTcpForwarding no`.
    if (!options.refuseForwarding) client.on('tcpip', forward)
    client.on('session', (accept: () => ServerSide) => {
      accept().on('exec', (acceptExec: () => ServerChannel, rejectExec: () => void, { command }: { command: string }) => {
        commands.push(command)
        if (options.refuseExec) return rejectExec()
        if (options.play !== undefined) return options.play(acceptExec())
        execute(acceptExec(), command, options.shell ?? '/bin/sh')
      })
    })
  })
  server.listen(0, address)
  await once(server, 'listening')
  const drop = () => [...clients].forEach((client) => void client._sock.destroy())
  const close = async () => {
    drop()
    await new Promise((resolve) => server.close(resolve))
  }
  return { port: (server.address() as AddressInfo).port, logins, hashes, commands, connections: () => connections, drop, close }
}

function execute(channel: ServerChannel, command: string, shell: string): void {
  const child = spawn(shell, ['-c', command], { detached: true })
  channel.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  channel.pipe(child.stdin)
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  child.on('close', (code, signal) => {
    channel.exit(signal === null ? (code ?? 0) : signal.slice(3))
    channel.end() // and closes when the last byte of its output has gone, as sshd does
  })
  channel.on('close', () => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  })
}

function forward(accept: () => Duplex, reject: () => void, { destIP, destPort }: { destIP: string; destPort: number }): void {
  const socket = connectTcp(destPort, destIP)
  socket.once('error', reject)
  socket.once('connect', () => {
    const channel = accept()
    for (const end of [socket, channel]) end.on('error', () => undefined)
    socket.pipe(channel).pipe(socket)
  })
}
