import { deploymentInputs, deploymentProblems, sentryInputs } from '@deploy-actions/deployments'
import type { Problem, Values } from '@deploy-actions/kit'
import { deployInputs, deployProblems } from '@deploy-actions/plan'

/** The inputs in the order of action.yml. */
export const inputs = { ...deployInputs, ...deploymentInputs, ...sentryInputs }

export type DeployInputs = Values<typeof inputs>

export const outputs = ['status', 'release-id', 'previous-release-id', 'candidate-header', 'images', 'hosts', 'timings']

/** Rules across inputs, and those that need to know where we run. */
export const check = (values: Partial<DeployInputs>, repository: string | undefined): Problem[] => [
  ...deployProblems(values, repository),
  ...deploymentProblems(values),
]
