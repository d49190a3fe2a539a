import { randomBytes } from 'node:crypto'
import { placesForParts } from '@deploy-actions/agent'
import type { Workspace } from '@deploy-actions/compose'
import { addressOf } from '@deploy-actions/deploy-compose-ssh/part'
import { createRecorder } from '@deploy-actions/deployments'
import { appOf, reach } from '@deploy-actions/hosts'
import type { Run, Verdict } from '@deploy-actions/kit'
import { type Files, nodeHttp } from '@deploy-actions/probe'
import { createRegistry, type RegistryLogin } from '@deploy-actions/registry'
import type { WorkflowRun } from '@deploy-actions/release'
import { trustOf } from '@deploy-actions/smoke-test/part'
import type { ReleaseInputs } from './inputs.ts'
import { readyFor } from './ready.ts'
import { record } from './record.ts'
import { release } from './release.ts'
import { report } from './report.ts'
import { partsOf, takeLocks } from './work.ts'

type World = Run & { readonly files: Files; readonly workspace: Workspace; readonly fetch: typeof fetch }

/** Everything that can be known first; then the parts, each over the same connections and under one lock; then what became of it. */
export async function releaseIn(world: World, given: ReleaseInputs, run: WorkflowRun): Promise<Verdict> {
  const { directory } = appOf(given, run.repository)
  const { hosts, balancer } = await reach(given, world)
  const ends = { directory, lockTimeoutMs: given.lockTimeout, who: run.who, dryRun: given.dryRun, ...(balancer && { more: ['turns'] }) }
  const { places, close } = placesForParts(hosts, ends)
  const ports = {
    ...{ ...world, hosts: places, balancer },
    registry: (logins: readonly RegistryLogin[]) => createRegistry({ ...world, logins, insecure: given.insecureRegistries }),
    http: () => nodeHttp({ ca: trustOf(given.tlsCa, world.files) }),
    newKey: () => randomBytes(32).toString('hex'),
    newName: () => crypto.randomUUID().slice(0, 8),
  }
  const { request, envValues } = await readyFor(given, run, ports)
  try {
    if (!given.dryRun) await takeLocks(request, ports)
    const released = await release(partsOf(request, envValues, ports), ports)
    const verdict = report(released, request, ports)
    await record(released, request, ports, createRecorder({ ...given, environmentUrl: addressOf(request.deploy) }, run, world))
    return verdict
  } finally {
    await close()
  }
}
