import { appOf } from '@deploy-actions/hosts'
import type { Run } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { commitOf } from './commit.ts'
import type { DeployRequest } from './deploy-request.ts'
import type { DeployInputs } from './inputs.ts'
import { valuesOf } from './values.ts'

/** What is to be deployed where, from inputs that were found right. */
export async function requestOf(
  inputs: DeployInputs,
  run: WorkflowRun,
  world: Pick<Run, 'env' | 'secrets' | 'exec'>,
): Promise<DeployRequest> {
  const commit = await commitOf(inputs.build, run, world.exec)
  return { inputs, ...appOf(inputs, run.repository), run, commit, values: valuesOf(inputs.envKeys, world) }
}
