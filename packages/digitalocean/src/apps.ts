import type { App, Deployment } from './app.ts'
import { everyPage } from './every-page.ts'
import { ApiRefusal, badResponse, unknownResult } from './failures.ts'
import { isObject, type Json, type JsonObject, objectsIn, textOf } from './json-value.ts'
import { type Request, Transport, type TransportOptions } from './transport.ts'

export interface Proposal {
  /** US dollars a month; undefined where the API does not say. */
  readonly cost: number | undefined
  /** Whether an app of this name can be made. */
  readonly nameAvailable: boolean | undefined
}

export type LogType = 'BUILD' | 'DEPLOY' | 'RUN'

/** The App Platform part of the API. Nothing here is sent twice when it changes something: see `Transport.send`. */
export class Apps {
  readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** Every app of the account, page by page. */
  async list(): Promise<App[]> {
    return (await everyPage(this.transport, '/v2/apps', 'apps')) as unknown as App[]
  }

  async get(id: string): Promise<App> {
    return appIn(await this.#get(`/v2/apps/${id}`), { method: 'GET', path: `/v2/apps/${id}` })
  }

  async create(spec: JsonObject, projectId: string | undefined): Promise<App> {
    const call = { method: 'POST', path: '/v2/apps' } as const
    return appIn(await this.#send({ ...call, body: { spec, ...(projectId !== undefined && { project_id: projectId }) } }), call)
  }

  /** Replaces the whole spec. `moveSources`: components that follow a branch or a tag get its newest state too. */
  async update(id: string, spec: JsonObject, { moveSources }: { moveSources: boolean }): Promise<App> {
    const call = { method: 'PUT', path: `/v2/apps/${id}` } as const
    return appIn(await this.#send({ ...call, body: { spec, update_all_source_versions: moveSources } }), call)
  }

  async remove(id: string): Promise<void> {
    await this.#send({ method: 'DELETE', path: `/v2/apps/${id}` })
  }

  /** What the API thinks of a spec; nothing is changed. */
  async propose(spec: JsonObject, appId: string | undefined): Promise<Proposal> {
    const body = { spec, ...(appId !== undefined && { app_id: appId }) }
    const { app_cost: cost, app_name_available: free } = await this.#send({
      method: 'POST',
      path: '/v2/apps/propose',
      body,
      harmless: true,
    })
    return { cost: typeof cost === 'number' ? cost : undefined, nameAvailable: typeof free === 'boolean' ? free : undefined }
  }

  async deploy(id: string): Promise<Deployment> {
    return this.#deployment({ method: 'POST', path: `/v2/apps/${id}/deployments`, body: { force_build: false } })
  }

  async deployment(id: string, deployment: string): Promise<Deployment> {
    return this.#deployment({ method: 'GET', path: `/v2/apps/${id}/deployments/${deployment}` })
  }

  /** The newest first. Not for polling: the API answers with 524 for apps with many (hashicorp provider, #1466). */
  async recentDeployments(id: string, count: number): Promise<Deployment[]> {
    const answer = await this.#get(`/v2/apps/${id}/deployments?page=1&per_page=${count}`)
    return objectsIn(answer.deployments) as unknown as Deployment[]
  }

  /** @param lastly also while the run itself is being cancelled */
  async cancel(id: string, deployment: string, { lastly = false } = {}): Promise<Deployment> {
    return this.#deployment({ method: 'POST', path: `/v2/apps/${id}/deployments/${deployment}/cancel`, lastly })
  }

  /** Addresses of a component's log, signed and secret; none when that phase was never reached or is over (status 400). */
  async logUrls(id: string, deployment: string, component: string, type: LogType): Promise<string[]> {
    const path = `/v2/apps/${id}/deployments/${deployment}/components/${encodeURIComponent(component)}/logs?type=${type}&follow=false`
    try {
      const { historic_urls: urls } = await this.#get(path)
      return Array.isArray(urls) ? urls.filter((one) => typeof one === 'string') : []
    } catch (error) {
      if (error instanceof ApiRefusal && (error.status === 400 || error.status === 404)) return []
      throw error
    }
  }

  /** Whether the platform would go back to this deployment: its reason when it would not, and its doubts. */
  async validateRollback(id: string, deployment: string): Promise<{ error: string | undefined; warnings: string[] }> {
    const path = `/v2/apps/${id}/rollback/validate`
    const answer = await this.#send({ method: 'POST', path, body: { deployment_id: deployment, skip_pin: false }, harmless: true })
    const error = isObject(answer.error) ? textOf(answer.error.code) || textOf(answer.error.message) : ''
    const warnings = objectsIn(answer.warnings).map((one) => textOf(one.code) || textOf(one.message))
    return { error: answer.valid === true ? undefined : error || 'it is not valid', warnings }
  }

  async rollback(id: string, deployment: string, { pin }: { pin: boolean }): Promise<Deployment> {
    return this.#deployment({ method: 'POST', path: `/v2/apps/${id}/rollback`, body: { deployment_id: deployment, skip_pin: !pin } })
  }

  /** Keeps a rollback and lets deployments in again. */
  async commitRollback(id: string): Promise<void> {
    await this.#send({ method: 'POST', path: `/v2/apps/${id}/rollback/commit` })
  }

  async revertRollback(id: string): Promise<Deployment> {
    return this.#deployment({ method: 'POST', path: `/v2/apps/${id}/rollback/revert` })
  }

  async #deployment(request: Request): Promise<Deployment> {
    const { deployment } = await this.#send(request)
    if (!isObject(deployment) || typeof deployment.id !== 'string' || typeof deployment.phase !== 'string')
      throw request.method === 'GET' ? badResponse(request) : unknownResult(request, 'the answer has no deployment in it')
    return deployment as unknown as Deployment
  }

  #get(path: string): Promise<JsonObject> {
    return this.#send({ method: 'GET', path })
  }

  async #send(request: Request): Promise<JsonObject> {
    const answer: Json = await this.transport.send(request)
    if (answer === null) return {}
    if (!isObject(answer)) throw badResponse(request)
    return answer
  }
}

function appIn({ app }: JsonObject, call: Request): App {
  if (!isObject(app) || typeof app.id !== 'string' || !isObject(app.spec))
    throw call.method === 'GET' ? badResponse(call) : unknownResult(call, 'the answer has no app in it')
  return app as unknown as App
}

/** The API as the inputs of an action name it. */
export function appsOf(
  { apiUrl, digitaloceanToken }: { readonly apiUrl: string; readonly digitaloceanToken: string | undefined },
  world: Omit<TransportOptions, 'url' | 'token'>,
): Apps {
  return new Apps(new Transport({ ...world, url: apiUrl, token: digitaloceanToken ?? '' }))
}
