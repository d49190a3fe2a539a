import { nodeWorkspace } from '@deploy-actions/compose'
import { createRecorder } from '@deploy-actions/deployments'
import { appsOf } from '@deploy-actions/digitalocean'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { deploy } from './deploy.ts'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { toldOf } from './told.ts'

await runAction(async (world) => {
  const given = world.inputs(inputs, check)
  const run = workflowRun(world.env)
  const request = { inputs: given, run }
  const apps = appsOf(given, { ...world, fetch })
  const workspace = nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.')
  const result = await deploy(request, { ...world, apps, fetch, workspace })
  const verdict = report(result, request, { ...world, apps })
  const environmentUrl = given.environmentUrl ?? result.app?.live_url
  await createRecorder({ ...given, environmentUrl }, run, world).release(toldOf(result, request))
  return verdict
})
