import { UserError } from '@deploy-actions/kit'
import { indexOfNonSpace, isLineSpace, lineSpaceLength, trimEnd } from './space.ts'

/** One assignment of an env file. */
export interface Statement {
  key: string
  /** `NAME` without `=`: Compose takes the value from its own environment. */
  inherited: boolean
  quote: '' | "'" | '"'
  /** The value as written: without its quotes, escapes and variables untouched. */
  raw: string
  /** Exact text of the statement: comments and blank lines before it, all its lines, and the comment behind it. */
  text: string
}

export interface EnvFile {
  statements: Statement[]
  /** Comments and blank lines after the last statement. */
  rest: string
}

/**
 * Splits an env file as Compose 2.26 to 5.x does (compose-go `dotenv`, the same rules from v2.0.2 to v2.16.2): `export`, `NAME: value`, quoted
 * values over several lines, a second statement right behind a closing quote. Joining every `text` and `rest` gives the file back, byte order mark excepted.
 *
 * @param label says in messages whose file it is
 * @throws UserError DA-ENV-FILE-INVALID with the line; never with text of the line, which may be a secret
 */
export function parseEnvFile(text: string, label = 'env file'): EnvFile {
  const source = text.replace(/^\uFEFF/, '')
  const statements: Statement[] = []
  let start = 0
  for (;;) {
    const from = statementStart(source, start)
    if (from === -1) return { statements, rest: source.slice(start) }
    const fail = (problem: string): never => {
      throw invalidLine(label, source, from, problem)
    }
    const name = readName(source, from, fail)
    const value = name.inherited ? { quote: '' as const, raw: '', end: name.end } : readValue(source, name.end, fail)
    const end = value.quote === '' ? value.end : endOfLineIfQuiet(source, value.end)
    statements.push({ key: name.key, inherited: name.inherited, quote: value.quote, raw: value.raw, text: source.slice(start, end) })
    start = end
  }
}

type Fail = (problem: string) => never

function invalidLine(label: string, source: string, at: number, problem: string): UserError {
  const line = source.slice(0, at).split('\n').length
  const hint = 'Write one `NAME=value` on each line and put values with spaces, quotes or # between single quotes.'
  return new UserError('DA-ENV-FILE-INVALID', `line ${line} of the ${label} ${problem}`, { hint })
}

/** Index where the next statement begins, past blank lines and comments, or -1. */
function statementStart(source: string, from: number): number {
  let at = from
  for (;;) {
    const skipped = indexOfNonSpace(source.slice(at))
    if (skipped === -1) return -1
    at += skipped
    if (source[at] !== '#') return at
    const lineEnd = source.indexOf('\n', at)
    if (lineEnd === -1) return -1
    at = lineEnd
  }
}

function readName(source: string, from: number, fail: Fail): { key: string; inherited: boolean; end: number } {
  const rest = source.slice(from)
  const exported = /^export[\t\n\f\r ]+/.test(rest) ? 6 + lineSpaceLength(rest.slice(6)) : 0
  const start = from + exported
  let at = start
  for (const character of source.slice(start)) {
    if (character === '=' || character === ':' || character === '\n') break
    if (!isLineSpace(character) && !/[\p{L}\p{N}_.[\]-]/u.test(character)) fail('has a character in its name that no name may have')
    at += character.length
  }
  const key = trimEnd(source.slice(start, at))
  if (key.includes(' ')) fail('has a space in its name')
  const inherited = at >= source.length || source[at] === '\n'
  const after = Math.min(at + 1, source.length)
  return { key, inherited, end: inherited ? after : after + lineSpaceLength(source.slice(after)) }
}

function readValue(source: string, from: number, fail: Fail): { quote: Statement['quote']; raw: string; end: number } {
  const quote = source[from]
  if (quote !== "'" && quote !== '"') {
    const lineEnd = source.indexOf('\n', from)
    const line = lineEnd === -1 ? source.slice(from) : source.slice(from, lineEnd)
    return { quote: '', raw: trimEnd(line.split(' #', 1)[0] ?? ''), end: lineEnd === -1 ? source.length : lineEnd + 1 }
  }
  for (let at = from + 1; at < source.length; at += 1) {
    if (source[at] === quote) return { quote, raw: source.slice(from + 1, at), end: at + 1 }
    if (source[at] === '\\') at += 1
  }
  return fail('begins a quoted value that never ends')
}

/** Past the line break when only white space or a comment follows on this line, else unchanged: another statement may follow a closing quote. */
function endOfLineIfQuiet(source: string, from: number): number {
  const lineEnd = source.indexOf('\n', from)
  const line = source.slice(from, lineEnd === -1 ? undefined : lineEnd)
  const visible = indexOfNonSpace(line)
  if (visible !== -1 && line[visible] !== '#') return from
  return lineEnd === -1 ? source.length : lineEnd + 1
}
