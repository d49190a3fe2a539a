import { nodeWorkspace } from '@deploy-actions/compose'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { sync } from './sync.ts'
import { targetOf } from './targets.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const workspace = nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.')
  const result = await sync(given, await targetOf(given, run, world), { ...world, workspace })
  return report(result, world)
})
