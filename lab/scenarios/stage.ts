import { type Box, type Lab, type LabOptions, startLab } from '../lab.ts'

/** One box of the lab, and what a scenario needs to know to deploy to it. */
export interface Stage {
  lab: Lab
  box: Box
  url: string
  workerStats: string
}

/** Brings the lab up. Each of jest's workers has its box, the first one box 1, or that of `LAB_HOST` in the environment, for work on two things at once. */
export async function openStage(options: Omit<LabOptions, 'hosts'> = {}): Promise<Stage> {
  const [stage] = await openStages(1, options)
  return stage as Stage
}

/** That box and those after it, for what needs several. */
export async function openStages(count: number, options: Omit<LabOptions, 'hosts'> = {}): Promise<Stage[]> {
  const first = Number(process.env.LAB_HOST ?? 1) + Number(process.env.JEST_WORKER_ID ?? 1) - 1
  if (!(first >= 1)) throw new Error(`LAB_HOST must be a number from 1 on, got "${process.env.LAB_HOST}"`)
  const lab = await startLab({ ...options, hosts: first + count - 1 })
  const boxes = lab.hosts.slice(first - 1, first + count - 1)
  return boxes.map((box) => ({ lab, box, url: `http://${box.address}`, workerStats: `http://${box.address}:9100/stats` }))
}
