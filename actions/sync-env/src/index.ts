import { randomBytes } from 'node:crypto'
import { nodeWorkspace } from '@deploy-actions/compose'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { sync } from './sync.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const request = { inputs: given, ...appOf(given, run.repository), run }
  const result = await sync(request, {
    ...world,
    connect: () => Promise.all(placesOf(given as ConnectionValues, world).map((place) => place.connect(world.log))),
    workspace: nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.'),
    newKey: () => randomBytes(32).toString('hex'),
  })
  return report(result, request, world)
})
