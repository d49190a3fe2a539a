import { nodeWorkspace } from '@deploy-actions/compose'
import { runAction } from '@deploy-actions/kit'
import { filesIn } from '@deploy-actions/probe'
import { workflowRun } from '@deploy-actions/release'
import { check } from './check.ts'
import { inputs } from './inputs.ts'
import { releaseIn } from './release-in.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const folder = world.env.GITHUB_WORKSPACE ?? '.'
  const files = filesIn(folder)
  const given = world.inputs(inputs, (values) => check(values, { repository: run.repository, files, env: world.env }))
  return releaseIn({ ...world, files, workspace: nodeWorkspace(folder), fetch }, given, run)
})
