import { messageOf, UserError } from '@deploy-actions/kit'
import { parseEnvFile, type Statement } from './statements.ts'
import { type Lookup, substitute } from './substitute.ts'

export type { Lookup } from './substitute.ts'

/**
 * Reads an env file with the rules of Compose's `env_file`: what a container gets. Later lines win; `$NAME` is looked up with `lookup` first, then among
 * the lines above; `NAME` without `=` is taken from `lookup` or left out.
 *
 * @param label says in messages whose file it is
 * @returns names and values in order of first appearance
 * @throws UserError DA-ENV-FILE-INVALID for a line that Compose would refuse; no value is quoted
 */
export function parseComposeEnvFile(text: string, lookup: Lookup = () => undefined, label = 'env file'): Map<string, string> {
  const values = new Map<string, string>()
  for (const statement of parseEnvFile(text, label).statements) {
    if (statement.inherited) {
      const inherited = lookup(statement.key)
      if (inherited !== undefined) values.set(statement.key, inherited)
    } else {
      values.set(
        statement.key,
        resolveValue(statement, (name) => lookup(name) ?? values.get(name), label),
      )
    }
  }
  return values
}

function resolveValue({ key, quote, raw }: Statement, lookup: Lookup, label: string): string {
  if (quote === "'") return unescapeQuote(raw, "'")
  try {
    return substitute(quote === '"' ? expandEscapes(unescapeQuote(raw, '"')) : raw, lookup)
  } catch (cause) {
    const hint = 'Write `$$` for a dollar sign, or put the value between single quotes.'
    throw new UserError('DA-ENV-FILE-INVALID', `the value of ${key} in the ${label} ${messageOf(cause)}`, { hint, cause })
  }
}

/** Turns `\'` into `'` (or `\"` into `"`); every other escape keeps its backslash at this stage. */
const unescapeQuote = (raw: string, quote: string): string =>
  raw.replace(/\\([\s\S])/g, (pair, next: string) => (next === quote ? quote : pair))

const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '"': '"', '\\': '\\' }

/** Double-quoted escapes; `\$` becomes `$$`, which substitution turns into a dollar sign. `\c` is listed by compose-go but has no meaning in Go. */
function expandEscapes(text: string): string {
  return text.replace(/\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g, (whole, letter: string | undefined, octal: string | undefined) => {
    if (letter === '$') return '$$'
    if (letter !== undefined) return ESCAPES[letter] ?? whole
    return /^[0-3][0-7]{2}$/.test(octal ?? '') ? String.fromCodePoint(Number.parseInt(octal ?? '', 8)) : `\\${octal}`
  })
}
