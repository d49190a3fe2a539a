import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Account } from './account.ts'
import { type Description, descriptionAt } from './description.ts'
import { Infrastructure } from './infrastructure.ts'
import { type Schema, violations } from './json-schema.ts'
import { Problem } from './problem.ts'
import { routes } from './routes.ts'
import type { Operation } from './schema-words.ts'
import { operations } from './schemas.ts'
import { componentsIn } from './take-spec.ts'

/** Something that goes wrong on the wire, or something that happens in between. */
export interface Fault {
  readonly method: string
  /** The path as in schemas.ts: `/v2/apps/{id}`. */
  readonly path: string
  /** How often; once when left out. */
  times?: number
  /** Matching requests that pass before it begins. */
  skip?: number
  /** The answer in the place of the API's own. */
  readonly status?: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The connection is cut without an answer. */
  readonly drop?: boolean
  /** The request is obeyed first, although nobody hears of it. */
  readonly committed?: boolean
  /** Happens before the request is looked at; its body as it came. */
  readonly meanwhile?: (body: unknown) => unknown
}

export interface FakeOptions {
  /** The clock; the machine's own when left out. */
  readonly now?: () => number
  /** Milliseconds that every request takes on that clock: scripted phases pass without waiting. */
  readonly tick?: number
  /** Fills in defaults as the schemas have them; true when left out. */
  readonly normalise?: boolean
  /** Path of DigitalOcean's own description of the API; default DIGITALOCEAN_OPENAPI. */
  readonly description?: string
  readonly port?: number
  /** Apps are reached at the fake itself, below `/live/<name>`: `/health` tells the digests that serve. */
  readonly serveApps?: boolean
}

export interface Heard {
  readonly method: string
  /** As in schemas.ts. */
  readonly path: string
  readonly status: number
  readonly body: unknown
  /** On the fake's clock. */
  readonly at: number
}

const BURST = 250
const HOURLY = 5000

/** DigitalOcean's API on 127.0.0.1: it remembers, it is strict, and it can go wrong on demand. */
export class FakeDigitalOcean {
  readonly account: Account
  /** Droplets, load balancers, the registry, managed databases. */
  readonly infrastructure: Infrastructure
  /** Every request in order, refused ones too. */
  readonly heard: Heard[] = []
  /** What broke a schema: a test that ends with one has failed. */
  readonly violations: string[] = []
  readonly faults: Fault[] = []
  /** Tokens and what they may do; `*` is everything. */
  readonly tokens = new Map<string, readonly string[]>([['do-token', ['*']]])
  readonly logs = new Map<string, { text: string; until: number }>()
  readonly written = new Map<string, string>()
  /** Requests of a minute that are answered before the burst limit. */
  burst = BURST
  #skew = 0
  readonly #options: FakeOptions
  readonly #description: Description | undefined
  readonly #server: Server

  private constructor(options: FakeOptions) {
    this.#options = options
    this.#description = descriptionAt(options.description ?? process.env.DIGITALOCEAN_OPENAPI)
    const addressOf = (name: string, id: string) =>
      options.serveApps === true ? `${this.url}/live/${name}` : `https://${name}-${id.slice(0, 5)}.ondigitalocean.app`
    this.account = new Account({ now: () => this.now, normalise: options.normalise ?? true, addressOf })
    this.infrastructure = new Infrastructure(() => this.now)
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  static async open(options: FakeOptions = {}): Promise<FakeDigitalOcean> {
    const fake = new FakeDigitalOcean(options)
    await new Promise<void>((resolve) => fake.#server.listen(options.port ?? 0, '127.0.0.1', resolve))
    return fake
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get now(): number {
    return (this.#options.now ?? Date.now)() + this.#skew
  }

  /** Moves the fake's clock on. */
  pass(seconds: number): void {
    this.#skew += seconds * 1000
  }

  /** Requests of this kind that were heard, such as `PUT /v2/apps/{id}`. */
  requests(operation: string): Heard[] {
    return this.heard.filter(({ method, path }) => `${method} ${path}` === operation)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET'
    const url = new URL(request.url ?? '/', this.url)
    const text = await textOf(request)
    this.#skew += this.#options.tick ?? 0
    if (url.pathname.startsWith('/signed-logs/')) return this.#serveLog(url, request, response)
    if (url.pathname.startsWith('/live/')) return this.#serveApp(url, response)
    const found = match(method, url.pathname)
    const path = found?.operation.path ?? url.pathname
    const fault = this.#faultFor(method, path)
    await fault?.meanwhile?.(safeJson(text))
    const spoils = fault !== undefined && (fault.status !== undefined || fault.drop === true)
    const answer = spoils && fault.committed !== true ? undefined : this.#answer(method, url, text, request, found)
    const status = spoils ? (fault.status ?? 0) : (answer?.status ?? 0)
    this.heard.push({ method, path, status, body: text === '' ? undefined : safeJson(text), at: this.now })
    if (spoils && fault.drop === true) return void request.socket.destroy()
    const headers = {
      ...this.#limits(),
      'x-request-id': randomUUID(),
      'content-type': 'application/json',
      ...(spoils ? fault.headers : answer?.headers),
    }
    response.writeHead(status, headers)
    response.end(spoils ? (fault.body ?? JSON.stringify({ id: 'server_error', message: 'Unexpected server-side error' })) : answer?.body)
  }

  #answer(method: string, url: URL, text: string, request: IncomingMessage, found: Match | undefined) {
    try {
      this.#countBurst()
      const body = this.#admit(method, text, request, found)
      const { operation, parameters } = found as Match
      const may = (scope: string) => this.#may(request, scope)
      const asked = { parameters, query: url.searchParams, body, url: `${this.url}${url.pathname}`, may }
      const value = routes[`${operation.method} ${operation.path}`]?.(asked, this)
      const { status = 200 } = operation
      this.#judge('answer', operation, value, operation.response, status)
      return { status, headers: {}, body: value === undefined ? '' : JSON.stringify(value) }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const { status, id, message, headers } = error
      return { status, headers, body: JSON.stringify({ id, message, request_id: randomUUID() }) }
    }
  }

  /** What the token of a request may do; undefined for one that nobody knows. */
  #scopes(request: IncomingMessage): readonly string[] | undefined {
    return this.tokens.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '')
  }

  #may(request: IncomingMessage, scope: string): boolean {
    const scopes = this.#scopes(request) ?? []
    return scopes.includes('*') || scopes.includes(scope)
  }

