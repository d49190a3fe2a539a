import { appOf } from '@deploy-actions/hosts'
import type { Run } from '@deploy-actions/kit'
import type { Files } from '@deploy-actions/probe'
import type { WorkflowRun } from '@deploy-actions/release'
import { checksOf } from './check-inputs.ts'
import type { SmokeInputs } from './inputs.ts'
import type { SmokeTestRequest } from './smoke-test.ts'
import { variablesOf } from './variables.ts'

/** What is asked of whom, from inputs that were found right. */
export function requestOf(
  inputs: SmokeInputs,
  run: WorkflowRun,
  world: Pick<Run, 'env' | 'secrets' | 'clock'> & { files: Files },
): SmokeTestRequest {
  const { flows, file } = checksOf(inputs, world.files)
  const { app, directory } = appOf(inputs, run.repository)
  return { inputs, flows, file, variables: variablesOf(inputs, world), app, directory, who: run.who }
}
