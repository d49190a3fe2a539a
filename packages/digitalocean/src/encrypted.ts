import { UserError } from '@deploy-actions/kit'
import { componentsOf, envHolders, imageOf } from './components.ts'
import { findBy, type JsonObject, objectsIn, textOf } from './json-value.ts'

/** A secret as the API gives it back: for that app alone, and of no use to anybody else (digitalocean/openapi, app_variable_definition). */
export const isEncrypted = (value: unknown): value is string => typeof value === 'string' && /^EV\[\d*:/.test(value)

/** An encrypted value and where it stands: `SECRET_KEY of web`, `SECRET_KEY of the app`. */
interface Secret {
  readonly where: string
  readonly value: string
  readonly type: string | undefined
}

/** Every encrypted value of a spec: variables, and logins of registries. */
function secretsOf(spec: JsonObject): Secret[] {
  const envs = envHolders(spec).flatMap(({ place, holder }) =>
    objectsIn(holder.envs)
      .filter((env) => isEncrypted(env.value))
      .map((env) => ({ where: `${textOf(env.key)} of ${place ?? 'the app'}`, value: textOf(env.value), type: textOf(env.type) })),
  )
  const logins = componentsOf(spec).flatMap((component) => {
    const value = imageOf(component)?.registry_credentials
    return isEncrypted(value) ? [{ where: `registry_credentials of ${component.name}`, value, type: undefined }] : []
  })
  return [...envs, ...logins]
}

/**
 * The last look before a spec is sent. An encrypted value has to be, byte for byte, the one that the live app has in the very same place (elsewhere
 * nobody could read it), and keep `type: SECRET` (without it the app reads the cipher itself). None may lose its value by the way.
 *
 * @param live undefined: there is no app yet, which refuses every encrypted value
 * @param older a spec that the app had, where one goes back to it
 * @param older a spec that the app had, where one goes back to it
 * @throws UserError DA-SPEC-ENCRYPTED, DA-SPEC-SECRET-MISSING
 */
export function guardSecrets(spec: JsonObject, live: JsonObject | undefined, older?: JsonObject): void {
  const there = [live, older].flatMap((one) => (one === undefined ? [] : secretsOf(one)))
  const known = new Set(there.map(({ where, value }) => `${where} ${value}`))
  const foreign = secretsOf(spec).filter(
    ({ where, value, type }) => !known.has(`${where} ${value}`) || (type !== undefined && type !== 'SECRET'),
  )
  if (foreign.length > 0) {
    const hint =
      'What is encrypted belongs to one variable of one app. Leave `value` out to keep what is live there, or give the plain value with `env` and `${NAME}`; `type: SECRET` has to stay.'
    throw new UserError('DA-SPEC-ENCRYPTED', `the live app cannot read the encrypted ${foreign.map(({ where }) => where).join(', ')}`, {
      hint,
    })
  }
  const empty = envHolders(spec).flatMap(({ place, holder }) =>
    objectsIn(holder.envs)
      .filter((env) => env.type === 'SECRET' && textOf(env.value) === '')
      .map((env) => `${textOf(env.key)} of ${place ?? 'the app'}`),
  )
  if (empty.length === 0) return
  const hint = 'The platform would make it empty. Give its value with `env` and `value: ${NAME}` in the file.'
  throw new UserError('DA-SPEC-SECRET-MISSING', `there is no value for the secret ${empty.join(', ')}`, { hint })
}

/** The variable of this key in the same place of another spec. */
export function envIn(spec: JsonObject, place: string | undefined, key: string): JsonObject | undefined {
  const holder = envHolders(spec).find((one) => one.place === place)?.holder
  return holder && findBy(holder.envs, 'key', key)
}
