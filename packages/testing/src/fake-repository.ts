import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeDeployment {
  readonly id: number
  readonly sha: string
  readonly ref: string
  readonly task: string
  readonly environment: string
  readonly description: string
  payload: unknown
  readonly creator: { login: string }
  readonly created_at: string
  readonly production_environment: boolean
  readonly transient_environment: boolean
  /** The newest last. */
  readonly statuses: FakeStatus[]
}

export interface FakeStatus {
  readonly state: string
  readonly description: string
  readonly environment_url: string
  readonly log_url: string
  readonly creator: { login: string }
  readonly created_at: string
}

export interface FakeCommit {
  readonly sha: string
  /** None for the first. */
  readonly parent?: string
  readonly tree?: string
  readonly message?: string
  /** Paths that it changes. */
  readonly files?: readonly string[]
}

type Fields = Readonly<Record<string, 'string' | 'boolean' | 'array' | 'payload'>>

interface Operation {
  readonly route: RegExp
  readonly needs?: readonly string[]
  /** All that its body may have. */
  readonly fields?: Fields
  readonly serve: (asked: Asked) => Answered
}

interface Asked {
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  readonly body: Readonly<Record<string, unknown>>
  readonly login: string
}

interface Answered {
  readonly status: number
  readonly body?: unknown
}

// Of GitHub's own description (npm: @octokit/openapi 23.0.2), `create deployment` and `create deployment status`.
const DEPLOYMENT: Fields = {
  ...{ ref: 'string', task: 'string', environment: 'string', description: 'string', payload: 'payload' },
  ...{ auto_merge: 'boolean', required_contexts: 'array', transient_environment: 'boolean', production_environment: 'boolean' },
}
const STATUS: Fields = {
  ...{ state: 'string', description: 'string', log_url: 'string', target_url: 'string', environment: 'string' },
  ...{ environment_url: 'string', auto_inactive: 'boolean' },
}
const STATES = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']

const NOT_FOUND: Answered = { status: 404, body: { message: 'Not Found' } }
const refused = (why: string): Answered => ({ status: 422, body: { message: 'Validation Failed', errors: [why] } })

