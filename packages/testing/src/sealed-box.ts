import { randomBytes } from 'node:crypto'
import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { blake2b } from '@noble/hashes/blake2.js'

/** Keys of one who gets sealed boxes. Other code than the one that closes them: what both get wrong alike would not be seen. */
export class BoxOwner {
  readonly #secret = new Uint8Array(randomBytes(32))
  readonly publicKey = x25519.getPublicKey(this.#secret)

  /** Opens what libsodium's `crypto_box_seal` makes. @throws Error for a box that is not ours, or was changed */
  open(box: Uint8Array): string {
    const sender = box.slice(0, 32)
    const nonce = blake2b(new Uint8Array([...sender, ...this.publicKey]), { dkLen: 24 })
    const key = new Uint32Array(8)
    const sigma = words(new TextEncoder().encode('expand 32-byte k'))
    hsalsa(sigma, words(x25519.getSharedSecret(this.#secret, sender)), new Uint32Array(4), key)
    return Buffer.from(xsalsa20poly1305(new Uint8Array(key.buffer), nonce).decrypt(box.slice(32))).toString('utf8')
  }
}

const words = (bytes: Uint8Array): Uint32Array => new Uint32Array(new Uint8Array(bytes).buffer)
