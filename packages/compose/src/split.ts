import { baseModel } from './base-model.ts'
import type { ComposeModel } from './compose-model.ts'
import type { EdgePlan } from './edge-plan.ts'
import { edgeModel } from './edge-model.ts'
import type { TextObjects } from './file-objects.ts'
import { plainModel } from './plain-model.ts'
import type { ReleaseImages } from './release-image.ts'
import { slotModel } from './slot-model.ts'
import type { LiveService, Strategies } from './strategies.ts'

/** What the five models are made from. */
export interface SplitRequest {
  readonly app: string
  readonly project: string
  readonly id: string
  readonly commit?: string | undefined
  readonly appDirectory: string
  readonly edgeImage: string
  readonly images: ReleaseImages
  readonly strategies: Strategies
  readonly edge: EdgePlan
  /** Base services of the live release: their release variables stay while their definition does. */
  readonly live?: Readonly<Record<string, LiveService>> | undefined
  readonly configTexts: TextObjects
  readonly secretTexts: TextObjects
  /** Where a text of a base service lies on the host. */
  readonly storeText: (name: string, text: Buffer) => string
}

/** The models of release-directory.md. */
export interface SplitModels {
  readonly base: ComposeModel
  readonly blue: ComposeModel
  readonly green: ComposeModel
  readonly edge: ComposeModel
  readonly plain: ComposeModel
}

/** Splits a model (paths placed, digests filled in) into base, both slots, the edge, and the plain one that `uninstall` hands back. */
export function split(model: ComposeModel, request: SplitRequest): SplitModels {
  return {
    base: baseModel(model, request),
    blue: slotModel(model, 'blue', request),
    green: slotModel(model, 'green', request),
    edge: edgeModel(model, request),
    plain: plainModel(model, request),
  }
}

/** Names of the switched services, in the model's order. */
export const switchedOf = ({ byService }: Strategies): string[] =>
  [...byService].filter(([, { kind }]) => kind === 'switch').map(([name]) => name)
