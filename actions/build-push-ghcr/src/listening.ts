import { connect } from 'node:net'

/** How long a connection has to stay open: Docker's proxy takes every connection, and ends it at once when nobody listens behind it. */
const STAYS_MS = 250

/** Whether something listens behind a published port of this machine. */
export function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (yes: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(yes)
    }
    const timer = setTimeout(() => end(!socket.connecting), STAYS_MS)
    // A server that speaks first, such as a database, has shown that it is there.
    socket.on('data', () => end(true))
    for (const event of ['end', 'close', 'error'] as const) socket.on(event, () => end(false))
  })
}

/** The status of the answer to GET, or why there is none. */
export async function statusOf(port: number, path: string, fetch: typeof globalThis.fetch): Promise<number | string> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { redirect: 'manual', signal: AbortSignal.timeout(3_000) })
    await response.body?.cancel()
    return response.status
  } catch (error) {
    const { cause, message } = error as { cause?: { code?: string; message?: string }; message: string }
    return cause?.code ?? cause?.message ?? message
  }
}
