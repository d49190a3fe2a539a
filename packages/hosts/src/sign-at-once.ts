import type { Client } from 'ssh2'

interface Key {
  sign(data: Buffer, hash?: string): Buffer | Error
}
type Sign = (data: Buffer, give: (signature: Buffer) => void) => void
type Authenticate = (user: string, key: Key, algorithm?: string, sign?: Sign) => void

const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }

/**
 * Lets a login send its signature at once. ssh2 asks first whether the host would take the key, which costs a round trip and is of no use with a single
 * key. It has no option for that, so this reaches into it; where it is built otherwise, the login goes its usual way.
 */
export function signAtOnce(client: Client): void {
  const protocol = (client as { _protocol?: { authPK?: Authenticate } })._protocol
  const authenticate = protocol?.authPK
  if (protocol === undefined || authenticate === undefined) return
  protocol.authPK = function authPK(user, key, algorithm, sign) {
    const signature: Sign = (data, give) => {
      const signed = key.sign(data, HASHES[algorithm ?? ''])
      if (!Buffer.isBuffer(signed)) throw signed
      give(signed)
    }
    authenticate.call(this, user, key, algorithm, sign ?? signature)
  }
}
