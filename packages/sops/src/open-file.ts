import { isAge, openAge } from './age.ts'
import { NotOpened } from './not-opened.ts'
import { readSopsFile } from './sops-file.ts'
import { openValues } from './sops-values.ts'

/** What was in an encrypted file: a text for whoever reads such files, or values by name. */
export type OpenedFile = { readonly text: string } | { readonly values: ReadonlyMap<string, string> }

/**
 * Opens a file that age or sops has encrypted: sops's dotenv becomes the text that it was, JSON and YAML become values.
 * @param identities private keys of age
 * @returns undefined for a file that is not encrypted
 * @throws NotOpened
 */
export async function openFile(bytes: Uint8Array, identities: readonly string[], label: string): Promise<OpenedFile | undefined> {
  if (isAge(bytes)) {
    needKey(identities, `${label} is encrypted with age`)
    return { text: textOf(await openAge(bytes, identities, label), label) }
  }
  const text = Buffer.from(bytes).toString('utf8')
  const file = readSopsFile(text, label)
  if (file === undefined) {
    if (/^[^#\n]*[=:]\s*["']?ENC\[AES256_GCM,/m.test(text))
      throw new NotOpened(`${label} has values that sops encrypted, but not what sops needs to open them`)
    return undefined
  }
  needKey(identities, `${label} is encrypted with sops`)
  const leaves = await openValues(file, identities, label)
  if (file.form === 'dotenv') return { text: leaves.map(({ path, text }) => `${path[0]}=${text.replaceAll('\n', '\\n')}\n`).join('') }
  // What sops encrypts as bytes, whatever it is.
  if (file.form === 'json' && leaves.length === 1 && leaves[0]?.path.join() === 'data') return { text: leaves[0].text }
  const deep = leaves.find(({ path, item }) => path.length !== 1 || item)
  if (deep) throw new NotOpened(`${label} has more than a text under ${deep.path[0]}: only names with plain values can become variables`)
  return { values: new Map(leaves.map(({ path, text }) => [path[0] as string, text])) }
}

function needKey(identities: readonly string[], what: string): void {
  if (identities.length === 0) throw new NotOpened(`${what}, and \`age-key\` is not given`)
}

function textOf(bytes: Uint8Array, label: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new NotOpened(`what ${label} holds is not UTF-8 text`, cause)
  }
}
