import type { ScriptResult } from './bench.ts'

/** One migration that the database does not have. */
export interface Pending {
  /** As the tool names it. */
  readonly id: string
  /** Its file, relative to where the tool runs; '' where there is none. */
  readonly file: string
  /** The text of its file; '' when it could not be read. */
  readonly source: string
  /** What the tool would send to the database; undefined where it cannot say. */
  readonly sql: string | undefined
}

/** Where a database is. */
export interface MigrationStatus {
  /** The newest migration that it has; '' for none. */
  readonly current: string
  /** In the order in which they would be applied. */
  readonly pending: readonly Pending[]
  /** Why nothing can be applied before somebody has mended it. */
  readonly dirty: string | undefined
  /** Migrations that it has and the image does not know. */
  readonly unknown: readonly string[]
  /** What a script has applied (or, going down, taken back), in order. */
  readonly applied: readonly string[]
  /** Who has transactions open, told when a lock was not free. */
  readonly holders: readonly string[]
  /** The scheme of a URL whose password the tool would have to be given as an argument, '' for one that is no plain word; undefined: it is not so. */
  readonly exposed: string | undefined
  /** Whether the script came far enough to say all this. */
  readonly told: boolean
  /** It had its turn, and something to do: of tools that say so. */
  readonly started: boolean
}

const MARK = '@deploy-actions\t'

/**
 * Reads the lines that all our scripts tell a status by: `@deploy-actions`, a kind, and its words, divided by tabs; texts follow their `source` or `sql`
 * as lines that begin with `|`. Everything else is what the tool said by itself. What is told twice (before and after) counts as it was told last.
 */
export function readStatus({ output }: Pick<ScriptResult, 'output'>): MigrationStatus {
  const state = new StatusReader()
  for (const line of output.split('\n')) {
    if (line.startsWith('|')) state.text(line.slice(1))
    else if (line.startsWith(MARK)) state.word(line.slice(MARK.length).trimEnd().split('\t'))
  }
  return state.status
}

/** What a person wants to see of a script's output: without our own lines. */
export const plainOutput = (output: string): string[] =>
  output.split('\n').filter((line) => !line.startsWith('@deploy-actions') && !line.startsWith('|') && line.trim() !== '')

class StatusReader {
  #current = ''
  #dirty: string | undefined
  #exposed: string | undefined
  #told = false
  #started = false
  #unknown: string[] = []
  #applied: string[] = []
  #holders: string[] = []
  #pending = new Map<string, { file: string; source: string[]; sql: string[] | undefined }>()
  #lines: string[] = []

  word([kind = '', name = '', more = '']: readonly string[]): void {
    if (kind === 'begin') this.#forget()
    else if (kind === 'current') this.#current = name
    else if (kind === 'dirty') this.#dirty = name
    else if (kind === 'exposed') this.#exposed = name
    else if (kind === 'told') this.#told = true
    else if (kind === 'started') this.#started = true
    else if (kind === 'unknown') this.#unknown.push(name)
    else if (kind === 'applied') this.#applied.push(name)
    else if (kind === 'holder') this.#holders.push(name)
    else if (kind === 'pending') this.#pending.set(name, { file: more, source: [], sql: undefined })
    else this.#textOf(kind, name)
  }

  text(line: string): void {
    this.#lines.push(line)
  }

  get status(): MigrationStatus {
    const pending = [...this.#pending].map(([id, { file, source, sql }]) => ({ id, file, source: source.join('\n'), sql: sql?.join('\n') }))
    const lists = { unknown: this.#unknown, applied: this.#applied, holders: this.#holders }
    return {
      current: this.#current,
      pending,
      dirty: this.#dirty,
      exposed: this.#exposed,
      ...lists,
      told: this.#told,
      started: this.#started,
    }
  }

  #textOf(kind: string, name: string): void {
    const one = this.#pending.get(name)
    this.#lines = []
    if (one === undefined) return
    if (kind === 'source') one.source = this.#lines
    if (kind === 'sql') one.sql = this.#lines
  }

  #forget(): void {
    this.#current = ''
    this.#dirty = undefined
    this.#told = false
    this.#unknown = []
    this.#pending.clear()
  }
}
