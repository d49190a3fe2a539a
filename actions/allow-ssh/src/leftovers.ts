import { deleteFirewall, type Firewall, type Transport } from '@deploy-actions/digitalocean'
import { messageOf } from '@deploy-actions/kit'
import type { AllowPorts } from './allow-ssh.ts'
import { isLeftover, runNameIn } from './firewall-name.ts'
import { byHand } from './made.ts'

/** Deletes what dead runs of this repository left. Another run may do it at the same time, and what cannot be deleted is the next one's. */
export async function removeLeftovers(
  all: readonly Firewall[],
  transport: Transport,
  { log, clock, env, machine }: Pick<AllowPorts, 'log' | 'clock' | 'env' | 'machine'>,
): Promise<void> {
  for (const one of all.filter((firewall) => isLeftover(firewall, runNameIn(env, machine), clock.now()))) {
    try {
      await deleteFirewall(transport, one.id)
      const addresses = new Set(one.inbound.flatMap((rule) => rule.addresses))
      log.warning(`a run that died had left the firewall ${one.name}, which let ${[...addresses].join(', ')} in: it is deleted`)
    } catch (error) {
      log.warning(`${one.name}, left by a run that died, is still there: ${messageOf(error)}\n${byHand([one.id])}`, 'DA-FIREWALL-LEFT')
    }
  }
}
