import { type Run, reportFailure, type Summary, UserError, type Verdict } from '@deploy-actions/kit'
import { formatBuildRecord } from '@deploy-actions/release'
import { tellChanges } from './changes-report.ts'
import type { Doubt } from './doubt.ts'
import type { PromoteRequest, PromoteResult } from './promote.ts'
import { codeOf, formatPromotion } from './promotion.ts'

const HEADINGS: Readonly<Record<PromoteResult['status'], string>> = {
  planned: '📋 To be approved',
  approved: '✅ Approved: these digests go on',
  unchanged: '✅ Unchanged: it is there already',
  refused: '🛑 Refused: nothing was changed',
}

/** Tells what was found: annotations, outputs, summary, and whether the step is green. */
export function report(
  result: PromoteResult,
  { inputs }: PromoteRequest,
  { log, env, outputs, summary }: Pick<Run, 'log' | 'env' | 'outputs' | 'summary'>,
): Verdict {
  const { status, from, to, build, promotion, doubts, passedOver } = result
  const { reason } = inputs
  if (doubts.length > 0) reportFailure(refusalOf(doubts), log, env)
  for (const { code, message } of passedOver) log.warning(`passed over, because "${reason}": ${message}`, code)
  outputs.set('status', status)
  outputs.set('release-id', from.payload.release)
  outputs.set('previous-release-id', to?.payload.release ?? '')
  outputs.set('commit', build.commit)
  outputs.set('build', status === 'approved' || status === 'unchanged' ? formatBuildRecord(build) : '')
  outputs.set('promotion', status === 'refused' ? '' : formatPromotion(promotion))
  outputs.set('code', status === 'planned' ? codeOf(promotion) : '')

  summary.heading(`${HEADINGS[status]} — ${inputs.from} → ${inputs.to}`)
  for (const { code, message } of doubts) summary.text(`**${code}**: ${message}`)
  if (passedOver.length > 0)
    summary.text(`**Forced**, because: ${reason}`).list(passedOver.map(({ code, message }) => `${code}: ${message}`))
  tellChanges(result, summary)
  tellEvidence(result, inputs.host !== undefined, summary)
  if (status === 'planned') summary.text(`Code for \`confirm\`, where no reviewer is asked by GitHub: \`${codeOf(promotion)}\``)
  log.info(`${from.payload.release} of ${inputs.from}, commit ${build.commit.slice(0, 7)}: ${status}`)
  return status === 'refused' ? 'failed' : 'ok'
}

/** One error for everything that speaks against it; its code is the first one's. */
function refusalOf(doubts: readonly Doubt[]): UserError {
  const [first, ...others] = doubts as [Doubt, ...Doubt[]]
  if (others.length === 0) return new UserError(first.code, first.message, { hint: first.hint })
  const told = doubts.map(({ code, message, hint }) => `- ${message}. ${hint} (${code})`)
  return new UserError(first.code, `${doubts.length} things speak against this promotion:\n${told.join('\n')}`)
}

/** What is known to be so, and what a person has to look at. */
function tellEvidence({ from, to, doubts, passedOver, build }: PromoteResult, asked: boolean, summary: Summary): void {
  const codes = new Set([...doubts, ...passedOver].map(({ code }) => code))
  const mark = (...against: string[]) => (against.some((code) => codes.has(code as Doubt['code'])) ? '❌' : '✅')
  const back = to === undefined ? 'nothing serves there yet' : `\`${to.payload.release}\` serves there, and \`rollback\` brings it back`
  summary
    .heading('Checked', 3)
    .list([
      `${mark('DA-PROMOTE-NOT-PASSED', 'DA-PROMOTE-STALE')} ${from.statuses[0]?.description || 'deployed'} (${from.environment}, ${from.statuses[0]?.createdAt ?? from.createdAt})`,
      `${mark('DA-PROMOTE-FORGED')} deployment ${from.id} was written by ${from.creator}${from.payload.run === undefined ? '' : ` in [run ${from.payload.run.id}](${from.payload.run.url})`}`,
      ...(asked ? [`${mark('DA-PROMOTE-NOT-RUNNING')} the hosts of ${from.environment} run it`] : []),
      `${mark('DA-PROMOTE-COMMIT', 'DA-PROMOTE-OTHER-COMMIT')} commit \`${build.commit.slice(0, 7)}\` is on the branch`,
      `${mark('DA-PROMOTE-IMAGE-GONE')} every image is in its registry by its digest`,
      `${mark('DA-PROMOTE-OLDER')} ${back}`,
      '✋ by hand: migrations suit the release that serves now; a backup exists; the values of variables are right there',
    ])
}
