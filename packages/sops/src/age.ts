import { Mistake } from '@deploy-actions/kit'
import { armor, Decrypter, Encrypter } from 'age-encryption'
import { NotOpened } from './not-opened.ts'

const HEADER = 'age-encryption.org/v1'
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----'

export const isAge = (bytes: Uint8Array): boolean => {
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1').trimStart()
  return start.startsWith(HEADER) || start.startsWith(ARMOR)
}

/**
 * Opens what age has encrypted, in armour or not, with the first key that it is for. This file is the only importer of age-encryption.
 * @throws NotOpened
 */
export async function openAge(bytes: Uint8Array, identities: readonly string[], label: string): Promise<Uint8Array> {
  let file = bytes
  try {
    const text = Buffer.from(bytes).toString('latin1').trimStart()
    if (text.startsWith(ARMOR)) file = armor.decode(text)
    const decrypter = new Decrypter()
    for (const identity of identities) decrypter.addIdentity(identity)
    return await decrypter.decrypt(file)
  } catch (cause) {
    throw new NotOpened(`${label} ${whyNot(Buffer.from(file).toString('latin1'), cause as Error)}`, cause)
  }
}

/** Its header says in plain text for what kind of keys a file is. */
function whyNot(text: string, { message }: Error): string {
  if (!/no identity matched/.test(message)) return `cannot be read: ${message}`
  const kinds = [...text.matchAll(/^-> (\S+)/gm)].map(([, kind = '']) => kind)
  if (kinds.includes('scrypt')) return 'is encrypted with a passphrase, and not for a key'
  const others = kinds.filter((kind) => kind.startsWith('ssh-') || kind.startsWith('piv-'))
  return others.length > 0 ? `is not for this key, but for ${[...new Set(others)].join(', ')}` : 'is not for this key'
}

/** A private key of age, as `age-keygen` writes it. @throws Mistake */
export function checkIdentity(text: string): void {
  if (/^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/.test(text)) {
    try {
      new Decrypter().addIdentity(text)
      return
    } catch {
      throw new Mistake('has a line that looks like a private key of age and is none: a part of it is missing or changed')
    }
  }
  if (/^age1/.test(text)) throw new Mistake('has a public key (age1…)', 'Give the private one, which begins with AGE-SECRET-KEY-1.')
  throw new Mistake('has a line that is no private key of age', 'Such a key begins with AGE-SECRET-KEY-1.')
}

/** A public key of age. @throws Mistake */
export function checkRecipient(text: string): void {
  if (/^AGE-SECRET-KEY-/i.test(text))
    throw new Mistake('has a private key of age', 'Give the public one, which begins with age1, and exchange this one.')
  try {
    new Encrypter().addRecipient(text)
  } catch {
    throw new Mistake(`has a line that is no public key of age: "${text}"`, 'Such a key begins with age1; `age-keygen -y` prints it.')
  }
}

/** A stream, encrypted for these public keys as it comes; 64 KiB of it are held. What the source throws comes through. */
export async function* sealed(source: AsyncIterable<Uint8Array>, recipients: readonly string[]): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  yield* (await encrypter.encrypt(ReadableStream.from(source) as ReadableStream<Uint8Array>)) as AsyncIterable<Uint8Array>
}

/** A stream that cannot be opened; the message goes on from its name. */
export class NotUnsealed extends Error {}

/**
 * What `sealed` made, opened as it comes with the first key that it is for. What the source throws comes through.
 * @throws NotUnsealed, also in the middle: what came before was right, and is not all
 */
export async function* unsealed(source: AsyncIterable<Uint8Array>, identities: readonly string[]): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  let failure: { error: unknown } | undefined
  async function* heard() {
    try {
      yield* source
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  try {
    yield* (await decrypter.decrypt(ReadableStream.from(heard()) as ReadableStream<Uint8Array>)) as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (failure !== undefined) throw failure.error
    const { message } = cause as Error
    throw new NotUnsealed(/no identity matched/.test(message) ? 'is not for this key' : `cannot be read: ${message}`, { cause })
  }
}
