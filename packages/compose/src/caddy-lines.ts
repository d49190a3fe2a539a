/** One directive of a Caddyfile, or one definition of a matcher, with its block. */
export interface CaddyDirective {
  /** The first word: `header`, `@bots`. */
  readonly name: string
  /** The further words of its first line. */
  readonly words: readonly string[]
  /** The first words of all lines of its block. */
  readonly inner: readonly string[]
  /** As written, line by line. */
  readonly lines: readonly string[]
  /** Where it begins, from 1. */
  readonly line: number
}

/** Text that is no list of directives; `message` continues "line 3 …". */
export class CaddyLinesError extends Error {
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

interface Word {
  readonly text: string
  /** Of its beginning and its end: a text in quotes may go over several lines. */
  readonly line: number
  readonly end: number
  readonly isFirst: boolean
}

/** Takes a Caddyfile's text apart as Caddy's own reader does, without heredocs. @throws CaddyLinesError where Caddy could not read it either */
export function caddyDirectives(text: string): CaddyDirective[] {
  const source = text.replaceAll('\r\n', '\n')
  const written = source.split('\n')
  return grouped(wordsOf(source)).map((words) => directive(words, written))
}

function directive([name, ...rest]: readonly [Word, ...Word[]], written: readonly string[]): CaddyDirective {
  const all = [name, ...rest]
  const end = all.at(-1)?.end ?? name.end
  const multiline = all.some((word) => word.end > word.line && word.text !== '')
  const lines = written.slice(name.line - 1, end)
  return {
    name: name.text,
    words: untilNextLine(rest).map(({ text }) => text),
    inner: rest.filter(({ isFirst }) => isFirst).map(({ text }) => text),
    // What stands in quotes is not indented with the rest.
    lines: multiline ? [lines.join('\n')] : lines,
    line: name.line,
  }
}

function untilNextLine(words: readonly Word[]): Word[] {
  const next = words.findIndex(({ isFirst }) => isFirst)
  return words.slice(0, next === -1 ? words.length : next)
}

/** Words that belong together: a line, and the block that it opens. */
function grouped(words: readonly Word[]): [Word, ...Word[]][] {
  const groups: [Word, ...Word[]][] = []
  const open: Word[] = []
  for (const word of words) {
    if (word.text === '}' && open.pop() === undefined) throw new CaddyLinesError(word.line, 'has a `}` that closes nothing')
    const group = groups.at(-1)
    const within = open.length > 0 || word.text === '}' || !word.isFirst
    if (within && group !== undefined) group.push(word)
    else groups.push([word])
    if (word.text === '{') open.push(word)
  }
  const [unclosed] = open
  if (unclosed !== undefined) throw new CaddyLinesError(unclosed.line, 'opens a block that is not closed')
  return groups
}

/** A word in quotes, in backticks, a comment, an end of line (unless it is escaped), or any other word. */
const PART = /"(?:\\.|[^"\\])*"|`[^`]*`|#[^\n]*|\\\n|\n|[^\s]+/gy
const BLANK = /[^\S\n]*/y

function wordsOf(source: string): Word[] {
  const words: Word[] = []
  let line = 1
  let isFirst = true
  for (let at = skip(source, 0); at < source.length; at = skip(source, PART.lastIndex)) {
    PART.lastIndex = at
    const part = PART.exec(source)?.[0] ?? ''
    const end = line + (part.match(/\n/g) ?? []).length
    if (part === '\n') isFirst = true
    else if (/^#.*\\$/.test(part))
      throw new CaddyLinesError(line, 'has a comment that ends with `\\`: Caddy would take the next line for a part of it')
    else if (part !== '\\\n' && !part.startsWith('#')) {
      words.push({ text: unquoted(part, line), line, end, isFirst })
      isFirst = false
    }
    line = end
  }
  return words
}

function skip(source: string, at: number): number {
  BLANK.lastIndex = at
  BLANK.exec(source)
  return BLANK.lastIndex
}

function unquoted(part: string, line: number): string {
  if (!/^["`]/.test(part)) {
    if (/^\\["`]/.test(part)) throw new CaddyLinesError(line, 'has a word that begins with an escaped quote: write it between backticks')
    if (part.startsWith('<<')) throw new CaddyLinesError(line, 'has a heredoc (`<<`), which not every Caddy reads')
    return part
  }
  if (part.length === 1 || part.at(-1) !== part[0]) throw new CaddyLinesError(line, 'has a quote that is not closed')
  return part.slice(1, -1)
}
