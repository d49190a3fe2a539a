import { messageOf, UserError } from '@deploy-actions/kit'

/** What the API was asked to do, in its own words: for messages and for what a token has to be allowed. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
}

/** An answer that is no success. */
export interface Refused extends Call {
  readonly status: number
  /** Of the error's body; empty where there is none. */
  readonly message: string
  readonly requestId: string
}

/**
 * Nobody knows whether the API did what it was asked to: the connection broke after the request had gone out, or the answer was a 5xx.
 * Asking again could do it twice. Whoever sends something has to look what became of it.
 */
export class UnknownResult extends UserError {}

/** An answer with a status that says what is wrong. */
export class ApiRefusal extends UserError {
  readonly status: number
  /** What the API said. */
  readonly said: string

  constructor(refused: Refused, ...[code, message, options]: ConstructorParameters<typeof UserError>) {
    super(code, message, options)
    this.status = refused.status
    this.said = refused.message
  }
}

export function refusal(refused: Refused): ApiRefusal {
  const { status } = refused
  const said = refused.message === '' ? '' : `: ${refused.message}`
  const what = `${refused.method} ${refused.path}`
  if (status === 401) {
    const hint = 'Make a new one on the page "API" of your account and store it as a secret of this environment. Tokens expire.'
    return new ApiRefusal(refused, 'DA-DO-AUTH', `DigitalOcean does not accept the token${said}`, { hint })
  }
  if (status === 403) {
    const hint = `Make a token with ${scopeOf(refused)} beside what it has, or with full access.`
    return new ApiRefusal(refused, 'DA-DO-SCOPE', `the token may not do this (${what})${said}`, { hint })
  }
  const request = refused.requestId === '' ? '' : ` (request ${refused.requestId})`
  const words = 'The words are those of the API.'
  const ofSpec = ' What is wrong with the spec stands there first come, first served: there may be more.'
  const hint = refused.path.startsWith('/v2/apps') ? words + ofSpec : words
  return new ApiRefusal(refused, 'DA-DO-REFUSED', `DigitalOcean refuses ${what} with status ${status}${said}${request}`, { hint })
}

/** The scope that a call needs (digitalocean/openapi, `security` of each operation). */
function scopeOf({ method, path }: Call): string {
  if (path.endsWith('/docker-credentials')) return '`registry:read` and `registry:update`'
  if (path === '/v2/droplets') return '`droplet:read` and `tag:read`'
  const [, section = 'app'] = /^\/v2\/([a-z_]+)/.exec(path) ?? []
  const thing = section === 'registries' ? 'registry' : section.replace(/s$/, '')
  if (/^\/v2\/load_balancers\/[^/]+\/droplets$/.test(path)) return '`load_balancer:update`'
  if (method === 'GET' || path.endsWith('/propose')) return `\`${thing}:read\``
  if (method === 'DELETE') return `\`${thing}:delete\``
  if (method === 'POST' && path === '/v2/firewalls') return '`firewall:create`'
  return method === 'POST' && path === '/v2/apps' ? '`app:create` and `project:assign_resource`' : `\`${thing}:update\``
}

export function unreachable(problem: unknown): UserError {
  const hint = 'Nothing is known to be wrong with your app. See status.digitalocean.com, and run again.'
  return new UserError('DA-DO-UNREACHABLE', `cannot reach DigitalOcean's API: ${reasonOf(problem)}`, { hint, cause: problem })
}

export function unknownResult({ method, path }: Call, problem: unknown): UnknownResult {
  const hint = `Look on the web page what became of ${path.startsWith('/v2/apps') ? 'the app' : 'it'} before you run again.`
  const message = `nobody knows whether DigitalOcean did ${method} ${path}: ${reasonOf(problem)}`
  return new UnknownResult('DA-DO-UNKNOWN-RESULT', message, { hint, cause: problem })
}

export function rateLimited(seconds: number | undefined): UserError {
  const when = seconds === undefined ? '' : `; it asks to wait ${Math.ceil(seconds)} s`
  const hint = 'The limit is 5,000 requests an hour and 250 a minute for each token. Give parallel workflows tokens of their own.'
  return new UserError('DA-DO-RATE-LIMIT', `DigitalOcean answers no more requests of this token${when}`, { hint })
}

export function badResponse({ method, path }: Call): UserError {
  const hint = 'Check `api-url`, and that no proxy answers in the place of the API.'
  return new UserError('DA-DO-RESPONSE', `the answer to ${method} ${path} is not what the API sends`, { hint })
}

/** fetch says only "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  if (typeof error === 'string') return error
  const { cause, name } = error as { cause?: unknown; name?: unknown }
  if (name === 'TimeoutError') return 'it does not answer in time'
  return cause === undefined ? messageOf(error) : messageOf(cause) || String((cause as { code?: unknown }).code)
}
