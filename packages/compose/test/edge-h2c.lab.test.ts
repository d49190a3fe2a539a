import { once } from 'node:events'
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { routeLine, switchLine } from '../src/index.ts'
import { EdgeStage } from './edge-stage.ts'
import { planShop, textOf } from './shop.ts'

// A service that speaks HTTP/2 without TLS and nothing else, as gRPC servers do: it echoes while it listens, and ends with trailers.

const stage = new EdgeStage('h2c')
const server = createServer()
const calls: ServerHttp2Stream[] = []
let port = 0

server.on('stream', (stream, headers) => {
  calls.push(stream)
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-te': headers.te }, { waitForTrailers: true })
  stream.on('data', (chunk: Buffer) => stream.write(`echo ${chunk}`))
  stream.on('end', () => stream.end())
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.on('error', () => {})
})

beforeAll(async () => {
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
  stage.end()
})

describe.each(['debian', 'current'] as const)('Caddy: %s', (kind) => {
  let client: ClientHttp2Session
  beforeAll(async () => {
    const line = `h2c://api:${port}`
    const plan = planShop({ routes: [routeLine.read(`:80 -> ${line}`)], switch: [switchLine.read(line), switchLine.read('web:8000')] })
    await stage.start(kind, textOf(plan, 'Caddyfile'), ['--add-host', 'shop-api-green:host-gateway'])
    stage.flag('none', 'green')
  })
  afterAll(() => stage.stop())

  const upstream = (): { num_requests: number } | undefined =>
    JSON.parse(stage.inEdge('wget', '-q', '-O', '-', 'http://127.0.0.1:2019/reverse_proxy/upstreams')).find(
      ({ address }: { address: string }) => address === `shop-api-green:${port}`,
    )

  test.each([
    ['by its names', () => port],
    ['by a route', () => 10_080],
  ])('a call %s speaks and listens at once, ends with its trailers, and is counted until then', async (_, listener) => {
    client = connect(`http://${stage.addressOf('edge')}:${listener()}`)
    const call = client.request({ ':method': 'POST', ':path': '/shop.Shop/Chat', te: 'trailers', 'content-type': 'application/grpc' })
    call.setEncoding('utf8')
    call.write('one')
    const [headers] = await once(call, 'response')
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'x-te': 'trailers' })
    expect(await once(call, 'data')).toEqual(['echo one'])
    expect(upstream()).toMatchObject({ num_requests: 1 })
    call.write('two')
    expect(await once(call, 'data')).toEqual(['echo two'])
    const trailers = once(call, 'trailers')
    call.end()
    call.resume()
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' })
    expect(upstream()).toMatchObject({ num_requests: 0 })
    client.close()
  })

  test('who calls with HTTP/1.1 is passed on too', async () => {
    const answer = await fetch(`http://${stage.addressOf('edge')}:${port}/`)
    expect(answer.headers.get('content-type')).toBe('application/grpc')
  })
  test('the other services are called as ever', () =>
    expect(stage.get('http://127.0.0.1:8000/')).toMatch(/X-Proto: HTTP\/1.1[\s\S]*web-green/))
})
