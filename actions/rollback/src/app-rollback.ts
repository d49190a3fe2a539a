import {
  type App,
  type Apps,
  type Deployment,
  deploymentFailure,
  type FailingStep,
  type Fetch,
  followDeployment,
  showLog,
  supersededBy,
  whoTookOver,
} from '@deploy-actions/digitalocean'
import type { Clock, Log, Secrets, UserError } from '@deploy-actions/kit'
import type { RollbackInputs } from './inputs.ts'

export interface AppPorts {
  readonly apps: Apps
  readonly fetch: Fetch
  readonly clock: Clock
  readonly log: Log
  readonly secrets: Pick<Secrets, 'add'>
  readonly signal: AbortSignal
  /** Remembers that the app is held by this step, so that its end lets it go. */
  readonly keepHeld: (app: string, deployment: string) => void
}

export interface AppRollback {
  /** `superseded`: another deployment serves, or is on its way, than the one that was to be left. */
  status: 'rolled-back' | 'unchanged' | 'planned' | 'superseded' | 'reverted' | 'failed'
  app: App
  /** The deployment that was gone back to. */
  target?: string
  /** Its images by component, by digest; without those that migrate, because they stay the newest. */
  images?: Readonly<Record<string, string>>
  /** The one that this run made. */
  made?: string
  previous?: string
  held: boolean
  failure?: UserError
  /** The end of the deployment was not seen: it may go live yet. */
  unsettled?: boolean
  /** Milliseconds that the platform took. */
  platform: number
}

export type Status = AppRollback['status']

/** Whether the deployment is live in the end; why not is in the result. */
export async function follow(deployment: Deployment, inputs: RollbackInputs, ports: AppPorts, result: AppRollback): Promise<boolean> {
  const { clock, log, apps } = ports
  const { id } = result.app
  result.made = deployment.id
  log.info(`Deployment ${deployment.id} was made`)
  const failing: FailingStep[] = []
  const onFailure = async (step: FailingStep) => {
    failing.push(step)
    await showLog(step, id, deployment.id, ports)
  }
  const began = clock.now()
  const deadline = began + inputs.timeout
  try {
    const ended = await followDeployment({ ...ports, app: id, deployment, interval: inputs.pollInterval, deadline, onFailure })
    result.app = await apps.get(id)
    if (ended.phase === 'ACTIVE') return true
    result.failure =
      ended.phase === 'ERROR' ? deploymentFailure(ended, failing) : supersededBy(ended, await whoTookOver(result.app, ended, apps), true)
    return false
  } catch (error) {
    result.unsettled = true
    throw error
  } finally {
    result.platform += clock.now() - began
  }
}
