import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { octokitApi } from '@deploy-actions/github'
import { FakeClock } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serve(answer: RequestListener, signal?: AbortSignal) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, api: octokitApi({ token: 't', url, clock: new FakeClock(), ...(signal && { signal }) }) }
}

test('all pages of a list are read, also where the last one is full', async () => {
  const all = Array.from({ length: 60 }, (_, at) => at)
  const { api, asked } = await serve((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x')
    const [size, page] = [Number(searchParams.get('per_page')), Number(searchParams.get('page'))]
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ things: all.slice((page - 1) * size, page * size) }))
  })
  expect(await api.all('GET /things', 'things', {})).toEqual(all)
  expect(asked).toHaveLength(3)
})

test.each([
  ['GET', 502, 4],
  ['PUT', 503, 4],
  ['POST', 502, 1],
  ['GET', 404, 1],
  ['GET', 422, 1],
  ['POST', 429, 4],
])('%s that is answered with %i is sent %i times', async (method, status, times) => {
  const { api, asked } = await serve((_, response) => void response.writeHead(status, { 'retry-after': '1' }).end('{}'))
  await expect(api.request(`${method} /x`, {})).rejects.toMatchObject({ code: 'DA-GITHUB-API' })
  expect(asked).toHaveLength(times)
})

test('a limit that ends in an hour is told at once', async () => {
  const { api, asked } = await serve((_, response) => {
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '3600' }).end('{"message":"later"}')
  })
  await expect(api.request('GET /x', {})).rejects.toMatchObject({ code: 'DA-GITHUB-API', message: 'GitHub answered 429 to GET /x: later' })
  expect(asked).toHaveLength(1)
})

test('an address where nothing listens is told', async () => {
  const api = octokitApi({ token: 't', url: 'http://127.0.0.1:9', clock: new FakeClock() })
  await expect(api.request('GET /x', {})).rejects.toMatchObject({ code: 'DA-GITHUB-UNREACHABLE' })
})

test('a run that is stopped sends nothing more, and lets a write that is on its way come to its end', async () => {
  const stopping = new AbortController()
  let answered = false
  const { api, asked } = await serve((_, response) => {
    stopping.abort(new Error('stopped'))
    setTimeout(() => {
      answered = true
      response.setHeader('content-type', 'application/json').end('{}')
    }, 30)
  }, stopping.signal)
  await api.request('PUT /x', {})
  expect(answered).toBe(true)
  await expect(api.request('PUT /y', {})).rejects.toThrow('stopped')
  expect(asked).toEqual(['PUT /x'])
})
