import { randomBytes } from 'node:crypto'
import type { Run, Verdict } from '@deploy-actions/kit'
import { createImageStore } from '@deploy-actions/registry'
import { workflowRun } from '@deploy-actions/release'
import { buildPush } from './build-push.ts'
import { commitOf, eventText } from './commit.ts'
import { dockerOf } from './docker.ts'
import { KEPT, type Made, NOTHING } from './forget.ts'
import type { BuildInputs } from './inputs.ts'
import { LOGIN_INPUTS, loginsOf } from './logins.ts'
import { planLines } from './plan-lines.ts'
import { report } from './report.ts'
import { runFacts } from './run-facts.ts'
import { targetsOf } from './targets.ts'
import { makeWorkFolder } from './work-folder.ts'

/** One step, from its inputs to its summary. */
export async function runStep(inputs: BuildInputs, world: Run): Promise<Verdict> {
  const { env, exec, log, outputs, runner, signal, clock, summary } = world
  for (const value of inputs.secrets.values()) world.secrets.add(value)
  for (const name of inputs.secretEnvs.values()) world.secrets.add(env[name] ?? '')
  const facts = runFacts({ env, event: eventText(env.GITHUB_EVENT_PATH), now: clock.now(), ...(await commitOf(exec, env)) })
  const targets = targetsOf(inputs, facts)
  for (const { wanted } of targets)
    if (wanted.verify !== 'off') for (const value of Object.values(wanted.verify.env)) world.secrets.suspect(value)
  if (inputs.dryRun) {
    outputs.set('status', 'planned')
    summary.heading('📋 Planned: nothing was built').list(planLines(targets, inputs))
    return 'ok'
  }
  const run = workflowRun(env)
  const logins = loginsOf(inputs, run.actor)
  const key = `deploy-actions-${randomBytes(6).toString('hex')}`
  const work = makeWorkFolder(env, logins)
  try {
    runner.saveState(KEPT, JSON.stringify({ key, folder: work.path } satisfies Made))
    const store = createImageStore({ fetch, clock, signal, logins, insecure: inputs.insecureRegistries, inputs: LOGIN_INPUTS })
    const docker = dockerOf({ exec, env, work, signal })
    const request = { inputs, targets, facts, key }
    const results = await buildPush(request, { docker, work, store, log, clock, signal, fetch })
    return report(results, request, run, world)
  } finally {
    work.remove()
    runner.saveState(KEPT, NOTHING)
  }
}
