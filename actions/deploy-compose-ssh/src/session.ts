import type { OpenHost } from '@deploy-actions/agent'
import type { DeployPorts, DeployRequest } from '@deploy-actions/plan'

/** What every session of this run is opened with. */
export function sessionOf({ inputs, directory, run }: DeployRequest, { log, signal, balancer }: DeployPorts, mode: 'deploy' | 'candidate') {
  const session = { mode: inputs.dryRun ? ('plan' as const) : mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who }
  return { ...session, ...(balancer && { more: ['turns'] }), log, signal }
}

/** Hosts on which nothing was changed. `agreed`: they have the release that all have now. */
export async function leave(hosts: readonly OpenHost[], agreed: boolean): Promise<void> {
  for (const { agent, alone } of hosts) if (alone && agreed) agent.agreed()
  await Promise.all(hosts.map(({ agent }) => agent.quit()))
}
