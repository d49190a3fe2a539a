import { createRecorder } from '@deploy-actions/deployments'
import { appsOf, type Fetch } from '@deploy-actions/digitalocean'
import type { Run, Verdict } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { rollbackApp } from './app-platform.ts'
import { reportApp } from './app-report.ts'
import { appToldOf } from './app-told.ts'
import type { RollbackInputs } from './inputs.ts'
import { letGo } from './platform-rollback.ts'

/** What the end of the job needs to let a held app go. */
interface Held {
  readonly app: string
  readonly deployment: string
  readonly apiUrl: string
  readonly digitaloceanToken: string | undefined
}

/** A rollback on App Platform, from its inputs to its report. */
export async function runOnApp(inputs: RollbackInputs, run: WorkflowRun, world: Run & { readonly fetch: Fetch }): Promise<Verdict> {
  const apps = appsOf(inputs, world)
  const { apiUrl, digitaloceanToken } = inputs
  const keepHeld = (app: string, deployment: string) =>
    world.runner.saveState('held', JSON.stringify({ app, deployment, apiUrl, digitaloceanToken } satisfies Held))
  const result = await rollbackApp(inputs, { ...world, apps, keepHeld })
  const verdict = reportApp(result, inputs, world)
  const environmentUrl = inputs.environmentUrl ?? result.app.live_url
  await createRecorder({ ...inputs, environmentUrl }, run, world).comeBack(appToldOf(result, inputs, run))
  return verdict
}

/**
 * Whether this is the end of the job, where the runner starts every action once more; then what an earlier step holds is let go. A job that died
 * between its steps must not leave an app that takes no deployment. No input is read: in a composite action inside another one they are those
 * of the outer one by then (actions/runner#2030).
 */
export async function isEndOfJob(world: Run & { readonly fetch: Fetch }): Promise<boolean> {
  const { runner, log, secrets } = world
  if (runner.state('begun') === '') {
    runner.saveState('begun', 'yes')
    return false
  }
  const state = runner.state('held')
  if (state === '') return true
  const held = JSON.parse(state) as Held
  if (held.digitaloceanToken !== undefined) secrets.add(held.digitaloceanToken)
  await letGo(held, { apps: appsOf(held, world), log })
  return true
}
