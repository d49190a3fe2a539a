import { expect, test } from '@jest/globals'
import { classify } from '../src/classify.ts'
import type { Kind } from '../src/kind.ts'
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
  ['data', 'do $$ begin perform 1; delete from x where y; end $$'],
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
  // What Django makes of AddField(default=…), and of one that may be empty.
  ['contract', `ALTER TABLE "n" ADD COLUMN "a" varchar(9) DEFAULT '' NOT NULL; ALTER TABLE "n" ALTER COLUMN "a" DROP DEFAULT`],
  ['expand', `ALTER TABLE "n" ADD COLUMN "a" varchar(9) DEFAULT '' NULL; ALTER TABLE "n" ALTER COLUMN "a" DROP DEFAULT`],
  // A table that may have been there before is not the migration's own, nor one that has another's name.
  ['destructive', 'create table if not exists notes (id int); alter table notes drop column body'],
  ['destructive', 'create table if not exists notes (id int); truncate notes'],
  ['destructive', 'create table audit (id int); truncate audit, notes'],
  ['destructive', 'create table audit (id int); drop table audit, notes'],
  ['destructive', 'truncate notes; create table notes (id int)'],
  ['contract', 'alter table notes rename to old; create table notes (id int)'],
  ['contract', 'create table t (i int); drop table t; alter table t rename column a to b'],
  ['expand', 'create table t (i int); drop table t'],
  ['expand', 'create table t (i int); alter table t rename to u; alter table u drop column i'],
  // Each clause by itself.
  ['contract', "alter table notes add b text not null, add a text default 'x'"],
  ['contract', 'alter table notes add unique (a), add check (b > 0) not valid'],
  ['contract', 'alter table notes add constraint x unique (a), add constraint y check (b > 0) not valid'],
  ['contract', 'alter table notes add column a int not null check (default_a > 0)'],
  ['contract', 'alter table notes add column a int not null /* default */'],
  ['contract', 'alter table notes add column default_a int not null'],
  ['contract', 'alter table notes add column a int primary key'],
  ['expand', 'alter table notes add column a text unique'],
  ['expand', "alter table notes add column a text default ', drop column b'"],
  ['expand', 'alter table notes add column a int check (a is not null)'],
  ['destructive', 'alter table notes drop constraint c, drop column source'],
  ['destructive', 'alter table if exists notes drop "constraint"'],
  ['destructive', 'alter table notes drop constraint_type'],
  ['destructive', 'ALTER TABLE notes\n\tDROP\tCOLUMN x'],
  ['contract', 'alter table notes alter column a type int using null'],
  ['contract', 'alter table notes set schema archive'],
  ['contract', 'alter table notes detach partition p'],
  ['contract', 'alter table notes disable trigger all'],
  ['expand', 'alter table notes set (fillfactor = 10), owner to app'],
  // What is known by no rule may be anything.
  ['contract', 'drop foreign table x'],
  ['contract', 'drop server x cascade'],
  ['contract', 'drop sequence s cascade'],
  ['contract', 'alter type t drop attribute a cascade'],
  ['contract', 'alter domain d set not null'],
  ['contract', 'alter database x rename to y'],
  ['contract', 'GO drop table notes'],
  ['contract', 'reassign owned by a to b'],
  ['expand', "alter type mood add value 'calm'"],
  ['expand', 'alter sequence notes_id owned by notes.id'],
  // Code.
  ['destructive', 'do $$ begin if exists (select 1) then alter table notes drop column body; end if; end $$'],
  ['contract', "do $f$ declare n int; begin execute 'alter table notes rename a to b'; end $f$"],
  ['destructive', "do $$ begin execute format('drop table %I', 'notes'); end $$"],
  ['destructive', "do 'begin drop table notes; end'"],
  ['expand', 'create function f() returns void as $$ drop table notes $$ language sql'],
  // What hides it from a quick look.
  ['destructive', '/* /* nested */ */ drop table notes'],
  ['expand', '/* /* nested */ drop table notes; */ create table t (i int)'],
  ['destructive', "insert into t values (E'it\\'s'); drop table notes; -- it's"],
  ['destructive', 'select a$b$c; drop table notes; select a$b$c'],
  ['destructive', 'delete from notes returning (select 1 from x where y)'],
  ['destructive', 'begin; drop table notes; commit'],
  ['destructive', 'set role x; drop table notes'],
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
  ['contract', 'op.alter_column("notes", "a", existing_type=sa.TEXT(), nullable=False)'],
  ['contract', 'op.alter_column(\n        "notes",\n        "a",\n        existing_type=sa.TEXT(),\n        nullable=False,\n    )'],
  ['contract', 'op.add_column("notes", sa.Column("b", sa.Text(), nullable=False))'],
  ['expand', 'op.add_column("notes", sa.Column("b", sa.Text(), nullable=False, server_default=""))'],
  ['contract', 'op.create_index("u", "notes", ["a"], unique=True)'],
  ['destructive', 'with op.batch_alter_table("notes") as b:\n        b.drop_column("x")'],
  ['destructive', 'op.execute("ALTER TABLE notes "\n               "DROP COLUMN x")'],
  ['destructive', 'bind = op.get_bind()\n    bind.exec_driver_sql("DROP TABLE notes")'],
  ['destructive', 'sql = "DROP TABLE notes"\n    op.execute(sql)'],
  ['destructive', 'for t in ("a", "b"):\n        op.execute(f"truncate {t}")'],
  ['destructive', 'notes.drop(bind)'],
  ['expand', '"""Drop what is old, one day."""\n    op.create_table("t", sa.Column("a", sa.Text))'],
  ['contract', 'migrations.AddField("note", "a", models.TextField(default=""))'],
  ['expand', 'migrations.AddField("note", "a", models.TextField(null=True))'],
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
