import { type Garbage, type GarbageCollection, isCollecting } from '@deploy-actions/digitalocean'
import { type Clock, formatDuration, type Log, UserError } from '@deploy-actions/kit'

export interface CollectPorts {
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Milliseconds between two looks. */
const PAUSE = 15_000
/** How long a push or a deletion waits for a collection that somebody started. */
export const PATIENCE = 45 * 60_000

/** Until none of these registries collects garbage: they take no push then. @throws UserError DA-DOCR-COLLECTING */
export async function waitForRegistries(registries: readonly Garbage[], ports: CollectPorts): Promise<void> {
  for (const registry of registries) await untilQuiet(registry, async () => [], ports.clock.now() + PATIENCE, ports)
}

/**
 * Collects the blobs that no manifest has, while nothing of ours pushes. A run that may push shows itself at GitHub first and looks for a collection then
 * (`waitForRegistries`); here it is the other way round, so that one of the two always sees the other, and whoever collects gives way.
 *
 * @param others the other runs of this repository that are in progress
 * @returns bytes that were freed
 * @throws UserError DA-DOCR-COLLECTING when there is no quiet time until `timeout`, DA-DOCR-GARBAGE when it fails
 */
export async function collectGarbage(
  registry: Garbage,
  others: () => Promise<readonly string[]>,
  timeout: number,
  ports: CollectPorts,
): Promise<number> {
  const { clock, log, signal } = ports
  const deadline = clock.now() + timeout
  for (;;) {
    await untilQuiet(registry, others, deadline, ports)
    const started = await registry.start()
    const begun = await others().catch(async (error: unknown) => {
      // Nobody knows whether something pushes by now, so it does not go on.
      if (started !== undefined) await registry.cancel(started)
      throw error
    })
    if (started !== undefined && begun.length === 0) return follow(registry, started, deadline, ports)
    if (started !== undefined) {
      log.info(`${begun.join(', ')} began meanwhile: the garbage collection is cancelled`)
      await registry.cancel(started)
    }
    // Somebody else was quicker, or DigitalOcean does not say what is in the way.
    if (clock.now() >= deadline) throw notFree(registry, 'it starts no garbage collection')
    await clock.sleep(PAUSE, signal)
  }
}

async function untilQuiet(
  registry: Garbage,
  others: () => Promise<readonly string[]>,
  deadline: number,
  { clock, log, signal }: CollectPorts,
): Promise<void> {
  let told = ''
  for (;;) {
    const active = await registry.active()
    const why = active === undefined ? (await others()).join(', ') : `its garbage collection (${active.status})`
    if (why === '') return
    if (clock.now() >= deadline) throw notFree(registry, why)
    if (why !== told) log.info(`the registry ${registry.registry} is not free: waiting for ${why}`)
    told = why
    await clock.sleep(PAUSE, signal)
  }
}

async function follow(registry: Garbage, started: GarbageCollection, deadline: number, { clock, log, signal }: CollectPorts) {
  const since = clock.now()
  let now = started
  let told = ''
  while (isCollecting(now)) {
    if (now.status !== told) log.info(`the registry ${registry.registry} collects garbage: ${now.status}`)
    told = now.status
    if (clock.now() >= deadline)
      throw failed(registry, `it is still ${now.status} after ${formatDuration(clock.now() - since)}, and goes on`)
    await clock.sleep(PAUSE, signal)
    now = (await registry.find(started.uuid)) ?? now
  }
  if (now.status !== 'succeeded') throw failed(registry, `it ended as ${now.status}`)
  return now.freedBytes
}

function notFree({ registry }: Garbage, why: string): UserError {
  return new UserError('DA-DOCR-COLLECTING', `the registry ${registry} is not free: ${why}`, {
    hint: 'While it collects garbage it takes no push, and nothing is collected while a run may push. Run again later, or at a quiet hour.',
  })
}

function failed({ registry }: Garbage, what: string): UserError {
  return new UserError('DA-DOCR-GARBAGE', `the garbage collection of the registry ${registry}: ${what}`, {
    hint: 'What was deleted stays deleted; its space is freed by the next collection. The page "Container Registry" of your account shows it.',
  })
}
