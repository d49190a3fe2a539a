import { createHmac } from 'node:crypto'
import { componentsOf, envHolders, imageOf } from './components.ts'
import { isEncrypted } from './encrypted.ts'
import { findBy, isObject, type JsonObject, objectsIn, textOf } from './json-value.ts'

/** A variable of the app with what tells whether a secret is another one than last time. */
export const FINGERPRINTS = 'DEPLOY_ACTIONS_FINGERPRINTS'

/**
 * Nobody can compare a plain value with a cipher, so every run would send every secret anew and make a new deployment. Beside the ciphers the app keeps
 * a keyed hash of each secret that was sent. Its key is made of the API token: who could guess values by it can exchange them anyway. A new
 * token makes all secrets count as changed, once.
 */
export class Fingerprints {
  readonly #key: Buffer

  constructor(token: string) {
    this.#key = createHmac('sha256', token).update('deploy-actions: fingerprints of secrets').digest()
  }

  of(name: string, value: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([name, value]))
      .digest('base64url')
      .slice(0, 16)
  }

  /**
   * Exchanges each plain secret of a spec (which is changed) for the cipher that is live in its place, where it is the same one; and notes the
   * fingerprints of the others, and of these no more that are gone.
   *
   * @param resend sends them all: somebody may have changed one by hand
   */
  settle(spec: JsonObject, live: JsonObject | undefined, { resend = false } = {}): void {
    const known = read(live)
    const now: Record<string, string> = {}
    for (const secret of secretsIn(spec)) {
      const cipher = live && secretsIn(live).find(({ name }) => name === secret.name)?.value
      const print = isEncrypted(secret.value) ? known[secret.name] : this.of(secret.name, secret.value)
      if (print !== undefined) now[secret.name] = print
      if (!isEncrypted(secret.value) && isEncrypted(cipher) && known[secret.name] === print && !resend) secret.set(cipher)
    }
    write(spec, now)
  }
}

interface Secret {
  readonly name: string
  readonly value: string
  set(cipher: string): void
}

/** Secrets that have a value, plain or not: variables, and logins of registries. */
function secretsIn(spec: JsonObject): Secret[] {
  const of = (holder: JsonObject, key: string, name: string): Secret[] => {
    const value = textOf(holder[key])
    const set = (cipher: string) => {
      holder[key] = cipher
    }
    return value === '' ? [] : [{ name, value, set }]
  }
  const envs = envHolders(spec).flatMap(({ place, holder }) =>
    objectsIn(holder.envs)
      .filter((env) => env.type === 'SECRET')
      .flatMap((env) => of(env, 'value', `${place ?? ''}/${textOf(env.key)}`)),
  )
  const logins = componentsOf(spec).flatMap((component) => {
    const image = imageOf(component)
    return image === undefined ? [] : of(image, 'registry_credentials', `${component.name}//registry`)
  })
  return [...envs, ...logins]
}

function read(spec: JsonObject | undefined): Record<string, string> {
  try {
    const value: unknown = JSON.parse(textOf(findBy(spec?.envs, 'key', FINGERPRINTS)?.value))
    return isObject(value) ? (value as Record<string, string>) : {}
  } catch {
    return {}
  }
}

function write(spec: JsonObject, prints: Readonly<Record<string, string>>): void {
  const sorted = Object.fromEntries(Object.entries(prints).sort(([a], [b]) => (a < b ? -1 : 1)))
  const there = findBy(spec.envs, 'key', FINGERPRINTS)
  if (there === undefined && Object.keys(sorted).length === 0) return
  const value = JSON.stringify(sorted)
  if (there !== undefined) there.value = value
  else spec.envs = [...objectsIn(spec.envs), { key: FINGERPRINTS, value, scope: 'BUILD_TIME', type: 'GENERAL' }]
}
