import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BoxOwner } from './sealed-box.ts'

/** An endpoint that the fake has: `needs` and `may` are the fields of its body. */
export interface Operation {
  readonly route: string
  readonly needs?: readonly string[]
  readonly may?: readonly string[]
  readonly statuses: readonly number[]
  /** The most that `per_page` may be. */
  readonly page?: number
}

const ENVIRONMENT = '/repos/{owner}/{repo}/environments/{environment_name}'

/** What GitHub's own description (npm: @octokit/openapi 23.0.2) says of these endpoints. */
export const OPERATIONS: readonly Operation[] = [
  { route: 'GET /repos/{owner}/{repo}/environments', statuses: [200], page: 100 },
  { route: `GET ${ENVIRONMENT}`, statuses: [200] },
  { route: `GET ${ENVIRONMENT}/secrets`, statuses: [200], page: 100 },
  { route: `GET ${ENVIRONMENT}/secrets/public-key`, statuses: [200] },
  { route: `PUT ${ENVIRONMENT}/secrets/{secret_name}`, needs: ['encrypted_value', 'key_id'], statuses: [201, 204] },
  { route: `DELETE ${ENVIRONMENT}/secrets/{secret_name}`, statuses: [204] },
  { route: `GET ${ENVIRONMENT}/variables`, statuses: [200], page: 30 },
  { route: `POST ${ENVIRONMENT}/variables`, needs: ['name', 'value'], statuses: [201] },
  { route: `PATCH ${ENVIRONMENT}/variables/{name}`, may: ['name', 'value'], statuses: [204] },
  { route: `DELETE ${ENVIRONMENT}/variables/{name}`, statuses: [204] },
]

interface Environment {
  readonly secrets: Map<string, string>
  readonly variables: Map<string, string>
  readonly owner: BoxOwner
}

interface Asked {
  readonly operation: Operation
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
}

