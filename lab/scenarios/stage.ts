import { type Box, type Lab, type LabOptions, startLab } from '../lab.ts'

/** One box of the lab, and what a scenario needs to know to deploy to it. */
export interface Stage {
  lab: Lab
  box: Box
  url: string
  workerStats: string
}

/** So many suites play at the same time, each on a box of its own; what needs several boxes takes others. */
export const lanes = 2

/** Brings the lab up. Each of jest's workers has its box; `LAB_HOST=2` in the environment takes the second one, for work on two things at once. */
export async function openStage(options: Omit<LabOptions, 'hosts'> = {}): Promise<Stage> {
  const number = Number(process.env.LAB_HOST ?? process.env.JEST_WORKER_ID ?? 1)
  const lab = await startLab({ ...options, hosts: number })
  const box = lab.hosts[number - 1]
  if (!box) throw new Error(`LAB_HOST must be a number from 1 on, got "${process.env.LAB_HOST}"`)
  return { lab, box, url: `http://${box.address}`, workerStats: `http://${box.address}:9100/stats` }
}
