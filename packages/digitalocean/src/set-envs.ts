import { UserError } from '@deploy-actions/kit'
import { componentsOf, envHolders } from './components.ts'
import { FINGERPRINTS } from './fingerprints.ts'
import { findBy, type JsonObject, objectsIn, sameJson, textOf } from './json-value.ts'

export interface EnvEdit {
  /** A component; undefined: the app itself, whose variables all components have. */
  readonly place: string | undefined
  readonly values: ReadonlyMap<string, string>
  /** Names of new variables that are no secrets. */
  readonly general: readonly string[]
  /** Of these variables; undefined: as it is, and of new ones what the platform takes. */
  readonly scope: string | undefined
  /** Names, or prefixes with `*`. */
  readonly prune: readonly string[]
}

/** What a spec would have otherwise than the live one, by name. */
export interface EnvChanges {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
}

/**
 * Puts variables into a spec (which is changed). Only these and nothing else: what is there already keeps its type, and others stay byte for byte. A new
 * one is a secret, unless it is listed as none or refers to something of the platform (`${db.DATABASE_URL}`), which nobody could read any more.
 *
 * @throws UserError DA-APP-COMPONENT-UNKNOWN
 */
export function setEnvs(spec: JsonObject, edit: EnvEdit): void {
  const holder = holderIn(spec, edit.place)
  const before = objectsIn(holder.envs)
  const isPruned = (key: string) =>
    key !== FINGERPRINTS &&
    !edit.values.has(key) &&
    edit.prune.some((one) => (one.endsWith('*') ? key.startsWith(one.slice(0, -1)) : key === one))
  const kept = before
    .filter((env) => !isPruned(textOf(env.key)))
    .map((env) => {
      const value = edit.values.get(textOf(env.key))
      return value === undefined ? env : { ...env, value, ...(edit.scope !== undefined && { scope: edit.scope }) }
    })
  const added = [...edit.values]
    .filter(([key]) => findBy(before, 'key', key) === undefined)
    .map(([key, value]) => ({ key, value, ...(edit.scope !== undefined && { scope: edit.scope }), type: typeOf(key, value, edit) }))
  if (added.length > 0 || !sameJson(kept, before)) holder.envs = [...kept, ...added]
}

const typeOf = (key: string, value: string, { general }: EnvEdit): string =>
  general.includes(key) || /^\$\{[\w.-]+\}$/.test(value) ? 'GENERAL' : 'SECRET'

/** What became of the variables of one place. The variable with the fingerprints does not count. */
export function envChanges(live: JsonObject, wanted: JsonObject, { place, values }: Pick<EnvEdit, 'place' | 'values'>): EnvChanges {
  const [before, after] = [objectsIn(holderIn(live, place).envs), objectsIn(holderIn(wanted, place).envs)]
  const names = [...values.keys()]
  const isAdded = (name: string) => findBy(before, 'key', name) === undefined
  const isSame = (name: string) => sameJson(findBy(before, 'key', name), findBy(after, 'key', name))
  const gone = before.map((env) => textOf(env.key)).filter((key) => key !== FINGERPRINTS && findBy(after, 'key', key) === undefined)
  return {
    added: names.filter(isAdded),
    changed: names.filter((name) => !isAdded(name) && !isSame(name)),
    removed: gone,
    unchanged: names.filter(isSame),
  }
}

function holderIn(spec: JsonObject, place: string | undefined): JsonObject {
  const found = envHolders(spec).find((one) => one.place === place)
  if (found !== undefined) return found.holder
  const hint = `The spec has ${
    componentsOf(spec)
      .map(({ name }) => name)
      .join(', ') || 'no components'
  }.`
  throw new UserError('DA-APP-COMPONENT-UNKNOWN', `the app has no component "${place}"`, { hint })
}
