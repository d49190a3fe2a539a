import { createRecorder } from '@deploy-actions/deployments'
import { type ConnectionValues, type Place, placesOf } from '@deploy-actions/hosts'
import { runAction } from '@deploy-actions/kit'
import { filesIn, nodeHttp } from '@deploy-actions/probe'
import { workflowRun } from '@deploy-actions/release'
import { check, trustOf } from './check-inputs.ts'
import { inputs } from './inputs.ts'
import { report } from './report.ts'
import { requestOf } from './request.ts'
import { smokeTest } from './smoke-test.ts'
import { record } from './told.ts'

await runAction(async (world) => {
  const run = workflowRun(world.env)
  const files = filesIn(world.env.GITHUB_WORKSPACE ?? '.')
  const given = world.inputs(inputs, (values) => check(values, { repository: run.repository, files, env: world.env }))
  const request = requestOf(given, run, { ...world, files })
  const http = nodeHttp({ ca: trustOf(given.tlsCa, files) })
  const connect = async () => ((await placesOf(given as ConnectionValues, world)) as [Place])[0].connect(world.log)
  const result = await smokeTest(request, { ...world, http, connect })
  const verdict = report(result, request, { ...world, files })
  await record(result, request, createRecorder(given, run, world))
  return verdict
})
