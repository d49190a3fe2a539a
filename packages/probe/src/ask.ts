import { buildRequest } from './build-request.ts'
import type { Check } from './check.ts'
import type { Cookies } from './cookie-jar.ts'
import { Unanswered } from './failure.ts'
import type { HttpClient, HttpRequest, Phases } from './http-answer.ts'
import { Answer } from './judge-answer.ts'
import { withoutSecretLooks } from './secret-looks.ts'
import type { Variables } from './variables.ts'

/** One request and what came of it, for the report; times in milliseconds. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly address?: string | undefined
  readonly status?: number
  readonly bytes?: number
  /** Since the beginning of the run. */
  readonly start: number
  readonly ms: number
  readonly phases: Phases
  readonly problem?: string
  /** The server had closed the kept connection just then, so it was asked once more on a new one. */
  readonly again?: true
}

/** What is tested, and how to get there. */
export interface Target {
  /** What paths belong to. */
  readonly base: URL
  /** Sent to the host of `base` alone: the secret header of a candidate. */
  readonly headers: Readonly<Record<string, string>>
  /** Addresses by host name, as `resolve` gives them. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
}

/** What asking needs. */
export interface Asking {
  readonly target: Target
  readonly http: HttpClient
  readonly signal: AbortSignal
  /** Milliseconds that are left for everything. */
  readonly left: () => number
  /** Milliseconds since the run began. */
  readonly since: () => number
  readonly tell: (exchange: Exchange) => void
}

/** What a request says of who asks, wherever it goes; all other headers that a check writes are for the origin that it names. */
const FOR_ALL = ['user-agent', 'accept', 'accept-language', 'accept-encoding']

/** Sends a check's request and follows its redirects. @throws Unanswered, NotCaptured */
export async function ask(
  check: Pick<Check, 'request'>,
  visitor: { cookies: Cookies; variables: Variables; node?: string | undefined },
  asking: Asking,
): Promise<Answer> {
  const { target } = asking
  let request = await buildRequest(check.request, target.base, visitor.variables)
  let begun: number | undefined
  const been = new Set<string>()
  const way: string[] = []
  for (let left = check.request.follow; ; left--) {
    const cookiesBefore = visitor.cookies.headerFor(request.url)
    const spent = begun === undefined ? 0 : asking.since() - begun
    begun ??= asking.since()
    const answer = await exchange(request, visitor, {
      ...asking,
      overall: asking.left,
      left: () => Math.min(asking.left(), check.request.timeLimitMs - spent),
    })
    const to = answer.header('location')
    if (left <= 0 || to === undefined || ![301, 302, 303, 307, 308].includes(answer.http.status)) {
      if (left <= 0 && check.request.follow > 0 && to !== undefined) throw tooMany(check.request.follow, request.url)
      return answer
    }
    way.push(request.url.href)
    been.add(stationOf(request, visitor.cookies, cookiesBefore))
    request = redirected(request, answer.http.status, to)
    if (been.has(stationOf(request, visitor.cookies))) throw inCircle([...way, request.url.href])
  }
}

/** The same address with other cookies is another station: a login comes back to where it began. */
const stationOf = ({ method, url }: Pick<HttpRequest, 'method' | 'url'>, cookies: Cookies, sent = cookies.headerFor(url)): string =>
  `${method} ${url.href} ${sent}`

async function exchange(
  request: Omit<HttpRequest, 'address'>,
  { cookies, node }: Parameters<typeof ask>[1],
  asking: Asking & { readonly overall?: Asking['left'] },
): Promise<Answer> {
  const { target, http, signal, left, overall = left, since, tell } = asking
  const { url, method } = request
  const own = url.host === target.base.host && url.protocol === target.base.protocol
  const cookie = cookies.headerFor(url)
  const headers = { ...request.headers, ...(cookie !== '' && { cookie }), ...(own && target.headers) }
  const address = (own ? node : undefined) ?? target.addresses.get(url.hostname)?.[0]
  const start = since()
  try {
    const answer = await http.send(
      { ...request, headers, address, timeLimitMs: Math.max(1, Math.min(request.timeLimitMs, left())) },
      signal,
    )
    const { status, body, ms, phases, again } = answer
    tell({ method, url: shownAddress(url), address, status, bytes: body.length, start, ms, phases, ...(again && { again }) })
    cookies.keep(url, answer.headers['set-cookie'] ?? [])
    return new Answer(answer)
  } catch (error) {
    if (error instanceof Unanswered)
      tell({ method, url: shownAddress(url), address, start, ms: since() - start, phases: {}, problem: error.failure.message })
    if (error instanceof Unanswered && error.failure.cause === 'slow' && overall() <= 0) throw overTime(url)
    throw error
  }
}

const shownAddress = (url: URL): string => withoutSecretLooks(url.href)

function overTime(url: URL): Unanswered {
  return new Unanswered({
    cause: 'slow',
    message: `the time for everything (\`timeout\`) was over before ${url.pathname} had answered`,
    surroundings: true,
  })
}

/** What a browser asks next. What belongs to one host does not go to another. */
function redirected(request: Omit<HttpRequest, 'address'>, status: number, to: string): Omit<HttpRequest, 'address'> {
  const url = URL.canParse(to, request.url.href) ? new URL(to, request.url) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Unanswered({
      cause: 'assertion',
      message: `${shownAddress(request.url)} leads to "${withoutSecretLooks(to)}", which is no http address`,
    })
  const asGet = status === 303 || ((status === 301 || status === 302) && request.method === 'POST')
  const stays = url.origin === request.url.origin
  const { body, ...rest } = request
  if (!stays && body !== undefined && !asGet) throw notElsewhere(request, url, status)
  const goes = (name: string) => (stays || FOR_ALL.includes(name)) && !(asGet && ['content-type', 'content-length'].includes(name))
  const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => goes(name)))
  return { ...rest, url, headers, method: asGet && request.method !== 'HEAD' ? 'GET' : request.method, ...(body && !asGet && { body }) }
}

function notElsewhere({ method, url }: Pick<HttpRequest, 'method' | 'url'>, to: URL, status: number): Unanswered {
  return new Unanswered({
    cause: 'assertion',
    message: `${shownAddress(url)} leads with ${status} to ${to.origin}: what this ${method} sends is for ${url.origin}, and goes nowhere else`,
  })
}

function tooMany(count: number, url: URL): Unanswered {
  return new Unanswered({ cause: 'assertion', message: `there are more than ${count} redirects; the last one was at ${shownAddress(url)}` })
}

function inCircle(way: readonly string[]): Unanswered {
  return new Unanswered({
    cause: 'assertion',
    message: `the redirects go round in a circle: ${way.map(withoutSecretLooks).join(' → ')}`,
  })
}
