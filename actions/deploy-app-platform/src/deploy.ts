import {
  type App,
  type Applied,
  applySpec,
  componentNamed,
  type Deployment,
  type FailingStep,
  findApp,
  followDeployment,
  guardSecrets,
  hours,
  isObject,
  type JsonObject,
  makeWay,
  requireApp,
  requireFreshBackup,
  showLog,
  textOf,
} from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
import { createApp } from './create-app.ts'
import type { DeployPorts, DeployRequest, Status } from './deploy-request.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { judgeMoves, makePlan, type Plan, tellPlan } from './plan.ts'
import { previewName } from './preview.ts'
import { type Given, readGiven } from './spec-file.ts'
import { wantedSpec } from './wanted-spec.ts'

/** What became of a deploy; everything but `status` as far as it got. */
export interface DeployResult {
  status: Status
  app?: App
  name?: string
  /** The one that this run made. */
  deployment?: string
  previous?: string
  supersededBy?: string
  plan?: Plan
  failure?: UserError
  /** The end of the deployment was not seen, and nobody cancelled it: it may go live yet. */
  unsettled?: boolean
  /** Milliseconds that the platform took. */
  platform: number
}

/** So often a change is sent again that somebody overwrote who then did not bring it back. */
const ROUNDS = 3

/** Deploys to an app: find it, plan, wait for its turn, change the spec, follow the deployment. What is known by then is told on failure too. */
export async function deploy({ inputs }: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  const result: DeployResult = { status: 'failed', platform: 0 }
  try {
    await run(inputs, ports, result)
  } catch (error) {
    if (!(error instanceof UserError) || result.app === undefined) throw error
    result.status = 'failed'
    result.failure = error
  }
  return result
}

type Inputs = DeployRequest['inputs']

async function run(given: Inputs, ports: DeployPorts, result: DeployResult): Promise<void> {
  const { log } = ports
  const preview = given.preview
  const inputs = preview === undefined ? given : { ...given, appName: previewName(given.appName as string, preview), create: true }
  if (inputs.operation === 'delete') return removePreview(inputs, ports, result)
  const file = await readGiven(inputs, ports)
  const deadline = ports.clock.now() + inputs.timeout
  const live = await log.group('App', () => lookUp(inputs, ports, result))
  const plan = await log.group('Plan', async () => {
    const made = await makePlan(live, wantedSpec(live?.spec, file, inputs), ports)
    tellPlan(made, live, log)
    judgeMoves(made.moves, inputs.strict, log)
    return made
  })
  result.plan = plan
  if (live !== undefined && plan.changes.length === 0 && servesThat(live, plan)) {
    result.status = 'unchanged'
    return
  }
  if (inputs.databaseId !== undefined) await backedUp(inputs.databaseId, inputs.maxAgeHours, ports)
  if (inputs.dryRun) {
    result.status = 'planned'
    return
  }
  await log.group('Deploy', () => change({ inputs, file, live, plan, deadline }, ports, result))
}

/** What a migration breaks can only be brought back from a backup. */
async function backedUp(cluster: string, maxAgeHours: number, { apps, clock, log }: DeployPorts): Promise<void> {
  const { createdAt, ageHours } = await requireFreshBackup(apps.transport, { cluster, maxAgeHours, now: clock.now() })
  log.info(`Database ${cluster}: its newest backup is of ${createdAt}, ${hours(ageHours)} old`)
}

async function lookUp(inputs: Inputs, { apps, log }: DeployPorts, result: DeployResult): Promise<App | undefined> {
  const found = inputs.create ? await findApp(apps, inputs) : await requireApp(apps, inputs)
  // A list shows apps in short, and what is edited has to be whole.
  const app = found === undefined || inputs.appId !== undefined ? found : await apps.get(found.id)
  result.name = app === undefined ? (inputs.appName ?? '') : textOf(app.spec.name)
  if (app === undefined) return undefined
  result.app = app
  if (app.active_deployment !== undefined) result.previous = app.active_deployment.id
  log.info(
    `App ${result.name} (${app.id}), live: ${app.active_deployment === undefined ? 'nothing' : `deployment ${app.active_deployment.id}`}`,
  )
  if (inputs.projectId !== undefined && app.project_id !== undefined && app.project_id !== inputs.projectId)
    log.warning('the app is in another project than `project-id`, which only says where a new one is made')
  return app
}

/** The live deployment has the digests of this release: the last one with this spec may have failed. */
function servesThat({ active_deployment: live }: App, { wanted }: Plan): boolean {
  const spec = live?.spec
  if (live === undefined) return false
  return spec === undefined || wanted.assigned.every(({ component, digest }) => digestIn(spec, component) === digest)
}

function digestIn(spec: JsonObject, component: string): string {
  const image = componentNamed(spec, component)?.spec.image
  return isObject(image) ? textOf(image.digest) : ''
}

