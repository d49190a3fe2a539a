import { timingsOf } from '@deploy-actions/agent'
import { nodeWorkspace } from '@deploy-actions/compose'
import { appOf, connectHost } from '@deploy-actions/hosts'
import { reportFailure, runAction } from '@deploy-actions/kit'
import { createRegistry } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { commitOf } from './commit.ts'
import { deploy } from './deploy.ts'
import { check, inputs } from './inputs.ts'
import { setOutputs, summarise } from './report.ts'
import { valuesOf } from './values.ts'

await runAction(async ({ env, log, clock, signal, outputs, summary, exec, ...world }) => {
  const startedAt = clock.now()
  const run = workflowRun(env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const place = appOf(given, run.repository)
  const ports = {
    connect: () => connectHost(given, { log, clock, signal }),
    workspace: nodeWorkspace(env.GITHUB_WORKSPACE ?? '.'),
    registry: (logins: Parameters<typeof createRegistry>[0]['logins'] & {}) =>
      createRegistry({ fetch, clock, signal, logins, insecure: given.insecureRegistries }),
    ...{ clock, log, signal },
  }
  const commit = await commitOf(given.build, run, exec)
  const result = await deploy({ inputs: given, ...place, run, commit, values: valuesOf(given.envKeys, env) }, ports)
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  const timings = timingsOf(result.agent?.events ?? [], startedAt)
  setOutputs(outputs, given.host, result, timings)
  summarise(summary, place.app, given.host, result, timings)
  return ['deployed', 'unchanged', 'planned'].includes(result.status) ? 'ok' : 'failed'
})
