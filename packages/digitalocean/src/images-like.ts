import { UserError } from '@deploy-actions/kit'
import { componentNamed, componentsOf, imageOf } from './components.ts'
import { type Json, type JsonObject, objectsIn, sameJson, textOf } from './json-value.ts'

export interface LikeRequest {
  /** Bring the variables of then back too, ciphers byte for byte. */
  readonly restoreEnv: boolean
  /** Take a tag where then there was no digest. */
  readonly allowTags: boolean
}

/**
 * The live spec with the images of an older one. Jobs before a deploy keep the newer image: their schema is the one that the database has, and an older
 * tool may not know it. Components that are new since then stay as they are.
 *
 * @throws UserError DA-ROLLBACK-MUTABLE where then an image was named by its tag alone
 */
export function imagesLike(live: JsonObject, then: JsonObject, { restoreEnv, allowTags }: LikeRequest): JsonObject {
  const spec = structuredClone(live)
  const loose: string[] = []
  for (const component of componentsOf(spec)) {
    const old = componentNamed(then, component.name)
    if (old === undefined) continue
    const [now, before] = [imageOf(component), imageOf(old)]
    if (now !== undefined && before !== undefined && component.spec.kind !== 'PRE_DEPLOY') {
      if (textOf(before.digest) === '') loose.push(component.name)
      component.spec.image = imageOfThen(now, before)
    }
    if (restoreEnv) restore(component.spec, old.spec)
  }
  if (restoreEnv) restore(spec, then)
  if (loose.length > 0 && !allowTags) {
    const hint = 'Its tag may lead to another image by now. `force: true` goes back all the same.'
    throw new UserError('DA-ROLLBACK-MUTABLE', `that release names the image of ${loose.join(', ')} by a tag, not by its digest`, { hint })
  }
  return spec
}

/** The place and the content of then; a login that is there stays, because it may be a newer one. */
function imageOfThen(now: JsonObject, before: JsonObject): JsonObject {
  const same = sameJson(now.registry_type, before.registry_type) && sameJson(now.registry, before.registry)
  const login = same ? (now.registry_credentials ?? before.registry_credentials) : before.registry_credentials
  const { registry_credentials: _login, ...rest } = before
  const { tag: _tag, digest: _digest, ...own } = now
  return { ...(same ? own : {}), ...rest, ...(login !== undefined && { registry_credentials: login as Json }) }
}

function restore(holder: JsonObject, then: JsonObject): void {
  const envs = objectsIn(then.envs)
  if (envs.length > 0) holder.envs = structuredClone(envs)
  else delete holder.envs
}
