import { Mistake, nearest, reader } from '@deploy-actions/kit'
import { csvFields } from './csv.ts'

/** Rules with a higher number come first; the first tag is the version. As in metadata-action. */
const TYPES = {
  schedule: { priority: 1000, keys: ['pattern'] },
  semver: { priority: 900, keys: ['pattern', 'value'] },
  match: { priority: 800, keys: ['pattern', 'group', 'value'] },
  edge: { priority: 700, keys: ['branch'] },
  ref: { priority: 600, keys: ['event'] },
  raw: { priority: 200, keys: ['value'] },
  sha: { priority: 100, keys: ['format'] },
} as const

export type TagType = keyof typeof TYPES

export interface TagRule {
  readonly type: TagType
  /** As it was written. */
  readonly text: string
  readonly priority: number
  /** `true`, `false`, or a template. */
  readonly enable: string
  /** Undefined: those of `flavor`. */
  readonly prefix: string | undefined
  readonly suffix: string | undefined
  /** What belongs to the type. */
  readonly options: Readonly<Record<string, string>>
}

const COMMON = ['enable', 'priority', 'prefix', 'suffix']

/** One rule of docker/metadata-action's language: `type=…,name=value,…`, or a bare tag. */
export const tagRule = reader((line): TagRule => {
  const fields = csvFields(line)
  const given = new Map<string, string>()
  for (const field of fields) {
    const at = field.indexOf('=')
    if (at === -1 && fields.length === 1) given.set('type', 'raw').set('value', field)
    else if (at < 1) throw new Mistake(`has "${field}", which is not name=value`)
    else given.set(field.slice(0, at).trim().toLowerCase(), field.slice(at + 1).trim())
  }
  const type = typeIn(given)
  refuseUnknown(type, given)
  const { priority, prefix, suffix, enable = 'true' } = Object.fromEntries(given) as Record<string, string | undefined>
  if (priority !== undefined && !/^\d+$/.test(priority)) throw new Mistake('has a priority that is not a number')
  return {
    type,
    text: line,
    priority: priority === undefined ? TYPES[type].priority : Number(priority),
    enable,
    prefix,
    suffix,
    options: optionsOf(type, given),
  }
})

function typeIn(given: ReadonlyMap<string, string>): TagType {
  const type = given.get('type')
  if (type === undefined) throw new Mistake('has no `type=`')
  if (Object.hasOwn(TYPES, type)) return type as TagType
  const near = nearest(type, Object.keys(TYPES))
  throw new Mistake(
    `has the unknown type "${type}"`,
    near === undefined ? `There are ${Object.keys(TYPES).join(', ')}.` : `Did you mean \`type=${near}\`?`,
  )
}

function refuseUnknown(type: TagType, given: ReadonlyMap<string, string>): void {
  const known = ['type', ...COMMON, ...TYPES[type].keys]
  for (const name of given.keys()) {
    if (!known.includes(name))
      throw new Mistake(`has "${name}", which type=${type} does not know`, `It knows ${known.slice(1).join(', ')}.`)
  }
}

const DEFAULTS: Readonly<Record<TagType, Readonly<Record<string, string>>>> = {
  schedule: { pattern: 'nightly' },
  semver: { value: '' },
  match: { group: '0', value: '' },
  edge: { branch: '' },
  ref: {},
  raw: {},
  sha: { format: 'short' },
}

function optionsOf(type: TagType, given: ReadonlyMap<string, string>): Record<string, string> {
  const own = TYPES[type].keys.flatMap((key) => (given.has(key) ? [[key, given.get(key) as string]] : []))
  const options: Record<string, string> = { ...DEFAULTS[type], ...Object.fromEntries(own) }
  const required = { semver: 'pattern', match: 'pattern', ref: 'event', raw: 'value' }[type as string]
  if (required !== undefined && !options[required]) throw new Mistake(`needs \`${required}=\``)
  if (type === 'ref' && !/^(branch|tag|pr)$/.test(options.event ?? ''))
    throw new Mistake(`has the event "${options.event}"`, 'There are branch, tag and pr.')
  if (type === 'sha' && !/^(short|long)$/.test(options.format ?? ''))
    throw new Mistake(`has the format "${options.format}"`, 'There are short and long.')
  if (type === 'match') checkPattern(options.pattern ?? '', options.group ?? '')
  return options
}

function checkPattern(pattern: string, group: string): void {
  if (!/^\d+$/.test(group)) throw new Mistake('has a group that is not a number')
  try {
    regexOf(pattern)
  } catch (cause) {
    throw new Mistake(`has a pattern that is no regular expression: ${(cause as Error).message}`)
  }
}

/** `v(.*)`, or `/v(.*)/i` with flags. */
export function regexOf(pattern: string): RegExp {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/.exec(pattern) ?? []
  return source === undefined ? new RegExp(pattern) : new RegExp(source, flags)
}
