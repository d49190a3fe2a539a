import { connect, createServer, type Socket } from 'node:net'
import type { Box } from './box.ts'

export interface SshProxyOptions {
  /** Cut both sides with RST once this many bytes came back from the host: dies in the middle of something, the same place every time. */
  dropAfterBytes?: number
  /** Added to every packet in each direction, as distance would. */
  delayMs?: number
}

export interface SshProxy {
  address: string
  port: number
  /** The host's keys under the proxy's own address. */
  knownHosts: string
  /** RST to every open connection. New ones are accepted again. */
  reset(): void
  /** Connections stay open and silent, new ones too: what a dropped NAT entry or an unplugged cable looks like from both ends. */
  freeze(): void
  thaw(): void
  /** The open connections stay silent for good, new ones work: a router forgot them. */
  forget(): void
  connections(): number
  /** How often the client spoke after it had heard something new: at least as many round trips as it waited for. */
  turns(): number
  close(): Promise<void>
}

/** A wire between a test and a box's sshd that can be cut, delayed or go dead. */
export async function sshProxy(box: Pick<Box, 'address' | 'port' | 'knownHosts'>, options: SshProxyOptions = {}): Promise<SshProxy> {
  const sockets = new Set<Socket>()
  const forgotten = new WeakSet<Socket>()
  let frozen = false
  let turns = 0
  let hostSpokeLast = true
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const pipe = (from: Socket, to: Socket, seen: (bytes: number) => void): void => {
    from.on('data', (data) => {
      // Swallowed for good: a packet that was lost while the wire was dead does not arrive later.
      if (frozen || forgotten.has(from)) return
      seen(data.length)
      if (options.delayMs) setTimeout(() => to.writable && to.write(data), options.delayMs)
      else if (to.writable) to.write(data)
    })
    from.on('end', () => !frozen && !forgotten.has(from) && setTimeout(() => to.end(), options.delayMs ?? 0))
    from.on('error', () => !frozen && to.destroy())
    from.on('close', () => sockets.delete(from))
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const host = connect({ host: box.address, port: box.port, noDelay: true, allowHalfOpen: true })
    sockets.add(client).add(host)
    let returned = 0
    pipe(client, host, () => {
      if (hostSpokeLast) turns += 1
      hostSpokeLast = false
    })
    pipe(host, client, (bytes) => {
      // It is only heard when it arrives.
      setTimeout(() => {
        hostSpokeLast = true
      }, options.delayMs ?? 0)
      returned += bytes
      if (options.dropAfterBytes !== undefined && returned > options.dropAfterBytes) reset()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    address: '127.0.0.1',
    port,
    knownHosts: box.knownHosts.replaceAll(/^\S+/gm, `[127.0.0.1]:${port}`),
    reset,
    freeze: () => {
      frozen = true
    },
    thaw: () => {
      frozen = false
    },
    forget: () => {
      for (const socket of sockets) forgotten.add(socket)
    },
    connections: () => sockets.size / 2,
    turns: () => turns,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
