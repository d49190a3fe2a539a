import {
  type App,
  type Applied,
  type Deployment,
  type FailingStep,
  followDeployment,
  hasEnded,
  leavesOf,
  sameJson,
} from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
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
  const by = await whoTookOver(app, deployment, ports)
  const leaves = leavesOf(app.spec)
  // Back to what it was before us, at every place: whoever wrote this had not read ours. Another value is another run's will.
  const lost = ended.applied.changes.length > 0 && ended.applied.changes.every(({ path, before }) => sameJson(leaves.get(path), before))
  const who = by === undefined ? 'nobody says by which one' : `deployment ${by.id} took over${by.cause ? ` (${by.cause})` : ''}`
  const words = deployment.phase === 'CANCELED' ? 'was cancelled' : 'was superseded'
  const failure = new UserError('DA-APP-SUPERSEDED', `deployment ${deployment.id} ${words}: ${who}`, {
    hint: lost
      ? 'The change of this run is not in the spec any more.'
      : 'The change of this run is in the spec, and goes live with the one that took over. Give workflows of one app the same `concurrency` group.',
  })
  return { status: 'superseded', app, failure, lost, ...(by !== undefined && { supersededBy: by.id }) }
}

async function whoTookOver(app: App, ours: Deployment, { apps }: DeployPorts): Promise<Deployment | undefined> {
  const newer = [app.pending_deployment, app.in_progress_deployment, app.active_deployment].find(
    (one) => one !== undefined && one.id !== ours.id && (one.created_at ?? '') >= (ours.created_at ?? ''),
  )
  if (newer !== undefined) return newer
  const recent = await apps.recentDeployments(app.id, 10).catch(() => [])
  return recent
    .slice(
      0,
      Math.max(
        0,
        recent.findIndex(({ id }) => id === ours.id),
      ),
    )
    .at(-1)
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
      return { status: end.phase === 'ACTIVE' ? 'reverted' : 'failed', app: await apps.get(appId), failure: failureOf(ended) }
    }
    if (look === LOOKS || clock.now() >= deadline) return { status: 'failed', app, failure: failureOf(ended) }
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

function failureOf({ deployment, failing }: Ended): UserError {
  const [first] = failing
  const what = failing
    .map(({ component, stage, reason }) => `${component ?? 'the app'} (${stage}${reason === '' ? '' : `, ${reason}`})`)
    .join('; ')
  const pull = /PreBuiltImage|manifest|pull/i.test(first?.reason ?? '')
  const hint = pull
    ? 'The platform could not pull the image: was it deleted from the registry, or is the login of `registry-credentials` not valid any more?'
    : 'The last lines of the component are in the log of this step. What was live before is still live.'
  return new UserError('DA-APP-DEPLOY-FAILED', `deployment ${deployment.id} failed${what === '' ? '' : `: ${what}`}`, { hint })
}
