import type { ReleaseTold } from '@deploy-actions/deployments'
import type { DeployRequest } from '@deploy-actions/plan'
import type { DeployResult } from './deploy.ts'
import type { DeployInputs } from './inputs.ts'

/** What GitHub's record of this deploy says; undefined where nothing was to be deployed. */
export function toldOf(result: DeployResult, { inputs, app, commit, run }: DeployRequest): ReleaseTold | undefined {
  const { status, images = {}, plan, failure, hosts } = result
  const live = hosts[0]?.live.release ?? ''
  const unchanged = status === 'unchanged'
  const release = unchanged ? live : result.release
  if (release === undefined || inputs.phase === 'abort' || status === 'planned' || status === 'prepared') return undefined
  const serves = status === 'deployed' || unchanged || status === 'failed'
  const code = failure === undefined ? '' : `, ${failure.code}`
  return {
    commit: inputs.build?.commit ?? commit?.sha ?? run.commit,
    state: status === 'deployed' || unchanged ? 'success' : 'failure',
    description: `${SAID[status]}${code}: ${release}`,
    ...{ serves, unchanged },
    payload: {
      ...{ release, app, images, target: 'compose-ssh', via: 'deploy', env: namesIn(plan) },
      previous: unchanged ? '' : live,
      ...(inputs.build && { build: inputs.build }),
    },
  }
}

const SAID: Readonly<Record<Exclude<DeployResult['status'], 'planned' | 'prepared'>, string>> = {
  deployed: 'Deployed',
  unchanged: 'Deployed',
  aborted: 'Aborted before the switch',
  reverted: 'Taken back after the switch',
  failed: 'Deployed, but a service beside it is not well',
}

/** Of all variables that the containers of this release get, the names. */
function namesIn(plan: DeployResult['plan']): string[] {
  const names = Object.values(plan?.model.services ?? {}).flatMap(({ environment }) => Object.keys(environment ?? {}))
  return [...new Set(names)].sort()
}

/** Where people find it: as the input says, else the first route with a host name. */
export function addressOf({ environmentUrl, routes }: DeployInputs): string | undefined {
  const host = routes.find((route) => route.host !== undefined)?.host
  return environmentUrl ?? (host === undefined ? undefined : `https://${host}`)
}
