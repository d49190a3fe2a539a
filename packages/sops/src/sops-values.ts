import { createDecipheriv, createHash } from 'node:crypto'
import { openAge } from './age.ts'
import { NotOpened } from './not-opened.ts'
import type { Leaf, SopsFile, SopsMetadata } from './sops-file.ts'

/** A leaf of an opened file: `bytes` are what sops signs, `text` is what a variable gets. */
export interface OpenedLeaf {
  readonly path: readonly string[]
  readonly text: string
  readonly item?: true
}

/**
 * Opens every value and checks the signature over all of them, as sops does (github.com/getsops/sops, sops.go and aes/cipher.go of 3.9).
 * @throws NotOpened
 */
export async function openValues({ leaves, about }: SopsFile, identities: readonly string[], label: string): Promise<OpenedLeaf[]> {
  const key = await dataKey(about, identities, label)
  const hash = createHash('sha512')
  // Whatever is signed with this rule has another signature than without it.
  if (about.onlyEncryptedInMac) hash.update(createHash('sha256').update('sops').digest())
  const opened = leaves.map((leaf) => {
    const encrypted = isEncrypted(leaf.path, about.rules)
    const { bytes, text } = encrypted ? decrypted(leaf, key, label) : open(leaf.value)
    if (encrypted || !about.onlyEncryptedInMac) hash.update(bytes)
    return { path: leaf.path, text, ...(leaf.item && { item: leaf.item }) }
  })
  const signed = decrypt(about.mac, key, about.lastmodified)
  if (signed?.bytes.toString('latin1') !== hash.digest('hex').toUpperCase())
    throw new NotOpened(`${label} was changed after sops encrypted it: its signature (mac) does not fit`)
  return opened
}

/** The key of all values, which is in the file once for each age key. */
async function dataKey({ age }: SopsMetadata, identities: readonly string[], label: string): Promise<Buffer> {
  if (age.length === 0) throw new NotOpened(`${label} is for no age key, but for PGP or for the key service of a cloud`)
  let failure: unknown
  for (const { enc } of age) {
    try {
      return Buffer.from(await openAge(Buffer.from(enc), identities, label))
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** Which values a file's rules leave open; the last rule that is given counts. */
function isEncrypted(path: readonly string[], rules: SopsMetadata['rules']): boolean {
  const { unencryptedSuffix, encryptedSuffix, unencryptedRegex, encryptedRegex } = rules
  const some = (fits: (name: string) => boolean) => path.some(fits)
  let encrypted = true
  if (unencryptedSuffix !== undefined && some((name) => name.endsWith(unencryptedSuffix))) encrypted = false
  if (encryptedSuffix !== undefined) encrypted = some((name) => name.endsWith(encryptedSuffix))
  if (unencryptedRegex !== undefined && some((name) => new RegExp(unencryptedRegex).test(name))) encrypted = false
  if (encryptedRegex !== undefined) encrypted = some((name) => new RegExp(encryptedRegex).test(name))
  return encrypted
}

interface Plain {
  readonly bytes: Buffer
  readonly text: string
}

function decrypted({ path, value }: Leaf, key: Buffer, label: string): Plain {
  if (value === '') return open('')
  const plain = typeof value === 'string' ? decrypt(value, key, `${path.join(':')}:`) : undefined
  if (plain === undefined)
    throw new NotOpened(`${label} was changed after sops encrypted it: the value of ${path.join('.')} cannot be opened`)
  return plain
}

const ENCRYPTED = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(\w+)\]$/

/** @param about what the value belongs to: its path, or for the signature the time of the last change */
function decrypt(value: string, key: Buffer, about: string): Plain | undefined {
  const [, data = '', iv = '', tag = '', type] = ENCRYPTED.exec(value) ?? []
  if (type === undefined) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(about)).setAuthTag(Buffer.from(tag, 'base64'))
    const bytes = Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()])
    const text = bytes.toString('utf8')
    return { bytes, text: type === 'bool' ? text.toLowerCase() : text }
  } catch {
    return undefined
  }
}

/** As Go writes what is no text. */
function open(value: Leaf['value']): Plain {
  const text = String(value)
  const signed = typeof value === 'boolean' ? (value ? 'True' : 'False') : text
  return { bytes: Buffer.from(signed), text }
}
