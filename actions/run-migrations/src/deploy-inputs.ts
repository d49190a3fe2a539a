import type { DeployInputs } from '@deploy-actions/plan'
import type { RunMigrationsInputs } from './inputs.ts'

/** How a release of these inputs is planned: as a deploy would, with nothing that only matters to what serves. */
export function deployInputsOf(inputs: RunMigrationsInputs): DeployInputs {
  return {
    ...inputs,
    ...{ host: inputs.host ?? '', sshKey: inputs.sshKey ?? '', dryRun: false },
    ...{ phase: 'all', releaseId: undefined, candidateTimeout: 0, routes: [], switch: [], assets: [], edgeImage: 'caddy:2' },
    ...{ trustedProxies: [], proxyProtocol: [], caddyfile: undefined, strategy: [], health: [], verify: [], verifyFor: 0 },
    ...{
      maxErrorIncrease: undefined as never,
      canary: 1,
      soak: 0,
      takeOutOf: undefined,
      healthTimeout: 120_000,
      drainTimeout: 0,
      streamDrainTimeout: 0,
    },
    ...{ warmPrevious: 0, keepReleases: 5, allowOlder: true, removeOrphans: false, reloadOtherProxies: [], allowPublicPorts: [] },
    ...{ memoryCheck: false, reloadProxies: false },
  }
}
