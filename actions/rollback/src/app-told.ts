import type { ReturnTold } from '@deploy-actions/deployments'
import { textOf } from '@deploy-actions/digitalocean'
import type { WorkflowRun } from '@deploy-actions/release'
import type { AppRollback } from './app-rollback.ts'
import type { RollbackInputs } from './inputs.ts'

/** What GitHub's record of this rollback on App Platform says; undefined where nothing was to be changed. */
export function appToldOf(
  result: AppRollback,
  { operation, reason }: Pick<RollbackInputs, 'operation' | 'reason'>,
  { commit }: Pick<WorkflowRun, 'commit'>,
): ReturnTold | undefined {
  const { status, app, made, target, images = {}, previous = '', failure, unsettled } = result
  // Nothing holds the app: nobody went anywhere.
  if (status === 'unchanged' && target === undefined) return undefined
  // Nothing was made by `commit`, nor where what is wanted was live.
  const release = made ?? (operation === 'commit' ? target : previous)
  if (
    status === 'planned' ||
    status === 'superseded' ||
    release === undefined ||
    release === '' ||
    (status === 'failed' && made === undefined)
  )
    return undefined
  const serves = status !== 'failed'
  return {
    // What is held was recorded when it was brought back; taken back, it is followed by what served before it.
    of: status === 'reverted' ? undefined : target,
    // Where no record knows the images: the code that goes back.
    commit,
    state: serves ? 'success' : 'failure',
    description: `${unsettled ? 'The end of the rollback was not seen' : SAID[status]}${failure === undefined ? '' : `, ${failure.code}`}: ${release}`,
    ...{ serves, unchanged: made === undefined, ...(unsettled && { unsettled }) },
    payload: {
      ...{ release, previous, app: textOf(app.spec.name), target: 'app-platform', via: 'rollback', images },
      ...(reason !== undefined && { reason }),
    },
  }
}

const SAID: Readonly<Record<Exclude<AppRollback['status'], 'planned' | 'superseded'>, string>> = {
  'rolled-back': 'Rolled back',
  unchanged: 'Deployed',
  reverted: 'Rollback taken back',
  failed: 'Rollback failed',
}
