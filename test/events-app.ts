import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type AppFault =
  | 'none'
  | 'database-down'
  | 'login-broken'
  | 'no-uploads'
  | 'export-fails'
  | 'export-never'
  | 'empty-export'
  | 'error-page'

interface Event {
  id: number
  title: string
  starts: string
  photos: number[]
}

/** A small app with logins, uploads and exports that take their time, for the flow of examples/smoke-flow. */
export class EventsApp {
  fault: AppFault = 'none'
  readonly events = new Map<number, Event>()
  readonly #server: Server
  readonly #exports = new Map<string, { looks: number; event: number }>()
  #next = 1

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async open(): Promise<EventsApp> {
    const app = new EventsApp()
    await new Promise<void>((resolve) => app.#server.listen(0, '127.0.0.1', resolve))
    return app
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts)
    const json = (status: number, value: unknown, headers: Record<string, string> = {}) =>
      void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
    const page = (text: string) =>
      void response
        .writeHead(200, {
          'content-type': 'text/html',
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'x-frame-options': 'DENY',
        })
        .end(`<html>${text}</html>`)
    const { pathname } = new URL(request.url ?? '/', 'http://app')
    const known = request.headers.cookie?.includes('session=ok') ?? false
    const what = `${request.method} ${pathname.replace(/\d+/, ':id')}`
    const id = Number(/\d+/.exec(pathname)?.[0])
    if (what === 'GET /health/')
      return json(200, { status: 'ok', checks: { database: this.fault === 'database-down' ? 'error' : 'ok', redis: 'ok' } })
    if (what === 'GET /') return page(this.fault === 'error-page' ? 'We will be back soon' : '<h1>Events near you</h1>')
    if (what === 'GET /events') return known ? page('Your events') : void response.writeHead(401).end()
    if (what === 'POST /login') return this.#login(body, response)
    if (what === 'GET /api/events') return json(200, [...this.events.values()])
    if (!known) return json(401, { error: 'log in first' })
    return this.#api(what, id, body, { request, response, json })
  }

  #login(body: Buffer, response: ServerResponse): void {
    const right = new URLSearchParams(body.toString()).get('password') === 'correct horse' && this.fault !== 'login-broken'
    if (!right) return void response.writeHead(200, { 'content-type': 'text/html' }).end('Wrong password')
    response.writeHead(302, { location: '/events', 'set-cookie': 'session=ok; Path=/; HttpOnly' }).end()
  }

  #api(
    what: string,
    id: number,
    body: Buffer,
    {
      request,
      response,
      json,
    }: {
      request: IncomingMessage
      response: ServerResponse
      json: (status: number, value: unknown, headers?: Record<string, string>) => void
    },
  ): unknown {
    const event = this.events.get(id)
    const ticket = request.headers['x-ticket'] === 'ticket-of-the-export'
    switch (what) {
      case 'POST /api/events': {
        const made = { ...(JSON.parse(body.toString()) as Event), id: this.#next++, photos: [] }
        this.events.set(made.id, made)
        return json(201, made)
      }
      case 'POST /api/events/:id/photos': {
        if (body.length > 2 * 1024 * 1024) return json(413, { error: 'too large' })
        if (this.fault === 'no-uploads') return json(500, { error: 'no space left on device' })
        const whole = body.includes('name="caption"\r\n\r\nBeach') && body.includes('filename="beach.jpg"') && body.includes('JFIF')
        event?.photos.push(body.length)
        return json(whole ? 201 : 400, { bytes: body.length })
      }
      case 'POST /api/events/:id/export':
        this.#exports.set(`x${id}`, { looks: 0, event: id })
        return json(202, { export: `x${id}` }, { 'x-ticket': 'ticket-of-the-export' })
      case 'GET /api/exports/x:id': {
        const state = this.#exports.get(`x${id}`)
        if (state === undefined || !ticket) return json(404, {})
        state.looks += 1
        if (this.fault === 'export-fails') return json(200, { state: 'failed' })
        if (this.fault === 'export-never' || state.looks < 3) return json(200, { state: 'working' })
        return json(200, { state: 'ready', url: `/files/${id}.zip` })
      }
      case 'GET /files/:id.zip':
        if (!ticket) return json(403, {})
        return void response
          .writeHead(200, { 'content-type': 'application/zip' })
          .end(this.fault === 'empty-export' ? '' : 'PK: a stand-in for an archive with beach.jpg in it')
      case 'DELETE /api/events/:id':
        this.events.delete(id)
        return response.writeHead(204).end()
      default:
        return json(404, { error: what })
    }
  }
}
