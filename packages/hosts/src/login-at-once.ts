import type { Client } from 'ssh2'

interface Key {
  sign(data: Buffer, hash?: string): Buffer | Error
}
type Sign = (data: Buffer, give: (signature: Buffer) => void) => void

/** What we know of the inside of ssh2 1.17; any of it may be missing elsewhere. */
interface Protocol {
  authPK?: (user: string, key: Key, algorithm?: string, sign?: Sign) => void
  service?: (name: string) => void
  _handlers?: { SERVICE_ACCEPT?: (protocol: Protocol, name: string) => void }
}

const HASHES: Readonly<Record<string, string>> = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512', 'ssh-rsa': 'sha1' }

/**
 * Saves a login two round trips: its signature is sent at once, and right behind the request for the service that takes it. ssh2 asks first whether the
 * host would take the key, which is of no use with a single one, and waits for the service, which a host without it ends anyway. It has no options for
 * that, so this reaches into it; where it is built otherwise, the login goes its usual way. Call it before the handshake is over.
 */
export function logInAtOnce(client: Client, keyType: string): void {
  const protocol = (client as { _protocol?: Protocol })._protocol
  if (protocol === undefined) return
  signAtOnce(protocol)
  // Which hashes the host takes from an RSA key it says before it grants the service.
  if (keyType !== 'ssh-rsa') goOnBeforeTheService(protocol)
}

function signAtOnce(protocol: Protocol): void {
  const authenticate = protocol.authPK
  if (authenticate === undefined) return
  protocol.authPK = function authPK(user, key, algorithm, sign) {
    const signature: Sign = (data, give) => {
      const signed = key.sign(data, HASHES[algorithm ?? ''])
      if (!Buffer.isBuffer(signed)) throw signed
      give(signed)
    }
    authenticate.call(this, user, key, algorithm, sign ?? signature)
  }
}

function goOnBeforeTheService(protocol: Protocol): void {
  const { service, _handlers: handlers } = protocol
  const granted = handlers?.SERVICE_ACCEPT
  if (service === undefined || handlers === undefined || granted === undefined) return
  protocol.service = function request(name) {
    service.call(this, name)
    handlers.SERVICE_ACCEPT = () => undefined // its answer is no news any more
    granted(this, name)
  }
}
