import { cutWhileDraining, phasesOf, type Timings, timingsOf, watchedIn } from '@deploy-actions/agent'
import { type Outputs, type Run, reportFailure, type Summary, type Verdict } from '@deploy-actions/kit'
import type { DeployResult } from './deploy.ts'
import type { DeployRequest } from './deploy-request.ts'

const HEADINGS: Readonly<Record<DeployResult['status'], string>> = {
  deployed: '✅ Deployed',
  prepared: '⏸️ Prepared: the new release waits for its switch, the old one serves',
  unchanged: '✅ Unchanged: this release is live already',
  planned: '📋 Planned: nothing was touched',
  aborted: '🛑 Aborted: nobody noticed, the old release serves',
  reverted: '↩️ Reverted: the old release serves again',
  failed: '❌ Failed: the release is live, but a service beside it is not well',
}

/** What the first release of the summary is, where it is not the one that serves. */
const FIRST: Partial<Record<DeployResult['status'], string>> = { planned: 'Would serve', prepared: 'Prepared' }

/** Tells how the deploy ended: annotation, outputs, summary, and whether the step is green. */
export function report(
  result: DeployResult,
  { app, inputs: { host } }: Pick<DeployRequest, 'app' | 'inputs'>,
  { log, env, outputs, summary, startedAt }: Pick<Run, 'log' | 'env' | 'outputs' | 'summary' | 'startedAt'>,
): Verdict {
  if (result.failure !== undefined) reportFailure(result.failure, log, env)
  for (const warning of watchedIn(result.agent?.events ?? []).warnings) log.warning(warning)
  const timings = timingsOf(result.agent?.events ?? [], startedAt)
  setOutputs(outputs, host, result, timings)
  summarise(summary, app, host, result, timings)
  return ['deployed', 'prepared', 'unchanged', 'planned'].includes(result.status) || result.asAsked === true ? 'ok' : 'failed'
}

/** Sets every output that is known by now. */
function setOutputs(outputs: Outputs, host: string, result: DeployResult, timings: Timings): void {
  const live = liveAfter(result)
  outputs.set('status', result.status)
  outputs.set('release-id', live.release)
  outputs.set('previous-release-id', live.before)
  const secret = result.candidateSecret ?? ''
  outputs.setSecret('candidate-header', secret, secret === '' ? '' : `X-Deploy-Candidate: ${secret}`)
  outputs.set('images', result.images ?? {})
  outputs.set('hosts', [{ host, status: result.status, release: live.release, slot: live.slot }])
  outputs.set('timings', timings)
}

/** What a person reads after the run. */
function summarise(summary: Summary, app: string, host: string, result: DeployResult, timings: Timings): void {
  const live = liveAfter(result)
  summary.heading(`${HEADINGS[result.status]} — ${app} on ${host}`)
  summary.table(
    ['', ''],
    [
      [
        FIRST[result.status] ?? 'Serves now',
        live.release === '' ? 'nothing' : `\`${live.release}\`${live.slot === '' ? '' : ` in ${live.slot}`}`,
      ],
      ...(live.before === '' ? [] : [[result.status === 'prepared' ? 'Serves now' : 'Before', `\`${live.before}\``]]),
    ],
  )
  if (result.failure !== undefined) summary.text(`**${result.failure.code}**: ${result.failure.message}`)
  const plan = result.plan
  if (plan !== undefined) {
    summary.table(
      ['Service', 'What happens', 'Image', 'Why'],
      plan.lines.map(({ service, strategy, image, reason, downtime }) => [
        service,
        strategy,
        image,
        downtime === '' ? reason : `${reason}. ${downtime}`,
      ]),
    )
    if (plan.notes.length > 0) summary.list(plan.notes)
  }
  const phases = phasesOf(timings)
  if (phases.length > 0) summary.timeline('How long it took', phases)
  const handover = result.agent?.events.findLast(({ name }) => name === 'handover')?.fields
  if (handover !== undefined)
    summary.text(
      `Port ${handover.ports} was handed over from what was started by hand: it did not answer for at most ${handover.milliseconds} ms. The next deploys have no such gap.`,
    )
  const cut = cutWhileDraining(result.agent?.events ?? [])
  if (cut !== undefined && (cut.requests !== '0' || cut.streams !== '0'))
    summary.text(
      `When their time to drain was up, ${cut.requests} requests and ${cut.streams} streams were cut. \`drain-timeout\` and \`stream-drain-timeout\` give them longer.`,
    )
  for (const note of watchedIn(result.agent?.events ?? []).notes) summary.text(note)
  for (const line of nextSteps(result, app)) summary.text(line)
}

function nextSteps({ status, failure }: DeployResult, app: string): string[] {
  if (status === 'deployed') return [`To go back: run the rollback workflow, or on the host \`/opt/${app}/bin/release rollback\`.`]
  if (status === 'prepared')
    return [
      'Requests with the header of the output `candidate-header` reach it; nobody else does. Next: a step with `phase: switch`, or `phase: abort`.',
    ]
  if (failure === undefined) return []
  return [`What to do about it: docs/errors.md, entry ${failure.code}. The log of this step has the last lines of the containers.`]
}

/** The release that the run is about or that serves after it, which one served before, and the slot of the first. */
function liveAfter({ status, release = '', live, agent }: DeployResult): { release: string; before: string; slot: string } {
  const { release: before, slot } = live ?? { release: '', slot: '' }
  if (status === 'deployed' || status === 'failed' || status === 'prepared') {
    const prepared = agent?.events.findLast(({ name }) => name === 'preparing')?.fields
    return { release: release || before, before, slot: prepared?.slot ?? slot }
  }
  if (status === 'planned') return { release, before, slot: '' }
  return { release: before, before: '', slot }
}
