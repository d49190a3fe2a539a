import { asLines, type Codec } from './codec.ts'
import type { Lookup } from './substitute.ts'

/** White space of Python's `str`; JavaScript's `\s` differs in U+001C to U+001F, U+0085 and U+FEFF. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
/** The same without line ends. */
const GAP = '\\t\\v\\f\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const at = (pattern: string) => new RegExp(pattern, 'y')
const spaces = at(`[${SPACE}]*`)
const exported = at(`(?:export[${GAP}]+)?`)
const quotedKey = at("'([^']+)'")
const plainKey = at(`([^=#${SPACE}]+)`)
const gap = at(`[${GAP}]*`)
const equals = at(`=[${GAP}]*`)
const single = at("'((?:\\\\[\\s\\S]|[^'\\\\])*)'")
const double = at('"((?:\\\\[\\s\\S]|[^"\\\\])*)"')
const plainValue = at('([^\\r\\n]*)')
const behind = at(`(?:[${GAP}]*#[^\\r\\n]*)?[${GAP}]*(?:\\r\\n|\\n|\\r|$)`)
const restOfLine = at('[^\\r\\n]*(?:\\r|\\n|\\r\\n)?')
const inlineComment = new RegExp(`[${SPACE}]+#[^\\n]*`, 'g')
const trailing = new RegExp(`[${SPACE}]+$`)
const VARIABLE = /\$\{([^}:]*)(?::-([^}]*))?\}/g
const ESCAPES: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/**
 * python-dotenv with its default `interpolate=True`, which takes `${NAME}` apart in quotes of every kind. Its way to say nothing is `${:-}`, and a
 * dollar sign before a brace is `${:-$}`.
 */
export const pythonDotenvCodec: Codec = {
  consumer: 'python-dotenv',
  names: {
    pattern: /^[A-Za-z_][A-Za-z0-9_.-]*$/,
    rule: 'is not a name of letters, digits, `_`, `.` and `-` that begins with a letter or `_`',
  },
  spellings: (value) => {
    const literal = value.replaceAll('${', '${:-$}{')
    const quoted = literal.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    const apart = value.replace(/[\\']/g, '\\$&')
    return [
      literal,
      `'${literal.replace(/[\\']/g, '\\$&')}'`,
      `"${quoted}"`,
      `"${quoted}\${:-}"`,
      `'${apart}'`,
      `'${value}'`,
      `"${value}"`,
    ].filter(closesWell)
  },
  whyNot: () => 'has no spelling that python-dotenv reads back',
  join: asLines,
  parse: parsePythonDotenv,
}

/** Before 1.2 a backslash before the closing quote took that quote for a part of the value. */
const closesWell = (spelling: string): boolean => !/^(['"])[\s\S]*\\\1$/.test(spelling)

/** What `dotenv_values` gives, variables from `lookup` first. A line that it cannot read is passed over with a warning, as it does. */
export function parsePythonDotenv(text: string, lookup: Lookup = () => undefined): Map<string, string> {
  const source = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n') // opened as text: line ends become LF
  const values = new Map<string, string>()
  let from = 0
  while (from < source.length) {
    const found = binding(source, from)
    from = found.end
    if (found.name === undefined || found.value === undefined) continue
    // No variable has an empty name, so `${:-…}` is always what stands in it.
    const resolve = (_: string, name: string, instead = '') => (name === '' ? undefined : lookup(name)) ?? values.get(name) ?? instead
    values.set(found.name, found.value.replace(VARIABLE, resolve))
  }
  return values
}

interface Binding {
  readonly name?: string | undefined
  readonly value?: string | undefined
  readonly end: number
}

function binding(source: string, from: number): Binding {
  const read = reader(source, from)
  read.next(spaces)
  if (read.at() >= source.length) return { end: source.length }
  read.next(exported)
  const comment = read.peek() === '#'
  const name = comment ? '' : read.next(read.peek() === "'" ? quotedKey : plainKey)
  const value = name === undefined ? undefined : readValue(read)
  if (name === undefined || value === null || read.next(behind) === undefined) return { end: endOfLine(source, read.at()) }
  return { ...(comment ? {} : { name, value }), end: read.at() }
}

/** Undefined for a name without `=`, null for something that is broken. */
function readValue(read: Reader): string | undefined | null {
  read.next(gap)
  if (read.peek() !== '=') return undefined
  const spaced = (read.next(equals, 0) ?? '').length > 1
  const first = read.peek()
  if (spaced && first === '#') return ''
  if (first === "'") return read.next(single)?.replace(/\\([\\'])/g, '$1') ?? null
  if (first === '"') return read.next(double)?.replace(/\\([\\'"abfnrtv])/g, (_, letter: string) => ESCAPES[letter] ?? letter) ?? null
  return (read.next(plainValue) ?? '').replace(inlineComment, '').replace(trailing, '')
}

interface Reader {
  at(): number
  peek(): string
  /** The group of the pattern here, or undefined and no step forward. */
  next(pattern: RegExp, group?: number): string | undefined
}

function reader(source: string, from: number): Reader {
  let place = from
  return {
    at: () => place,
    peek: () => source[place] ?? '',
    next(pattern, group = 1) {
      pattern.lastIndex = place
      const match = pattern.exec(source)
      if (match === null) return undefined
      place = pattern.lastIndex
      return match[group] ?? match[0]
    },
  }
}

function endOfLine(source: string, from: number): number {
  restOfLine.lastIndex = from
  restOfLine.exec(source)
  return Math.max(restOfLine.lastIndex, from + 1)
}
