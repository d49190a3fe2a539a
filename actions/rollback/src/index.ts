import { createRecorder } from '@deploy-actions/deployments'
import { appOf, type ConnectionValues, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { isEndOfJob, runOnApp } from './app-run.ts'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { rollback } from './rollback.ts'
import { toldOf } from './told.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  if (await isEndOfJob({ ...world, fetch })) return 'ok'
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  if (given.target === 'app-platform') return runOnApp(given, run, { ...world, fetch })
  const request = { inputs: given, ...appOf(given, run.repository), run }
  const result = await rollback(request, { ...world, hosts: await placesOf(given as ConnectionValues, world) })
  const verdict = report(result, request, world)
  await createRecorder(given, run, world).comeBack(toldOf(result, request))
  return verdict
})
