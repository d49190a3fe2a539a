import { keyWordsOf, statementsOf } from './statements.ts'
import { clausesOf, Made, tablesOf } from './tables.ts'

/** Whole statements that read or write a table from end to end, with writers, or everybody, locked out (PostgreSQL's manual, the page of each). */
const STATEMENTS: readonly RegExp[] = [
  /^create (unique )?index (?!concurrently\b)/i,
  /^reindex (?!.*\bconcurrently\b)/i,
  /^cluster\b/i,
  /^vacuum full\b/i,
  /^refresh materialized view (?!concurrently\b)/i,
]

/** Clauses of `alter table` that do. */
const CLAUSES: readonly RegExp[] = [
  /^add (constraint \S+ )?(check|foreign key|not null)\b(?!.* not valid$)/i,
  /^add (constraint \S+ )?(unique|primary key|exclude)\b(?!.*\busing index\b)/i,
  /^add (?!constraint\b).*\b(default \(?(clock_timestamp|gen_random_uuid|random|uuid_generate\w*)\b|generated always as \(\) stored|(small|big)?serial\b)/i,
  /^add (?!constraint\b).*\b(default \(?nextval|generated (always|by default) as identity)\b/i,
  /^attach partition\b/i,
  /^alter (column )?\S+ (set not null|(set data )?type\b)/i,
  /^set (logged|unlogged|tablespace|access method)\b/i,
]

/**
 * The statements of an SQL text that keep the running release waiting for as long as they take, and that grows with the table. One that the same
 * migration makes is still empty.
 */
export function longLocks(sql: string): string[] {
  const made = new Made()
  return statementsOf(sql).filter((statement) => {
    const isEmpty = made.has(tablesOf(statement))
    made.note(statement)
    return !isEmpty && locksLong(statement)
  })
}

function locksLong(statement: string): boolean {
  const altered = clausesOf(statement)
  if (altered === undefined) return STATEMENTS.some((pattern) => pattern.test(keyWordsOf(statement)))
  return altered.clauses.some((clause) => CLAUSES.some((pattern) => pattern.test(keyWordsOf(clause))))
}
