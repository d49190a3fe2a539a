import type { Workspace } from '@deploy-actions/compose'
import type { DeployInputs } from '@deploy-actions/deploy-compose-ssh/part'
import type { Place } from '@deploy-actions/hosts'
import type { Run } from '@deploy-actions/kit'
import type { DeployPorts, DeployRequest } from '@deploy-actions/plan'
import type { Files, HttpClient } from '@deploy-actions/probe'
import type { ReleaseInputs } from './inputs.ts'

/** What is to be released where, from inputs that were found right. */
export interface ReleaseRequest extends Pick<DeployRequest, 'app' | 'directory' | 'run' | 'commit' | 'values'> {
  readonly inputs: ReleaseInputs
  readonly deploy: DeployInputs
}

/** All that the parts use of the world. */
export interface PartsPorts extends Pick<Run, 'env' | 'exec' | 'clock' | 'log' | 'secrets' | 'signal'> {
  /** At least one; as the parts share them. */
  readonly hosts: readonly Place[]
  readonly workspace: Workspace
  readonly files: Files
  readonly registry: DeployPorts['registry']
  readonly balancer?: DeployPorts['balancer']
  /** One for each smoke test. */
  readonly http: () => HttpClient
  /** A key of 256 bits for the hashes of this run, as hex digits. */
  readonly newKey: () => string
  /** A name that no other run has. */
  readonly newName: () => string
}
