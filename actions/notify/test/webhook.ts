import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A webhook on this machine that remembers what it got and answers as it is told. */
export interface Webhook {
  readonly url: string
  readonly got: { readonly type: string | undefined; readonly body: Record<string, unknown> }[]
  /** The statuses of the next answers; then 200. */
  readonly next: number[]
  close(): Promise<void>
}

export async function openWebhook(): Promise<Webhook> {
  const got: Webhook['got'] = []
  const next: number[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    got.push({ type: request.headers['content-type'], body: JSON.parse(body) as Record<string, unknown> })
    response.writeHead(next.shift() ?? 200, { 'retry-after': '2', location: '/elsewhere' }).end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0000000/B0000000/abcdefghijklmnopqrstuvwx`,
    got,
    next,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
