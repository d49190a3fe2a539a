import { createHmac } from 'node:crypto'
import { envHolders } from './components.ts'
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

  of(place: string | undefined, key: string, value: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([place ?? '', key, value]))
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
    for (const { place, holder } of envHolders(spec)) {
      const before = live && envHolders(live).find((one) => one.place === place)?.holder
      for (const env of objectsIn(holder.envs)) {
        const [key, value] = [textOf(env.key), textOf(env.value)]
        if (env.type !== 'SECRET' || value === '') continue
        const name = `${place ?? ''}/${key}`
        const cipher = findBy(before?.envs, 'key', key)?.value
        const print = isEncrypted(value) ? known[name] : this.of(place, key, value)
        if (print !== undefined) now[name] = print
        if (!isEncrypted(value) && isEncrypted(cipher) && known[name] === print && !resend) env.value = cipher
      }
    }
    write(spec, now)
  }
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
