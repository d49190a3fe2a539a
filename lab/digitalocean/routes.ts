import { randomUUID } from 'node:crypto'
import type { Account } from './account.ts'
import type { Infrastructure } from './infrastructure.ts'
import { infrastructureRoutes } from './infrastructure-routes.ts'
import { paged } from './paged.ts'
import { badRequest, Problem } from './problem.ts'
import { costOf, shownApp, shownChange, shownDeployment } from './shown.ts'
import { componentsIn } from './take-spec.ts'

export interface Asked {
  readonly parameters: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  // biome-ignore lint/suspicious/noExplicitAny: judged by the schemas before
  readonly body: any
  readonly url: string
  /** Whether the token has a scope. */
  readonly may: (scope: string) => boolean
}

export interface Surroundings {
  readonly account: Account
  readonly infrastructure: Infrastructure
  /** Signed addresses of logs: the text, and until when they work. */
  readonly logs: Map<string, { readonly text: string; readonly until: number }>
  /** What components write, by name; `web` alone, or `web BUILD`. */
  readonly written: Map<string, string>
}

export type Route = (asked: Asked, surroundings: Surroundings) => unknown

/** Signed addresses live this long; the real length is unverified. */
const LOG_URL_MS = 15 * 60_000

/** Every operation by `METHOD path`, as in schemas.ts. */
export const routes: Readonly<Record<string, Route>> = {
  ...infrastructureRoutes,
  'GET /v2/apps': ({ query, url }, { account }) =>
    paged(
      'apps',
      account.apps.map((app) => () => shownApp(account, account.find(app.id))),
      query,
      url,
    ),
  'POST /v2/apps': ({ body }, { account }) => {
    const app = account.create(body.spec, body.project_id)
    return shownChange(account, app, app.deployments[0] as never)
  },
  'POST /v2/apps/propose': ({ body }, { account }) => {
    const app = body.app_id === undefined ? undefined : account.find(body.app_id)
    const spec = account.propose(body.spec, app)
    const taken = account.apps.some((one) => one !== app && one.spec.name === spec.name)
    return { app_name_available: !taken, existing_static_apps: '0', app_cost: costOf(spec), spec }
  },
  'GET /v2/apps/{id}': ({ parameters: { id = '' } }, { account }) => ({ app: shownApp(account, account.find(id)) }),
  'PUT /v2/apps/{id}': ({ parameters: { id = '' }, body }, { account }) => {
    const app = account.find(id)
    return shownChange(account, app, account.update(app, body.spec))
  },
  'DELETE /v2/apps/{id}': ({ parameters: { id = '' } }, { account }) => {
    account.apps.splice(account.apps.indexOf(account.find(id)), 1)
    return { id }
  },
  'GET /v2/apps/{id}/deployments': ({ parameters: { id = '' }, query, url }, { account }) => {
    const app = account.find(id)
    const newest = [...app.deployments].reverse()
    return paged(
      'deployments',
      newest.map((one) => () => shownDeployment(account, app, one)),
      query,
      url,
    )
  },
  'POST /v2/apps/{id}/deployments': ({ parameters: { id = '' } }, { account }) => {
    const app = account.find(id)
    return { deployment: shownDeployment(account, app, account.redeploy(app, 'CREATE_DEPLOYMENT')) }
  },
  'GET /v2/apps/{id}/deployments/{deployment}': ({ parameters: { id = '', deployment = '' } }, { account }) => {
    const app = account.find(id)
    return { deployment: shownDeployment(account, app, account.deploymentOf(app, deployment)) }
  },
  'POST /v2/apps/{id}/deployments/{deployment}/cancel': ({ parameters: { id = '', deployment = '' } }, { account }) => {
    const app = account.find(id)
    const one = account.deploymentOf(app, deployment)
    account.cancel(app, one)
    return { deployment: shownDeployment(account, app, one) }
  },
  'GET /v2/apps/{id}/deployments/{deployment}/logs': (asked, surroundings) => logUrls(asked, surroundings),
  'GET /v2/apps/{id}/deployments/{deployment}/components/{component}/logs': (asked, surroundings) => logUrls(asked, surroundings),
  'GET /v2/apps/{id}/logs': (asked, surroundings) => logUrls(ofActive(asked, surroundings), surroundings),
  'GET /v2/apps/{id}/components/{component}/logs': (asked, surroundings) => logUrls(ofActive(asked, surroundings), surroundings),
  'POST /v2/apps/{id}/restart': ({ parameters: { id = '' } }, { account }) => {
    const app = account.find(id)
    return { deployment: shownDeployment(account, app, account.redeploy(app, 'RESTART')) }
  },
  'POST /v2/apps/{id}/rollback/validate': ({ parameters: { id = '' }, body }, { account }) => {
    const { error, warnings } = account.validateRollback(account.find(id), body.deployment_id)
    return { valid: error === undefined, ...(error !== undefined && { error }), warnings }
  },
  'POST /v2/apps/{id}/rollback': ({ parameters: { id = '' }, body }, { account }) => {
    const app = account.find(id)
    return { deployment: shownDeployment(account, app, account.rollback(app, body.deployment_id, body.skip_pin !== true)) }
  },
  'POST /v2/apps/{id}/rollback/commit': ({ parameters: { id = '' } }, { account }) => account.commit(account.find(id)),
  'POST /v2/apps/{id}/rollback/revert': ({ parameters: { id = '' } }, { account }) => {
    const app = account.find(id)
    return { deployment: shownDeployment(account, app, account.revert(app)) }
  },
  'GET /v2/apps/{id}/health': ({ parameters: { id = '' } }, { account }) => {
    const components = componentsIn(account.find(id).spec).filter(({ list }) => list === 'services' || list === 'workers')
    const health = ({ name, spec }: (typeof components)[number]) => ({
      ...{ name, state: 'HEALTHY', replicas_desired: spec.instance_count ?? 1, replicas_ready: spec.instance_count ?? 1 },
    })
    return { app_health: { components: components.map(health) } }
  },
}

