import { UserError } from '@deploy-actions/kit'
import { envHolders } from './components.ts'
import { isObject, type Json, type JsonObject, objectsIn, textOf } from './json-value.ts'

export interface Substituted {
  readonly spec: JsonObject
  /** Names that nothing in the file asks for. */
  readonly unused: readonly string[]
}

/**
 * Puts values in the place of `${NAME}` in the texts of a parsed spec: what a value holds can break nothing. References of the platform stay: with a dot
 * (`${db.DATABASE_URL}`, `${_self.X}`), of the app itself (`${APP_URL}`), or to a variable of the app or the same component. So do names in commands,
 * which the shell fills in. `$${NAME}` is the text `${NAME}`.
 *
 * @throws UserError DA-SPEC-UNSET with every name that nobody gives
 */
export function substitute(spec: JsonObject, values: ReadonlyMap<string, string>, path: string): Substituted {
  const used = new Set<string>()
  const unset = new Map<string, string>()
  const ofApp = keysOf(spec)
  const fill = (text: string, at: readonly string[], bindable: ReadonlySet<string>): string =>
    text.replace(/(\$?)\$\{([A-Za-z_]\w*)\}/g, (whole, escaped: string, name: string) => {
      if (escaped !== '') return whole.slice(1)
      const value = values.get(name)
      if (value === undefined) {
        const field = at.at(-1) ?? ''
        if (!/_command$/.test(field) && !/^APP_(URL|DOMAIN|ID)$/.test(name) && !bindable.has(name)) unset.set(name, at.join('.'))
        return whole
      }
      used.add(name)
      return value
    })
  const walk = (value: Json, at: readonly string[], bindable: ReadonlySet<string>): Json => {
    if (typeof value === 'string') return typed(fill(value, at, bindable), value, at.at(-1) ?? '')
    if (Array.isArray(value)) return value.map((one, index) => walk(one, [...at, nameOf(one, index)], bindable))
    if (!isObject(value)) return value
    const own = new Set([...bindable, ...(value === spec ? [] : keysOf(value))])
    // A variable cannot refer to itself, only to one of its name in the app: `key: X, value: ${X}` waits for somebody to give X.
    if (at.at(-2) === 'envs' && (at.length === 2 || !ofApp.has(textOf(value.key)))) own.delete(textOf(value.key))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one, [...at, key], own)]))
  }
  const filled = walk(spec, [], ofApp) as JsonObject
  if (unset.size > 0) throw notSet(unset, path)
  return { spec: filled, unused: [...values.keys()].filter((name) => !used.has(name)) }
}

/** Keys of the variables that a holder has itself. */
const keysOf = (holder: JsonObject): Set<string> => new Set(objectsIn(holder.envs).map((env) => textOf(env.key)))

const nameOf = (item: Json, index: number): string => (isObject(item) && (textOf(item.name) || textOf(item.key))) || `[${index}]`

/** Fields that are no texts: `instance_count: ${COUNT}` has to become a number. */
const NUMBERS =
  /^(instance_count|min_instance_count|max_instance_count|http_port|port|internal_ports|percent|num_nodes|.*_seconds|.*_threshold)$/
const BOOLEANS = /^(production|enabled|deploy_on_push|preserve_path_prefix|disable_.*|enhanced_threat_control_enabled|archive)$/

function typed(text: string, before: string, field: string): Json {
  if (text === before && !/^(yes|no|on|off)$/i.test(text)) return text
  if (NUMBERS.test(field) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  if (BOOLEANS.test(field) && /^(true|yes|on)$/i.test(text)) return true
  if (BOOLEANS.test(field) && /^(false|no|off)$/i.test(text)) return false
  return text
}

function notSet(unset: ReadonlyMap<string, string>, path: string): UserError {
  const told = [...unset].map(([name, at]) => `\${${name}} (${at})`).join(', ')
  const hint =
    'Name it in `env` and give it under `env:` of the step. A text that has to stay as it is is written `$${NAME}`; a variable of a database or another component has a dot: `${db.DATABASE_URL}`.'
  return new UserError('DA-SPEC-UNSET', `${path} uses what nobody gives: ${told}`, { hint })
}

/** Every plain value of a variable that is a secret: to be hidden wherever it turns up. */
export function plainSecretsOf(spec: JsonObject): string[] {
  return envHolders(spec).flatMap(({ holder }) =>
    objectsIn(holder.envs)
      .filter((env) => env.type === 'SECRET')
      .map((env) => textOf(env.value))
      .filter((value) => value !== '' && !value.startsWith('EV[')),
  )
}
