import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import { type Deployment, hasEnded } from './app.ts'
import type { Apps } from './apps.ts'
import { type FailingStep, failingSteps, runningComponents } from './failing-steps.ts'

export interface FollowRequest {
  readonly apps: Apps
  readonly app: string
  /** As it was made. */
  readonly deployment: Deployment
  /** Milliseconds between two looks at first; they grow to three times that. */
  readonly interval: number
  /** On `clock`. */
  readonly deadline: number
  readonly clock: Clock
  readonly log: Log
  readonly signal?: AbortSignal | undefined
  /** Called once for each failing step, as soon as it is there. */
  readonly onFailure?: (step: FailingStep) => Promise<void>
}

/** Trouble with the API that says nothing about the deployment: it goes on without us. */
const PASSING = ['DA-DO-UNREACHABLE', 'DA-DO-RATE-LIMIT', 'DA-DO-RESPONSE']

/**
 * Looks at one deployment by its id until it has ended, and judges by its phase alone. A phase that nobody here knows is waited out.
 *
 * @returns the deployment as it ended: ACTIVE, ERROR, CANCELED or SUPERSEDED
 * @throws UserError DA-APP-TIMEOUT; the signal's reason when it aborts
 */
export async function followDeployment(request: FollowRequest): Promise<Deployment> {
  const { clock, deadline, signal } = request
  const told = new Set<string>()
  let deployment = request.deployment
  for (let looks = 0; ; looks += 1) {
    await tell(deployment, told, request)
    if (hasEnded(deployment)) return deployment
    if (clock.now() >= deadline) throw timeout(deployment)
    await clock.sleep(Math.min(pause(looks, request), Math.max(0, deadline - clock.now())), signal)
    deployment = await lookAgain(deployment, request)
  }
}

/** Five seconds first, then slower; slower still when few requests are left of this hour. */
function pause(looks: number, { interval, apps }: FollowRequest): number {
  const grown = interval * Math.min(3, 1 + looks / 6)
  return (apps.transport.remaining ?? Number.POSITIVE_INFINITY) < 200 ? grown * 4 : grown
}

async function lookAgain(deployment: Deployment, { apps, app, log }: FollowRequest): Promise<Deployment> {
  try {
    return await apps.deployment(app, deployment.id)
  } catch (error) {
    if (!(error instanceof UserError) || !PASSING.includes(error.code)) throw error
    log.info(`${error.message}; the deployment goes on, and is looked at again`)
    return deployment
  }
}

async function tell({ phase, progress }: Deployment, told: Set<string>, { log, onFailure }: FollowRequest): Promise<void> {
  const components = hasEnded({ phase }) ? [] : runningComponents(progress)
  const line = [phase, ...(components.length === 0 ? [] : [components.join(', ')])].join(': ')
  if (!told.has(line)) log.info(line)
  told.add(line)
  for (const step of failingSteps(progress)) {
    const name = `${step.stage}/${step.component ?? ''}`
    if (told.has(name)) continue
    told.add(name)
    log.info(`${step.component ?? 'The app'} failed (${step.stage})${step.reason === '' ? '' : `: ${log.foreign(step.reason)}`}`)
    await onFailure?.(step)
  }
}

function timeout({ id, phase }: Deployment): UserError {
  const hint =
    'The platform goes on by itself, unless `on-timeout: cancel` is set. A build may take an hour, a job half of one; give `timeout` more than that.'
  return new UserError('DA-APP-TIMEOUT', `deployment ${id} has not ended in time: its phase is ${phase}`, { hint })
}
