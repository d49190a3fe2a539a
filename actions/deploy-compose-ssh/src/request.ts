import { appOf } from '@deploy-actions/hosts'
import type { Run } from '@deploy-actions/kit'
import { commitOf, type DeployRequest, valuesOf } from '@deploy-actions/plan'
import type { WorkflowRun } from '@deploy-actions/release'
import type { DeployInputs } from './inputs.ts'

/** What is to be deployed where, from inputs that were found right. */
export async function requestOf(
  inputs: DeployInputs,
  run: WorkflowRun,
  world: Pick<Run, 'env' | 'secrets' | 'exec'>,
): Promise<DeployRequest> {
  const commit = await commitOf(inputs.build, run, world.exec)
  return { inputs, ...appOf(inputs, run.repository), run, commit, values: valuesOf(inputs.envKeys, world) }
}
