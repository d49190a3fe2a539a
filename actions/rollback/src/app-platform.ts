import {
  applySpec,
  changeInWords,
  chooseTargets,
  componentsOf,
  type Deployment,
  differences,
  imageKey,
  imageOf,
  imagesLike,
  isObject,
  type JsonObject,
  pinnedTo,
  type RollbackTarget,
  requireApp,
  textOf,
} from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
import { type AppPorts, type AppRollback, follow, type Status } from './app-rollback.ts'
import { otherThan, servesByNow, superseded } from './app-superseded.ts'
import type { RollbackInputs } from './inputs.ts'
import { byPlatform, decide } from './platform-rollback.ts'

/** Deployments that are looked through; the list breaks for apps with many when one asks for more. */
const LOOKED_THROUGH = 30

/** Goes back on App Platform: finds the last good release, shows it, and brings it back by the way that was chosen. */
export async function rollbackApp(inputs: RollbackInputs, ports: AppPorts): Promise<AppRollback> {
  const { apps, log } = ports
  const found = await log.group('App', () => requireApp(apps, inputs))
  const app = inputs.appId === undefined ? await apps.get(found.id) : found
  const result: AppRollback = {
    status: 'failed',
    app,
    held: false,
    platform: 0,
    ...(app.active_deployment && { previous: app.active_deployment.id }),
  }
  try {
    result.status = await (inputs.operation === 'rollback' ? goBack : decide)(inputs, ports, result)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    result.status = 'failed'
    result.failure = error
  }
  return result
}

async function goBack(inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<Status> {
  const { app } = result
  if (app.pinned_deployment !== undefined && app.pinned_deployment.id !== '') throw pinnedTo(app.pinned_deployment)
  const live = app.active_deployment
  if (live === undefined) throw noTarget('the app has no live deployment', [])
  const other = otherThan(inputs, app)
  if (other !== undefined) return superseded(servesByNow(other), inputs, ports, result)
  const target = await ports.log.group('Find', () => find(live, inputs, ports, app.id))
  if (target.deployment.id === live.id) throw noTarget(`deployment ${live.id} is live already`, [])
  Object.assign(result, { target: target.deployment.id, images: imagesIn(target.spec) })
  if (inputs.strategy === 'platform') return byPlatform(target, inputs, ports, result)
  return byImages(target, inputs, ports, result)
}

/** The digests of then, set in the spec of now. */
async function byImages(target: RollbackTarget, inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<Status> {
  const { app } = result
  let moved = false
  const edit = (spec: JsonObject) => {
    // Somebody else's change that came in between stays what it is; one that was overwritten comes back.
    moved = inputs.from !== undefined && differences(app.spec, spec).length > 0
    return moved ? spec : imagesLike(spec, target.spec, { restoreEnv: inputs.env === 'restore', allowTags: inputs.force })
  }
  const changes = differences(app.spec, edit(app.spec))
  for (const change of changes) ports.log.info(changeInWords(change))
  if (changes.length === 0 || inputs.dryRun) return changes.length === 0 ? 'unchanged' : 'planned'
  const { deployment } = await applySpec({ app: app.id, edit, moveSources: true, alsoKnown: target.spec }, ports)
  if (moved) return superseded('its spec was changed meanwhile', inputs, ports, result)
  if (deployment === undefined) return 'unchanged'
  return (await follow(deployment, inputs, ports, result)) ? 'rolled-back' : 'failed'
}

function imagesIn(spec: JsonObject): Record<string, string> {
  const components = componentsOf(spec).filter((component) => component.spec.kind !== 'PRE_DEPLOY')
  return Object.fromEntries(
    components.flatMap((component) => {
      const image = imageOf(component)
      return image === undefined || textOf(image.digest) === '' ? [] : [[component.name, `${imageKey(image)}@${textOf(image.digest)}`]]
    }),
  )
}

/** The release that `to` means, told with what else there is. @throws UserError DA-ROLLBACK-NO-TARGET */
async function find(live: Deployment, { to }: RollbackInputs, { apps, log }: AppPorts, app: string): Promise<RollbackTarget> {
  const recent = await apps.recentDeployments(app, LOOKED_THROUGH)
  const targets = chooseTargets(recent, live)
  const told = targets.map(({ deployment: { id, created_at: at } }) => `${id} (${at})`)
  const named =
    recent.find(({ id }) => id === to) ?? (/^[0-9a-f]{8}-/.test(to) ? await apps.deployment(app, to).catch(() => undefined) : undefined)
  const chosen =
    named === undefined
      ? targets[to === 'previous' ? 0 : -Number(to) - 1]
      : { deployment: named, spec: isObject(named.spec) ? named.spec : {} }
  if (chosen === undefined) throw noTarget(`\`to: ${to}\` leads nowhere`, told)
  log.info(`Live is ${live.id}; back to ${chosen.deployment.id} of ${chosen.deployment.created_at}`)
  return chosen
}

function noTarget(problem: string, targets: readonly string[]): UserError {
  const hint = targets.length === 0 ? 'There is no earlier release that served.' : `There are: ${targets.join(', ')}.`
  return new UserError('DA-ROLLBACK-NO-TARGET', `there is nothing to go back to: ${problem}`, { hint })
}
