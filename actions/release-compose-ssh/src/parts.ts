import type { BackupResult } from '@deploy-actions/backup/part'
import type { DeployResult } from '@deploy-actions/deploy-compose-ssh/part'
import type { MigrateResult } from '@deploy-actions/migrations'
import type { SmokeResult } from '@deploy-actions/probe'
import type { RollbackResult } from '@deploy-actions/rollback/part'
import type { SyncResult } from '@deploy-actions/sync-env/part'

/** The parts of a release, in their order. Those that were not asked for are absent. */
export interface Parts {
  readonly env?: () => Promise<SyncResult>
  readonly backup?: () => Promise<BackupResult>
  /** @param backup id of the one that was made in this run */
  readonly migrate?: (backup: string | undefined) => Promise<MigrateResult>
  readonly deploy: (phase: 'all' | 'prepare' | 'switch' | 'abort') => Promise<DeployResult>
  /** Undefined in a dry run. @param candidate what the edge knows the prepared release by @param release the one that is asked */
  readonly smoke?: (candidate: string | undefined, release: string) => Promise<SmokeResult | undefined>
  /** Whether the candidate can be asked; a sentence where it cannot. */
  readonly candidate: true | 'unwanted' | { readonly why: string }
  /** Ends what is warm beside this release. */
  readonly cool: (release: string) => Promise<Cooled>
  /** Back to what served before this release; nowhere when another one serves by now. */
  readonly goBack: (release: string) => Promise<RollbackResult | OthersServe>
}

/** What was warm, and what is live, of the first host; empty texts where there is nothing. */
export interface Cooled {
  readonly release: string
  readonly live: string
}

/** What serves is not of this run any more, so it is left alone. */
export interface OthersServe {
  readonly live: string
}

export type PartName = 'env' | 'backup' | 'migrations' | 'candidate' | 'deploy' | 'smoke' | 'warm' | 'rollback'

/** What became of a part, in words for people. */
export interface PartEnd {
  readonly part: PartName
  /** `warned`: it did not succeed, and the release is good without it. */
  readonly state: 'done' | 'planned' | 'warned' | 'failed'
  readonly told: string
  /** Thrown by the part, and not told by its own report. */
  readonly error?: unknown
}

/** All that is known when a run ends; the results of parts that were not reached are absent. */
export interface Results {
  env?: SyncResult
  backup?: BackupResult
  migrate?: MigrateResult
  deploy?: DeployResult
  candidate?: SmokeResult | undefined
  smoke?: SmokeResult | undefined
  rollback?: RollbackResult | OthersServe
}

export type ReleaseStatus = DeployResult['status'] | 'rolled-back'

export interface Released {
  readonly status: ReleaseStatus
  readonly ends: readonly PartEnd[]
  readonly results: Results
  /** Whether the connection was lost in a switch, and only the host can say what serves. */
  readonly unknown: boolean
  /** What there is to know beside the parts. */
  readonly note?: string
}
