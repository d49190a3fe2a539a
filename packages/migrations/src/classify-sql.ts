import { type Found, type Kind, worst } from './kind.ts'
import { keyWordsOf, statementsOf } from './statements.ts'
import { clausesOf, Made, NAME, plain, tablesOf } from './tables.ts'

type Rule = readonly [RegExp, Kind]

/** Of whole statements, by their key words; the first that matches counts. What no rule knows is `contract`: nobody can say that the running release does not mind it. */
const STATEMENTS: readonly Rule[] = [
  [/^create unique index\b/i, 'contract'],
  [/^create (or replace )?rule\b/i, 'contract'],
  [/^create\b/i, 'expand'],
  [/^drop (table|schema|database|owned|materialized view|tablespace)\b/i, 'destructive'],
  [/^drop (index|trigger|rule|statistics)\b/i, 'expand'],
  [/^truncate\b/i, 'destructive'],
  [/^delete from (?!.*\bwhere\b)/i, 'destructive'],
  [/^alter index\b/i, 'expand'],
  [
    /^alter (sequence|function|procedure|routine|view|materialized view|trigger|statistics|collation)\b(?!.* (rename|set schema)\b)/i,
    'expand',
  ],
  [/^alter type .* add value\b/i, 'expand'],
  [/^alter domain \S+ (drop (constraint|not null)|set default|owner to|validate)\b/i, 'expand'],
  [
    /^(comment|grant|analyze|vacuum|reindex|cluster|refresh materialized view|notify|security label|savepoint|release|rollback|discard|checkpoint|import foreign schema)\b/i,
    'expand',
  ],
  [/^(insert|update|delete|merge|copy|select|with|call|values|table|explain)\b|^\(/i, 'data'],
]

/** Of the clauses of `alter table`. */
const CLAUSES: readonly Rule[] = [
  [/^add (constraint \S+ )?(check|foreign key|not null)\b.* not valid$/i, 'expand'],
  [/^add (constraint|unique|primary key|check|foreign key|exclude|not null)\b/i, 'contract'],
  [/^drop constraint\b/i, 'expand'],
  [/^drop\b/i, 'destructive'],
  [/^alter constraint\b/i, 'expand'],
  [
    /^alter (column )?\S+ (drop (not null|expression)|set default|set (statistics|storage|compression)|set \(|reset \(|add generated|restart)/i,
    'expand',
  ],
  [/^(disable|no force) row level security\b/i, 'expand'],
  [
    /^(validate constraint|attach partition|owner to|cluster on|set (without|with|logged|unlogged|tablespace|access method)|replica identity|inherit)\b/i,
    'expand',
  ],
  [/^(set|reset) \(/i, 'expand'],
]

/** Tools write down what they did in tables of their own, and open transactions: that is nobody's data. */
const OWN =
  /^(begin|commit|end|start transaction)( (work|transaction|isolation)\b.*)?$|^(set|reset|lock) |^(insert into|update|delete from|create table( if not exists)?) "?(alembic_version|django_migrations|schema_migrations)\b/i

/** What each statement of an SQL text does, in order. A table that the same migration makes is nobody's yet: what is done to it hurts no one. */
export function classifySql(sql: string): Found[] {
  const made = new Made()
  return statementsOf(sql)
    .filter((one) => !OWN.test(one))
    .flatMap((one): Found[] => {
      const own = made.has(tablesOf(one))
      const kind = own ? 'expand' : kindOf(one, made)
      made.note(one)
      return own ? [] : [[one, kind]]
    })
}

function kindOf(statement: string, made: Made): Kind {
  const { body, text } = CODE.exec(statement)?.groups ?? {}
  const code = body ?? text?.replaceAll("''", "'")
  if (code !== undefined) return worst(['data', ...inCode(code)])
  const altered = clausesOf(statement)
  if (altered !== undefined) return worst(altered.clauses.map((clause) => kindOfClause(clause, altered.table, made)))
  return STATEMENTS.find(([pattern]) => pattern.test(keyWordsOf(statement)))?.[1] ?? 'contract'
}

const ADD_COLUMN = new RegExp(`^add (?:column )?(?:if not exists )?(${NAME}) (.*)$`, 'i')
const DROP_DEFAULT = new RegExp(`^alter (?:column )?(${NAME}) drop default$`, 'i')

function kindOfClause(clause: string, table: string, made: Made): Kind {
  const words = keyWordsOf(clause)
  const known = CLAUSES.find(([pattern]) => pattern.test(words))?.[1]
  if (known !== undefined) return known
  const [, column, definition] = ADD_COLUMN.exec(clause) ?? []
  if (column !== undefined && definition !== undefined) {
    const kind = kindOfColumn(keyWordsOf(definition))
    if (!/\bnot null\b|\bprimary key\b/i.test(keyWordsOf(definition))) made.mayBeEmpty.add(`${table}.${plain(column)}`)
    return kind
  }
  const [, without] = DROP_DEFAULT.exec(clause) ?? []
  // A release that does not know the column leaves it out: without a default it has to be one that may be empty.
  return without !== undefined && made.mayBeEmpty.has(`${table}.${plain(without)}`) ? 'expand' : 'contract'
}

/** A release that does not know a column leaves it out when it writes. */
function kindOfColumn(definition: string): Kind {
  const filled = /\bdefault\b|\bgenerated\b|\b(small|big)?serial\b/i.test(definition)
  if (/\bnot null\b/i.test(definition) && !filled) return 'contract'
  // One value for all rows is none of a kind.
  return /\bprimary key\b/i.test(definition) || (/\bunique\b/i.test(definition) && filled) ? 'contract' : 'expand'
}

const CODE = /^do (?:language \S+ )?(?:(?<tag>\$\w*\$)(?<body>.*)\k<tag>|e?'(?<text>(?:[^']|'')*)')/i

/** The words of PL/pgSQL that stand before a statement. */
const BEFORE =
  /^(?:begin|else|loop|exception|declare\b.*?\bbegin|(?:if|elsif|when|exception when)\b.*?\bthen|(?:for|foreach|while)\b.*?\bloop)\s+/i

/** What statements inside of code do, also those that are put together as texts; what is no statement of SQL does nothing by itself. */
function inCode(body: string): Kind[] {
  return statementsOf(body).flatMap((one) => {
    let statement = one
    while (BEFORE.test(statement)) statement = statement.replace(BEFORE, '')
    if (/^execute\b/i.test(statement)) return textsIn(statement).flatMap((text) => classifySql(text).map(([, kind]) => kind))
    return /^(alter|drop|truncate|delete|create|revoke|do)\b/i.test(statement) ? classifySql(statement).map(([, kind]) => kind) : []
  })
}

const textsIn = (statement: string): string[] =>
  [...statement.matchAll(/'((?:[^']|'')*)'|\$(\w*)\$(.*?)\$\2\$/g)].map(([, quoted, , dollars]) =>
    (quoted ?? dollars ?? '').replaceAll("''", "'").replace(/%[IsL]/g, 'x'),
  )
