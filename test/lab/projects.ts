import { readFileSync } from 'node:fs'
import { Consumer, type Step, type StepOptions } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import type { Stage } from '../../lab/scenarios/stage.ts'

/** A deploy of the sample project in which something differs. */
export interface Variant extends StepOptions {
  /** Changes the text of the Compose file. */
  readonly compose?: (sample: string) => string
  readonly files?: Record<string, string>
  readonly tag?: string
}

const brisk = { 'verify-for': '0s', 'stream-drain-timeout': '1s', 'health-timeout': '20s' }

/** Deploys a variant from a repository of its own, which is gone afterwards. */
export async function deployOnce(stage: Stage, { compose, files, tag = 'v2', ...options }: Variant = {}): Promise<Step> {
  const sample = readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8')
  const changed = compose?.(sample) ?? sample
  if (compose !== undefined && changed === sample) throw new Error('the change of the Compose file changes nothing')
  const consumer = new Consumer(stage, { compose: changed, inputs: brisk, ...(files && { files }) })
  try {
    return await consumer.deploy(tag, options)
  } finally {
    consumer.close()
  }
}

/** A bare host with one release on it. */
export async function withRelease(stage: Stage, variant: Variant = { tag: 'v1' }): Promise<Step> {
  await stage.box.reset()
  const step = await deployOnce(stage, variant)
  expectStatus(step, 'deployed')
  return step
}

/** The version that answers at the host's port 80. */
export async function servedVersion({ url }: Stage): Promise<string> {
  return ((await (await fetch(url)).json()) as { version: string }).version
}

/** Breaks the host by a command, works, and mends it by another. */
export async function whileBroken<T>({ box }: Stage, broken: { by: string; mend: string }, work: () => Promise<T>): Promise<T> {
  const must = async (command: string) => {
    const { code, stderr } = await box.exec(command, { timeoutMs: 60_000 })
    if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr}`)
  }
  await must(broken.by)
  try {
    return await work()
  } finally {
    await must(broken.mend)
  }
}
