import { createHash } from 'node:crypto'
import * as http from 'node:http'
import * as https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { KeyPair } from './certificates.ts'

/** What can be switched on in the shop. */
export type Fault =
  | 'none'
  | 'old-version'
  | 'error-page'
  | 'wrong-type'
  | 'bad-json'
  | 'slow'
  | 'slow-body'
  | 'truncated'
  | 'reset'
  | 'reset-in-body'
  | 'no-http'
  | 'flapping'
  | 'once'
  | 'redirect-loop'
  | 'redirect-chain'
  | 'huge'
  | 'database-down'
  | 'status-503'
  | 'status-404'
  | 'no-version'
  | 'no-socket'
  | 'cors-closed'
  | 'silent'

/** A small shop behind a real HTTP server, with faults that can be switched on. */
export class FaultyShop {
  fault: Fault = 'none'
  version = 'v2'
  /** Method, path, headers and body of every request. */
  readonly asked: { method: string; path: string; headers: http.IncomingHttpHeaders; body: Buffer }[] = []
  readonly #server: http.Server
  readonly #sockets = new Set<Socket>()
  readonly #secure: boolean
  #count = 0

  private constructor(keys: KeyPair | undefined) {
    this.#secure = keys !== undefined
    const answer: http.RequestListener = (request, response) => void this.#answer(request, response)
    this.#server = keys === undefined ? http.createServer(answer) : https.createServer(keys, answer)
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('upgrade', (request, socket) => {
      if (this.fault === 'no-socket') return void socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
    })
  }

  static async open(keys?: KeyPair, address = '127.0.0.1'): Promise<FaultyShop> {
    const shop = new FaultyShop(keys)
    await new Promise<void>((resolve) => shop.#server.listen(0, address, resolve))
    return shop
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `${this.#secure ? 'https' : 'http'}://127.0.0.1:${this.port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const url = new URL(request.url ?? '/', 'http://shop')
    this.#count += 1
    this.asked.push({
      method: request.method ?? '',
      path: `${url.pathname}${url.search}`,
      headers: request.headers,
      body: Buffer.concat(parts),
    })
    if (this.#broken(request, response, url.pathname)) return
    this.#serve(request, response, url)
  }

  /** Whether the fault has answered already. */
  #broken(request: http.IncomingMessage, response: http.ServerResponse, path: string): boolean {
    const text = (status: number, type: string, body: string) => {
      response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
      return true
    }
    const { socket } = request
    switch (this.fault) {
      case 'status-503':
        return text(503, 'text/plain', 'no server is available')
      case 'status-404':
        return text(404, 'text/plain', 'not found')
      case 'error-page':
        return path !== '/health' && text(200, 'text/html', '<html><h1>Something went wrong</h1></html>')
      case 'wrong-type':
        return path === '/api/items' && text(200, 'text/plain', '{"items":[]}')
      case 'bad-json':
        return path === '/api/items' && text(200, 'application/json', '{"items": [')
      case 'silent':
        return path !== '/health'
      case 'slow':
        if (path === '/health') return false
        setTimeout(() => this.#serve(request, response, new URL(request.url ?? '/', 'http://shop')), 250)
        return true
      case 'slow-body': {
        if (path !== '/') return false
        response.writeHead(200, { 'content-type': 'text/plain' }).write('a')
        return true
      }
      case 'truncated':
        if (path === '/health') return false
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 1000 }).write('half')
        setTimeout(() => socket.end(), 20)
        return true
      case 'reset':
        if (path !== '/health') socket.resetAndDestroy()
        return path !== '/health'
      case 'reset-in-body':
        if (path === '/health') return false
        response.writeHead(200, { 'content-type': 'text/plain' }).write('half')
        setTimeout(() => socket.resetAndDestroy(), 20)
        return true
      case 'no-http':
        if (path === '/health') return false
        socket.end('SSH-2.0-OpenSSH_9.2\r\n')
        return true
      case 'flapping':
        return this.#count % 2 === 0 && text(502, 'text/plain', 'bad gateway')
      case 'once':
        if (path === '/health') return false
        this.fault = 'none'
        return text(503, 'text/plain', 'just a moment')
      case 'redirect-loop':
        if (path === '/health') return false
        response.writeHead(302, { location: path === '/a' ? '/b' : '/a' }).end()
        return true
      case 'redirect-chain':
        if (path === '/health') return false
        response.writeHead(302, { location: `${path}x` }).end()
        return true
      case 'huge':
        if (path === '/health') return false
        response.writeHead(200, { 'content-type': 'text/plain' })
        this.#flood(response)
        return true
      default:
        return false
    }
  }

  #flood(response: http.ServerResponse): void {
    const block = Buffer.alloc(1024 * 1024, 'x')
    const more = () => {
      if (!response.destroyed) response.write(block, more)
    }
    more()
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse, url: URL): void {
    const json = (status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', 'x-version': this.version, ...headers }).end(JSON.stringify(body))
    const version = this.fault === 'old-version' ? 'v1' : this.fault === 'no-version' ? undefined : this.version
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /health':
        return void json(200, {
          status: 'ok',
          version,
          checks: { database: { status: this.fault === 'database-down' ? 'down' : 'up' }, redis: 'ok' },
        })
      case 'GET /':
        return void response
          .writeHead(200, {
            'content-type': 'text/html',
            'x-content-type-options': 'nosniff',
            'referrer-policy': 'same-origin',
            'content-security-policy': "frame-ancestors 'self'",
          })
          .end('<h1>Shop</h1> Add to cart')
      case 'GET /api/items':
        return void json(200, {
          items: [
            { id: 1, name: 'shoe', price: 12.5 },
            { id: 2, name: 'hat', price: 7 },
          ],
          total: 2,
        })
      case 'GET /headers':
        return void json(200, request.headers)
      case 'OPTIONS /api/items':
        return void json(
          204,
          null,
          this.fault === 'cors-closed' ? {} : { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, PUT' },
        )
      case 'GET /old':
        return void response.writeHead(301, { location: '/' }).end()
      case 'GET /away':
        return void response.writeHead(302, { location: url.searchParams.get('to') ?? '/' }).end()
      default:
        return void json(404, { error: 'not found' })
    }
  }
}
