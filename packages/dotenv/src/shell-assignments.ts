import { UserError } from '@deploy-actions/kit'
import type { Lookup } from './substitute.ts'

/**
 * What variables a shell has after sourcing a file of assignments. Only what can be known without running anything: `NAME=word`, `export`,
 * variables of lines above, `${NAME:-word}`.
 *
 * @throws UserError DA-ENV-FILE-INVALID for commands and substitutions of commands; no text of the line is quoted
 */
export function parseShellAssignments(text: string, lookup: Lookup = () => undefined): Map<string, string> {
  const values = new Map<string, string>()
  const source = new Source(text, (name) => values.get(name) ?? lookup(name))
  while (source.toNextCommand()) {
    const exported = source.skip(/(?:export|readonly)[ \t]+/y) !== ''
    if (source.skip(/set [-+]a(?=[ \t]*(?:[;\n#]|$))/y) !== '') continue
    do {
      const name = source.skip(/[A-Za-z_][A-Za-z0-9_]*/y)
      if (name === '') source.fail('is no assignment')
      if (source.skip(/=/y) !== '') values.set(name, source.word())
      else if (!exported) source.fail('runs a command, which is not done here')
    } while (source.skip(/[ \t]+(?=[A-Za-z_])/y) !== '')
    source.expectEnd()
  }
  return values
}

/** The text and how far it was read. */
class Source {
  private at = 0
  private readonly text: string
  private readonly lookup: Lookup

  constructor(text: string, lookup: Lookup) {
    this.text = text
    this.lookup = lookup
  }

  fail(problem: string): never {
    const line = this.text.slice(0, this.at).split('\n').length
    const hint = "Write `NAME='value'` on each line, a single quote in it as `'\\''`."
    throw new UserError('DA-ENV-FILE-INVALID', `line ${line} of the env file ${problem}`, { hint })
  }

  /** What the sticky pattern matches here, stepped over; '' where it does not. */
  skip(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const [found = ''] = pattern.exec(this.text) ?? []
    this.at += found.length
    return found
  }

  toNextCommand(): boolean {
    this.skip(/(?:[ \t\n;]|\\\n|#[^\n]*)*/y)
    return this.at < this.text.length
  }

  expectEnd(): void {
    this.skip(/[ \t]+#[^\n]*|[ \t]*/y)
    if (this.at < this.text.length && !/[;\n]/.test(this.text[this.at] as string)) this.fail('has more behind its value')
  }

  /** A word with its quotes taken off and its variables filled in. Nothing is split: it stands in an assignment. */
  word(): string {
    let value = /^~(?=[/:]|$)/m.test(this.text.slice(this.at, this.at + 2)) ? this.home() : ''
    for (;;) {
      const character = this.text[this.at] ?? ''
      if (character === '' || ' \t\n;'.includes(character)) return value
      if ('&|<>()'.includes(character)) this.fail('has a character that a shell takes for a command')
      this.at += 1
      if (character === "'") value += this.until("'")
      else if (character === '"') value += this.doubleQuoted()
      else if (character === '\\') value += this.skip(/[\s\S]/y).replace('\n', '')
      else if (character === '$') value += this.variable()
      else if (character === '`') this.fail('runs a command, which is not done here')
      else value += character
    }
  }

  private home(): string {
    this.at += 1
    return this.lookup('HOME') ?? '~'
  }

  private until(quote: string): string {
    const end = this.text.indexOf(quote, this.at)
    if (end === -1) this.fail('begins a quoted value that never ends')
    const inside = this.text.slice(this.at, end)
    this.at = end + 1
    return inside
  }

  private doubleQuoted(): string {
    let value = ''
    for (;;) {
      value += this.skip(/[^"\\$`]+/y)
      const character = this.skip(/[\s\S]/y)
      if (character === '"') return value
      if (character === '') this.fail('begins a quoted value that never ends')
      if (character === '`') this.fail('runs a command, which is not done here')
      value +=
        character === '$' ? this.variable() : this.skip(/[$`"\\\n]/y).replace('\n', '') || (this.text[this.at - 1] === '\n' ? '' : '\\')
    }
  }

  /** Behind a `$`. */
  private variable(): string {
    if (this.skip(/\(/y) !== '') this.fail('runs a command, which is not done here')
    const name = this.skip(/[A-Za-z_][A-Za-z0-9_]*/y)
    if (name !== '') return this.lookup(name) ?? ''
    if (this.skip(/\{/y) === '') {
      if (/[0-9@*#?$!'-]/.test(this.text[this.at] ?? '')) this.fail('uses a parameter of the shell')
      return '$'
    }
    const [, braced = '', operator = '', instead = ''] = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+])([^}$`"'\\]*))?$/.exec(this.until('}')) ?? []
    if (braced === '') this.fail('has a `${…}` that is not taken apart here')
    const value = this.lookup(braced)
    const present = value !== undefined && !(operator.startsWith(':') && value === '')
    if (operator.endsWith('+')) return present ? instead : ''
    return present || operator === '' ? (value ?? '') : instead
  }
}
