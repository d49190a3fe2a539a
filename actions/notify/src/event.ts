import type { Step } from './steps.ts'

/** What can be told. */
export const EVENTS = ['failed', 'reverted', 'rolled-back', 'waiting', 'cancelled', 'succeeded'] as const
export type Event = (typeof EVENTS)[number]

/** What happened in a job, by how it ended and by what its steps say. That something went back tells more than the red job that comes of it. */
export function eventOf(job: 'success' | 'failure' | 'cancelled', steps: readonly Step[]): Event {
  if (steps.some(({ wentBack }) => wentBack)) return 'rolled-back'
  if (steps.some(({ status }) => status === 'reverted')) return 'reverted'
  if (job !== 'success') return job === 'failure' ? 'failed' : 'cancelled'
  return steps.some(({ waits }) => waits) ? 'waiting' : 'succeeded'
}
