import { digestAtEnd } from '@deploy-actions/release'
import type { DeploymentPayload } from './deployment-payload.ts'
import type { Deployment } from './deployments.ts'

/**
 * The deployments that brought the newest `count` releases of each app to each environment. Counted are releases, not records: one that is deployed
 * again is the same. Ours are counted apart from those that GitHub or others wrote. One that was not seen to serve may serve after all: it stays, and
 * does not count.
 * @param all the newest first
 */
export function lastReleases(all: readonly Deployment[], count: number): Deployment[] {
  const counted = new Map<string, Set<string>>()
  return all.filter((one) => {
    const place = placeOf(one)
    const releases = counted.get(place) ?? new Set()
    counted.set(place, releases)
    const release = releaseOf(one)
    if (releases.has(release)) return true
    if (releases.size >= count) return false
    if (one.payload?.serves !== false) releases.add(release)
    return true
  })
}

const placeOf = ({ environment, payload }: Deployment): string => JSON.stringify([environment, payload?.app ?? null])

/** Its images; where the record names none, its commit. */
function releaseOf({ commit, payload }: Deployment): string {
  const digests = payload === undefined ? [] : digestsIn(payload)
  return digests.length === 0 ? commit : digests.join()
}

/** Of all images that a record names, each once and in a fixed order. */
export function digestsIn({ build, images }: Pick<DeploymentPayload, 'build' | 'images'>): string[] {
  const built = Object.values(build?.images ?? {}).map(({ digest }) => digest)
  const used = Object.values(images).flatMap((image) => digestAtEnd(image) ?? [])
  return [...new Set([...built, ...used])].sort()
}
