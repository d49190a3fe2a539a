import type { Workspace } from '@deploy-actions/compose'
import type { Apps, Fetch } from '@deploy-actions/digitalocean'
import type { Clock, Log, Secrets } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import type { DeployInputs } from './inputs.ts'

/** All that a deploy uses of the world. */
export interface DeployPorts {
  readonly apps: Apps
  /** For logs, whose addresses are signed. */
  readonly fetch: Fetch
  readonly workspace: Workspace
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Pick<Secrets, 'add' | 'suspect'>
  readonly signal: AbortSignal
  /** The step's environment. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface DeployRequest {
  readonly inputs: DeployInputs
  readonly run: WorkflowRun
}

export type Status = 'deployed' | 'unchanged' | 'planned' | 'superseded' | 'reverted' | 'deleted' | 'failed'
