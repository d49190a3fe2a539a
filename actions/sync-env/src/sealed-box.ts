import sodium from 'libsodium-wrappers'

/** Closes a value so that only the owner of the key can open it: what GitHub calls an encrypted secret. @param publicKey base64 @returns base64 */
export type Seal = (value: string, publicKey: string) => string

/** This file is the only importer of libsodium. */
export async function readySeal(): Promise<Seal> {
  await sodium.ready
  return (value, publicKey) => {
    const key = sodium.from_base64(publicKey, sodium.base64_variants.ORIGINAL)
    return sodium.to_base64(sodium.crypto_box_seal(sodium.from_string(value), key), sodium.base64_variants.ORIGINAL)
  }
}
