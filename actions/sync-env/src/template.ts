import { UserError } from '@deploy-actions/kit'

/** What a value has to be: undefined when it is, else words behind the key's name. They never repeat the value. */
export type Rule = (value: string, about: Surroundings) => string | undefined

export interface Surroundings {
  readonly environment: string | undefined
  /** The step's environment, for values to compare with. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface TemplateKey {
  readonly name: string
  readonly optional: boolean
  readonly placeholderAllowed: boolean
  readonly rules: readonly Rule[]
}

const KEY = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$/
/** A key that is commented out may be left out; a sentence with an equals sign in it is none. */
const KEY_IN_COMMENT = /^#\s?([A-Z_][A-Z0-9_]*)=(?:\S*|'[^']*'|"[^"]*")$/
const MARK = /(?:^|\s)@([a-z][a-z-]*)((?:(?!\s@[a-z]).)*)/g

/**
 * Reads a template such as `.env.example`: every key has to be given, unless it is `@optional` or commented out. Rules stand in the comments right
 * above a key, or behind it.
 *
 * @throws UserError DA-ENV-TEMPLATE naming line and rule
 */
export function parseTemplate(text: string, path: string): TemplateKey[] {
  const keys = new Map<string, TemplateKey>()
  let above: { word: string; rest: string; line: number }[] = []
  for (const [at, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.trim()
    const commented = KEY_IN_COMMENT.exec(line)
    const [, name, behind = ''] = KEY.exec(line) ?? []
    if (name === undefined && commented === null) {
      above = line.startsWith('#') ? [...above, ...marksIn(line.slice(1), at)] : []
      continue
    }
    const marks = [...above, ...marksIn(/\s#(.*)$/.exec(behind)?.[1] ?? '', at)]
    above = []
    const found = name ?? (commented?.[1] as string)
    if (!keys.has(found) || name !== undefined) keys.set(found, keyOf(found, commented !== null, marks, path))
  }
  return [...keys.values()]
}

type Mark = { readonly word: string; readonly rest: string; readonly line: number }

const marksIn = (comment: string, at: number): Mark[] =>
  [...comment.matchAll(MARK)].map(([, word = '', rest = '']) => ({ word, rest: rest.trim(), line: at + 1 }))

function keyOf(name: string, commented: boolean, marks: readonly Mark[], path: string): TemplateKey {
  const has = (word: string) => marks.some((mark) => mark.word === word)
  const rules = marks.filter(({ word }) => !['optional', 'required', 'placeholder-ok'].includes(word)).map((mark) => ruleOf(mark, path))
  return { name, optional: has('optional') || (commented && !has('required')), placeholderAllowed: has('placeholder-ok'), rules }
}

const RULES: Readonly<Record<string, (rest: string) => Rule>> = {
  pattern(rest) {
    const pattern = new RegExp(rest, 'u')
    return (value) => (pattern.test(value) ? undefined : `does not match ${pattern.source}`)
  },
  'min-length'(rest) {
    if (!/^\d+$/.test(rest)) throw new Error('needs a number')
    return (value) => ([...value].length >= Number(rest) ? undefined : `is shorter than ${rest} characters`)
  },
  'one-of'(rest) {
    const allowed = words(rest)
    return (value) => (allowed.includes(value) ? undefined : `is none of ${allowed.join(', ')}`)
  },
  not(rest) {
    const forbidden = words(rest)
    return (value) => (forbidden.includes(value) ? 'is a value that the template forbids' : undefined)
  },
  'false-in'(rest) {
    const environments = words(rest)
    return (value, { environment }) => {
      if (environment === undefined)
        return `has to be false in ${environments.join(' and ')}, and the input \`environment\` does not say where this is`
      return environments.includes(environment) && !/^(?:|0|false|no|off)$/i.test(value) ? `has to be false in ${environment}` : undefined
    }
  },
  'differs-from'(rest) {
    const [other = ''] = words(rest)
    return (value, { env }) => {
      if (!env[other]) return `has to differ from ${other}, which this step does not have under \`env:\``
      return env[other] === value ? `is the same as ${other}` : undefined
    }
  },
}

function words(rest: string): string[] {
  const all = rest.split(/[\s,]+/).filter((word) => word !== '')
  if (all.length === 0) throw new Error('needs a value')
  return all
}

function ruleOf({ word, rest, line }: Mark, path: string): Rule {
  try {
    const make = RULES[word]
    if (make === undefined)
      throw new Error(`is no rule; there are ${['optional', 'placeholder-ok', ...Object.keys(RULES)].map((one) => `@${one}`).join(', ')}`)
    if (rest === '') throw new Error('needs a value')
    return make(rest)
  } catch (cause) {
    throw new UserError('DA-ENV-TEMPLATE', `${path}, line ${line}: @${word} ${(cause as Error).message}`, { cause })
  }
}
