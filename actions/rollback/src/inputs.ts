import { deploymentInputs, deploymentProblems } from '@deploy-actions/deployments'
import { connectionInputs, connectionProblems } from '@deploy-actions/hosts'
import { matching, oneOf, optionalText, type Problem, type Values } from '@deploy-actions/kit'
import { registryInputs } from '@deploy-actions/registry'

const target = matching(
  /^(?:previous|-[1-9]\d?|\d{8}T\d{6}Z-[0-9a-f]{7}-(?:local|\d+\.\d+))$/,
  'must be `previous`, `-1` to `-99`, or a release id such as 20260131T093000Z-1a2b3c4-123456.1',
)

/** The inputs in the order of action.yml. */
export const inputs = {
  ...connectionInputs,
  to: target,
  env: oneOf('restore', 'current'),
  reason: optionalText,
  ...registryInputs,
  ...deploymentInputs,
}

export type RollbackInputs = Values<typeof inputs>

export const outputs = ['status', 'release-id', 'previous-release-id', 'hosts', 'timings']

/** Rules across inputs, and those that need to know where we run. */
export function check(values: Partial<RollbackInputs>, repository: string | undefined): Problem[] {
  return [...connectionProblems(values, repository), ...deploymentProblems(values)]
}
