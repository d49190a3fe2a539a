import { Transport } from '@deploy-actions/digitalocean'
import { messageOf, type Run } from '@deploy-actions/kit'
import { byHand, keptMade, takeAway } from './made.ts'

/** Whether this is the end of the job, where the runner starts every action once more; then what the step made goes. It reads no input, and fails no job. */
export async function isEndOfJob(
  { runner, log, clock, secrets }: Pick<Run, 'runner' | 'log' | 'clock' | 'secrets'>,
  fetch: typeof globalThis.fetch,
): Promise<boolean> {
  if (runner.state('begun') === '') {
    runner.saveState('begun', 'yes')
    return false
  }
  const made = keptMade(runner)
  if (made === undefined) return true
  secrets.add(made.access.token)
  try {
    const transport = new Transport({ ...made.access, fetch, clock })
    if (await takeAway(made, { transport, log, clock })) log.info('SSH is closed to this runner again')
  } catch (error) {
    log.warning(`${messageOf(error)}\n${byHand(made.ids, made.names)}`, 'DA-FIREWALL-LEFT')
  }
  return true
}
