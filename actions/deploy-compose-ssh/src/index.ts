import { nodeWorkspace } from '@deploy-actions/compose'
import { createRecorder } from '@deploy-actions/deployments'
import { reach } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { createRegistry } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { deploy } from './deploy.ts'
import { check, inputs } from './inputs.ts'
import { report } from './report.ts'
import { requestOf } from './request.ts'
import { addressOf, toldOf } from './told.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const request = await requestOf(given, run, world)
  const result = await deploy(request, {
    ...{ ...world, ...(await reach(given, world)), workspace: nodeWorkspace(world.env.GITHUB_WORKSPACE ?? '.') },
    registry: (logins) => createRegistry({ ...world, fetch, logins, insecure: given.insecureRegistries }),
  })
  const verdict = report(result, request, world)
  await createRecorder({ ...given, environmentUrl: addressOf(given) }, run, world).release(toldOf(result, request))
  return verdict
})
