import { timingsOf } from '@deploy-actions/agent'
import { appOf, connectHost } from '@deploy-actions/hosts'
import { reportFailure, runAction } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { check, inputs } from './inputs.ts'
import { setOutputs, summarise } from './report.ts'
import { rollback } from './rollback.ts'

await runAction(async ({ env, log, clock, signal, outputs, summary, ...world }) => {
  const startedAt = clock.now()
  const run = workflowRun(env)
  const given = world.inputs(inputs, (values) => check(values, run.repository))
  const { app, directory } = appOf(given, run.repository)
  const connect = () => connectHost(given, { log, clock, signal })
  const result = await rollback({ inputs: given, directory, run }, { connect, clock, log, signal })
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  const timings = timingsOf(result.agent.events, startedAt)
  setOutputs(outputs, given.host, result, timings)
  summarise(summary, { app, host: given.host, reason: given.reason }, result, timings)
  return ['rolled-back', 'unchanged', 'planned'].includes(result.status) ? 'ok' : 'failed'
})
