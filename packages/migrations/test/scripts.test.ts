import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Script } from '../src/bench.ts'
import { readStatus } from '../src/status.ts'
import type { ToolOptions } from '../src/tool.ts'
import { type ToolName, tools } from '../src/tools.ts'

// The scripts in a shell, with programs that print what the real ones were seen to print: dbmate 2.36, golang-migrate 4.20, Flyway 10.22.

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scripts-'))
  mkdirSync(join(folder, 'bin'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const write = (files: Readonly<Record<string, string>>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
const program = (name: string, text: string) => {
  write({ [`bin/${name}`]: `#!/bin/sh\n${text}` })
  chmodSync(join(folder, 'bin', name), 0o755)
}
const optionsOf = (more: Partial<ToolOptions> = {}): ToolOptions => ({
  ...{
    command: undefined,
    migrations: undefined,
    urlVariable: 'DATABASE_URL',
    lockTimeoutMs: 5000,
    statementTimeoutMs: 0,
    to: undefined,
    applicationName: 'deploy-actions-x',
  },
  commands: { status: undefined, plan: undefined, apply: undefined, down: undefined, verify: undefined },
  ...more,
})
const run = (
  tool: ToolName,
  step: 'status' | 'apply' | 'down',
  more: Partial<ToolOptions> = {},
  url = 'postgres://ann:p%40s%3As@db:5432/shop?sslmode=disable',
) => {
  const script = (tools[tool] as unknown as Record<string, (options: ToolOptions) => Script>)[step] as (options: ToolOptions) => Script
  const env = { PATH: `${folder}/bin:${process.env.PATH}`, DATABASE_URL: url }
  const { stdout, status } = spawnSync('dash', ['-c', script(optionsOf(more)).text], { cwd: folder, env, encoding: 'utf8' })
  return { ...readStatus({ output: stdout }), code: status, stdout }
}

describe('golang-migrate', () => {
  const files = {
    'migrations/000001_one.up.sql': 'create table a ();',
    'migrations/000002_two.up.sql': 'alter table a add b text;',
    'migrations/000010_x.up.sql': 'select 1;',
    'migrations/000001_one.down.sql': '',
  }

  test('what is newer than the version is pending, in the order of the numbers', () => {
    write(files)
    program('migrate', 'case "$*" in *version) echo 1 >&2 ;; esac')
    const { current, pending, told } = run('golang-migrate', 'status')
    expect([current, told, pending.map(({ id, sql }) => [id, sql?.trim()])]).toEqual([
      '1',
      true,
      [
        ['2', 'alter table a add b text;'],
        ['10', 'select 1;'],
      ],
    ])
    expect(run('golang-migrate', 'status', { to: '2' }).pending.map(({ id }) => id)).toEqual(['2'])
  })

  test('the password is in no argument, and arrives decoded', () => {
    write(files)
    program('migrate', 'printf "%s\\n" "$*" >>args; printf "%s" "$PGPASSWORD" >password; echo "error: no migration" >&2; exit 1')
    expect(run('golang-migrate', 'status')).toMatchObject({ current: '', told: true })
    const said = spawnSync('sh', ['-c', 'cat args; cat password'], { cwd: folder, encoding: 'utf8' }).stdout
    expect(said).toContain('-database postgres://ann@db:5432/shop?sslmode=disable version')
    expect([said.endsWith('p@s:s'), said.includes('p%40')]).toEqual([true, false])
  })

  test.each([
    ['postgres://ann@db/shop?password=p%40s%3As', 'postgres://ann@db/shop'],
    ['postgres://ann@db/shop?password=p%40s%3As&sslmode=disable', 'postgres://ann@db/shop?sslmode=disable'],
    ['postgres://ann@db/shop?sslmode=disable&password=p%40s%3As&x=1', 'postgres://ann@db/shop?sslmode=disable&x=1'],
  ])('a password among the parameters is in no argument either: %s', (url, without) => {
    write(files)
    program('migrate', 'printf "%s\\n" "$*" >args; printf "%s" "$PGPASSWORD" >password; echo 10')
    run('golang-migrate', 'status', {}, url)
    expect(spawnSync('sh', ['-c', 'cat args password'], { cwd: folder, encoding: 'utf8' }).stdout).toMatch(
      new RegExp(`-database ${without.replaceAll('?', '\\?')} version\np@s:s$`),
    )
  })

  test.each(['postgres://db:5432/shop', 'postgres://ann@db:5432/shop'])('a URL without a password stays as it is: %s', (url) => {
    write(files)
    program('migrate', 'printf "%s\\n" "$*" >args; echo 10')
    run('golang-migrate', 'status', {}, url)
    expect(spawnSync('cat', ['args'], { cwd: folder, encoding: 'utf8' }).stdout).toContain(`-database ${url} version`)
  })

  test.each([
    ['mysql://ann:hunter2@tcp(db:3306)/shop', 'mysql'],
    ['sqlserver://ann:hunter2@db:1433?database=shop', 'sqlserver'],
    ['clickhouse://db:9000?username=ann&password=hunter2', 'clickhouse'],
    ['hunter2 my-sql://ann:hunter2@db/shop', ''],
  ])('a password that only an argument could bring is told as that, and the program is not called: %s', (url, scheme) => {
    write(files)
    program('migrate', 'touch called; echo 1')
    const { exposed, told, code, stdout } = run('golang-migrate', 'status', {}, url)
    expect({ exposed, told, code }).toEqual({ exposed: scheme, told: false, code: 3 })
    expect([stdout.includes('hunter2'), existsSync(join(folder, 'called'))]).toEqual([false, false])
  })

  test.each([
    'mysql://ann@unix(/run/mysqld.sock)/shop',
    'sqlite3:///data/shop.db',
    'pgx5://ann:hunter2@db/shop',
    'cockroachdb://ann:hunter2@db:26257/shop',
  ])('what needs no password, or takes it by PGPASSWORD, goes on: %s', (url) => {
    write(files)
    program('migrate', 'printf "%s\\n" "$*" >args; echo 10')
    expect(run('golang-migrate', 'status', {}, url)).toMatchObject({ exposed: undefined, told: true, current: '10' })
    expect(readFileSync(join(folder, 'args'), 'utf8')).toContain(`-database ${url.replace(':hunter2', '')} version`)
  })

  test('dirty is told; what was applied before it is, too', () => {
    write(files)
    program(
      'migrate',
      'case "$*" in *version) echo "2 (dirty)" >&2 ;; *up) echo "1/u one (2ms)" >&2; echo "error: migration failed" >&2; exit 1 ;; esac',
    )
    expect(run('golang-migrate', 'apply')).toMatchObject({
      code: 1,
      current: '2',
      dirty: 'the migration 2 failed half-way',
      applied: ['1'],
    })
  })

  test('no folder, and no URL, are told', () => {
    program('migrate', 'echo 1')
    expect(run('golang-migrate', 'status')).toMatchObject({ code: 3, told: false })
    write(files)
    expect(run('golang-migrate', 'status', {}, '')).toMatchObject({ code: 3, told: false })
  })
})

describe('dbmate', () => {
  const status = 'printf "[X] 1_one.sql\\n[ ] 2_two.sql\\n\\nApplied: 1\\nPending: 1\\n"'

  test('what is not crossed is pending, with the part that goes up; limits stand in PGOPTIONS', () => {
    write({ 'db/migrations/2_two.sql': '-- migrate:up\nalter table a add b text;\n-- migrate:down\ndrop table a;\n' })
    program('dbmate', `printf '%s' "$PGOPTIONS" >options; ${status}`)
    const { current, pending } = run('dbmate', 'status')
    expect([current, pending.map(({ id, sql }) => [id, sql?.trim()])]).toEqual(['1_one', [['2_two', 'alter table a add b text;']]])
    expect(spawnSync('cat', ['options'], { cwd: folder, encoding: 'utf8' }).stdout).toBe(' -c lock_timeout=5000 -c statement_timeout=0')
  })

  test('what it says that it applied is, when its status says so too: it says it of what failed as well; its exit code stays', () => {
    write({ 'db/migrations/2_two.sql': '', 'db/migrations/3_three.sql': '' })
    const done = 'printf "[X] 1_one.sql\\n[X] 2_two.sql\\n[ ] 3_three.sql\\n"'
    const applies = 'echo "Applied: 2_two.sql in 3ms"; echo "Applied: 3_three.sql in 1ms"; echo "Error: no" >&2; exit 1'
    program('dbmate', `case "$*" in *status) ${done} ;; *) ${applies} ;; esac`)
    expect(run('dbmate', 'apply')).toMatchObject({ code: 1, applied: ['2_two'], pending: [{ id: '3_three' }] })
  })
})

describe('flyway', () => {
  const table = '| Versioned | 1 | one | SQL | 2026-01-01 | Success |\\n| Versioned | 2 | two words | SQL |  | Pending |\\n'

  test('its table is read; user and password go by its own variables', () => {
    write({ 'sql/V2__two_words.sql': 'alter table a add b text;' })
    program('flyway', `printf '%s %s %s' "$FLYWAY_URL" "$FLYWAY_USER" "$FLYWAY_PASSWORD" >connection; printf '${table}'`)
    const { current, pending } = run('flyway', 'status')
    expect([current, pending.map(({ id, sql }) => [id, sql?.trim()])]).toEqual(['1', [['2', 'alter table a add b text;']]])
    expect(spawnSync('cat', ['connection'], { cwd: folder, encoding: 'utf8' }).stdout).toBe(
      'jdbc:postgresql://db:5432/shop?sslmode=disable ann p@s:s',
    )
  })

  test('one that it began and that failed does not count as applied', () => {
    write({ 'sql/V2__two_words.sql': '' })
    program(
      'flyway',
      `case "$*" in *info) printf '${table}' ;; *) echo 'Migrating schema "public" to version "2 - two words"'; exit 1 ;; esac`,
    )
    expect(run('flyway', 'apply')).toMatchObject({ code: 1, applied: [], pending: [{ id: '2' }] })
  })
})

test('custom: the lines of the commands are told, and $TO is set', () => {
  const commands = {
    status: 'echo "current: 4"; echo "pending: 5"; echo "pending: 6 with words"; echo noise',
    plan: 'echo "drop table a;"',
    apply: 'echo "to $TO"; exit 7',
    down: undefined,
    verify: undefined,
  }
  const status = run('custom', 'status', { commands })
  expect([status.current, status.pending.map(({ id, sql }) => [id, sql?.trim()])]).toEqual([
    '4',
    [
      ['5', 'drop table a;'],
      ['6 with words', undefined],
    ],
  ])
  expect(run('custom', 'apply', { commands, to: '6' })).toMatchObject({ code: 7, stdout: expect.stringContaining('to 6') })
  expect(run('custom', 'status', { commands: { ...commands, status: 'echo broken; exit 3' } })).toMatchObject({
    told: false,
    stdout: expect.stringContaining('broken'),
  })
})

test.each([
  ['alembic -c db/a.ini', 'python3-of-alembic -c'],
  ['python3 -m alembic', 'python3 -c'],
  ['uv run alembic', 'uv run python -c'],
])('%s runs in %s', (command, expected) => {
  program('alembic', '')
  write({ 'bin/alembic': `#!${folder}/bin/python3-of-alembic\n` })
  for (const name of ['python3-of-alembic', 'python3', 'uv']) program(name, `printf '%s' "$(basename "$0") $1 $2 $3" | head -n 1 >called`)
  run('alembic', 'status', { command })
  expect(spawnSync('cat', ['called'], { cwd: folder, encoding: 'utf8' }).stdout).toContain(expected)
})
