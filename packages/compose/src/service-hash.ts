import { canonicalJson, sha256 } from './canonical-json.ts'
import type { ComposeService } from './compose-model.ts'

/**
 * Changes when Compose would recreate the service's containers. Leaves out what Compose's own hash leaves out (how it is built, pulled, scaled);
 * what the service depends on counts, because Compose up to 2.2x hashes that too. Taken before RELEASE_ID and GIT_SHA are added.
 */
export const serviceHash = (service: ComposeService): string => sha256(canonicalJson(recreating(service)))

/** What of a service recreates its containers, in the same words for every version of Compose: one prints `command: null` or `volume: {}`, and another leaves it out. */
export function recreating(service: ComposeService): ComposeService {
  const { build: _build, pull_policy: _pull, scale: _scale, deploy, ...rest } = service
  const { replicas: _replicas, ...kept } = deploy ?? {}
  const fields = Object.entries({ ...rest, deploy: kept }).map(
    ([field, value]) => [field, PARTS.has(field) ? telling(value) : value] as const,
  )
  return Object.fromEntries(fields.filter(([, value]) => !saysNothing(value)))
}

/** Whose parts have keys of Compose's. Elsewhere people name them, and the name alone says something: `networks: {back: null}`, `environment: {A: null}`. */
const PARTS = new Set(['configs', 'deploy', 'healthcheck', 'ports', 'secrets', 'volumes'])

function telling(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(telling)
  if (value === null || typeof value !== 'object') return value
  const parts = Object.entries(value).map(([key, inner]) => [key, telling(inner)] as const)
  return Object.fromEntries(parts.filter(([, inner]) => !saysNothing(inner)))
}

/** An empty list says something: `entrypoint: []` takes the image's own away. */
const saysNothing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0)