  /** Token, scope, form of the request. */
  #admit(method: string, text: string, request: IncomingMessage, found: Match | undefined): unknown {
    if (this.#scopes(request) === undefined) throw new Problem(401, 'unauthorized', 'Unable to authenticate you')
    if (found === undefined) throw new Problem(404, 'not_found', 'The resource you were accessing could not be found.')
    const { operation } = found
    if (!this.#may(request, operation.scope)) throw new Problem(403, 'forbidden', 'You are not authorized to perform this operation')
    if (text === '') {
      if (operation.request !== undefined && method !== 'GET') throw new Problem(400, 'bad_request', 'a body is required')
      return undefined
    }
    const body = safeJson(text)
    if (body === undefined) throw new Problem(400, 'bad_request', 'the body is no JSON')
    if (this.#judge('request', operation, body, operation.request)) throw new Problem(400, 'bad_request', 'error validating app spec')
    return body
  }

  /** Whether a schema is broken; our own and, where it is at hand, DigitalOcean's. */
  #judge(what: 'request' | 'answer', { method, path }: Operation, body: unknown, schema: Schema | undefined, status = 200): boolean {
    const lookup = (ref: string): Schema => {
      throw new Error(`our schemas have no ${ref}`)
    }
    const own = schema === undefined ? [] : violations(body, schema, lookup)
    const theirs =
      what === 'request' ? this.#description?.request(method, path, body) : this.#description?.response(method, path, status, body)
    const all = [...own, ...(theirs ?? [])]
    this.violations.push(...all.map((one) => `${what} of ${method} ${path}: ${one}`))
    return all.length > 0
  }

  #countBurst(): void {
    const minute = this.heard.filter(({ at, status }) => at > this.now - 60_000 && status !== 429)
    if (minute.length < this.burst) return
    const wait = Math.ceil(((minute[0]?.at ?? this.now) + 60_000 - this.now) / 1000)
    throw new Problem(429, 'too_many_requests', 'API rate limit exceeded.', { 'retry-after': String(Math.max(1, wait)) })
  }

  #limits(): Record<string, string> {
    const hour = this.heard.filter(({ at }) => at > this.now - 3_600_000)
    const reset = Math.ceil(((hour[0]?.at ?? this.now) + 3_600_000) / 1000)
    return {
      'ratelimit-limit': String(HOURLY),
      'ratelimit-remaining': String(Math.max(0, HOURLY - hour.length)),
      'ratelimit-reset': String(reset),
    }
  }

  #faultFor(method: string, path: string): Fault | undefined {
    for (const fault of this.faults) {
      if (fault.method !== method || fault.path !== path || fault.times === 0) continue
      if ((fault.skip ?? 0) > 0) {
        fault.skip = (fault.skip ?? 0) - 1
        continue
      }
      fault.times = (fault.times ?? 1) - 1
      return fault
    }
    return undefined
  }

  /** What a user of the app sees: the components of the deployment that serves. */
  #serveApp(url: URL, response: ServerResponse): void {
    const [, , name = ''] = url.pathname.split('/')
    const app = this.account.named(name)
    const serving = app.deployments.find(({ id }) => id === app.active)
    if (serving === undefined) return void response.writeHead(503).end('nothing is live')
    const components = componentsIn(serving.spec).map(({ name: component, spec }) => [component, spec.image?.digest ?? ''])
    const body = JSON.stringify({ status: 'ok', version: components[0]?.[1], components: Object.fromEntries(components) })
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  }

  /** The address is all that one needs; a token that goes along is a leak. */
  #serveLog(url: URL, request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.authorization !== undefined) this.violations.push('the token was sent to the address of a log')
    const log = this.logs.get(url.pathname.split('/').at(-1) ?? '')
    if (log === undefined || log.until < this.now) return void response.writeHead(403).end('expired')
    response.writeHead(200, { 'content-type': 'text/plain' }).end(log.text)
  }
}

interface Match {
  readonly operation: Operation
  readonly parameters: Readonly<Record<string, string>>
}

function match(method: string, path: string): Match | undefined {
  for (const operation of operations) {
    if (operation.method !== method) continue
    const pattern = operation.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')
    const parameters = new RegExp(`^${pattern}$`).exec(path)
    if (parameters !== null) return { operation, parameters: parameters.groups ?? {} }
  }
  return undefined
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
