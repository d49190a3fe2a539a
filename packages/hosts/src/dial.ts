import { connect, type Socket } from 'node:net'
import type { Endpoint } from './host.ts'

/** Opens a TCP connection, to whichever of the host's addresses answers. Rejects with the reason of the last one, or of `signal`. */
export function dial(
  { host, port }: Endpoint,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Node gives each address a quarter of a second, which a far host needs for a single answer.
    const socket = connect({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: 3000 })
    const giveUp = (reason: unknown) => {
      stop()
      socket.destroy()
      reject(reason)
    }
    const timer = setTimeout(() => giveUp(Object.assign(new Error('it does not answer'), { code: 'ETIMEDOUT' })), timeoutMs)
    const abort = () => giveUp(signal?.reason)
    const fail = (error: Error) => giveUp(lastOf(error))
    const stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.off('error', fail)
      socket.on('error', () => undefined) // whoever uses the connection listens for himself
    }
    signal?.addEventListener('abort', abort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      stop()
      resolve(socket)
    })
  })
}

/** Where several addresses were tried, their errors come in one that says nothing itself. */
const lastOf = (error: Error): Error => ('errors' in error && Array.isArray(error.errors) ? (error.errors.at(-1) ?? error) : error)
