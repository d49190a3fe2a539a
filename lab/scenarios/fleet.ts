import type { LoadOptions, LoadReport, SshProxy } from '../lab.ts'
import { Consumer, type ConsumerOptions, directory } from './consumer.ts'
import type { Stage } from './stage.ts'
import { sleep } from './under-load.ts'

/** The connection inputs for these boxes; one behind a wire is reached through it. */
export function connectionTo(stages: readonly Stage[], wires: ReadonlyMap<Stage, SshProxy> = new Map()): Record<string, string> {
  const ends = stages.map((stage) => wires.get(stage) ?? stage.box)
  return {
    host: ends.map(({ address, port }) => `${address}:${port}`).join('\n'),
    'known-hosts': ends.map(({ knownHosts }) => knownHosts.trim()).join('\n'),
  }
}

/** A repository that deploys to all of them. */
export const fleetConsumer = (stages: readonly Stage[], options: ConsumerOptions = {}): Consumer =>
  new Consumer(stages[0] as Stage, { ...options, inputs: { ...connectionTo(stages), ...options.inputs } })

/** Does the work while all hosts are under load, and says what became of it on each. */
export async function underLoadOnAll<T>(
  stages: readonly Stage[],
  work: () => Promise<T>,
  options: Partial<LoadOptions> = {},
): Promise<{ reports: LoadReport[]; result: T }> {
  const load = (stage: Stage) => stage.lab.load({ url: stage.url, rate: 60, kinds: ['get', 'get-close', 'post', 'slow'], ...options })
  const loads = await Promise.all(stages.map(load))
  const stop = () => Promise.all(loads.map((one) => one.stop()))
  try {
    await sleep(1_500)
    const result = await work()
    await sleep(1_500)
    return { reports: await stop(), result }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The release that each host has live, and that it serves. */
export async function releasesOn(stages: readonly Stage[]): Promise<string[]> {
  const one = async ({ box, url }: Stage): Promise<string> => {
    const link = (await box.exec(`readlink ${directory}/current`)).stdout.trim().replace('releases/', '')
    const { release } = (await (await fetch(url)).json()) as { release?: string }
    return release === link ? link : `${link}, but it serves ${release}`
  }
  return Promise.all(stages.map(one))
}
