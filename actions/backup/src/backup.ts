import { HostBackups, type OpenHost, openHosts } from '@deploy-actions/agent'
import type { Place } from '@deploy-actions/hosts'
import type { Log } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import type { BackupInputs } from './inputs.ts'

/** What says which operation, and how. */
export type OperationInputs = Pick<
  BackupInputs,
  'operation' | 'service' | 'id' | 'into' | 'retention' | 'checks' | 'lockTimeout' | 'dryRun'
>

export interface BackupRequest {
  readonly inputs: OperationInputs
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
}

export interface BackupPorts {
  readonly hosts: readonly Place[]
  readonly log: Log
  readonly signal: AbortSignal
}

/** What came of it. Texts are empty where there is no backup to speak of. */
export interface BackupResult {
  readonly status: 'created' | 'nothing-to-back-up' | 'listed' | 'verified' | 'restored' | 'drilled' | 'pruned' | 'planned'
  readonly id: string
  readonly size: string
  readonly sha256: string
}

const ENDED = { create: 'created', list: 'listed', verify: 'verified', restore: 'restored', drill: 'drilled', prune: 'pruned' } as const

/** One operation on the backups of a host, under the app's lock. @throws UserError DA-BACKUP-… with what the host said */
export async function backup({ inputs, directory, run }: BackupRequest, ports: BackupPorts): Promise<BackupResult> {
  const { operation, lockTimeout, dryRun, service, id, into, retention, checks } = inputs
  const session = { mode: 'candidate' as const, directory, lockTimeoutMs: lockTimeout, who: run.who, log: ports.log, signal: ports.signal }
  const [host] = (await openHosts(ports.hosts.slice(0, 1), session)) as [OpenHost]
  try {
    const backups = new HostBackups(host.agent, host.folder)
    const asked = dryRun && operation !== 'list' && operation !== 'verify' ? 'list' : operation
    const done = await backups.run(asked, { service, id, into, retention, checks })
    await host.agent.quit()
    const nothing = done.id === 'nothing-to-back-up'
    const status = asked !== operation ? 'planned' : nothing ? 'nothing-to-back-up' : ENDED[operation]
    return { status, ...done, id: nothing ? '' : done.id }
  } finally {
    host.remote.close()
  }
}
