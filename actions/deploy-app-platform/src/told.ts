import type { ReleaseTold } from '@deploy-actions/deployments'
import { componentNamed, envHolders, imageKey, imageOf, type JsonObject, objectsIn, textOf } from '@deploy-actions/digitalocean'
import type { DeployResult } from './deploy.ts'
import type { DeployRequest } from './deploy-request.ts'
import type { Wanted } from './wanted-spec.ts'

/** What GitHub's record of this deploy says; undefined where nothing was to be deployed. A release is called by the id of the platform's deployment. */
export function toldOf(result: DeployResult, { inputs, run }: DeployRequest): ReleaseTold | undefined {
  const { status, app, name = '', deployment, previous, plan, failure, unsettled } = result
  if (status === 'planned' || status === 'deleted') return undefined
  const unchanged = status === 'unchanged'
  const release = deployment ?? (unchanged ? app?.active_deployment?.id : undefined)
  if (release === undefined) return undefined
  const well = status === 'deployed' || unchanged
  const wanted = plan?.wanted
  return {
    commit: inputs.build?.commit ?? run.commit,
    state: well ? 'success' : 'failure',
    description: `${unsettled ? UNSEEN : SAID[status]}${failure === undefined ? '' : `, ${failure.code}`}: ${release}`,
    ...{ serves: well, unchanged, ...(unsettled && { unsettled }) },
    payload: {
      ...{ release, app: name, target: 'app-platform', via: 'deploy' },
      previous: unchanged ? '' : (previous ?? ''),
      images: wanted === undefined ? {} : imagesIn(wanted, inputs.build),
      env: wanted === undefined ? [] : namesIn(wanted.spec),
      ...(inputs.build && { build: inputs.build }),
    },
  }
}

/** The platform goes on by itself. */
const UNSEEN = 'Its end was not seen'

const SAID: Readonly<Record<Exclude<DeployResult['status'], 'planned' | 'deleted'>, string>> = {
  deployed: 'Deployed',
  unchanged: 'Deployed',
  superseded: 'A newer deployment took over',
  reverted: 'The platform went back by itself',
  failed: 'Not seen to be live',
}

/** The spec of DigitalOcean's own registry does not name the registry, and the build does. */
function imagesIn({ spec, assigned }: Wanted, build: DeployRequest['inputs']['build']): Record<string, string> {
  const built = Object.values(build?.images ?? {})
  return Object.fromEntries(
    assigned.map(({ component, digest }) => {
      const found = componentNamed(spec, component)
      const image = found && imageOf(found)
      const reference = built.find((one) => one.digest === digest)?.ref ?? (image === undefined ? component : imageKey(image))
      return [component, `${reference}@${digest}`]
    }),
  )
}

/** Of all variables of the app and its components, the names. */
function namesIn(spec: JsonObject): string[] {
  const names = envHolders(spec).flatMap(({ holder }) => objectsIn(holder.envs).map(({ key }) => textOf(key)))
  return [...new Set(names)].sort()
}
