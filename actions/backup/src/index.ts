import { openStore } from '@deploy-actions/backups'
import { appOf, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { backup } from './backup.ts'
import { checkInputs, inputs } from './inputs.ts'
import { report } from './report.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => checkInputs(values, run.repository, appOf(values as never, run.repository).app))
  const request = { inputs: given, ...appOf(given, run.repository), run }
  const store = openStore(given, request.app, { ...world, fetch })
  return report(await backup(request, { ...world, store, hosts: await placesOf(given, world) }), request, world)
})
