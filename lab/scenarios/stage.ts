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
  const [stage] = await openStages(1, options)
  return stage as Stage
}

/** That box and those after it. */
export async function openStages(count: number, options: Omit<LabOptions, 'hosts'> = {}): Promise<Stage[]> {
  const first = Number(process.env.LAB_HOST ?? process.env.JEST_WORKER_ID ?? 1)
  if (!(first >= 1)) throw new Error(`LAB_HOST must be a number from 1 on, got "${process.env.LAB_HOST}"`)
  const lab = await startLab({ ...options, hosts: first + count - 1 })
  return lab.hosts.slice(first - 1, first + count - 1).map((box) => stageOn(lab, box))
}

export function stageOn(lab: Lab, box: Box): Stage {
  return { lab, box, url: `http://${box.address}`, workerStats: `http://${box.address}:9100/stats` }
}
