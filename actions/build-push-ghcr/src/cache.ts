import type { BuildSurroundings } from './build-command.ts'
import { platformName } from './platforms.ts'
import { refOf, type Target } from './target.ts'

/** Tags that hold cache and no image. */
export const CACHE_TAG = /^buildcache-/

/** Where the build reads its cache and writes it. A cache that cannot be written never fails the build. */
export function cacheArgs(target: Target, about: Pick<BuildSurroundings, 'inputs' | 'builder' | 'readOnlyCache'>): string[] {
  const { wanted } = target
  const own = ownCache(target, about)
  const from = wanted.cacheFrom.length > 0 ? wanted.cacheFrom : own.from
  const to = wanted.cacheTo.length > 0 ? wanted.cacheTo : own.to
  return [
    ...from.flatMap((source) => ['--cache-from', source]),
    ...(about.readOnlyCache ? [] : to.flatMap((place) => ['--cache-to', neverFailing(place)])),
  ]
}

function ownCache(target: Target, { inputs, builder }: Pick<BuildSurroundings, 'inputs' | 'builder'>): { from: string[]; to: string[] } {
  const { wanted } = target
  if (wanted.cache === 'off') return { from: [], to: [] }
  const platforms = wanted.platforms.length > 0 ? wanted.platforms : builder.platforms.slice(0, 1)
  const names = platforms.map(platformName)
  // One build of several platforms writes one cache; builds of one platform each find theirs in it or beside it.
  const key = names.join('_').slice(0, 100)
  if (wanted.cache === 'gha') {
    // Two images with one scope would take turns in overwriting it.
    const scope = (name: string) => `type=gha,scope=${target.name}-${name}`
    return { from: [...new Set([key, ...names])].map(scope), to: [`${scope(key)},mode=max`] }
  }
  if (!inputs.push && inputs.password === undefined && inputs.githubToken === undefined) return { from: [], to: [] }
  const place = (name: string) => `type=registry,ref=${refOf(target)}:buildcache-${name}`
  // Registries such as GHCR keep a cache only when it looks like an image.
  return { from: [...new Set([key, ...names])].map(place), to: [`${place(key)},mode=max,image-manifest=true,oci-mediatypes=true`] }
}

const neverFailing = (place: string): string => (/type=inline|ignore-error=/.test(place) ? place : `${place},ignore-error=true`)
