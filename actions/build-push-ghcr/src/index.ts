import { runAction } from '@deploy-actions/kit'
import { check } from './check-inputs.ts'
import { forgetStep, KEPT, NOTHING } from './forget.ts'
import { inputs } from './inputs.ts'
import { runStep } from './run-step.ts'

await runAction(async (world) => {
  // GitHub starts the same bundle once more after the job: what the step had to leave then goes.
  if (world.runner.state(KEPT) !== '') return forgetStep(world)
  world.runner.saveState(KEPT, NOTHING)
  const given = world.inputs(inputs, (values) => check(values, { repository: world.env.GITHUB_REPOSITORY, env: world.env }))
  return runStep(given, world)
})
