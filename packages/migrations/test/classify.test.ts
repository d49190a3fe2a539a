import { expect, test } from '@jest/globals'
import { classify, type Kind } from '../src/classify.ts'
import { statementsOf } from '../src/statements.ts'

const bySql = (sql: string, source = sql) => classify({ id: 'm', file: 'm.sql', source, sql })
const byPython = (body: string) =>
  classify({ id: 'm', file: 'm.py', source: `def upgrade():\n    ${body}\n\n\ndef downgrade():\n    op.drop_table("x")\n`, sql: undefined })

test.each<[Kind, string]>([
  ['expand', 'create table notes (id int); alter table notes add author text'],
  ['expand', 'alter table notes add column author text'],
  ['expand', "alter table notes add column author text not null default 'x'"],
  ['expand', 'create index concurrently on notes (author)'],
  ['expand', 'alter table notes drop constraint notes_check'],
  ['expand', 'alter table notes alter column author drop not null'],
  ['expand', 'alter table notes add constraint c foreign key (a) references b not valid'],
  ['expand', 'drop index if exists notes_author'],
  ['expand', "comment on table notes is 'drop table; truncate notes'"],
  ['expand', '-- drop table notes\n/* truncate notes */ create table t (id int)'],
  ['expand', "BEGIN; CREATE TABLE t (i int); INSERT INTO alembic_version VALUES ('1'); COMMIT"],
  ['expand', 'create table t (i int); create unique index on t (i); insert into t values (1); truncate t'],
  ['data', 'update notes set author = source where source is not null'],
  ['data', "insert into kinds values ('a')"],
  ['data', 'delete from notes where id < 0'],
  ['data', 'do $$ begin perform 1; delete from x; end $$'],
  ['contract', 'alter table notes rename column a to b'],
  ['contract', 'alter table notes rename to papers'],
  ['contract', 'alter table "Notes" alter column "bytes" type bigint'],
  ['contract', 'alter table notes alter author set not null'],
  ['contract', 'alter table notes add column author text not null'],
  ['contract', 'alter table notes add constraint c unique (a)'],
  ['contract', 'create unique index notes_one on notes (a)'],
  ['contract', 'drop view summary'],
  ['contract', 'revoke select on notes from reader'],
  ['destructive', 'drop table notes'],
  ['destructive', 'DROP TABLE IF EXISTS "Notes" CASCADE'],
  ['destructive', 'alter table notes drop column source'],
  ['destructive', 'alter table notes drop source, add x int'],
  ['destructive', 'alter table only notes drop column if exists source'],
  ['destructive', 'truncate table notes'],
  ['destructive', 'delete from notes'],
  ['destructive', 'drop schema old cascade'],
])('%s: %s', (kind, sql) => {
  expect(bySql(sql).kind).toBe(kind)
})

test.each<[Kind, string]>([
  ['expand', 'op.add_column("notes", sa.Column("a", sa.Text))'],
  ['destructive', 'op.drop_column("notes", "source")'],
  ['destructive', 'op.execute("drop table notes")'],
  ['destructive', 'op.execute(\n        """\n        truncate notes\n        """\n    )'],
  ['contract', 'op.alter_column("notes", "a", new_column_name="b")'],
  ['contract', 'op.rename_table("a", "b")'],
  ['data', 'op.get_bind().execute(sa.text("update notes set a = 1"))'],
])('%s, where there is only the text of a Python file: %s', (kind, body) => {
  expect(byPython(body).kind).toBe(kind)
})

test('a change that is known by nothing counts as one of rows', () => {
  expect(classify({ id: 'm', file: '', source: '', sql: undefined }).kind).toBe('data')
})

test('a comment in the file allows what loses data, and calls expanding what is', () => {
  expect(bySql('drop table old', '-- deploy-actions: allow destructive (empty since May)\ndrop table old')).toMatchObject({
    kind: 'destructive',
    allowed: 'empty since May',
  })
  expect(bySql('alter table a rename to b', '# deploy-actions: expand (nobody reads it)')).toMatchObject({ kind: 'expand', because: [] })
  expect(bySql('drop table old', '-- deploy-actions says: allow destructive').allowed).toBeUndefined()
})

test('statements end at semicolons that are none of a text, a name, a comment or a function', () => {
  expect(statementsOf(`a 'x;''y;' "q;" ; -- c;\n b $f$ ; $$ ; $f$;; c /* ; */ d`)).toEqual([`a 'x;''y;' "q;"`, 'b $f$ ; $$ ; $f$', 'c d'])
})
