import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Release {
  readonly projects: readonly string[]
  /** Its commit in a repository; undefined when none was named. */
  readonly refs: readonly { readonly repository: string; readonly commit: string }[] | undefined
  readonly deploys: Readonly<Record<string, unknown>>[]
}

type Body = Readonly<Record<string, unknown>>
type Answered = readonly [status: number, body: unknown]

/**
 * Sentry's two endpoints for releases and deploys, over HTTP: keeps what it is given, and refuses what Sentry would. Fields, limits and
 * statuses are those of the source of getsentry/sentry (organization_releases.py, release_deploys.py); nothing here was verified live.
 */
export class FakeSentry {
  readonly organization = 'acme'
  readonly token = 'sntrys_fake'
  /** By version. */
  readonly releases = new Map<string, Release>()
  /** Every request, method and path. */
  readonly asked: string[] = []
  /** Answers instead of the next ones; `hang`: never. */
  readonly faults: (Answered | 'hang')[] = []

  readonly #projects: readonly string[]
  readonly #repositories: readonly string[]
  readonly #server: Server

  private constructor(projects: readonly string[], repositories: readonly string[]) {
    this.#projects = projects
    this.#repositories = repositories
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  /** Of these repositories it knows the commits. */
  static async open(projects = ['shop-web', 'shop-api'], repositories = ['acme/shop']): Promise<FakeSentry> {
    const fake = new FakeSentry(projects, repositories)
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Every deploy that was told, as `environment version`, release by release. */
  get deploys(): string[] {
    return [...this.releases].flatMap(([version, { deploys }]) => deploys.map(({ environment }) => `${environment} ${version}`))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(`${request.method} ${request.url}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const fault = this.faults.shift()
    if (fault === 'hang') return
    const [status, body] = fault ?? this.#serve(request, Buffer.concat(chunks).toString())
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  #serve(request: IncomingMessage, text: string): Answered {
    if (request.headers.authorization !== `Bearer ${this.token}`) return [401, { detail: 'Invalid token' }]
    const [, organization, version] = /^\/api\/0\/organizations\/([^/]+)\/releases\/(?:([^/]+)\/deploys\/)?$/.exec(request.url ?? '') ?? []
    if (request.method !== 'POST' || organization !== this.organization) return [404, { detail: 'The requested resource does not exist' }]
    const body: Body = JSON.parse(text)
    return version === undefined ? this.#create(body) : this.#deploy(version, body)
  }

  #create(body: Body): Answered {
    const unknown = unknownFields(body, ['version', 'projects', 'dateReleased', 'url', 'ref', 'refs', 'commits'])
    if (unknown.length > 0) throw new Error(`Sentry has no field ${unknown.join(', ')} of a release`)
    const { version, projects, refs } = body as { version: string; projects: string[]; refs?: Release['refs'] }
    if (typeof version !== 'string' || !/^[^\n\r\t/\\]{1,200}$/.test(version)) return [400, { version: ['Invalid version'] }]
    if (projects.some((project) => !this.#projects.includes(project))) return [400, { projects: ['Invalid project slugs'] }]
    const strange = (refs ?? []).filter(({ repository }) => !this.#repositories.includes(repository))
    const known = this.releases.get(version)
    // It makes the release first, and looks for the repositories then.
    if (known === undefined) this.releases.set(version, { projects, refs: strange.length > 0 ? undefined : refs, deploys: [] })
    if (strange.length > 0) return [400, { refs: [`Invalid repository names: ${strange.map(({ repository }) => repository).join(', ')}`] }]
    return [known === undefined ? 201 : 208, { version }]
  }

  #deploy(version: string, body: Body): Answered {
    const release = this.releases.get(version)
    if (release === undefined) return [404, { detail: 'The requested resource does not exist' }]
    const unknown = unknownFields(body, ['environment', 'name', 'url', 'dateStarted', 'dateFinished', 'projects'])
    if (unknown.length > 0) throw new Error(`Sentry has no field ${unknown.join(', ')} of a deploy`)
    const { environment, name = '' } = body
    if (typeof environment !== 'string' || environment.length > 64)
      return [400, { environment: ['Ensure this field has no more than 64 characters.'] }]
    if (String(name).length > 64) return [400, { name: ['Ensure this field has no more than 64 characters.'] }]
    // Without `projects` it would be one of every project of the release: the release belongs to the organization.
    if (!Array.isArray(body.projects)) throw new Error('a deploy without its projects is one of all projects of the release')
    release.deploys.push(body)
    return [201, { environment }]
  }
}

const unknownFields = (body: Body, known: readonly string[]): string[] => Object.keys(body).filter((field) => !known.includes(field))
