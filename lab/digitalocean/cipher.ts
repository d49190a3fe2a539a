import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/**
 * Secrets of one app, in the form that the API shows: `EV[1:<nonce>:<cipher>]`. The nonce has 24 bytes and the cipher 16 more than the text, as in the one
 * official sample (digitalocean/openapi, examples/curl/apps_update.yml). Who it belongs to is in it: nobody else can read it.
 */
export class Cipher {
  readonly #key = randomBytes(32)

  encrypt(text: string): string {
    const nonce = randomBytes(24)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce.subarray(0, 12))
    const bytes = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `EV[1:${nonce.toString('base64')}:${bytes.toString('base64')}]`
  }

  /** Undefined where it is not one of this app's. */
  decrypt(value: string): string | undefined {
    const [, nonce = '', text = ''] = /^EV\[1:([^:]*):([^\]]*)\]$/.exec(value) ?? []
    try {
      const bytes = Buffer.from(text, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', this.#key, Buffer.from(nonce, 'base64').subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(-16))
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8')
    } catch {
      return undefined
    }
  }
}

export const looksEncrypted = (value: unknown): value is string => typeof value === 'string' && value.startsWith('EV[')
