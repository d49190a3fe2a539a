import { nodeWorkspace } from '@deploy-actions/compose'
import { appOf, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { commitOf, valuesOf } from '@deploy-actions/plan'
import { createRegistry } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { deploy } from './deploy.ts'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const commit = await commitOf(given.build, run, world.exec)
  const request = { inputs: given, ...appOf(given, run.repository), run, commit, values: valuesOf(given.envKeys, world) }
  const result = await deploy(request, {
    ...world,
    hosts: placesOf(given, world),
    workspace: nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.'),
    registry: (logins) => createRegistry({ ...world, fetch, logins, insecure: given.insecureRegistries }),
  })
  return report(result, request, world)
})
