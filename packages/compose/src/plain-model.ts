import { objects, runnable, startable, topLevel } from './base-model.ts'
import type { ComposeModel } from './compose-model.ts'
import type { SplitRequest } from './split-request.ts'

/** The user's model with digests, lasting paths and nothing of ours: plain `docker compose -f plain.json up -d` runs it. */
export function plainModel(model: ComposeModel, request: SplitRequest): ComposeModel {
  return { ...topLevel(model, request.project), ...objects(model, request), services: startable(model, request.project, runnable) }
}
