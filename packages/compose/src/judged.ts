import type { ReleasePlan } from './plan-release.ts'

/** What a host's facts are held against. */
export type Judged = Pick<ReleasePlan, 'switched' | 'edge' | 'lines' | 'model' | 'changedNetworks'>

export interface JudgeOptions {
  readonly app: string
  readonly project: string
  readonly commit?: string
  /** Seconds since 1970. */
  readonly commitTime?: number
  readonly allowOlder: boolean
  /** `routes` or `switch` name services; when none of them exists, that is said elsewhere. */
  readonly namesSwitched?: boolean
  /** Sum of what the images to be pulled weigh in the registry, as far as it is known. */
  readonly compressedBytes: number
}
