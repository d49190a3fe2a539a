import type { App, Apps, Deployment, RollbackTarget } from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
import { type AppPorts, type AppRollback, follow, type Status } from './app-rollback.ts'
import { otherThan, servesByNow, superseded } from './app-superseded.ts'
import type { RollbackInputs } from './inputs.ts'

/** DigitalOcean's own way: the whole old deployment, also its variables and sizes. Held, it takes no other deployment until somebody decides. */
export async function byPlatform(
  { deployment }: RollbackTarget,
  inputs: RollbackInputs,
  ports: AppPorts,
  result: AppRollback,
): Promise<Status> {
  const { apps, log } = ports
  const { id } = result.app
  const { error, warnings } = await apps.validateRollback(id, deployment.id)
  if (error !== undefined) throw refused(deployment.id, error)
  for (const warning of warnings) log.warning(`the platform says of ${deployment.id}: ${warning}`)
  if (warnings.includes('image_source_missing_digest') && !inputs.force) {
    const hint = 'Its tag may lead to another image by now. `force: true` goes back all the same.'
    throw new UserError('DA-ROLLBACK-MUTABLE', 'that release names an image by a tag, not by its digest', { hint })
  }
  if (inputs.dryRun) return 'planned'
  // The platform goes back from whatever serves when it is told to, and the release was looked for and validated since the app was read.
  if (inputs.from !== undefined) result.app = await apps.get(id)
  const other = otherThan(inputs, result.app)
  if (other !== undefined) return superseded(servesByNow(other), inputs, ports, result)
  const made = await apps
    .rollback(id, deployment.id, { pin: inputs.hold })
    .catch((cause: unknown) => madeAllTheSame(cause, deployment.id, result.app, apps))
  result.held = inputs.hold
  if (inputs.hold) ports.keepHeld(id, made.id)
  const live = await follow(made, inputs, ports, result)
  if (live || !inputs.hold) return live ? 'rolled-back' : 'failed'
  log.info('The held rollback failed; letting the app go')
  await apps.revertRollback(id)
  result.held = false
  return 'failed'
}

/** The answer was lost: a deployment made from that one, which was not there before, is ours. */
async function madeAllTheSame(cause: unknown, from: string, { id, active_deployment: live }: App, apps: Apps): Promise<Deployment> {
  if (!(cause instanceof UserError) || cause.code !== 'DA-DO-UNKNOWN-RESULT') throw cause
  const newer = await apps.recentDeployments(id, 5)
  const made = newer
    .slice(
      0,
      newer.findIndex((one) => one.id === live?.id),
    )
    .find((one) => one.cloned_from === from)
  if (made === undefined) throw cause
  return made
}

/** Ends what an earlier step held: keep it, or go on from the spec that was there before. */
export async function decide(inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<Status> {
  const { apps, log } = ports
  const { id, pinned_deployment: pinned } = result.app
  if (pinned === undefined || pinned.id === '') {
    log.info('Nothing holds the app')
    return 'unchanged'
  }
  result.target = pinned.id
  if (inputs.dryRun) return 'planned'
  if (inputs.operation === 'commit') {
    await apps.commitRollback(id)
    log.info(`The rollback to ${pinned.id} is kept`)
    return 'rolled-back'
  }
  return (await follow(await apps.revertRollback(id), inputs, ports, result)) ? 'reverted' : 'failed'
}

/** What the end of a job does about an app that its rollback still holds: nobody kept it, so it is let go. */
export async function letGo(
  { app, deployment }: { app: string; deployment: string },
  { apps, log }: Pick<AppPorts, 'apps' | 'log'>,
): Promise<void> {
  const { pinned_deployment: pinned } = await apps.get(app)
  if (pinned?.id !== deployment) return log.info('The app is not held any more')
  log.warning(
    `nobody kept the rollback ${deployment} (\`operation: commit\`): it is taken back, and the app goes on from the spec before it`,
  )
  await apps.revertRollback(app)
}

function refused(id: string, reason: string): UserError {
  const hint = 'With `strategy: image` this action sets the images of then itself, without the limits that the platform has.'
  return new UserError('DA-ROLLBACK-REFUSED', `the platform would not go back to ${id}: ${reason}`, { hint })
}