interface Answered {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** GitHub's endpoints for secrets and variables of environments, over HTTP: keeps what it is given, and refuses what GitHub would. */
export class FakeGitHub {
  readonly token = 'github_pat_fake'
  /** By `owner/repo` and name of the environment. */
  readonly environments = new Map<string, Environment>()
  /** Method and path of each request. */
  readonly asked: string[] = []
  /** Everything that came, as text: no value may be in it. */
  readonly heard: string[] = []
  /** Answers instead of the next requests that change something; undefined lets one through. */
  readonly faults: (Answered | 'cut' | undefined)[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async open(): Promise<FakeGitHub> {
    const fake = new FakeGitHub()
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  add(
    repository: string,
    name: string,
    { secrets = {}, variables = {} }: Partial<Record<'secrets' | 'variables', Record<string, string>>> = {},
  ): Environment {
    const made = { secrets: new Map(Object.entries(secrets)), variables: new Map(Object.entries(variables)), owner: new BoxOwner() }
    this.environments.set(`${repository} ${name}`, made)
    return made
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request) text += part
    const { method = '', url = '' } = request
    this.asked.push(`${method} ${url}`)
    this.heard.push(`${method} ${url} ${text}`)
    const fault = method === 'GET' ? undefined : this.faults.shift()
    if (fault === 'cut') return void request.socket.destroy()
    const { status, body, headers } = fault ?? this.#judge(request, text)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }

  #judge({ method = '', url = '', headers }: IncomingMessage, text: string): Answered {
    const { pathname, searchParams: query } = new URL(url, 'http://github')
    if (headers.authorization !== `token ${this.token}`) return { status: 401, body: { message: 'Bad credentials' } }
    const [operation, parameters] = operationOf(method, pathname) ?? []
    if (operation === undefined || parameters === undefined) return { status: 404, body: { message: 'Not Found' } }
    const body = text === '' ? {} : JSON.parse(text)
    const { needs = [], may = [], page = 0 } = operation
    const unknown = Object.keys(body).filter((name) => !needs.includes(name) && !may.includes(name))
    const missing = needs.filter((name) => typeof body[name] !== 'string')
    if (unknown.length + missing.length > 0) return refused(`fields: unknown ${unknown.join()}, missing ${missing.join()}`)
    if (Number(query.get('per_page') ?? 1) > page && page > 0) return refused(`per_page is at most ${page}`)
    return this.#serve({ operation, parameters, query, body })
  }

  #serve(asked: Asked): Answered {
    const { operation, parameters, query } = asked
    const repository = `${parameters.owner}/${parameters.repo}`
    if (operation.route.endsWith('/environments')) {
      const names = [...this.environments.keys()]
        .filter((key) => key.startsWith(`${repository} `))
        .map((key) => key.slice(repository.length + 1))
      return listed(
        'environments',
        names.map((name) => ({ name })),
        query,
      )
    }
    const environment = this.environments.get(`${repository} ${parameters.environment_name}`)
    if (environment === undefined) return { status: 404, body: { message: 'Not Found' } }
    if (operation.route === `GET ${ENVIRONMENT}`) return { status: 200, body: { name: parameters.environment_name } }
    return operation.route.includes('/secrets') ? serveSecrets(asked, environment) : serveVariables(asked, environment)
  }
}

const KEY_ID = '568250167242549743'

function serveSecrets(
  { operation: { route }, parameters: { secret_name = '' }, query, body }: Asked,
  { secrets, owner }: Environment,
): Answered {
  if (route.endsWith('/public-key')) return { status: 200, body: { key_id: KEY_ID, key: Buffer.from(owner.publicKey).toString('base64') } }
  if (route.startsWith('GET'))
    return listed(
      'secrets',
      [...secrets.keys()].map((name) => ({ name, created_at: '', updated_at: '' })),
      query,
    )
  const name = secret_name.toUpperCase()
  if (route.startsWith('DELETE')) return secrets.delete(name) ? { status: 204 } : { status: 404, body: { message: 'Not Found' } }
  const problem = nameProblem(name)
  if (problem !== undefined) return refused(problem)
  if (body.key_id !== KEY_ID) return refused('the key is not known')
  const value = owner.open(Buffer.from(String(body.encrypted_value), 'base64'))
  if (Buffer.byteLength(value) > 48 * 1024) return refused('the secret is too large')
  const status = secrets.has(name) ? 204 : 201
  if (status === 201 && secrets.size >= 100) return refused('there are 100 secrets')
  secrets.set(name, value)
  return status === 201 ? { status, body: {} } : { status }
}

function serveVariables({ operation: { route }, parameters, query, body }: Asked, { variables }: Environment): Answered {
  if (route.startsWith('GET'))
    return listed(
      'variables',
      [...variables].map(([name, value]) => ({ name, value })),
      query,
    )
  const name = String(parameters.name ?? body.name).toUpperCase()
  const there = variables.has(name)
  if (!route.startsWith('POST') && !there) return { status: 404, body: { message: 'Not Found' } }
  if (route.startsWith('DELETE')) {
    variables.delete(name)
    return { status: 204 }
  }
  const problem = nameProblem(name)
  if (problem !== undefined) return refused(problem)
  if (Buffer.byteLength(String(body.value)) > 48 * 1024) return refused('the value is too large')
  if (route.startsWith('POST') && there) return { status: 409, body: { message: 'Already exists' } }
  if (!there && variables.size >= 100) return refused('there are 100 variables')
  variables.set(name, String(body.value))
  return route.startsWith('POST') ? { status: 201, body: {} } : { status: 204 }
}

const nameProblem = (name: string): string | undefined =>
  /^[A-Z_][A-Z0-9_]*$/.test(name) && !name.startsWith('GITHUB_') ? undefined : `the name ${name} is not allowed`

const refused = (message: string): Answered => ({ status: 422, body: { message } })

function listed(name: string, all: readonly unknown[], query: URLSearchParams): Answered {
  const size = Number(query.get('per_page') ?? 30)
  const from = (Number(query.get('page') ?? 1) - 1) * size
  return { status: 200, body: { total_count: all.length, [name]: all.slice(from, from + size) } }
}

/** The operation that a path belongs to, fixed words before names. */
function operationOf(method: string, pathname: string): readonly [Operation, Record<string, string>] | undefined {
  const found = OPERATIONS.flatMap((operation) => {
    const [verb, path = ''] = operation.route.split(' ')
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
    const match = verb === method ? new RegExp(`^${path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`).exec(pathname) : null
    if (match === null) return []
    return [[operation, Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(match[at + 1] ?? '')]))] as const]
  })
  return found.sort(([a], [b]) => a.route.split('{').length - b.route.split('{').length)[0]
}
