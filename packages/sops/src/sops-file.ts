import { parseDocument } from 'yaml'
import { NotOpened } from './not-opened.ts'

/** A value of a sops file, and the keys that lead to it: `ENC[…]`, or what is left open by a rule. */
export interface Leaf {
  readonly path: readonly string[]
  readonly value: string | number | boolean
  /** An item of a list. */
  readonly item?: true
}

/** A file that sops has encrypted, taken apart. */
export interface SopsFile {
  readonly form: 'dotenv' | 'json' | 'yaml'
  /** In the order of the file. */
  readonly leaves: readonly Leaf[]
  /** What stands under `sops`. */
  readonly about: SopsMetadata
}

export interface SopsMetadata {
  readonly mac: string
  readonly lastmodified: string
  readonly age: readonly { readonly enc: string }[]
  readonly onlyEncryptedInMac: boolean
  readonly rules: {
    readonly unencryptedSuffix?: string | undefined
    readonly encryptedSuffix?: string | undefined
    readonly unencryptedRegex?: string | undefined
    readonly encryptedRegex?: string | undefined
  }
}

type Mapping = Readonly<Record<string, unknown>>

/** Undefined for what sops has not encrypted. @throws NotOpened for what it has, in a way that is not read here */
export function readSopsFile(text: string, label: string): SopsFile | undefined {
  if (/^sops_mac=/m.test(text)) return fromDotenv(text, label)
  if (/^\s*mac\s*=\s*ENC\[/m.test(text)) throw new NotOpened(`${label} is an ini file of sops; dotenv, JSON and YAML are read`)
  if (!/^\s*"?sops"?\s*:/m.test(text) || !/\bmac"?\s*:\s*["']?ENC\[/.test(text)) return undefined
  const form = text.trimStart().startsWith('{') ? 'json' : 'yaml'
  const value = parsed(text, form, label)
  const { sops, ...rest } = value
  return { form, leaves: leavesOf(rest), about: metadata(sops as Mapping, label) }
}

function parsed(text: string, form: 'json' | 'yaml', label: string): Mapping {
  try {
    if (form === 'json') return JSON.parse(text)
    const document = parseDocument(text, { logLevel: 'silent' })
    if (document.errors[0]) throw document.errors[0]
    return document.toJS()
  } catch (cause) {
    throw new NotOpened(
      `${label} is no ${form === 'json' ? 'JSON' : 'YAML'}, as sops writes it: ${(cause as Error).message.split('\n')[0]}`,
      cause,
    )
  }
}

/** The items of a list have the path of the list. */
function leavesOf(value: unknown, path: readonly string[] = []): Leaf[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, path)).map((leaf) => ({ ...leaf, item: true }))
  if (typeof value === 'object') return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
  return [{ path, value: value as Leaf['value'] }]
}

/** As sops writes dotenv: no quotes, `\n` for a line end. */
function fromDotenv(text: string, label: string): SopsFile {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const pairs = lines.map((line) => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1).replaceAll('\\n', '\n')] as const
  })
  const leaves = pairs.filter(([name]) => !name.startsWith('sops_')).map(([name, value]) => ({ path: [name], value }))
  const about: Record<string, unknown> = {}
  const age: { enc: string }[] = []
  for (const [name, value] of pairs.filter(([name]) => name.startsWith('sops_'))) {
    about[name.slice('sops_'.length)] = value
    if (/^sops_age__list_\d+__map_enc$/.test(name)) age.push({ enc: value })
  }
  const groups = Object.keys(about).some((name) => name.startsWith('key_groups__')) ? { key_groups: [{}] } : {}
  return {
    form: 'dotenv',
    leaves,
    about: metadata({ ...about, ...groups, age, mac_only_encrypted: about.mac_only_encrypted === 'true' }, label),
  }
}

function metadata(sops: Mapping, label: string): SopsMetadata {
  const { mac, lastmodified, age, mac_only_encrypted, key_groups } = sops
  const text = (name: string) => (typeof sops[name] === 'string' && sops[name] !== '' ? sops[name] : undefined)
  if (Array.isArray(key_groups) && key_groups.length > 0) throw new NotOpened(`${label} needs keys of several groups (Shamir)`)
  if (text('unencrypted_comment_regex') ?? text('encrypted_comment_regex'))
    throw new NotOpened(`${label} has rules about comments, which are not read here`)
  if (typeof mac !== 'string' || typeof lastmodified !== 'string') throw new NotOpened(`${label} has no signature of sops (mac)`)
  return {
    mac,
    lastmodified,
    age: Array.isArray(age) ? age : [],
    onlyEncryptedInMac: mac_only_encrypted === true,
    rules: {
      unencryptedSuffix: text('unencrypted_suffix'),
      encryptedSuffix: text('encrypted_suffix'),
      unencryptedRegex: text('unencrypted_regex'),
      encryptedRegex: text('encrypted_regex'),
    },
  }
}
