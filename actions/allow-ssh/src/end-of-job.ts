import { Transport } from '@deploy-actions/digitalocean'
import { messageOf, type Run } from '@deploy-actions/kit'
import { type AllowInputs, accessOf } from './inputs.ts'
import { byHand, keptMade, takeAway } from './made.ts'

/** Whether this is the end of the job, where the runner starts every action once more; then what the step made goes. It fails no job. */
export async function isEndOfJob(
  { runner, log, clock }: Pick<Run, 'runner' | 'log' | 'clock'>,
  inputs: () => AllowInputs,
  fetch: typeof globalThis.fetch,
): Promise<boolean> {
  if (runner.state('begun') === '') {
    runner.saveState('begun', 'yes')
    return false
  }
  const made = keptMade(runner)
  if (made.names.length === 0) return true
  try {
    const transport = new Transport({ ...accessOf(inputs()), fetch, clock })
    if (await takeAway(made, { transport, log, clock })) log.info('SSH is closed to this runner again')
  } catch (error) {
    log.warning(`${messageOf(error)}\n${byHand(made.ids, made.names)}`, 'DA-FIREWALL-LEFT')
  }
  return true
}
