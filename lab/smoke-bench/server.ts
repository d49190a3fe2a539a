import { type ChildProcess, spawn } from 'node:child_process'
import * as http from 'node:http'
import * as https from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

interface Given {
  /** Milliseconds to the server and back. */
  readonly away: number
  readonly key?: string
  readonly cert?: string
}

/** A server in a process of its own that answers `/check/<n>`, so far away. */
export async function startServer(given: Given): Promise<{ url: string; close: () => void }> {
  const child: ChildProcess = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin?.write(`${JSON.stringify(given)}\n`)
  const url = await new Promise<string>((resolve) => child.stdout?.once('data', (text: Buffer) => resolve(text.toString().trim())))
  return { url, close: () => void child.stdin?.end() }
}

function serverOf({ key, cert }: Given): Server {
  const answer: http.RequestListener = (request, response) => {
    const n = Number(/\d+$/.exec(request.url ?? '')?.[0])
    response.setHeader('content-type', 'application/json').end(`{"n":${n},"status":"ok"}`)
  }
  return key === undefined || cert === undefined ? http.createServer(answer) : https.createServer({ key, cert }, answer)
}

const listening = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))

/** What one end sends comes to the other after half of the way; a new connection takes the whole way once. */
function wayTo(port: number, away: number): Server {
  return createServer((near) => {
    const far = connect(port, '127.0.0.1')
    near.setNoDelay(true)
    far.setNoDelay(true)
    const opened = performance.now() + away
    const carry = (from: Socket, to: Socket, after: () => number) => {
      from.on('data', (part) => setTimeout(() => to.write(part), after()))
      from.on('end', () => setTimeout(() => to.end(), after()))
      from.on('error', () => to.destroy())
    }
    carry(near, far, () => Math.max(0, opened - performance.now()) + away / 2)
    carry(far, near, () => away / 2)
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.stdin.once('data', async (text: Buffer) => {
    const given = JSON.parse(text.toString()) as Given
    const port = await listening(serverOf(given))
    const seen = given.away === 0 ? port : await listening(wayTo(port, given.away))
    console.log(`${given.key === undefined ? 'http' : 'https'}://127.0.0.1:${seen}`)
    process.stdin.on('end', () => process.exit(0)).resume()
  })
}