interface Changing {
  readonly inputs: Inputs
  readonly file: Given
  readonly live: App | undefined
  readonly plan: Plan
  readonly deadline: number
}

async function change(changing: Changing, ports: DeployPorts, result: DeployResult): Promise<void> {
  for (let round = 1; ; round += 1) {
    const applied = await apply(changing, ports, result)
    if (applied.deployment === undefined) {
      result.status = 'unchanged'
      return
    }
    result.deployment = applied.deployment.id
    ports.log.info(`Deployment ${applied.deployment.id} was made`)
    const outcome = await follow(applied, applied.deployment, changing, ports, result)
    Object.assign(result, { app: outcome.app, status: outcome.status, ...(outcome.supersededBy && { supersededBy: outcome.supersededBy }) })
    if (outcome.lost !== true || round === ROUNDS) {
      if (outcome.failure !== undefined) result.failure = outcome.failure
      return
    }
    ports.log.info('Somebody who had read before this change overwrote it; it is sent again')
  }
}

async function apply(changing: Changing, ports: DeployPorts, result: DeployResult): Promise<Pick<Applied, 'deployment' | 'changes'>> {
  const { inputs, file, plan, deadline } = changing
  if (result.app === undefined) {
    guardSecrets(plan.wanted.spec, undefined)
    const app = await createApp(plan.wanted.spec, inputs.projectId, ports)
    result.app = app
    const deployment =
      app.pending_deployment ?? app.in_progress_deployment ?? app.active_deployment ?? (await ports.apps.recentDeployments(app.id, 1))[0]
    return { deployment, changes: [] }
  }
  const waits = { interval: inputs.pollInterval, whenBusy: inputs.whenBusy, whenPinned: inputs.whenPinned, deadline }
  const began = ports.clock.now()
  const now = await makeWay(await ports.apps.get(result.app.id), { ...ports, ...waits })
  result.platform += ports.clock.now() - began
  result.app = now
  if (now.active_deployment !== undefined) result.previous = now.active_deployment.id
  const edit = (spec: JsonObject) => wantedSpec(spec, file, inputs).spec
  // What was waited for may have been a deploy of the very same release.
  return applySpec({ app: now.id, edit, moveSources: true, evenIfSame: !servesThat(now, plan) }, ports)
}

async function follow(
  applied: Pick<Applied, 'changes'>,
  made: Deployment,
  { inputs, deadline }: Changing,
  ports: DeployPorts,
  result: DeployResult,
): Promise<Outcome> {
  const app = (result.app as App).id
  const failing: FailingStep[] = []
  const onFailure = async (step: FailingStep) => {
    failing.push(step)
    await showLog(step, app, made.id, ports)
  }
  const began = ports.clock.now()
  const following = { ...ports, app, deployment: made, interval: inputs.pollInterval, deadline, onFailure }
  try {
    const deployment = await followDeployment(following)
    return await outcomeOf(app, { deployment, failing, applied, inputs, deadline }, ports)
  } catch (error) {
    result.unsettled = !(await endIfAsked(error, { app, deployment: made.id, inputs }, ports))
    throw error
  } finally {
    result.platform += ports.clock.now() - began
  }
}

/** A run that gives up leaves the deployment to the platform, unless the user chose otherwise. @returns whether it is ended */
async function endIfAsked(error: unknown, at: { app: string; deployment: string; inputs: Inputs }, ports: DeployPorts): Promise<boolean> {
  const { onCancel, onTimeout } = at.inputs
  const timedOut = error instanceof UserError && error.code === 'DA-APP-TIMEOUT'
  const cancelled = ports.signal.aborted
  if (!(timedOut && onTimeout === 'cancel') && !(cancelled && onCancel === 'cancel')) return false
  ports.log.info(`Cancelling deployment ${at.deployment}`)
  try {
    await ports.apps.cancel(at.app, at.deployment, { lastly: true })
    return true
  } catch (cause) {
    ports.log.warning(`deployment ${at.deployment} could not be cancelled: ${String(cause)}`)
    return false
  }
}

/** Only apps with the name of a preview are deleted. One that is gone already is what was asked for. */
async function removePreview(inputs: Inputs, { apps, log }: DeployPorts, result: DeployResult): Promise<void> {
  result.name = inputs.appName as string
  const app = await findApp(apps, inputs)
  result.status = inputs.dryRun ? 'planned' : 'deleted'
  if (app !== undefined) result.app = app
  if (app !== undefined && !inputs.dryRun) await apps.remove(app.id)
  const what = inputs.dryRun ? 'would be deleted' : 'was deleted'
  log.info(app === undefined ? `There is no app ${result.name}` : `App ${result.name} (${app.id}) ${what}`)
}
