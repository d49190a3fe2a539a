import {
  type App,
  type Applied,
  type Deployment,
  deploymentFailure,
  type FailingStep,
  followDeployment,
  hasEnded,
  leavesOf,
  sameJson,
  supersededBy,
  whoTookOver,
} from '@deploy-actions/digitalocean'
import type { UserError } from '@deploy-actions/kit'
import type { DeployPorts, Status } from './deploy-request.ts'
import type { DeployInputs } from './inputs.ts'

export interface Outcome {
  readonly status: Extract<Status, 'deployed' | 'superseded' | 'reverted' | 'failed'>
  readonly failure?: UserError
  readonly supersededBy?: string
  /** As it is after all that. */
  readonly app: App
  /** The change was overwritten by somebody who had read before it. */
  readonly lost?: boolean
}

export interface Ended {
  readonly deployment: Deployment
  readonly failing: readonly FailingStep[]
  readonly applied: Pick<Applied, 'changes'>
  readonly inputs: DeployInputs
  readonly deadline: number
}

/** What the end of a deployment means. */
export async function outcomeOf(appId: string, ended: Ended, ports: DeployPorts): Promise<Outcome> {
  const { deployment } = ended
  if (deployment.phase === 'ACTIVE') return { status: 'deployed', app: await ports.apps.get(appId) }
  if (deployment.phase === 'ERROR') return afterFailure(appId, ended, ports)
  const app = await ports.apps.get(appId)
  const by = await whoTookOver(app, deployment, ports.apps)
  const leaves = leavesOf(app.spec)
  // Back to what it was before us, at every place: whoever wrote this had not read ours. Another value is another run's will.
  const lost = ended.applied.changes.length > 0 && ended.applied.changes.every(({ path, before }) => sameJson(leaves.get(path), before))
  const failure = supersededBy(deployment, by, !lost)
  return { status: 'superseded', app, failure, lost, ...(by !== undefined && { supersededBy: by.id }) }
}

/** So often the app is looked at for what the platform does about a failure by itself. */
const LOOKS = 3

async function afterFailure(appId: string, ended: Ended, ports: DeployPorts): Promise<Outcome> {
  const { deployment, inputs, deadline } = ended
  const { apps, clock, log, signal } = ports
  for (let look = 1; ; look += 1) {
    const app = await apps.get(appId)
    const back = await goingBack(app, deployment, ports)
    if (back !== undefined) {
      log.info(`The platform goes back by itself: deployment ${back.id}${back.cloned_from ? `, made from ${back.cloned_from}` : ''}`)
      const follow = { apps, app: appId, deployment: back, interval: inputs.pollInterval, deadline, clock, log, signal }
      const end = hasEnded(back) ? back : await followDeployment(follow)
      return {
        status: end.phase === 'ACTIVE' ? 'reverted' : 'failed',
        app: await apps.get(appId),
        failure: deploymentFailure(deployment, ended.failing),
      }
    }
    if (look === LOOKS || clock.now() >= deadline) return { status: 'failed', app, failure: deploymentFailure(deployment, ended.failing) }
    await clock.sleep(inputs.pollInterval, signal)
  }
}

/** Known from what the API showed after a failure: its cause names the failed one (unverified live; godo has the type AUTO_ROLLBACK). */
async function goingBack(app: App, failed: Deployment, { apps }: DeployPorts): Promise<Deployment | undefined> {
  const shown = [app.pending_deployment, app.in_progress_deployment, app.active_deployment]
  const isBack = (one: Deployment | undefined): one is Deployment =>
    one !== undefined &&
    one.id !== failed.id &&
    (one.cause_details?.type === 'AUTO_ROLLBACK' || /automated rollback/i.test(one.cause ?? '')) &&
    (one.previous_deployment_id === failed.id || (one.cause ?? '').includes(failed.id))
  return shown.find(isBack) ?? (await apps.recentDeployments(app.id, 5).catch(() => [])).find(isBack)
}
