import type { ReturnTold } from '@deploy-actions/deployments'
import type { RollbackRequest, RollbackResult } from './rollback.ts'

/** What GitHub's record of this rollback says; undefined where nothing was to be changed. */
export function toldOf(
  result: RollbackResult,
  { app, inputs: { reason } }: Pick<RollbackRequest, 'app'> & { readonly inputs: Pick<RollbackRequest['inputs'], 'reason'> },
): ReturnTold | undefined {
  const { status, release, of, hosts, failure } = result
  if (status === 'planned' || status === 'superseded') return undefined
  const serves = status === 'rolled-back' || status === 'unchanged' || status === 'failed'
  const { commit, images } = kept(result.record)
  return {
    of,
    commit,
    state: status === 'rolled-back' || status === 'unchanged' ? 'success' : 'failure',
    description: `${SAID[status]}${failure === undefined ? '' : `, ${failure.code}`}: ${release}`,
    ...{ serves, unchanged: status === 'unchanged' },
    payload: {
      ...{ release, previous: hosts[0]?.live.release ?? '', app, target: 'compose-ssh', via: 'rollback', images },
      ...(reason !== undefined && { reason }),
    },
  }
}

const SAID: Readonly<Record<Exclude<RollbackResult['status'], 'planned' | 'superseded'>, string>> = {
  'rolled-back': 'Rolled back',
  unchanged: 'Deployed',
  aborted: 'Rollback aborted before the switch',
  reverted: 'Rollback taken back after the switch',
  failed: 'Rolled back, but a service beside it is not well',
}

/** What a release.json says of its build. */
function kept(record: string): { commit: string | undefined; images: Record<string, string> } {
  const { commit, images = {} } = (record === '' ? {} : JSON.parse(record)) as { commit?: string; images?: Record<string, string> }
  return { commit: commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined, images }
}
