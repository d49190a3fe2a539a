import { deploymentInputs, deploymentProblems, sentryInputs } from '@deploy-actions/deployments'
import { type ConnectionValues, connectionInputs, connectionProblems } from '@deploy-actions/hosts'
import { bool, matching, oneOf, optional, optionalText, type Problem, requireInputs, secret, type Values } from '@deploy-actions/kit'
import { registryInputs } from '@deploy-actions/registry'
import { type AppPlatformInputs, appPlatformInputs, appPlatformProblems } from './app-platform-inputs.ts'

const released = matching(
  /^(?:\d{8}T\d{6}Z-[0-9a-f]{7}-(?:local|\d+\.\d+)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'must be a release id such as 20260131T093000Z-1a2b3c4-123456.1, or the id of a deployment of App Platform',
)

const goal = matching(
  /^(?:previous|-[1-9]\d?|\d{8}T\d{6}Z-[0-9a-f]{7}-(?:local|\d+\.\d+)|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'must be `previous`, `-1` to `-99`, or a release id such as 20260131T093000Z-1a2b3c4-123456.1',
)

/** The inputs in the order of action.yml. */
export const inputs = {
  target: oneOf('compose-ssh', 'app-platform'),
  ...connectionInputs,
  host: optional(connectionInputs.host),
  'ssh-key': secret(optionalText),
  to: goal,
  from: optional(released),
  env: oneOf('restore', 'current'),
  force: bool,
  reason: optionalText,
  ...registryInputs,
  ...appPlatformInputs,
  ...deploymentInputs,
  ...sentryInputs,
}

export type RollbackInputs = Values<typeof inputs>

export const outputs = ['status', 'release-id', 'previous-release-id', 'hosts', 'timings', 'deployment-id', 'held']

/** Rules across inputs, and those that need to know where we run. */
export function check(values: Partial<RollbackInputs>, repository: string | undefined): Problem[] {
  const onApp = values.target === 'app-platform'
  const ofTarget = onApp ? appPlatformProblems(values as Partial<AppPlatformInputs>) : onHostProblems(values, repository)
  const problems = [...ofTarget, ...deploymentProblems(values)]
  const ids = [
    { input: 'to', id: values.to },
    { input: 'from', id: values.from },
  ]
  const wrong = ids.filter(({ id }) => id !== undefined && !/^(previous|-\d+)$/.test(id) && onApp !== isDeploymentId(id))
  const fix = onApp ? 'On App Platform it is the id of a deployment.' : 'On a host it is a release id; `release list` there shows them.'
  return [...problems, ...wrong.map(({ input }) => ({ input, rule: 'is no id that this target has', fix }))]
}

const isDeploymentId = (id: string): boolean => /^[0-9a-f]{8}-/.test(id)

function onHostProblems(values: Partial<RollbackInputs>, repository: string | undefined): Problem[] {
  return [...requireInputs(values, ['host', 'ssh-key']), ...connectionProblems(values as Partial<ConnectionValues>, repository)]
}
