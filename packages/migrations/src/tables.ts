import { partsOf } from './statements.ts'

/** A name in a pattern. */
export const NAME = '(?:"(?:[^"]|"")+"|[\\w$]+)'
const TABLE = `${NAME}(?:\\.${NAME})?`

const ALTER_TABLE = new RegExp(`^alter (?:foreign )?table (?:if exists )?(?:only )?(${TABLE})(?: \\*)? (.*)$`, 'i')

/** What an `alter table` does to which table; undefined for any other statement. */
export function clausesOf(statement: string): { table: string; clauses: string[] } | undefined {
  const [, table, clauses] = ALTER_TABLE.exec(statement) ?? []
  return table === undefined || clauses === undefined ? undefined : { table: plain(table), clauses: partsOf(clauses) }
}

/** The tables that a statement changes, as PostgreSQL calls them; undefined where nobody can say. */
export function tablesOf(statement: string): string[] | undefined {
  const [, list] =
    new RegExp(
      `^(?:alter table|drop table|truncate(?: table)?|insert into|update|delete from|copy|create (?:unique )?index\\b.*? on) (?:if exists )?(?:only )?(${TABLE}(?: ?, ?${TABLE})*)`,
      'i',
    ).exec(statement) ?? []
  return list === undefined ? undefined : partsOf(list).map(plain)
}

/** A name without its quotes. */
export const plain = (name: string): string => name.replaceAll('"', '').toLowerCase()

/** The tables and columns that a migration has made so far. */
export class Made {
  readonly #tables = new Set<string>()
  /** Columns, `table.column`, that a release can leave out. */
  readonly mayBeEmpty = new Set<string>()

  has(tables: readonly string[] | undefined): boolean {
    return tables?.every((table) => this.#tables.has(table)) ?? false
  }

  note(statement: string): void {
    // With `if not exists` it may have been there, with rows.
    const [, made] =
      new RegExp(`^create (?:(?:global |local )?(?:temp|temporary|unlogged) )?table (?!if not exists\\b)(${TABLE})`, 'i').exec(statement) ??
      []
    if (made !== undefined) this.#tables.add(plain(made))
    if (/^drop table\b/i.test(statement)) for (const gone of tablesOf(statement) ?? []) this.#tables.delete(gone)
    const [, from, to] = new RegExp(`^alter table (?:if exists )?(?:only )?(${TABLE}) rename to (${NAME})$`, 'i').exec(statement) ?? []
    if (from !== undefined && to !== undefined && this.#tables.delete(plain(from))) this.#tables.add(plain(to))
  }
}
