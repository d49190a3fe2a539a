import { type Clock, messageOf, UserError } from '@deploy-actions/kit'
import { Octokit } from '@octokit/core'
import { type GitHubApi, GitHubRefused } from './github-api.ts'

export interface GitHubAccess {
  readonly token: string
  /** Such as `https://api.github.com`: the runner says it in GITHUB_API_URL. */
  readonly url: string
  readonly clock: Clock
  readonly signal?: AbortSignal
}

const TRIES = 4
const PAUSE_MS = 1_000
/** A limit that ends later than this is told instead of waited for. */
const LONGEST_MS = 60_000
const PAGE = 30

interface Refusal {
  readonly status: number
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>>; readonly data?: unknown }
}

/** This file is the only importer of octokit. */
export function octokitApi({ token, url, clock, signal }: GitHubAccess): GitHubApi {
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  const octokit = new Octokit({ auth: token, baseUrl: url, userAgent: 'deploy-actions', log: silent })
  // What writes is never cut off: nobody could say what became of it.
  const signalFor = (route: string) => (signal && route.startsWith('GET ') ? { request: { signal } } : {})
  const once = async (route: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> =>
    (await octokit.request(route, { ...parameters, ...signalFor(route) })).data
  const request = async <T>(route: string, parameters: Readonly<Record<string, unknown>>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      signal?.throwIfAborted()
      try {
        return (await once(route, parameters)) as T
      } catch (error) {
        signal?.throwIfAborted()
        const pause = tries < TRIES ? pauseAfter(error, route, tries) : undefined
        if (pause === undefined) throw told(error, route, url)
        await clock.sleep(pause, signal)
      }
    }
  }
  return {
    request,
    async all<T>(route: string, name: string, parameters: Readonly<Record<string, unknown>>) {
      const found: T[] = []
      for (let page = 1; ; page++) {
        const answer = await request<Record<string, T[]>>(route, { ...parameters, per_page: PAGE, page })
        const part = answer[name] ?? []
        found.push(...part)
        if (part.length < PAGE) return found
      }
    },
  }
}

/** How long to wait before the next try; undefined: it would not help, or would not be the same. */
function pauseAfter(error: unknown, route: string, tries: number): number | undefined {
  const { status, response } = error as Partial<Refusal>
  const after = Number(response?.headers['retry-after'] ?? Number.NaN) * 1_000
  if (status === 429 || (status === 403 && !Number.isNaN(after))) {
    const pause = Number.isNaN(after) ? LONGEST_MS : after
    return pause <= LONGEST_MS ? pause : undefined
  }
  // Whether a POST that broke was done is unknown.
  if (route.startsWith('POST ')) return undefined
  const passing = status === undefined || status >= 500
  return passing ? PAUSE_MS * 2 ** (tries - 1) : undefined
}

function told(error: unknown, route: string, url: string): UserError {
  const { status, response } = error as Partial<Refusal>
  // Octokit gives 500 to a connection that did not come about.
  if (status === undefined || response === undefined) {
    const hint = "Look at the runner's network and proxy (Node takes HTTPS_PROXY with NODE_USE_ENV_PROXY=1)."
    return new UserError('DA-GITHUB-UNREACHABLE', `${url} could not be asked (${route}): ${messageOf(error)}`, { hint, cause: error })
  }
  return new GitHubRefused(status, route, saidIn(response.data) ?? messageOf(error))
}

/** GitHub's own words: a message, and what is wrong with each field. */
function saidIn(data: unknown): string | undefined {
  const { message, errors = [] } = (data ?? {}) as { message?: string; errors?: unknown[] }
  const details = Array.isArray(errors) ? errors.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) : []
  return message === undefined ? undefined : [message, ...details].join('; ').slice(0, 400)
}
