import type { ReleasePlan } from './plan-release.ts'
import type { Refusal } from './refusal.ts'
import type { LiveService } from './strategies.ts'

/** What a host's facts are held against. */
export type Judged = Pick<ReleasePlan, 'switched' | 'edge' | 'lines' | 'model' | 'changedNetworks' | 'stateful' | 'unchanged'> &
  Partial<Pick<ReleasePlan, 'directories'>>

export interface Judgement {
  readonly refusals: readonly Refusal[]
  readonly notices: readonly string[]
}

export interface JudgeOptions {
  readonly app: string
  readonly project: string
  readonly commit?: string
  /** Seconds since 1970. */
  readonly commitTime?: number
  readonly allowOlder: boolean
  /** `routes`, `switch` or `strategy` name services that do not exist: what that would make of the live ones is not worth a word. */
  readonly namesUnknown?: boolean
  /** Sum of what the images to be pulled weigh in the registry, as far as it is known. */
  readonly compressedBytes: number
  /** The base services of the live release, by name. */
  readonly live?: Readonly<Record<string, LiveService>>
  /** Services that the release does not have go after the switch. */
  readonly removeOrphans?: boolean
  /** Containers of other projects whose nginx is reloaded at the handover. */
  readonly reloadOtherProxies?: readonly string[]
  /** `false`: a host with too little memory is no reason. */
  readonly memoryCheck?: boolean
  /** `false`: an nginx that has to look a name up anew is named, and left alone. */
  readonly reloadProxies?: boolean
}
