import { type VariantName, variants } from '../images.ts'
import { type Box, type Lab, type LabOptions, startLab } from '../lab.ts'

/** One box of the lab, and what a scenario needs to know to deploy to it. */
export interface Stage {
  lab: Lab
  box: Box
  url: string
  workerStats: string
}

/** Jest's workers, at most: two processors have no time for more. */
const WORKERS = 2

/** Brings the lab up. Each of jest's workers has its box, the first one box 1, or that of `LAB_HOST` in the environment, for work on two things at once. */
export async function openStage(options: Omit<LabOptions, 'hosts' | 'first'> = {}): Promise<Stage> {
  const [stage] = await openStages(1, options)
  return stage as Stage
}

/** For what needs several: of three boxes that each worker has besides. */
export async function openStages(count: number, options: Omit<LabOptions, 'hosts' | 'first'> = {}): Promise<Stage[]> {
  const base = Number(process.env.LAB_HOST ?? 1)
  if (!(base >= 1)) throw new Error(`LAB_HOST must be a number from 1 on, got "${process.env.LAB_HOST}"`)
  const worker = Number(process.env.JEST_WORKER_ID ?? 1) - 1
  const first = count === 1 ? base + worker : base + WORKERS + 3 * worker
  const lab = await startLab({ ...options, first, hosts: count, box: options.box ?? boxOf(process.env.LAB_BOX) })
  return lab.hosts.map((box) => ({ lab, box, url: `http://${box.address}`, workerStats: `http://${box.address}:9100/stats` }))
}

function boxOf(name = 'bookworm'): VariantName {
  if (name in variants) return name as VariantName
  throw new Error(`LAB_BOX must be one of ${Object.keys(variants).join(', ')}, got "${name}"`)
}
