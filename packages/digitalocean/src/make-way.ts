import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import { type App, busyWith } from './app.ts'
import { pinnedTo } from './apply-spec.ts'
import type { Apps } from './apps.ts'
import { ApiRefusal, UnknownResult } from './failures.ts'

export interface WayRequest {
  readonly apps: Apps
  readonly whenBusy: 'wait' | 'cancel' | 'fail'
  readonly whenPinned: 'wait' | 'commit' | 'fail'
  /** Milliseconds between two looks. */
  readonly interval: number
  readonly deadline: number
  readonly clock: Clock
  readonly log: Log
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits until the app takes a deployment, or makes it take one, as the user chose.
 *
 * @returns the app as it is then
 * @throws UserError DA-APP-BUSY, DA-APP-PINNED
 */
export async function makeWay(app: App, request: WayRequest): Promise<App> {
  const { apps, clock, log, signal, deadline } = request
  let now = app
  const told = new Set<string>()
  const asked = new Set<string>()
  for (;;) {
    const obstacle = obstacleOf(now, request)
    if (obstacle === undefined) return now
    if (clock.now() >= deadline) throw obstacle.error
    if (!told.has(obstacle.words)) log.info(obstacle.words)
    told.add(obstacle.words)
    if (!asked.has(obstacle.words)) await obstacle.act?.()
    asked.add(obstacle.words)
    await clock.sleep(request.interval, signal)
    now = await apps.get(app.id)
  }
}

interface Obstacle {
  readonly words: string
  readonly error: UserError
  readonly act?: () => Promise<unknown>
}

function obstacleOf(app: App, { apps, whenBusy, whenPinned }: WayRequest): Obstacle | undefined {
  const pinned = app.pinned_deployment
  if (pinned !== undefined && pinned.id !== '') {
    if (whenPinned === 'fail') throw pinnedTo(pinned)
    const words = `Held at deployment ${pinned.id} by a rollback that nobody committed`
    if (whenPinned === 'wait') return { words: `${words}; waiting`, error: pinnedTo(pinned) }
    return { words: `${words}; committing it`, error: pinnedTo(pinned), act: () => settled(apps.commitRollback(app.id)) }
  }
  const busy = busyWith(app)
  if (busy === undefined) return undefined
  const error = busyError(busy.id)
  if (whenBusy === 'fail') throw error
  const words = `Deployment ${busy.id} is going on`
  if (whenBusy === 'wait') return { words: `${words}; waiting for its end`, error }
  return { words: `${words}; cancelling it`, error, act: () => settled(apps.cancel(app.id, busy.id)) }
}

/** It may have ended by itself meanwhile; the next look says how things stand. */
async function settled(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (!(error instanceof UnknownResult) && !(error instanceof ApiRefusal && error.code === 'DA-DO-REFUSED')) throw error
  })
}

function busyError(id: string): UserError {
  const hint = 'Wait for its end, or choose `when-busy: wait` or `cancel`. Workflows of one app should share a `concurrency` group.'
  return new UserError('DA-APP-BUSY', `deployment ${id} of the app is still going on`, { hint })
}
