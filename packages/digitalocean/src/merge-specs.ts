import { SOURCES } from './components.ts'
import { isEncrypted } from './encrypted.ts'
import { isObject, type Json, type JsonObject, textOf } from './json-value.ts'
import { identityOf } from './leaves.ts'

/**
 * A file laid over the live spec: what the file does not speak of stays, and nothing is removed. Lists of named things are laid over each other one by
 * one, other lists are taken whole.
 */
export function mergeSpecs(live: JsonObject, file: JsonObject): JsonObject {
  return merged(live, file, 'spec') as JsonObject
}

/**
 * The file as the whole spec; of the live one only what no file can know: encrypted values that the file names without a value, digests, and what the
 * platform fills in by itself (the region, and routes where the file has none).
 */
export function replaceSpec(live: JsonObject, file: JsonObject): JsonObject {
  const known = ['region', 'ingress'].filter(
    (key) => file[key] === undefined && live[key] !== undefined && !(key === 'ingress' && hasRoutes(file)),
  )
  const filled = kept(live, file) as JsonObject
  return { ...filled, ...Object.fromEntries(known.map((key) => [key, live[key] as Json])) }
}

const hasRoutes = (spec: JsonObject): boolean => JSON.stringify(spec).includes('"routes":')

function merged(live: Json | undefined, file: Json | undefined, key: string): Json {
  if (file === undefined) return live as Json
  if (isObject(live) && isObject(file)) return mergedObject(live, file, key)
  if (Array.isArray(live) && Array.isArray(file)) return mergedList(live, file, key)
  return file
}

function mergedObject(live: JsonObject, file: JsonObject, key: string): JsonObject {
  const gone = outdated(live, file, key)
  const keys = [...new Set([...Object.keys(live), ...Object.keys(file)])].filter((one) => !gone.includes(one))
  const whole = Object.fromEntries(keys.map((one) => [one, merged(live[one], file[one], one)]))
  return settled(whole, live, file, key)
}

/** A list whose things have names keeps the live order; new ones come behind. */
function mergedList(live: readonly Json[], file: readonly Json[], key: string): Json[] {
  const identity = identityOf(file)
  // An empty list of things with names removes none of them.
  if (file.length === 0 && identityOf(live) !== undefined) return [...live]
  if (identity === undefined || identityOf(live) !== identity) return [...file]
  const [olds, news] = [live as readonly JsonObject[], file as readonly JsonObject[]]
  const newer = (old: JsonObject) => news.find((one) => one[identity] === old[identity])
  const added = news.filter((one) => !olds.some((old) => old[identity] === one[identity]))
  return [...olds.map((old) => merged(old, newer(old), key)), ...added.map((one) => ({ ...one }))]
}

/** Keys of the live object that cannot stand beside what the file says: another source of code, another image, a tag beside a digest. */
function outdated(live: JsonObject, file: JsonObject, key: string): string[] {
  const given: readonly string[] = SOURCES.filter((one) => file[one] !== undefined)
  const sources = given.length === 0 ? [] : SOURCES.filter((one) => !given.includes(one))
  if (key !== 'image') return sources
  const other = isOtherImage(live, file)
  return [
    ...(other ? ['digest', 'tag', 'registry_credentials', 'registry', 'deploy_on_push'] : []),
    ...(file.digest !== undefined || (other && file.tag !== undefined) ? ['tag'].filter(() => file.tag === undefined) : []),
  ].filter((one) => file[one] === undefined)
}

const isOtherImage = (live: JsonObject, file: JsonObject): boolean =>
  ['registry_type', 'registry', 'repository'].some((one) => file[one] !== undefined && textOf(file[one]) !== textOf(live[one]))

/** What two values of one thing mean together: a live digest wins over a tag of the same repository, a live cipher over an old one and over none. */
function settled(whole: JsonObject, live: JsonObject, file: JsonObject, key: string): JsonObject {
  if (key === 'image' && textOf(live.digest) !== '' && file.digest === undefined && !isOtherImage(live, file)) {
    const { tag: _tag, ...rest } = whole
    return { ...rest, digest: live.digest as Json }
  }
  if (key === 'image' && isEncrypted(file.registry_credentials) && isEncrypted(live.registry_credentials))
    return { ...whole, registry_credentials: live.registry_credentials }
  const keepsCipher = key === 'envs' && isEncrypted(live.value) && (isEncrypted(file.value) || textOf(file.value) === '')
  if (keepsCipher) return { ...whole, value: live.value as Json, type: 'SECRET' }
  return key === 'envs' && live.type === 'SECRET' && file.type === undefined ? { ...whole, type: 'SECRET' } : whole
}

/** The file, with what only the live spec can know. */
function kept(live: Json | undefined, file: Json, key = 'spec'): Json {
  if (isObject(live) && isObject(file)) {
    const whole = Object.fromEntries(Object.entries(file).map(([one, value]) => [one, kept(live[one], value, one)]))
    const login =
      key === 'image' && file.registry_credentials === undefined && isEncrypted(live.registry_credentials) && !isOtherImage(live, file)
    return settled(login ? { ...whole, registry_credentials: live.registry_credentials as Json } : whole, live, file, key)
  }
  if (!Array.isArray(live) || !Array.isArray(file)) return file
  const identity = identityOf(file)
  if (identity === undefined || identityOf(live) !== identity) return file
  return file.map((one) =>
    kept(
      (live as JsonObject[]).find((old) => old[identity] === (one as JsonObject)[identity]),
      one,
      key,
    ),
  )
}
