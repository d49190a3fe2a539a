import { baseModel } from './base-model.ts'
import { byHandModel } from './by-hand-model.ts'
import type { ComposeModel } from './compose-model.ts'
import { edgeBesideModel, edgeModel } from './edge-model.ts'
import { plainModel } from './plain-model.ts'
import { slotModel } from './slot-model.ts'
import type { SplitRequest } from './split-request.ts'

/** The models of release-directory.md. */
export interface SplitModels {
  readonly base: ComposeModel
  /** Base for a person's `docker compose`. */
  readonly byHand: ComposeModel
  readonly blue: ComposeModel
  readonly green: ComposeModel
  readonly edge: ComposeModel
  /** The edge before it takes over from what people started. */
  readonly beside: ComposeModel
  readonly plain: ComposeModel
}

/** Splits a model (paths placed, digests filled in) into base, both slots, the edge, and the plain one that `uninstall` hands back. */
export function split(model: ComposeModel, request: SplitRequest): SplitModels {
  const base = baseModel(model, request)
  return {
    base,
    byHand: byHandModel(base, request.project),
    blue: slotModel(model, 'blue', request),
    green: slotModel(model, 'green', request),
    edge: edgeModel(model, request),
    beside: edgeBesideModel(model, request),
    plain: plainModel(model, request),
  }
}
