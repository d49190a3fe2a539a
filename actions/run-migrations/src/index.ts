import { nodeWorkspace } from '@deploy-actions/compose'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { commitOf, valuesOf } from '@deploy-actions/plan'
import { createRegistry } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { runMigrations } from './run-migrations.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const values = valuesOf(given.envKeys, world)
  const request = { inputs: given, ...appOf(given, run.repository), run, commit: await commitOf(given.build, run, world.exec), values }
  const result = await runMigrations(request, {
    ...{ ...world, fetch },
    hosts: given.runOn === 'runner' ? [] : await placesOf(given as ConnectionValues, world),
    workspace: nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.'),
    registry: (logins) => createRegistry({ ...world, fetch, logins, insecure: given.insecureRegistries }),
    newName: () => crypto.randomUUID().slice(0, 8),
  })
  return report(result, request, world)
})
