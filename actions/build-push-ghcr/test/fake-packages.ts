import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { components, operations } from '@octokit/openapi-types'

// GitHub's own description of its API: the compiler compares this fake with it.
type PackageVersion = components['schemas']['package-version']
type ListQuery = NonNullable<operations['packages/get-all-package-versions-for-package-owned-by-org']['parameters']['query']>
const QUERY = { page: true, per_page: true, state: true } satisfies Record<keyof ListQuery, true>

export interface FakeVersion {
  readonly id: number
  readonly digest: string
  tags: string[]
  readonly at: string
}

/** GitHub's packages API for one container package of an organisation or a person. It knows the paths and parameters that are documented, and no others. */
export class FakePackages {
  versions: FakeVersion[] = []
  kind: 'orgs' | 'users' = 'orgs'
  token = 'ghs_token'
  /** Ids that GitHub does not delete. */
  kept = new Set<number>()
  /** Whether the token may delete: GitHub hides from others that there is something. */
  mayDelete = true
  readonly asked: string[] = []
  readonly unknown: string[] = []
  /** Answers given before the real one. */
  readonly failures: { status: number; headers?: Record<string, string> }[] = []
  readonly #path: string
  readonly #server: Server = createServer((request, response) => this.#answer(request, response))

  /** @param name of the package, as in its path: `shop%2Fweb` */
  constructor(owner: string, name: string) {
    this.#path = `${owner}/packages/container/${name}/versions`
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  get api(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '', this.api)
    this.asked.push(`${request.method} ${url.pathname}`)
    const failure = this.failures.shift()
    if (failure !== undefined) return void response.writeHead(failure.status, failure.headers).end('{}')
    const json = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const { authorization, accept } = request.headers
    if (authorization !== `Bearer ${this.token}`) return void json(401, { message: 'Bad credentials' })
    if (accept !== 'application/vnd.github+json' || request.headers['x-github-api-version'] === undefined) this.unknown.push('headers')
    const [, kind, rest = ''] = /^\/(orgs|users)\/(.*)$/.exec(url.pathname) ?? []
    if (kind !== this.kind || !rest.startsWith(this.#path)) return void json(404, { message: 'Package not found.' })
    const [, id] = /\/versions\/(\d+)$/.exec(url.pathname) ?? []
    if (request.method === 'GET' && id === undefined) return void json(200, this.#page(url))
    if (request.method === 'DELETE' && id !== undefined) return void this.#remove(Number(id), response, json)
    this.unknown.push(`${request.method} ${url.pathname}`)
    json(404, { message: 'Not Found' })
  }

  #page(url: URL): PackageVersion[] {
    for (const name of url.searchParams.keys()) if (!Object.hasOwn(QUERY, name)) this.unknown.push(`parameter ${name}`)
    const size = Math.min(100, Number(url.searchParams.get('per_page') ?? 30))
    const from = (Number(url.searchParams.get('page') ?? 1) - 1) * size
    return this.versions.slice(from, from + size).map(({ id, digest, tags, at }) => ({
      ...{ id, name: digest, url: `${this.api}/${id}`, package_html_url: '', created_at: at, updated_at: at, html_url: '' },
      metadata: { package_type: 'container', container: { tags } },
    }))
  }

  #remove(id: number, response: ServerResponse, json: (status: number, body: unknown) => void): void {
    if (this.kept.has(id))
      return void json(400, { message: 'Publicly visible package versions with more than 5000 downloads cannot be deleted.' })
    if (!this.mayDelete || !this.versions.some((one) => one.id === id)) return void json(404, { message: 'Not Found' })
    this.versions = this.versions.filter((one) => one.id !== id)
    response.writeHead(204).end()
  }
}
