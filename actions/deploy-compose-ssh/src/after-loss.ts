import { type Outcome, readFacts } from '@deploy-actions/agent'
import type { UserError } from '@deploy-actions/kit'
import type { DeployResult } from './deploy.ts'

/** What an attempt knows before it changes anything. */
export type Known = Omit<DeployResult, 'status'>

/** What the host made of a run whose connection was lost; undefined: nothing that the run could end with. */
export function endedAs({ state, facts }: Outcome, known: Known, loss: UserError): DeployResult | undefined {
  if (state === 'live') return ended(known, readFacts(known.hosts[0]?.name ?? '', facts).healthy ? 'deployed' : 'failed')
  if (state === 'reverted') return { ...ended(known, 'reverted'), failure: loss }
  return undefined
}

/** Like `endedAs`, of a release that an earlier step prepared: one that the host has removed cannot be brought again. */
export const candidateEndedAs = (outcome: Outcome, known: Known, loss: UserError): DeployResult | undefined =>
  outcome.state === 'aborted' ? { ...ended(known, 'aborted'), failure: loss } : endedAs(outcome, known, loss)

function ended(known: Known, status: 'deployed' | 'failed' | 'reverted' | 'aborted'): DeployResult {
  return { ...known, status, hosts: known.hosts.map((host) => ({ ...host, status })) }
}