/** Without a deployment it is the active one. */
const ofActive = (asked: Asked, { account }: Surroundings): Asked => {
  const deployment = account.find(asked.parameters.id ?? '').active
  if (deployment === undefined) throw badRequest('the app has no active deployment')
  return { ...asked, parameters: { ...asked.parameters, deployment } }
}

/** 400 for a phase that was never reached, and for containers that are gone ("final_cleanup": three public repositories). */
function logUrls(
  { parameters: { id = '', deployment = '', component = '' }, query, url }: Asked,
  { account, logs, written }: Surroundings,
): unknown {
  const app = account.find(id)
  const one = account.deploymentOf(app, deployment)
  const type = query.get('type') ?? ''
  if (!['BUILD', 'DEPLOY', 'RUN', 'RUN_RESTARTED'].includes(type)) throw new Problem(422, 'unprocessable_entity', 'type is required')
  const { phase } = account.phaseOf(app, one)
  if (type !== 'BUILD' && ['PENDING_BUILD', 'BUILDING', 'PENDING_DEPLOY'].includes(phase))
    throw badRequest(`cannot get logs for deployment ${one.id}: phase was not reached`)
  if (type !== 'BUILD' && (phase === 'ERROR' || phase === 'CANCELED'))
    throw badRequest(`cannot get running logs from deployment ${one.id} in phase final_cleanup`)
  const text = written.get(`${component} ${type}`) ?? (type === 'RUN' ? undefined : written.get(component))
  if (text === undefined) return { live_url: '', historic_urls: [] }
  const key = randomUUID()
  logs.set(key, { text, until: account.now + LOG_URL_MS })
  return { live_url: '', historic_urls: [`${new URL(url).origin}/signed-logs/${key}?signature=${randomUUID()}`] }
}