/** GitHub's endpoints for deployments, commits, runs and teams of one repository, over HTTP: keeps what it is given, and refuses what GitHub would. */
export class FakeRepository {
  readonly name: string
  /** Logins by token. */
  readonly tokens = new Map([['ghs_fake', 'github-actions[bot]']])
  readonly commits = new Map<string, FakeCommit>()
  readonly branches = new Map<string, string>()
  readonly runs = new Map<string, Readonly<Record<string, unknown>>>()
  /** Logins by `organisation/team`. */
  readonly teams = new Map<string, readonly string[]>()
  /** The newest last. */
  readonly deployments: FakeDeployment[] = []
  /** Method and path of each request. */
  readonly asked: string[] = []
  /** `down` answers 503, `silent` nothing at all, `denied` 403. */
  mood: 'well' | 'down' | 'silent' | 'denied' = 'well'
  /** The time that GitHub has. */
  now = Date.UTC(2026, 0, 31, 9, 30)
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response))

  private constructor(name: string) {
    this.name = name
  }

  static async open(name = 'acme/shop'): Promise<FakeRepository> {
    const fake = new FakeRepository(name)
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

  /** Commits on top of `branch`, the oldest first. */
  push(branch: string, ...commits: readonly Omit<FakeCommit, 'parent'>[]): void {
    for (const commit of commits) {
      const parent = this.branches.get(branch)
      this.commits.set(commit.sha, { ...commit, ...(parent !== undefined && { parent }) })
      this.branches.set(branch, commit.sha)
    }
  }

  addRun(id: string, facts: Readonly<Record<string, unknown>> = {}): void {
    this.runs.set(id, {
      ...{ id: Number(id), head_sha: '', head_branch: 'main', event: 'push', path: '.github/workflows/deploy.yml@main' },
      ...{ head_repository: { full_name: this.name }, created_at: this.#time(), run_started_at: this.#time(), ...facts },
    })
  }

  /** "Re-run failed jobs": the run keeps its id and when it was made, and starts anew. */
  rerun(id: string): void {
    this.runs.set(id, { ...this.runs.get(id), run_attempt: 2, run_started_at: this.#time() })
  }

  /** The newest status of the newest deployment there. */
  latest(environment: string): { deployment: FakeDeployment; status: FakeStatus | undefined } | undefined {
    const deployment = this.deployments.findLast((one) => one.environment === environment)
    return deployment && { deployment, status: deployment.statuses.at(-1) }
  }

  readonly #operations: readonly Operation[] = [
    { route: /^GET \/repos\/([^/]+\/[^/]+)$/, serve: () => ({ status: 200, body: { full_name: this.name, default_branch: 'main' } }) },
    { route: /^GET \/repos\/([^/]+\/[^/]+)\/deployments$/, serve: (asked) => this.#list(asked) },
    { route: /^POST \/repos\/([^/]+\/[^/]+)\/deployments$/, needs: ['ref'], fields: DEPLOYMENT, serve: (asked) => this.#create(asked) },
    { route: /^GET \/repos\/([^/]+\/[^/]+)\/deployments\/(\d+)\/statuses$/, serve: (asked) => this.#statuses(asked) },
    {
      route: /^POST \/repos\/([^/]+\/[^/]+)\/deployments\/(\d+)\/statuses$/,
      needs: ['state'],
      fields: STATUS,
      serve: (asked) => this.#say(asked),
    },
    { route: /^GET \/repos\/([^/]+\/[^/]+)\/compare\/(.+)\.\.\.(.+)$/, serve: (asked) => this.#compare(asked) },
    { route: /^GET \/repos\/([^/]+\/[^/]+)\/git\/commits\/([0-9a-f]{40})$/, serve: ({ parts: [, sha = ''] }) => this.#commit(sha) },
    { route: /^GET \/repos\/([^/]+\/[^/]+)\/actions\/runs\/(\d+)$/, serve: ({ parts: [, id = ''] }) => found(this.runs.get(id)) },
    { route: /^GET \/orgs\/([^/]+)\/teams\/([^/]+)\/memberships\/(.+)$/, serve: ({ parts }) => this.#member(parts) },
  ]

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const part of request) text += part
    this.asked.push(`${request.method} ${request.url}`)
    if (this.mood === 'silent') return
    const { status, body } = this.#judge(request, text)
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  }

  #judge({ method = '', url = '', headers }: IncomingMessage, text: string): Answered {
    if (this.mood === 'down') return { status: 503, body: { message: 'Service Unavailable' } }
    if (this.mood === 'denied') return { status: 403, body: { message: 'Resource not accessible by integration' } }
    const login = this.tokens.get(headers.authorization?.replace(/^(token|bearer) /i, '') ?? '')
    if (login === undefined) return { status: 401, body: { message: 'Bad credentials' } }
    const { pathname, searchParams: query } = new URL(url, 'http://github')
    const asked = `${method} ${pathname.split('/').map(decodeURIComponent).join('/')}`
    const operation = this.#operations.find(({ route }) => route.test(asked))
    const parts = operation?.route.exec(asked)?.slice(1) ?? []
    if (operation === undefined || (asked.includes(' /repos/') && parts[0] !== this.name)) return NOT_FOUND
    if (Number(query.get('per_page') ?? 1) > 100) return refused('per_page is at most 100')
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
    const wrong = wrongFields(body, operation)
    return wrong === '' ? operation.serve({ parts, query, body, login }) : refused(wrong)
  }

  #list({ query }: Asked): Answered {
    const filters = ['sha', 'ref', 'task', 'environment'] as const
    const wanted = this.deployments.filter((one) => filters.every((name) => !query.has(name) || one[name] === query.get(name)))
    const count = Number(query.get('per_page') ?? 30)
    const from = (Number(query.get('page') ?? 1) - 1) * count
    const shown = wanted.toReversed().slice(from, from + count)
    return { status: 200, body: shown.map(({ statuses: _statuses, ...one }) => one) }
  }

  #create({ body, login }: Asked): Answered {
    const { ref, task = 'deploy', environment = 'production', description = '', payload = {} } = body as Record<string, string>
    const sha = this.branches.get(ref as string) ?? ref
    if (!this.commits.has(sha as string)) return refused(`No ref found for: ${ref}`)
    if (body.auto_merge !== false) return { status: 202, body: { message: 'Auto-merged main into the ref on deployment.' } }
    if (!Array.isArray(body.required_contexts) || body.required_contexts.length > 0)
      return { status: 409, body: { message: 'Conflict: Commit status checks failed for the ref.' } }
    const deployment = {
      ...{ id: 1_000 + this.deployments.length, sha: sha as string, ref: ref as string, task, environment, description, payload },
      ...{ creator: { login }, created_at: this.#time(), statuses: [] },
      production_environment: (body.production_environment as boolean | undefined) ?? environment === 'production',
      transient_environment: body.transient_environment === true,
    }
    this.deployments.push(deployment)
    return { status: 201, body: deployment }
  }

  #statuses({ parts: [, id] }: Asked): Answered {
    const deployment = this.deployments.find((one) => one.id === Number(id))
    return found(deployment?.statuses.toReversed())
  }

  #say({ parts: [, id], body, login }: Asked): Answered {
    const deployment = this.deployments.find((one) => one.id === Number(id))
    if (deployment === undefined) return NOT_FOUND
    const { state, description = '', environment_url = '', log_url = '' } = body as Record<string, string>
    if (!STATES.includes(state as string)) return refused(`state is ${state}`)
    if (description.length > 140) return refused('description is too long (maximum is 140 characters)')
    const status = { state: state as string, description, environment_url, log_url, creator: { login }, created_at: this.#time() }
    deployment.statuses.push(status)
    if (state === 'success' && body.auto_inactive !== false) this.#endOlder(deployment, login)
    return { status: 201, body: status }
  }

  /** "Adds a new inactive status to all prior non-transient, non-production environment deployments with the same … environment name". */
  #endOlder(newest: FakeDeployment, login: string): void {
    const older = this.deployments.slice(0, this.deployments.indexOf(newest)).filter((one) => one.environment === newest.environment)
    for (const { statuses, production_environment, transient_environment } of older)
      if (!production_environment && !transient_environment && statuses.at(-1)?.state === 'success')
        statuses.push({
          state: 'inactive',
          description: '',
          environment_url: '',
          log_url: '',
          creator: { login },
          created_at: this.#time(),
        })
  }

  #compare({ parts: [, base = '', head = ''] }: Asked): Answered {
    const [from, to] = [this.#line(base), this.#line(head)]
    if (from.length === 0 || to.length === 0) return NOT_FOUND
    const ahead = to.filter((sha) => !from.includes(sha))
    const behind = from.filter((sha) => !to.includes(sha))
    const status = ahead.length === 0 ? (behind.length === 0 ? 'identical' : 'behind') : behind.length === 0 ? 'ahead' : 'diverged'
    const files = ahead.flatMap((sha) => this.commits.get(sha)?.files ?? []).map((filename) => ({ filename, status: 'added' }))
    const commits = ahead.toReversed().map((sha) => {
      return { sha, commit: { message: this.commits.get(sha)?.message ?? 'A commit', author: { name: 'Ann' } }, author: { login: 'ann' } }
    })
    return { status: 200, body: { status, ahead_by: ahead.length, behind_by: behind.length, total_commits: ahead.length, commits, files } }
  }

  /** A commit and all before it. */
  #line(name: string): string[] {
    const line: string[] = []
    for (let sha = this.branches.get(name) ?? name; this.commits.has(sha); sha = this.commits.get(sha)?.parent ?? '') line.push(sha)
    return line
  }

  #commit(sha: string): Answered {
    const commit = this.commits.get(sha)
    return found(commit && { sha, tree: { sha: commit.tree ?? `tree of ${sha}` } })
  }

  #member([org, team, login = '']: readonly string[]): Answered {
    const isThere = this.teams.get(`${org}/${team}`)?.includes(login) ?? false
    return isThere ? { status: 200, body: { state: 'active', role: 'member' } } : NOT_FOUND
  }

  #time(): string {
    return new Date(this.now).toISOString().replace('.000Z', 'Z')
  }
}

const found = (body: unknown): Answered => (body === undefined ? NOT_FOUND : { status: 200, body })

function wrongFields(body: Readonly<Record<string, unknown>>, { needs = [], fields = {} }: Operation): string {
  const kinds = (value: unknown) =>
    Array.isArray(value) ? ['array'] : [typeof value, ...(['object', 'string'].includes(typeof value) ? ['payload'] : [])]
  const wrong = Object.keys(body).filter((name) => !kinds(body[name]).includes(fields[name] ?? 'unknown'))
  const missing = needs.filter((name) => body[name] === undefined)
  return wrong.length + missing.length === 0 ? '' : `fields: wrong ${wrong.join()}, missing ${missing.join()}`
}
