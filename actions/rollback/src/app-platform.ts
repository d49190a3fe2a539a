import {
  type App,
  type Apps,
  applySpec,
  changeInWords,
  chooseTargets,
  type Deployment,
  deploymentFailure,
  differences,
  type FailingStep,
  type Fetch,
  followDeployment,
  imagesLike,
  isObject,
  type JsonObject,
  pinnedTo,
  type RollbackTarget,
  requireApp,
  showLog,
  supersededBy,
  whoTookOver,
} from '@deploy-actions/digitalocean'
import { type Clock, type Log, type Secrets, UserError } from '@deploy-actions/kit'
import type { RollbackInputs } from './inputs.ts'

export interface AppPorts {
  readonly apps: Apps
  readonly fetch: Fetch
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Pick<Secrets, 'add'>
  readonly signal: AbortSignal
  /** Remembers that the app is held by this step, so that its end lets it go. */
  readonly keepHeld: (app: string, deployment: string) => void
}

export interface AppRollback {
  status: 'rolled-back' | 'unchanged' | 'planned' | 'reverted' | 'failed'
  app: App
  /** The deployment that was gone back to. */
  target?: string
  /** The one that this run made. */
  made?: string
  previous?: string
  held: boolean
  failure?: UserError
  /** Milliseconds that the platform took. */
  platform: number
}

/** Deployments that are looked through; the list breaks for apps with many when one asks for more. */
const LOOKED_THROUGH = 30

/** Goes back on App Platform: finds the last good release, shows it, and brings it back by the way that was chosen. */
export async function rollbackApp(inputs: RollbackInputs, ports: AppPorts): Promise<AppRollback> {
  const { apps, log } = ports
  const found = await log.group('App', () => requireApp(apps, inputs))
  const app = inputs.appId === undefined ? await apps.get(found.id) : found
  const result: AppRollback = { status: 'failed', app, held: false, platform: 0, ...(app.active_deployment && { previous: app.active_deployment.id }) }
  try {
    if (inputs.operation === 'rollback') await goBack(inputs, ports, result)
    else await decide(inputs, ports, result)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    result.status = 'failed'
    result.failure = error
  }
  return result
}

