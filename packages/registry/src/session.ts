import type { ImageAddress } from './address.ts'
import { parseChallenges } from './challenge.ts'
import { badResponse, refused, refusedPush, unsafeRealm, wrongLogin } from './failures.ts'
import { type Answer, type Question, type Requester, send, type TransportOptions } from './transport.ts'

export interface Login {
  username: string
  /** Password or token. Secret. */
  password: string
}

export interface SessionOptions extends TransportOptions {
  endpoint: string
  login: Login | undefined
  /** What the inputs for the login are called, for messages. */
  loginInputs?: Requester['loginInputs']
  /** Scopes to ask a token for; what the registry's challenge names when left out, which is reading only. */
  scopes?: readonly string[] | undefined
}

/** What is asked of a repository. */
export interface Ask {
  method?: Question['method']
  accept?: string | undefined
  contentType?: string | undefined
  body?: Uint8Array | undefined
}

/**
 * Asks a registry about one repository. The first request goes out without credentials; what the registry then asks for (a bearer token from its
 * token service, or basic auth) is kept for the requests that follow.
 */
export class RegistrySession {
  readonly #address: ImageAddress
  readonly #options: SessionOptions
  readonly #who: Requester
  #authorization: string | undefined

  constructor(address: ImageAddress, options: SessionOptions) {
    this.#address = address
    this.#options = options
    this.#who = { registry: address.registry, username: options.login?.username, loginInputs: options.loginInputs }
  }

  /** Where the registry's API answers. */
  get endpoint(): string {
    return this.#options.endpoint
  }

  /**
   * GET `/v2/<repository>/<path>`.
   *
   * @returns an answer with any other status than 401 and 403
   * @throws UserError DA-REGISTRY-AUTH, and what `send` throws
   */
  get(path: string, accept: string): Promise<Answer> {
    return this.ask(path, { accept })
  }

  /**
   * Any request to `/v2/<repository>/<path>`, or to an address that the registry gave.
   *
   * @throws UserError DA-REGISTRY-AUTH; DA-REGISTRY-PUSH for what changes something; and what `send` throws
   */
  async ask(path: string, { method = 'GET', accept, contentType, body }: Ask): Promise<Answer> {
    const { repository } = this.#address
    const url = URL.canParse(path) ? path : `${this.#options.endpoint}/v2/${repository}/${path}`
    const headers = () => ({
      ...(accept && { accept }),
      ...(contentType && { 'content-type': contentType }),
      ...(this.#authorization && { authorization: this.#authorization }),
    })
    let answer = await send({ method, url, headers: headers(), body }, this.#who, this.#options)
    if (answer.status === 401) {
      this.#authorization = await this.#authorize(answer.headers.get('www-authenticate') ?? '')
      answer = await send({ method, url, headers: headers(), body }, this.#who, this.#options)
    }
    if (answer.status === 401 && this.#authorization?.startsWith('Basic ') && this.#who.username !== undefined) throw wrongLogin(this.#who)
    if (answer.status === 401 || answer.status === 403)
      throw method === 'GET' || method === 'HEAD' ? refused(this.#who, repository) : refusedPush(this.#who, repository)
    return answer
  }

  async #authorize(header: string): Promise<string> {
    const { repository } = this.#address
    const challenges = parseChallenges(header)
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
    if (bearer !== undefined) return `Bearer ${await this.#fetchToken(bearer.parameters)}`
    const { login } = this.#options
    if (login === undefined || !challenges.some(({ scheme }) => scheme === 'basic')) throw refused(this.#who, repository)
    return basic(login)
  }

  /** The token service may be another host than the registry; as with Docker, it gets the password, but never in the clear when the registry is not. */
  async #fetchToken({ realm = '', service, scope }: Readonly<Record<string, string>>): Promise<string> {
    const { registry, repository } = this.#address
    const { login, endpoint } = this.#options
    if (!URL.canParse(realm)) throw badResponse(registry, 'a login challenge without the address of a token service')
    const url = new URL(realm)
    if (login !== undefined && url.protocol !== 'https:' && endpoint.startsWith('https:')) throw unsafeRealm(registry, url.origin)
    if (service !== undefined) url.searchParams.set('service', service)
    for (const one of this.#options.scopes ?? [scope ?? `repository:${repository}:pull`]) url.searchParams.append('scope', one)
    const headers = login === undefined ? {} : { authorization: basic(login) }
    const answer = await send({ url: url.href, headers }, this.#who, this.#options)
    if (answer.status === 401 && login !== undefined) throw wrongLogin(this.#who)
    if (answer.status >= 400) throw this.#options.scopes === undefined ? refused(this.#who, repository) : refusedPush(this.#who, repository)
    return tokenOf(answer, registry)
  }
}

const basic = ({ username, password }: Login): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

function tokenOf(answer: Answer, registry: string): string {
  try {
    const { token, access_token: accessToken } = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>
    const found = token ?? accessToken
    if (typeof found === 'string' && found !== '') return found
  } catch {
    // told below, without the text, which may hold a token
  }
  throw badResponse(registry, 'its token service sent no token')
}
