import { changeInWords } from '@deploy-actions/digitalocean'
import { formatDuration, type Outputs, type Run, reportFailure, type Summary, type Verdict } from '@deploy-actions/kit'
import { formatReleaseId } from '@deploy-actions/release'
import type { DeployResult } from './deploy.ts'
import type { DeployRequest, Status } from './deploy-request.ts'
import { costInWords } from './plan.ts'

const HEADINGS: Readonly<Record<Status, string>> = {
  deployed: '✅ Deployed',
  unchanged: '✅ Unchanged: the app runs exactly this already',
  planned: '📋 Planned: nothing was touched',
  superseded: '⏭️ Superseded: a newer deployment took over',
  reverted: '↩️ Reverted: the deployment failed, and the platform went back by itself',
  deleted: '🗑️ Deleted',
  failed: '❌ Failed',
}

type Told = Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'startedAt' | 'clock'> & {
  readonly apps: { readonly transport: { readonly calls: number } }
}

/** Tells how the deploy ended: annotation, outputs, summary, and whether the step is green. */
export function report(result: DeployResult, { inputs, run }: DeployRequest, told: Told): Verdict {
  const { log, env, outputs, summary, clock, startedAt, apps } = told
  const fine = result.status === 'superseded' && inputs.whenSuperseded === 'ok'
  if (result.failure !== undefined && fine) log.warning(result.failure.message, result.failure.code)
  else if (result.failure !== undefined) reportFailure(result.failure, log, env)
  const platform = result.platform
  const timings = { ours: Math.max(0, clock.now() - startedAt - platform), platform, calls: apps.transport.calls }
  setOutputs(outputs, result)
  const commit = inputs.build?.commit ?? run.commit
  outputs.set('release-id', formatReleaseId({ at: new Date(startedAt), commit, ...(run.run && { run: run.run }) }))
  outputs.set('timings', timings)
  summarise(summary, result, timings)
  return fine || ['deployed', 'unchanged', 'planned', 'deleted'].includes(result.status) ? 'ok' : 'failed'
}

function setOutputs(outputs: Outputs, { status, app, deployment, previous, supersededBy, plan }: DeployResult): void {
  const live = app?.active_deployment?.id ?? ''
  outputs.set('status', status)
  outputs.set('app-id', app?.id ?? '')
  outputs.set('deployment-id', deployment ?? (status === 'unchanged' ? live : ''))
  // Nothing was left where nothing was deployed: a step that goes back has nowhere to go then.
  outputs.set('previous-deployment-id', status === 'unchanged' ? '' : (previous ?? ''))
  outputs.set('live-deployment-id', live)
  outputs.set('superseded-by', supersededBy ?? '')
  outputs.set('live-url', app?.live_url ?? '')
  outputs.set('images', Object.fromEntries((plan?.wanted.assigned ?? []).map(({ component, digest }) => [component, digest])))
}

/** What a person reads after the run. */
function summarise(
  summary: Summary,
  result: DeployResult,
  { ours, platform, calls }: { ours: number; platform: number; calls: number },
): void {
  const { app, name, plan, failure, status } = result
  summary.heading(`${HEADINGS[status]} — ${name ?? 'app'}`)
  const code = (text: string | undefined) => (text === undefined || text === '' ? '–' : `\`${text}\``)
  const url = app?.live_url ?? ''
  if (status !== 'deleted')
    summary.table(
      ['', ''],
      [
        [
          status === 'planned' ? 'Live now' : 'Serves now',
          url === '' ? code(app?.active_deployment?.id) : `${code(app?.active_deployment?.id)} at ${url}`,
        ],
        ...(result.deployment === undefined ? [] : [['Made by this run', code(result.deployment)]]),
        ...(result.previous === undefined ? [] : [['Before', code(result.previous)]]),
        ...(result.supersededBy === undefined ? [] : [['Took over', code(result.supersededBy)]]),
        ...(plan === undefined || costInWords(plan.cost) === '' ? [] : [['Cost', costInWords(plan.cost)]]),
        ['Time', `${formatDuration(ours)} of this action, ${formatDuration(platform)} of the platform, ${calls} API calls`],
      ],
    )
  if (failure !== undefined) summary.text(`**${failure.code}**: ${failure.message}`)
  if (plan !== undefined && plan.wanted.assigned.length > 0)
    summary.table(
      ['Component', 'Image'],
      plan.wanted.assigned.map(({ component, digest }) => [component, digest.slice(7, 19)]),
    )
  if (plan !== undefined && plan.changes.length > 0 && app !== undefined)
    summary.details('Changes of the spec', plan.changes.map(changeInWords).join('\n'))
  if (plan !== undefined && plan.moves.length > 0) summary.list(plan.moves)
  if (status === 'deployed') summary.text('To go back: the action `rollback` with `target: app-platform`.')
}
