import { containerHashes, type EnvFileState, envHash, type KeyDate } from '@deploy-actions/agent'
import { type Format, spellingsOf } from '@deploy-actions/dotenv'

/** What would change in a file, by name. */
export interface Changes {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly unchanged: readonly string[]
  /** Of the file itself, in words: its mode, its owner. */
  readonly file: readonly string[]
  /** Services that run with other values, and which. */
  readonly stale: ReadonlyMap<string, readonly string[]>
}

export interface Wanted {
  readonly values: ReadonlyMap<string, string>
  readonly format: Format
  /** Names, or prefixes with `*`. */
  readonly prune: readonly string[]
  /** Octal digits. */
  readonly mode: string
  /** `user` or `user:group`; undefined: whose it is. */
  readonly owner: string | undefined
  /** Of this run. */
  readonly key: string
  /** Names of keys whose older values never come back. */
  readonly rotated: readonly string[]
  /** Days by name. */
  readonly rotateAfter: ReadonlyMap<string, number>
}

/** Compares what a host told with what is wanted. */
export function changesOf(state: EnvFileState, wanted: Wanted): Changes {
  const { values } = wanted
  const before = lastHashes(state)
  const names = [...values.keys()]
  const there = names.filter((name) => before.has(name))
  const unchanged = there.filter((name) => isRight(name, before, wanted))
  return {
    added: names.filter((name) => !before.has(name)),
    changed: there.filter((name) => !unchanged.includes(name)),
    removed: [...before.keys()].filter((name) => !values.has(name) && isNamed(name, wanted.prune)),
    unchanged,
    file: fileChanges(state, wanted),
    stale: staleServices(state, wanted, [...before.keys()]),
  }
}

/** What the host keeps of each key beside its value. */
export function datesOf({ added, changed, removed }: Changes, { values, rotated, rotateAfter }: Wanted): KeyDate[] {
  const kept = [...values.keys()].map((name): KeyDate => {
    const what = added.includes(name) || changed.includes(name) ? 'set' : 'keep'
    return { name, what, rotated: rotated.includes(name), days: rotateAfter.get(name) }
  })
  return [...kept, ...removed.map((name): KeyDate => ({ name, what: 'drop', rotated: false, days: undefined }))]
}

/** A new file is made as it is wanted. */
function fileChanges({ file }: EnvFileState, { mode, owner }: Wanted): string[] {
  if (file === undefined) return []
  return [
    ...(Number.parseInt(file.mode, 8) === Number.parseInt(mode, 8) ? [] : [`mode ${file.mode} to ${mode}`]),
    ...(owner === undefined || isOwner(owner, file) ? [] : [`owner ${file.owner} to ${owner}`]),
  ]
}

/** By names or numbers; the group counts where it is given. */
function isOwner(wanted: string, { owner, ids }: NonNullable<EnvFileState['file']>): boolean {
  const [names, numbers] = [owner.split(':'), ids.split(':')]
  return wanted.split(':').every((one, at) => one === names[at] || one === numbers[at])
}

/** What is wrong with the new file, which nobody reads yet; undefined when it has all that it should and the rest as before. */
export function whyNotRight(staged: EnvFileState, before: EnvFileState, wanted: Wanted, removed: readonly string[]): string | undefined {
  if (staged.odd !== undefined) return `line ${staged.odd} cannot be told apart`
  const now = lastHashes(staged)
  const wrong = [...wanted.values.keys()].filter((name) => !isRight(name, now, wanted))
  const others = [...lastHashes(before)].filter(([name]) => !wanted.values.has(name) && !removed.includes(name))
  wrong.push(...others.filter(([name, hash]) => now.get(name) !== hash).map(([name]) => name), ...removed.filter((name) => now.has(name)))
  return wrong.length === 0 ? undefined : `${wrong.join(', ')} would not be as they should`
}

/** Of two assignments with one name the last counts, for every reader. */
const lastHashes = ({ assignments }: EnvFileState): Map<string, string> => new Map(assignments.map(({ name, hash }) => [name, hash]))

/** Whether the value stands there already, in whatever spelling. */
function isRight(name: string, hashes: ReadonlyMap<string, string>, { values, format, key }: Wanted): boolean {
  const spellings = spellingsOf(format, name, values.get(name) ?? '').flatMap((one) => [one, withoutGuard(one)])
  return spellings.some((spelling) => hashes.get(name) === envHash(key, name, spelling))
}

/** The host takes the comment that dotenv needs behind some values (see its codec) for what stands behind the value. */
const withoutGuard = (spelling: string): string => spelling.replace(/ # ['"`]-$/, '')

/** Whether a name is one of these: names, or prefixes with `*`. */
export const isNamed = (name: string, these: readonly string[]): boolean =>
  these.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one))

/**
 * Keys that running switched services are to get: those that came from the file and have another value now, and for its readers those that are new.
 * @returns by service of the Compose file
 */
export function keysToApply(state: EnvFileState, { values, key }: Wanted): Map<string, string[]> {
  const services = new Map(state.origins.map(({ service, of }) => [service, of]))
  const found = [...services].map(([service, of]) => {
    const own = new Map(state.has.filter((one) => one.service === service).map(({ name, hash }) => [name, hash]))
    const from = new Set(state.origins.filter((one) => one.service === service).map(({ name }) => name))
    const reads = from.size * 2 >= [...own.keys()].length
    const differs = (name: string) => !containerHashes(key, name, values.get(name) ?? '').includes(own.get(name) ?? '')
    const keys = [...values.keys()].filter((name) => (own.has(name) ? from.has(name) && differs(name) : reads))
    return [of, keys] as const
  })
  return new Map(found.filter(([, keys]) => keys.length > 0))
}

/** A service counts as a reader of the file when it has at least half of the keys that were in it: no label says which files it was started with. */
function staleServices({ services, has }: EnvFileState, { values, key }: Wanted, before: readonly string[]): Map<string, string[]> {
  const wanted = [...values.keys()]
  const expected = wanted.filter((name) => before.includes(name)).length
  const stale = services.map((service) => {
    const own = new Map(has.filter((one) => one.service === service).map(({ name, hash }) => [name, hash]))
    const reads = own.size > 0 && own.size * 2 >= expected
    const others = wanted.filter((name) => !containerHashes(key, name, values.get(name) ?? '').includes(own.get(name) ?? ''))
    return [service, reads ? others : []] as const
  })
  return new Map(stale.filter(([, names]) => names.length > 0).map(([service, names]) => [service, [...names]]))
}
