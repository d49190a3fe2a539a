import type { HealthCheck, Workspace } from '@deploy-actions/compose'
import type { Balancer, Place } from '@deploy-actions/hosts'
import type { Clock, Log, Secrets } from '@deploy-actions/kit'
import type { Registry, RegistryLogin } from '@deploy-actions/registry'
import type { WorkflowRun } from '@deploy-actions/release'
import type { DeployInputs } from './deploy-inputs.ts'

/** All that a deploy uses of the world. */
export interface DeployPorts {
  /** At least one; they get the release together. */
  readonly hosts: readonly Place[]
  readonly workspace: Workspace
  readonly registry: (logins: readonly RegistryLogin[]) => Registry
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Pick<Secrets, 'suspect'>
  readonly signal: AbortSignal
  /** Hosts are taken out of it while they make services anew. */
  readonly balancer?: Balancer | undefined
}

export interface DeployRequest {
  readonly inputs: DeployInputs
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
  /** What this deploy calls its commit, and when that was made; undefined where nobody knows. */
  readonly commit: { readonly sha: string; readonly committedAt: string | undefined } | undefined
  /** Values of `env-keys`. */
  readonly values: ReadonlyMap<string, string>
  /** Of the balancer that hosts are taken out of. */
  readonly balancer?: HealthCheck | undefined
}
