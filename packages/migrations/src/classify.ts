import { statementsOf } from './statements.ts'
import type { Pending } from './status.ts'

/**
 * What a migration does to the release that still runs: `expand` it does not mind, `data` changes rows, `contract` takes away or renames what it may use,
 * `destructive` loses data besides.
 */
export type Kind = 'expand' | 'data' | 'contract' | 'destructive'

const ORDER: readonly Kind[] = ['expand', 'data', 'contract', 'destructive']

export interface Classified extends Pending {
  readonly kind: Kind
  /** The statements or operations that make it so, shortened. */
  readonly because: readonly string[]
  /** A comment in its file allows it, with these words behind. */
  readonly allowed: string | undefined
}

type Rule = readonly [RegExp, Kind]

/** The first that matches counts. */
const SQL: readonly Rule[] = [
  [/^drop (table|schema|database|owned|materialized view|tablespace)\b/i, 'destructive'],
  [/^truncate\b/i, 'destructive'],
  [/^delete from (?!.*\bwhere\b)/i, 'destructive'],
  [/^alter table\b.*\bdrop (?!constraint\b|default\b|not null\b|identity\b|expression\b)/i, 'destructive'],
  [/^alter table\b.*\balter (column )?(?:"[^"]*"|\S+) (set data )?type\b/i, 'contract'],
  [/^alter\b.*\brename\b/i, 'contract'],
  [/^alter table\b.*\bset not null\b/i, 'contract'],
  [/^alter table\b.*\badd (column )?(if not exists )?(?:"[^"]*"|\S+) (?!.*\bdefault\b|.*\bgenerated\b).*\bnot null\b/i, 'contract'],
  [/^alter table\b.*\badd (constraint\b.*)?\b(unique|check|foreign key|primary key|exclude)\b(?!.*\bnot valid\b)/i, 'contract'],
  [/^create unique index\b/i, 'contract'],
  [/^alter table\b.*\bdrop (constraint|default)\b/i, 'expand'],
  [/^alter table\b.*\b(enable|force) row level security\b/i, 'contract'],
  [/^drop (index|sequence|trigger|rule|comment)\b/i, 'expand'],
  [/^drop (function|procedure|view|type|domain|extension|policy|role|user|aggregate|cast|operator)\b/i, 'contract'],
  [/^revoke\b/i, 'contract'],
  [/^(insert|update|delete|merge|copy|select|with|call|do)\b/i, 'data'],
]

/** Operations of Alembic and Django, where there is no SQL: the text of the file, line by line. A `downgrade` is not looked at. */
const PYTHON: readonly Rule[] = [
  [/\b(?:op|batch_op|batch)\.drop_(?:table|column)\(|\bmigrations\.(?:DeleteModel|RemoveField)\(/, 'destructive'],
  [/\bmigrations\.(?:RenameModel|RenameField|AlterField|AlterUniqueTogether|AlterModelTable|AddConstraint)\(/, 'contract'],
  [
    /\b(?:op|batch_op|batch)\.(?:rename_table|create_unique_constraint|create_check_constraint|create_foreign_key)\(|\bnew_column_name\s*=|\btype_\s*=|\bnullable\s*=\s*False\b.*alter/,
    'contract',
  ],
  [/\bop\.alter_column\([^)]*nullable\s*=\s*False/, 'contract'],
  [/\bmigrations\.RunPython\(|\bop\.bulk_insert\(|\bop\.get_bind\(/, 'data'],
]

/** What one migration does, by its SQL where there is some, else by the text of its file. A file in another language that nobody can read counts as `data`. */
export function classify(pending: Pending): Classified {
  const found =
    pending.sql === undefined
      ? inSource(pending)
      : pending.file.endsWith('.py')
        ? [...inSql(pending.sql), ...dataInSource(pending.source)]
        : inSql(pending.sql)
  const allowed = markOf(pending.source)
  const kind = allowed?.kind === 'expand' ? 'expand' : worst(found.map(([, one]) => one))
  const because = found.filter(([, one]) => one === kind).map(([text]) => (text.length > 120 ? `${text.slice(0, 117)}…` : text))
  return { ...pending, kind, because: kind === 'expand' ? [] : [...new Set(because)].slice(0, 3), allowed: allowed?.reason }
}

type Found = readonly [string, Kind]

const worst = (kinds: readonly Kind[]): Kind => ORDER[Math.max(0, ...kinds.map((kind) => ORDER.indexOf(kind)))] ?? 'expand'

/** Tools write down what they did in tables of their own, and open transactions: that is nobody's data. */
const OWN =
  /^(begin|commit|start transaction|set |reset |lock |insert into "?(alembic_version|django_migrations|schema_migrations)|update "?alembic_version|delete from "?alembic_version|create table "?alembic_version)/i

function inSql(sql: string): Found[] {
  // A table that the same migration makes is nobody's yet: what is done to it hurts no one.
  const statements = statementsOf(sql).filter((one) => !OWN.test(one))
  const made = new Set(statements.flatMap((one) => nameOf(/^create (?:unlogged )?table (?:if not exists )?("[^"]+"|[\w.]+)/i, one)))
  const own = (one: string) =>
    nameOf(
      /^(?:alter table|create unique index.* on|truncate(?: table)?|insert into|update|delete from|copy) (?:only |if exists )*("[^"]+"|[\w.]+)/i,
      one,
    ).some((name) => made.has(name))
  return statements.flatMap((one): Found[] => {
    const kind = SQL.find(([pattern]) => pattern.test(one))?.[1] ?? 'expand'
    return own(one) ? [] : [[one, kind]]
  })
}

const nameOf = (pattern: RegExp, statement: string): string[] => {
  const [, name] = pattern.exec(statement) ?? []
  return name === undefined ? [] : [name.replaceAll('"', '').toLowerCase()]
}

function inSource({ source, file }: Pending): Found[] {
  if (source === '') return [['its text is not known', 'data']]
  if (!file.endsWith('.py')) return inSql(source)
  const text = withoutDowngrade(source)
  const operations = PYTHON.flatMap(([pattern, kind]): Found[] => {
    const line = text.split('\n').find((one) => pattern.test(one))
    return line === undefined && !pattern.test(text) ? [] : [[(line ?? '').trim(), kind]]
  })
  const statements = [
    ...text.matchAll(
      /(?:execute|RunSQL|text)\(\s*(?:sql\s*=\s*)?[rfb]*("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/g,
    ),
  ]
  return [...operations, ...statements.flatMap(([, quoted = '']) => inSql(quoted.replace(/^("""|'''|"|')|("""|'''|"|')$/g, '')))]
}

/** Code in a migration leaves nothing in its SQL. */
const dataInSource = (source: string): Found[] =>
  /\bRunPython\(|\bget_bind\(/.test(withoutDowngrade(source)) ? [['code of its own changes rows', 'data']] : []

const withoutDowngrade = (source: string): string =>
  source.replace(/^def downgrade\b[\s\S]*?(?=^\S|(?![\s\S]))/m, '').replace(/^\s*#.*$/gm, '')

/** `deploy-actions: allow destructive (reason)` or `deploy-actions: expand` in a comment of the file. */
function markOf(source: string): { kind: 'allow' | 'expand'; reason: string } | undefined {
  const [, what, reason = ''] = /(?:--|#|\/\/|\/\*)\s*deploy-actions:\s*(allow destructive|expand)\b[ \t:]*([^\n]*)/i.exec(source) ?? []
  if (what === undefined) return undefined
  return {
    kind: what.toLowerCase() === 'expand' ? 'expand' : 'allow',
    reason: reason.replace(/^\(|\)\s*$|\*\/\s*$/g, '').trim() || 'no reason given',
  }
}
