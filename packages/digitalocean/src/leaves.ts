import { isObject, type Json, type JsonObject } from './json-value.ts'

/**
 * The leaves of a spec by a path that says what they belong to, whatever stands where in a list: `services.web.envs.SECRET_KEY.value`. An empty list or
 * object is a leaf too.
 */
export function leavesOf(value: Json): Map<string, Json> {
  const leaves = new Map<string, Json>()
  const walk = (one: Json, path: readonly string[]): void => {
    const inside = isObject(one) ? Object.entries(one) : Array.isArray(one) ? namedItems(one) : []
    if (inside.length === 0) leaves.set(path.join('.'), one)
    for (const [key, item] of inside) walk(item, [...path, key])
  }
  walk(value, [])
  return leaves
}

/** What tells the objects of a list apart: their place, where nothing does. */
const IDENTITIES = ['name', 'key', 'domain', 'rule']

/** The key by which the objects of a list are told apart; undefined when it is a plain list. */
export function identityOf(list: readonly Json[]): string | undefined {
  const objects = list.filter(isObject)
  if (objects.length !== list.length || list.length === 0) return undefined
  return IDENTITIES.find((key) => {
    const names = objects.map((one) => one[key])
    return names.every((name) => typeof name === 'string') && new Set(names).size === names.length
  })
}

function namedItems(list: readonly Json[]): [string, Json][] {
  const identity = identityOf(list)
  return list.map((item, at) => [identity === undefined ? `[${at}]` : String((item as JsonObject)[identity]), item])
}
