import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { trial } from './try-checks.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Keeps every connection, and cuts it as soon as a second request comes on it. `dead` ones are cut at their first. */
async function cutter({ dead = false } = {}) {
  const asked: string[] = []
  const server = createServer((socket: Socket) => {
    let many = 0
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      many += 1
      const line = data.toString().split('\r\n')[0] ?? ''
      asked.push(`${line} ${many}`)
      if (many > 1 || (dead && asked.length > 2)) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test('a GET on a kept connection that was closed just then is asked once more on a new one, and that is told', async () => {
  const { url, asked } = await cutter()
  const { first, results } = await trial({ url, checks: '- get: /a' })
  expect(first).toBeUndefined()
  expect(asked).toEqual(['GET /health HTTP/1.1 1', 'GET /a HTTP/1.1 2', 'GET /a HTTP/1.1 1'])
  expect(results[0]?.exchanges).toMatchObject([{ again: true, status: 200 }])
})

test('not more than once: a new connection that is cut too is a failure', async () => {
  const { url, asked } = await cutter({ dead: true })
  const { first } = await trial({ url, checks: '- { get: /a, recheck: false }' })
  expect(first).toMatch(/unhealthy: the connection to .* was cut/)
  expect(asked).toEqual(['GET /health HTTP/1.1 1', 'GET /a HTTP/1.1 2', 'GET /a HTTP/1.1 1'])
})

test.each(['post', 'put', 'patch', 'delete'])('a %s goes over a connection of its own, once', async (method) => {
  const { url, asked } = await cutter()
  const { first } = await trial({ url, checks: `- ${method}: /a` })
  expect(first).toBeUndefined()
  expect(asked).toEqual(['GET /health HTTP/1.1 1', `${method.toUpperCase()} /a HTTP/1.1 1`])
})
