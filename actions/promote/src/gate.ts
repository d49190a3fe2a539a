import type { History } from '@deploy-actions/deployments'
import type { Doubt } from './doubt.ts'
import type { PromoteInputs } from './inputs.ts'
import { codeOf, type Promotion } from './promotion.ts'

/** Behind the gate: it is what the reviewer saw, and somebody started this who may. */
export async function judgeGate(
  now: Promotion,
  { promotion, confirm, approvers, from, to }: PromoteInputs,
  actor: string | undefined,
  history: History,
): Promise<Doubt[]> {
  const doubts: Doubt[] = []
  const moved = promotion && movedOn(promotion, now)
  if (moved !== undefined)
    doubts.push({
      code: 'DA-PROMOTE-MOVED-ON',
      message: `what was approved is no longer so: ${moved}`,
      hint: `Look at the difference anew: start the promotion of ${from} to ${to} again.`,
      forcible: false,
    })
  if (confirm !== undefined && confirm.toLowerCase() !== codeOf(now))
    doubts.push({
      code: 'DA-PROMOTE-CONFIRM',
      message: `"${confirm}" is not the code of what would be promoted now`,
      hint: `The summary of a run with \`phase: plan\` shows it. After ${from} or ${to} has moved on it is another one.`,
      forcible: false,
    })
  if (approvers.length > 0 && !(await mayApprove(actor, approvers, history)))
    doubts.push({
      code: 'DA-PROMOTE-APPROVER',
      message: `${actor ?? 'nobody known'} is none of those who may start this: ${approvers.join(', ')}`,
      hint: 'Somebody of them has to start the run. Members of a team are only seen with a token that may read them.',
      forcible: false,
    })
  return doubts
}

function movedOn(seen: Promotion, now: Promotion): string | undefined {
  if (seen.deployment !== now.deployment) return `${now.from} runs ${now.release} by now, and ${seen.release} was shown`
  if (seen.replaces !== now.replaces) return `${now.to} has got another release meanwhile`
  return seen.sha256 === now.sha256 ? undefined : `the build of ${now.release} is another one than was shown`
}

async function mayApprove(actor: string | undefined, approvers: readonly string[], history: History): Promise<boolean> {
  if (actor === undefined) return false
  if (approvers.some((one) => one.toLowerCase() === actor.toLowerCase())) return true
  for (const team of approvers.filter((one) => one.includes('/'))) if (await history.isMember(team, actor)) return true
  return false
}
