import type { Account, AppRecord, DeploymentRecord } from './account.ts'
import { componentsIn } from './take-spec.ts'

const time = (ms: number): string => new Date(ms).toISOString()

/** A deployment as the API shows it. */
export function shownDeployment(account: Account, app: AppRecord, one: DeploymentRecord): Record<string, unknown> {
  const { phase } = account.phaseOf(app, one)
  const of = (list: string) =>
    componentsIn(one.spec)
      .filter((component) => component.list === list)
      .map(({ name }) => ({ name }))
  return {
    id: one.id,
    spec: one.spec,
    phase,
    cause: one.cause,
    cause_details: { type: one.type, ...(one.action !== undefined && { digitalocean_user_action: { name: one.action } }) },
    ...(one.clonedFrom !== undefined && { cloned_from: one.clonedFrom }),
    ...(one.previous !== undefined && { previous_deployment_id: one.previous }),
    created_at: time(one.createdAt),
    updated_at: time(account.now),
    phase_last_updated_at: time(one.ended?.at ?? account.now),
    progress: account.progressOf(app, one),
    services: of('services'),
    workers: of('workers'),
    jobs: of('jobs'),
    static_sites: of('static_sites'),
    tier_slug: 'basic',
  }
}

/** An app as the API shows it, with its deployments in their places. */
export function shownApp(account: Account, app: AppRecord): Record<string, unknown> {
  const address = account.addressOf(String(app.spec.name), app.id)
  const show = (one: DeploymentRecord | undefined) => one && shownDeployment(account, app, one)
  const phase = (one: DeploymentRecord) => account.phaseOf(app, one).phase
  const under = app.deployments.filter((one) => !['ACTIVE', 'SUPERSEDED', 'ERROR', 'CANCELED'].includes(phase(one)))
  // From when on one that is pending is in progress is unverified.
  const pending = under.findLast((one) => phase(one) === 'PENDING_BUILD')
  const slots = {
    active_deployment: show(app.deployments.find(({ id }) => id === app.active)),
    in_progress_deployment: show(under.findLast((one) => one !== pending)),
    pending_deployment: show(pending),
    pinned_deployment: show(app.deployments.find(({ id }) => id === app.pinned)),
  }
  const serves = app.active !== undefined && componentsIn(app.spec).some(({ list }) => ['services', 'static_sites'].includes(list))
  return {
    id: app.id,
    spec: app.spec,
    created_at: time(app.createdAt),
    updated_at: time(app.updatedAt),
    project_id: app.projectId,
    default_ingress: serves ? address : '',
    live_url: serves ? address : '',
    live_domain: serves ? new URL(address).host : '',
    tier_slug: 'basic',
    ...Object.fromEntries(Object.entries(slots).filter(([, one]) => one !== undefined)),
  }
}

/** What the PUT and the POST of an app answer: `pending_deployment` is guaranteed to be the one that they made. */
export function shownChange(account: Account, app: AppRecord, made: DeploymentRecord): Record<string, unknown> {
  return { app: { ...shownApp(account, app), pending_deployment: shownDeployment(account, app, made) } }
}

/** US dollars a month; prices of our own. */
export function costOf(spec: Parameters<typeof componentsIn>[0]): number {
  return componentsIn(spec).reduce(
    (sum, { spec: one, list }) => sum + (list === 'static_sites' ? 0 : 5 * Number(one.instance_count ?? 1)),
    0,
  )
}
