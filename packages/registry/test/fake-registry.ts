import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export const digestOf = (bytes: string | Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const INDEX = 'application/vnd.oci.image.index.v1+json'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

export interface Seen {
  path: string
  authorization: string | undefined
  accept: string | undefined
}

/** A registry over http that keeps manifests and blobs, asks for logins when told to, and fails when told to. */
export class FakeRegistry {
  readonly seen: Seen[] = []
  /** Answers given before the real one: a status and headers each, 'reset', 'silence', or 'cut' in the middle of the body. */
  readonly failures: ('reset' | 'silence' | 'cut' | { status: number; headers?: Record<string, string> })[] = []
  auth: 'none' | 'basic' | 'bearer' = 'none'
  /** Users and passwords; those of `readers` may pull. */
  users: Record<string, string> = {}
  readers: string[] = []
  realm: string | undefined
  /** Where blobs are really kept: requests for them are redirected there. */
  blobsAt: string | undefined
  readonly #manifests = new Map<string, { type: string; body: string }>()
  readonly #blobs = new Map<string, string>()
  readonly #server: Server = createServer((request, response) => this.#answer(request, response))

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  put(reference: string, type: string, body: string): string {
    for (const key of [reference, digestOf(body)]) this.#manifests.set(key, { type, body })
    return digestOf(body)
  }

  putBlob(body: string): { digest: string; size: number } {
    this.#blobs.set(digestOf(body), body)
    return { digest: digestOf(body), size: body.length }
  }

  putImage(
    reference: string,
    platform: { os: string; architecture: string; variant?: string },
    config: object = {},
    layers = [100, 50],
  ): string {
    const blob = this.putBlob(JSON.stringify({ ...platform, config }))
    const body = {
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: blob,
      layers: layers.map((size) => ({ digest: digestOf(String(size)), size })),
    }
    return this.put(reference, MANIFEST, JSON.stringify(body))
  }

  putIndex(reference: string, manifests: { digest: string; platform: object }[]): string {
    const body = { schemaVersion: 2, mediaType: INDEX, manifests: manifests.map((entry) => ({ size: 1, mediaType: MANIFEST, ...entry })) }
    return this.put(reference, INDEX, JSON.stringify(body))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { authorization, accept } = request.headers
    this.seen.push({ path: request.url ?? '', authorization, accept })
    const failure = this.failures.shift()
    if (failure === 'reset') return void request.socket.destroy()
    if (failure === 'silence') return
    if (failure === 'cut') {
      response.writeHead(200, { 'content-length': '100' }).write('{"schema')
      return void setImmediate(() => request.socket.destroy())
    }
    if (failure !== undefined) return void response.writeHead(failure.status, failure.headers).end('{}')
    const url = new URL(request.url ?? '', `http://${this.host}`)
    if (url.pathname === '/token') {
      this.#token(url, authorization, response)
      return
    }
    const refusal = this.#refusal(authorization)
    if (refusal !== undefined) return void response.writeHead(refusal.status, refusal.headers).end('{}')
    this.#serve(url.pathname, response)
  }

  #serve(path: string, response: ServerResponse): void {
    const [, kind, key = ''] = /^\/v2\/team\/app\/(manifests|blobs)\/(.+)$/.exec(path) ?? []
    if (kind === 'blobs' && this.blobsAt !== undefined)
      return void response.writeHead(307, { location: `http://${this.blobsAt}${path}` }).end()
    const found = kind === 'manifests' ? this.#manifests.get(key) : { type: 'application/octet-stream', body: this.#blobs.get(key) }
    if (found?.body === undefined) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    response.writeHead(200, { 'content-type': found.type }).end(found.body)
  }

  #user(authorization: string | undefined): string | undefined {
    const [name = '', password] = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64')
      .toString()
      .split(':')
    return this.users[name] === password && password !== undefined ? name : undefined
  }

  #token(url: URL, authorization: string | undefined, response: ServerResponse): void {
    const user = this.#user(authorization)
    if (authorization !== undefined && user === undefined) return void response.writeHead(401).end('{}')
    response.end(
      JSON.stringify({ token: `${user ?? 'anonymous'} for ${url.searchParams.get('scope')} of ${url.searchParams.get('service')}` }),
    )
  }

  #refusal(authorization: string | undefined): { status: number; headers: Record<string, string> } | undefined {
    if (this.auth === 'none') return undefined
    const realm = this.realm ?? `http://${this.host}/token`
    const challenge = this.auth === 'basic' ? 'Basic realm="x"' : `Bearer realm="${realm}",service="fake",scope="repository:team/app:pull"`
    const refusal = { status: 401, headers: { 'www-authenticate': challenge } }
    if (authorization === undefined) return refusal
    if (this.auth === 'basic') return this.#user(authorization) === undefined ? refusal : this.#forbidden(this.#user(authorization) ?? '')
    const [, user = ''] = /^Bearer (\w+) for repository:team\/app:pull of fake$/.exec(authorization) ?? []
    return user === '' ? refusal : this.#forbidden(user)
  }

  #forbidden(user: string) {
    return this.readers.includes(user) ? undefined : { status: 403, headers: {} }
  }
}
