import { nodeWorkspace } from '@deploy-actions/compose'
import { appsOf } from '@deploy-actions/digitalocean'
import { runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { deploy } from './deploy.ts'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'

await runAction(async (world) => {
  const given = world.inputs(inputs, check)
  const request = { inputs: given, run: workflowRun(world.env) }
  const apps = appsOf(given, { ...world, fetch })
  const workspace = nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.')
  const result = await deploy(request, { ...world, apps, fetch, workspace })
  return report(result, request, { ...world, apps })
})
