import { UserError } from '@deploy-actions/kit'
import type { App, Deployment } from './app.ts'
import type { Apps } from './apps.ts'
import type { FailingStep } from './failing-steps.ts'

/** What went wrong with a deployment that ended as ERROR. */
export function deploymentFailure({ id }: Deployment, failing: readonly FailingStep[]): UserError {
  const words = ({ component, stage, reason }: FailingStep) => `${component ?? 'the app'} (${stage}${reason === '' ? '' : `, ${reason}`})`
  const what = failing.map(words).join('; ')
  const hint = /PreBuiltImage|manifest|pull/i.test(failing[0]?.reason ?? '')
    ? 'The platform could not pull the image: was it deleted from the registry, or is the login of `registry-credentials` not valid any more?'
    : 'The last lines of the component are in the log of this step. What was live before is still live.'
  return new UserError('DA-APP-DEPLOY-FAILED', `deployment ${id} failed${what === '' ? '' : `: ${what}`}`, { hint })
}

/** Which deployment came in the place of one that was ended; undefined where nobody says. */
export async function whoTookOver(app: App, ours: Deployment, apps: Apps): Promise<Deployment | undefined> {
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

/** @param standing whether the change of this run is in the spec all the same */
export function supersededBy(ours: Deployment, by: Deployment | undefined, standing: boolean): UserError {
  const who = by === undefined ? 'nobody says by which one' : `deployment ${by.id} took over${by.cause ? ` (${by.cause})` : ''}`
  const words = ours.phase === 'CANCELED' ? 'was cancelled' : 'was superseded'
  return new UserError('DA-APP-SUPERSEDED', `deployment ${ours.id} ${words}: ${who}`, {
    hint: standing
      ? 'The change of this run is in the spec, and goes live with the one that took over. Give workflows of one app the same `concurrency` group.'
      : 'The change of this run is not in the spec any more.',
  })
}
