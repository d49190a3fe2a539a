import { expect, test } from '@jest/globals'
import { classify } from '../src/classify.ts'
import { longLocks } from '../src/long-locks.ts'

test.each([
  'create index notes_author on notes (author)',
  'CREATE UNIQUE INDEX IF NOT EXISTS "one" ON "notes" ("a")',
  'reindex table notes',
  'cluster notes using notes_author',
  'vacuum full notes',
  'refresh materialized view summary',
  'alter table notes add constraint c foreign key (a) references b (id)',
  'alter table notes add check (a > 0)',
  'alter table notes add primary key (id)',
  'alter table notes alter column a set not null',
  'alter table notes alter a type bigint using a::bigint',
  'alter table notes add column id uuid default gen_random_uuid()',
  'alter table notes add number bigserial',
  'create table if not exists notes (id int); create index on notes (id)',
])('holds up who writes there: %s', (sql) => {
  expect(longLocks(sql)).toHaveLength(1)
})

test.each([
  'create index concurrently notes_author on notes (author)',
  'reindex index concurrently notes_author',
  'refresh materialized view concurrently summary',
  'vacuum (analyze) notes',
  'alter table notes add constraint c foreign key (a) references b (id) not valid',
  'alter table notes validate constraint c',
  'alter table notes add constraint c primary key using index notes_id',
  "alter table notes add column author text not null default 'x'",
  'alter table notes add column "check" text',
  'create table notes (id int); create index on notes (id); alter table notes add unique (id)',
  "insert into notes values ('create index on notes (id)')",
])('holds up nobody: %s', (sql) => {
  expect(longLocks(sql)).toEqual([])
})

test('a migration says which of its statements they are, and none where its file is marked', () => {
  const of = (source: string) => classify({ id: 'm', file: 'm.sql', source, sql: undefined }).longLocks
  expect(of('alter table a add b int; create index on a (b)')).toEqual(['create index on a (b)'])
  expect(of('-- deploy-actions: expand (twelve rows)\ncreate index on a (b)')).toEqual([])
})