async function goBack(inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<void> {
  const { app } = result
  if (app.pinned_deployment !== undefined && app.pinned_deployment.id !== '') throw pinnedTo(app.pinned_deployment)
  const live = app.active_deployment
  if (live === undefined) throw noTarget('the app has no live deployment', [])
  const target = await ports.log.group('Find', () => find(live, inputs, ports, app.id))
  result.target = target.deployment.id
  if (inputs.strategy === 'platform') return byPlatform(target, inputs, ports, result)
  const edit = (spec: JsonObject) => imagesLike(spec, target.spec, { restoreEnv: inputs.env === 'restore', allowTags: inputs.force })
  const changes = differences(app.spec, edit(app.spec))
  for (const change of changes) ports.log.info(changeInWords(change))
  if (changes.length === 0 || inputs.dryRun) return void (result.status = changes.length === 0 ? 'unchanged' : 'planned')
  const { deployment } = await applySpec({ app: app.id, edit, moveSources: true, alsoKnown: target.spec }, ports)
  if (deployment === undefined) return void (result.status = 'unchanged')
  result.status = (await follow(deployment, inputs, ports, result)) ? 'rolled-back' : 'failed'
}

/** The release that `to` means, told with what else there is. @throws UserError DA-ROLLBACK-NO-TARGET */
async function find(live: Deployment, { to }: RollbackInputs, { apps, log }: AppPorts, app: string): Promise<RollbackTarget> {
  const recent = await apps.recentDeployments(app, LOOKED_THROUGH)
  const targets = chooseTargets(recent, live)
  const told = targets.map(({ deployment: { id, created_at: at } }) => `${id} (${at})`)
  const named = recent.find(({ id }) => id === to) ?? (/^[0-9a-f]{8}-/.test(to) ? await apps.deployment(app, to).catch(() => undefined) : undefined)
  const chosen =
    named === undefined ? targets[to === 'previous' ? 0 : -Number(to) - 1] : { deployment: named, spec: isObject(named.spec) ? named.spec : {} }
  if (chosen === undefined) throw noTarget(`\`to: ${to}\` leads nowhere`, told)
  log.info(`Live is ${live.id}; back to ${chosen.deployment.id} of ${chosen.deployment.created_at}`)
  return chosen
}

/** DigitalOcean's own way: the whole old deployment, also its variables and sizes. Held, it takes no other deployment until somebody decides. */
async function byPlatform({ deployment }: RollbackTarget, inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<void> {
  const { apps, log } = ports
  const { id } = result.app
  const { error, warnings } = await apps.validateRollback(id, deployment.id)
  if (error !== undefined) throw refused(deployment.id, error)
  for (const warning of warnings) log.warning(`the platform says of ${deployment.id}: ${warning}`)
  if (warnings.includes('image_source_missing_digest') && !inputs.force) {
    const hint = 'Its tag may lead to another image by now. `force: true` goes back all the same.'
    throw new UserError('DA-ROLLBACK-MUTABLE', 'that release names an image by a tag, not by its digest', { hint })
  }
  if (inputs.dryRun) return void (result.status = 'planned')
  const made = await apps.rollback(id, deployment.id, { pin: inputs.hold }).catch((cause: unknown) => madeAllTheSame(cause, deployment.id, result.app, apps))
  result.held = inputs.hold
  if (inputs.hold) ports.keepHeld(id, made.id)
  const live = await follow(made, inputs, ports, result)
  result.status = live ? 'rolled-back' : 'failed'
  if (live || !inputs.hold) return
  log.info('The held rollback failed; letting the app go')
  await apps.revertRollback(id)
  result.held = false
}

/** The answer was lost: a deployment made from that one, which was not there before, is ours. */
async function madeAllTheSame(cause: unknown, from: string, { id, active_deployment: live }: App, apps: Apps): Promise<Deployment> {
  if (!(cause instanceof UserError) || cause.code !== 'DA-DO-UNKNOWN-RESULT') throw cause
  const newer = await apps.recentDeployments(id, 5)
  const made = newer.slice(0, newer.findIndex((one) => one.id === live?.id)).find((one) => one.cloned_from === from)
  if (made === undefined) throw cause
  return made
}

/** Ends what an earlier step held: keep it, or go on from the spec that was there before. */
async function decide(inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<void> {
  const { apps, log } = ports
  const { id, pinned_deployment: pinned } = result.app
  if (pinned === undefined || pinned.id === '') {
    log.info('Nothing holds the app')
    result.status = 'unchanged'
    return
  }
  result.target = pinned.id
  if (inputs.dryRun) return void (result.status = 'planned')
  if (inputs.operation === 'commit') {
    await apps.commitRollback(id)
    log.info(`The rollback to ${pinned.id} is kept`)
    result.status = 'rolled-back'
    return
  }
  result.status = (await follow(await apps.revertRollback(id), inputs, ports, result)) ? 'reverted' : 'failed'
}

/** Whether the deployment is live in the end; why not is in the result. */
async function follow(deployment: Deployment, inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<boolean> {
  const { clock, log, apps } = ports
  const { id } = result.app
  result.made = deployment.id
  log.info(`Deployment ${deployment.id} was made`)
  const failing: FailingStep[] = []
  const onFailure = async (step: FailingStep) => {
    failing.push(step)
    await showLog(step, id, deployment.id, ports)
  }
  const began = clock.now()
  const deadline = began + inputs.timeout
  try {
    const ended = await followDeployment({ ...ports, app: id, deployment, interval: inputs.pollInterval, deadline, onFailure })
    result.app = await apps.get(id)
    if (ended.phase === 'ACTIVE') return true
    result.failure = ended.phase === 'ERROR' ? deploymentFailure(ended, failing) : supersededBy(ended, await whoTookOver(result.app, ended, apps), true)
    return false
  } finally {
    result.platform += clock.now() - began
  }
}

/** What the end of a job does about an app that its rollback still holds: nobody kept it, so it is let go. */
export async function letGo({ app, deployment }: { app: string; deployment: string }, { apps, log }: Pick<AppPorts, 'apps' | 'log'>): Promise<void> {
  const { pinned_deployment: pinned } = await apps.get(app)
  if (pinned?.id !== deployment) return log.info('The app is not held any more')
  log.warning(`nobody kept the rollback ${deployment} (\`operation: commit\`): it is taken back, and the app goes on from the spec before it`)
  await apps.revertRollback(app)
}

function noTarget(problem: string, targets: readonly string[]): UserError {
  const hint = targets.length === 0 ? 'There is no earlier release that served.' : `There are: ${targets.join(', ')}.`
  return new UserError('DA-ROLLBACK-NO-TARGET', `there is nothing to go back to: ${problem}`, { hint })
}

function refused(id: string, reason: string): UserError {
  const hint = 'With `strategy: image` this action sets the images of then itself, without the limits that the platform has.'
  return new UserError('DA-ROLLBACK-REFUSED', `the platform would not go back to ${id}: ${reason}`, { hint })
}
