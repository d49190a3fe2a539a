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
  /** Days. */
  readonly rotateAfter: number | undefined
}

const KEY = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=(.*)$/
/** A key that is commented out may be left out; a sentence with an equals sign in it is none. */
const KEY_IN_COMMENT = /^#\s?([A-Z_][A-Z0-9_]*)=((?:\S*|'[^']*'|"[^"]*")(?:\s+#.*)?)$/
const MARK = /(?:^|\s)@([A-Za-z][\w-]*)((?:(?!\s@[A-Za-z]).)*)/g
const QUOTED = /^\s*(?:"(?:[^"\\]|\\[\s\S])*"|'[^']*'|`[^`]*`)(?=[ \t]*(?:#.*)?(?:\n|$))/
/** A key or certificate that nobody quoted. */
const ARMOURED = /^\s*-----BEGIN [^\n]*[\s\S]*?-----END [^\n]*/

/**
 * Reads a template such as `.env.example`: every key has to be given, unless it is `@optional` or commented out. Rules stand in the comments right
 * above a key, or behind it.
 *
 * @throws UserError DA-ENV-TEMPLATE naming line and rule
 */
export function parseTemplate(text: string, path: string): TemplateKey[] {
  const keys = new Map<string, TemplateKey>()
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  let above: readonly Mark[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] as string).trim()
    const commented = KEY_IN_COMMENT.exec(line)
    const [, name, start = ''] = KEY.exec(line) ?? commented ?? []
    if (name === undefined) {
      if (!line.startsWith('#')) refuseLost(above, path)
      above = line.startsWith('#') ? [...above, ...marksIn(line.slice(1), at)] : []
      continue
    }
    const value = commented === null ? valueIn([start, ...lines.slice(at + 1)]) : valueIn([start])
    at += value.lines - 1
    const marks = [...above, ...marksIn(/(?:^|\s)#(.*)$/.exec(value.behind)?.[1] ?? '', at)]
    above = []
    if (!keys.has(name) || commented === null) keys.set(name, keyOf(name, commented !== null, marks, path))
  }
  refuseLost(above, path)
  return [...keys.values()]
}

/** How many lines the value takes that begins here, and what stands behind it; of one without quotes, all that does not begin the line. */
function valueIn(lines: readonly string[]): { lines: number; behind: string } {
  const text = lines.join('\n')
  const [taken = ''] = QUOTED.exec(text) ?? ARMOURED.exec(text) ?? []
  const behind = text.slice(taken.length).split('\n')[0] as string
  return { lines: taken.split('\n').length, behind: taken === '' ? ` ${behind.replace(/^\S+/, '')}` : behind }
}

type Mark = { readonly word: string; readonly rest: string; readonly line: number }

const marksIn = (comment: string, at: number): Mark[] =>
  [...comment.matchAll(MARK)].map(([, word = '', rest = '']) => ({ word, rest: rest.trim(), line: at + 1 }))

/** A rule with no key right below it would hold for nothing. Names of people in a heading are no rules. */
function refuseLost(marks: readonly Mark[], path: string): void {
  const bare = (word: string) => word.toLowerCase().replace(/[-_]/g, '')
  const lost = marks.find(({ word }) => [...FLAGS, ROTATE, ...Object.keys(RULES)].some((rule) => bare(rule) === bare(word)))
  if (lost === undefined) return
  throw new UserError('DA-ENV-TEMPLATE', `${path}, line ${lost.line}: @${lost.word} belongs to no key: no key stands right below it`, {
    hint: 'Put it into the comment right above its key, with no blank line between, or behind the key.',
  })
}

const FLAGS = ['optional', 'required', 'placeholder-ok']
/** Judges no value: it goes to the host. */
const ROTATE = 'rotate-after'

function keyOf(name: string, commented: boolean, marks: readonly Mark[], path: string): TemplateKey {
  const has = (word: string) => marks.some((mark) => mark.word === word)
  const rules = marks.filter(({ word }) => !FLAGS.includes(word) && word !== ROTATE).map((mark) => ruleOf(mark, path))
  const optional = has('optional') || (commented && !has('required'))
  const [rotateAfter] = marks.filter(({ word }) => word === ROTATE).map((mark) => daysIn(mark, path))
  return { name, optional, placeholderAllowed: has('placeholder-ok'), rules, rotateAfter }
}

function daysIn({ rest, line }: Mark, path: string): number {
  const [, days] = /^([1-9]\d{0,3})d$/.exec(rest) ?? []
  if (days !== undefined) return Number(days)
  throw new UserError('DA-ENV-TEMPLATE', `${path}, line ${line}: @${ROTATE} needs a number of days such as 90d`)
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
      const here = environments.some((one) => one.toLowerCase() === environment.toLowerCase())
      return here && !/^(?:|0|false|no|off)$/i.test(value) ? `has to be false in ${environment}` : undefined
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
      throw new Error(
        `is no rule; there are ${['optional', 'placeholder-ok', ROTATE, ...Object.keys(RULES)].map((one) => `@${one}`).join(', ')}`,
      )
    if (rest === '') throw new Error('needs a value')
    return make(rest)
  } catch (cause) {
    throw new UserError('DA-ENV-TEMPLATE', `${path}, line ${line}: @${word} ${(cause as Error).message}`, { cause })
  }
}
