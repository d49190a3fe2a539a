import { canonicalJson, sha256 } from './canonical-json.ts'
import type { ComposeService } from './compose-model.ts'

/**
 * Changes when Compose would recreate the service's containers. Leaves out what Compose's own hash leaves out (how it is built, pulled, scaled);
 * what the service depends on counts, because Compose up to 2.2x hashes that too. Taken before RELEASE_ID and GIT_SHA are added.
 */
export const serviceHash = (service: ComposeService): string => sha256(canonicalJson(recreating(service)))

/** What of a service recreates its containers. */
export function recreating(service: ComposeService): ComposeService {
  const { build: _build, pull_policy: _pull, scale: _scale, deploy, ...rest } = service
  const { replicas: _replicas, ...kept } = deploy ?? {}
  return { ...rest, deploy: kept }
}
