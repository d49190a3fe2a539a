import { type OpenHost, Turns } from '@deploy-actions/agent'
import type { DeployPorts, DeployRequest } from '@deploy-actions/plan'

/** Before anything is contacted: is it known which droplet each host is? @throws UserError DA-BALANCER-HOST */
export function requireDroplets({ hosts, balancer }: DeployPorts): void {
  for (const { address } of hosts) balancer?.dropletAt(address)
}

/**
 * Where hosts are taken out of a balancer: how that is done, and with it done what a dead run left of it.
 * @throws UserError DA-BALANCER-…, DA-DO-…
 */
export async function turnsOf(
  hosts: readonly OpenHost[],
  { inputs }: DeployRequest,
  { balancer, clock, log, signal }: DeployPorts,
): Promise<Turns | undefined> {
  const turns = balancer && new Turns({ balancer, hosts, clock, signal })
  if (turns !== undefined && !inputs.dryRun) await turns.begin()
  else
    for (const { name, out } of hosts)
      if (out !== undefined)
        log.warning(
          `${name}: an earlier run took the droplet ${out.droplet} out of the balancer ${out.balancer}, and it was not put back. A deploy with \`take-out-of\` does that`,
        )
  return turns
}
