import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BundleRun, runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { ensureMigrationTools, type MigrationTools } from '../../lab/migration-tools.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { run } from '../../lab/shell.ts'
import { ensureStack } from '../../lab/stack/stack.ts'

// The tools themselves, as commands of the job against a real PostgreSQL: what they print is what the presets read.

let stage: Stage
let tools: MigrationTools
const folders: string[] = []
beforeAll(async () => {
  stage = await openStage()
  const stack = await ensureStack()
  tools = await ensureMigrationTools()
  await stage.box.reset()
  const started = await stage.box.exec(
    `docker run -d --name tools -p 5432:5432 -e POSTGRES_PASSWORD=only-here ${stack.address}/postgres:15 && until docker exec tools pg_isready -h 127.0.0.1; do sleep 0.2; done`,
  )
  if (started.code !== 0) throw new Error(started.stderr)
})
afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  await stage.box.exec('docker rm -fv tools')
  await stage.box.reset()
})

/** A repository whose migrations are written for one of the tools. */
interface Project {
  readonly folder: string
  readonly url: string
  readonly write: (file: string, text: string) => void
}

async function project(database: string): Promise<Project> {
  const { code, stderr } = await stage.box.exec(`docker exec tools createdb -U postgres ${database}`)
  if (code !== 0) throw new Error(stderr)
  const folder = mkdtempSync(path.join(tmpdir(), `${database}-`))
  folders.push(folder)
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  return { folder, write, url: `postgres://postgres:only-here@${stage.box.address}:5432/${database}?sslmode=disable` }
}

const sql = async (database: string, query: string) =>
  (await stage.box.exec(`docker exec tools psql -X -At -U postgres -d ${database} -c "${query}"`)).stdout.trim()
/** A transaction that keeps a table from being changed, until it is ended. */
const hold = (database: string, table: string) =>
  stage.box.exec(`docker exec -d tools psql -U postgres -d ${database} -c "begin; lock table ${table} in share mode; select pg_sleep(120)"`)
const letGo = (database: string) =>
  sql(database, "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()")
const programs = () => [...tools.bin, process.env.PATH].join(path.delimiter)

async function migrate({ folder, url }: Project, inputs: Record<string, string>, watch?: BundleRun['watch']) {
  const env = { DATABASE_URL: url, GITHUB_WORKSPACE: folder, PATH: programs() }
  const all = { 'run-on': 'runner', backup: 'none', ...inputs }
  const step = await runBundle('run-migrations', { cwd: folder, env, inputs: all, ...(watch && { watch }) })
  const { status, before, after, applied } = step.outputs
  return { told: [status, before, after, JSON.parse(applied || '[]')], said: `${step.stdout}${step.stderr}`, outputs: step.outputs }
}

const TABLE = 'create table notes (id int primary key, text text not null);'
const COLUMN = 'alter table notes add column author text;'
const BROKEN = 'alter table nobody add column here text;'

test('dbmate: planned, applied, unchanged, one of two that fails, and back', async () => {
  const one = await project('dbmate')
  const add = (name: string, up: string, down = '') =>
    one.write(`db/migrations/${name}.sql`, `-- migrate:up\n${up}\n\n-- migrate:down\n${down}\n`)
  const dbmate = { tool: 'dbmate' }
  add('20260101000000_notes', TABLE, 'drop table notes;')
  add('20260102000000_author', COLUMN, 'alter table notes drop column author;')
  const plan = await migrate(one, { ...dbmate, 'dry-run': 'true' })
  expect([plan.told, plan.said]).toEqual([['planned', '', '', []], expect.stringContaining('20260102000000_author  expand')])
  expect((await migrate(one, dbmate)).told).toEqual([
    'applied',
    '',
    '20260102000000_author',
    ['20260101000000_notes', '20260102000000_author'],
  ])
  expect((await migrate(one, dbmate)).told).toEqual(['unchanged', '20260102000000_author', '20260102000000_author', []])

  add('20260103000000_index', 'create index notes_author on notes (author);', 'drop index notes_author;')
  add('20260104000000_broken', BROKEN)
  const failed = await migrate(one, { ...dbmate, phase: 'expand', destructive: 'allow' })
  expect(failed.told).toEqual(['failed', '20260102000000_author', '20260103000000_index', ['20260103000000_index']])
  expect(failed.said).toMatch(/relation .*nobody.* does not exist/)
  expect(await sql('dbmate', 'select max(version) from schema_migrations')).toBe('20260103000000')

  const back = await migrate(one, { ...dbmate, operation: 'down', to: '20260101000000', destructive: 'allow' })
  expect(back.told.slice(0, 3)).toEqual(['applied', '20260103000000_index', '20260101000000_notes'])
  expect(await sql('dbmate', 'select max(version) from schema_migrations')).toBe('20260101000000')
})

test('golang-migrate: one that fails leaves a dirty state, which is refused until somebody has mended it; and back', async () => {
  const one = await project('golang')
  const add = (name: string, up: string, down = '') => {
    one.write(`migrations/${name}.up.sql`, up)
    one.write(`migrations/${name}.down.sql`, down)
  }
  const golang = { tool: 'golang-migrate' }
  add('1_notes', TABLE, 'drop table notes;')
  add('2_author', COLUMN, 'alter table notes drop column author;')
  expect((await migrate(one, golang)).told).toEqual(['applied', '', '2', ['1', '2']])
  expect((await migrate(one, golang)).told).toEqual(['unchanged', '2', '2', []])
  add('3_broken', BROKEN)
  const failed = await migrate(one, { ...golang, destructive: 'allow' })
  expect([failed.told[0], failed.told[3], failed.said]).toEqual(['failed', [], expect.stringMatching(/relation .*nobody.* does not exist/)])
  expect(await sql('golang', 'select version, dirty from schema_migrations')).toBe('3|t')

  const refused = await migrate(one, golang)
  expect([refused.told[0], refused.said]).toEqual(['failed', expect.stringContaining('migrate force VERSION')])
  const forced = await run('migrate', ['-path', 'migrations', '-database', one.url, 'force', '2'], {
    cwd: one.folder,
    env: { PATH: programs() },
  })
  expect(forced.code).toBe(0)
  add('3_broken', 'alter table notes add column at timestamptz;', 'alter table notes drop column at;')
  expect((await migrate(one, golang)).told).toEqual(['applied', '2', '3', ['3']])
  expect((await migrate(one, { ...golang, operation: 'down', to: '1', destructive: 'allow' })).told.slice(0, 3)).toEqual([
    'applied',
    '3',
    '1',
  ])
  expect(await sql('golang', 'select version, dirty from schema_migrations')).toBe('1|f')
})

test('golang-migrate, from two runners at once: the second one meets the lock, and waits until there is nothing to do', async () => {
  const one = await project('golang_twice')
  const golang = { tool: 'golang-migrate' }
  one.write('migrations/1_notes.up.sql', TABLE)
  expect((await migrate(one, golang)).told[0]).toBe('applied')
  one.write('migrations/2_author.up.sql', COLUMN)
  await hold('golang_twice', 'notes')
  let waits = 0
  const first = migrate(one, { ...golang, 'database-lock-timeout': '5m' })
  const query = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
  for (let tries = 0; tries < 80 && (await sql('golang_twice', query)) === '0'; tries++) await sleep(250)
  const second = migrate(one, { ...golang, 'database-lock-timeout': '2s' }, (stdout) => {
    if (stdout.includes('another run has the lock of this database')) waits++
  })
  for (let tries = 0; tries < 80 && waits === 0; tries++) await sleep(250)
  await letGo('golang_twice')
  expect([(await first).told, (await second).told]).toEqual([
    ['applied', '1', '2', ['2']],
    ['unchanged', '2', '2', []],
  ])
  expect(waits).toBeGreaterThan(0)
})

test('drizzle: what drizzle-kit applies together comes about together or not at all', async () => {
  const one = await project('drizzle')
  symlinkSync(tools.modules, path.join(one.folder, 'node_modules'))
  one.write('drizzle.config.json', JSON.stringify({ dialect: 'postgresql', out: './drizzle', dbCredentials: { url: one.url } }))
  const tags: string[] = []
  const add = (tag: string, text: string) => {
    tags.push(tag)
    one.write(`drizzle/${tag}.sql`, text)
    const entries = tags.map((each, idx) => ({ idx, version: '7', when: 1_760_000_000_000 + idx, tag: each, breakpoints: true }))
    one.write('drizzle/meta/_journal.json', JSON.stringify({ version: '7', dialect: 'postgresql', entries }))
  }
  const drizzle = { tool: 'drizzle', command: 'drizzle-kit' }
  add('0000_notes', TABLE)
  add('0001_author', COLUMN)
  expect((await migrate(one, drizzle)).told).toEqual(['applied', '', '0001_author', ['0000_notes', '0001_author']])
  expect((await migrate(one, drizzle)).told).toEqual(['unchanged', '0001_author', '0001_author', []])
  add('0002_index', 'create index notes_author on notes (author);')
  add('0003_broken', BROKEN)
  const failed = await migrate(one, { ...drizzle, destructive: 'allow' })
  expect(failed.told).toEqual(['failed', '0001_author', '0001_author', []])
  expect(await sql('drizzle', 'select count(*) from drizzle.__drizzle_migrations')).toBe('2')
})

const PYTHON = {
  alembic: {
    example: 'fastapi-alembic',
    versions: 'migrations/versions',
    inputs: { tool: 'alembic' },
    ids: ['0001', '0002', '0003'],
    sleeps: `from alembic import op\nrevision = "0004"\ndown_revision = "0003"\ndef upgrade():\n    op.execute("select pg_sleep(100)")\n`,
    table: 'notes',
  },
  django: {
    example: 'django-shop',
    versions: 'notes/migrations',
    inputs: { tool: 'django' },
    ids: ['notes.0001_initial', 'notes.0002_author', 'notes.0003_fill_author'],
    sleeps: `from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [("notes", "0003_fill_author")]\n    operations = [migrations.RunSQL("select pg_sleep(100)")]\n`,
    table: 'notes_note',
  },
}

/** An app of examples/ with its migrations up to the third. */
async function pythonProject(tool: keyof typeof PYTHON, database: string): Promise<Project> {
  const { example, versions } = PYTHON[tool]
  const made = await project(database)
  cpSync(path.join(import.meta.dirname, '../../examples', example), made.folder, { recursive: true })
  rmSync(path.join(made.folder, versions, '0004_drop_source.py'))
  // SQLAlchemy knows no `postgres:`.
  return { ...made, url: made.url.replace('postgres:', 'postgresql:') }
}

const pythonTools = Object.keys(PYTHON) as (keyof typeof PYTHON)[]

/** No lock of a host keeps two runners apart. */
test.each(pythonTools)('%s, from two runners at once: one applies, the other waits and finds nothing to do', async (tool) => {
  const { inputs, ids, table } = PYTHON[tool]
  const database = `${tool}_twice`
  const here = await pythonProject(tool, database)
  const there = { ...here, folder: mkdtempSync(path.join(tmpdir(), `${tool}-there-`)) }
  folders.push(there.folder)
  cpSync(here.folder, there.folder, { recursive: true })
  const first = await migrate(here, { ...inputs, to: ids[0] as string })
  expect([first.told[0], first.said]).toEqual(['applied', expect.any(String)])

  await hold(database, table)
  const waits = new Set<Project>()
  const both = [here, there].map((runner) =>
    migrate(runner, { ...inputs, 'database-lock-timeout': '5m' }, (stdout) => {
      if (stdout.includes('another run migrates this database')) waits.add(runner)
    }),
  )
  for (let tries = 0; tries < 160 && waits.size === 0; tries++) await sleep(250)
  await letGo(database)
  const steps = await Promise.all(both)
  expect(steps.map(({ told }) => [told[0], told[2], told[3]]).sort()).toEqual([
    ['applied', ids[2], ids.slice(1)],
    ['unchanged', ids[2], []],
  ])
  expect([waits.size, await left(database)]).toEqual([1, '0|0'])
})

test.each(pythonTools)('%s, stopped at its limit in the middle: what it had applied until then is told', async (tool) => {
  const { inputs, ids, versions, sleeps } = PYTHON[tool]
  const one = await pythonProject(tool, `${tool}_stopped`)
  one.write(`${versions}/0004_sleeps.py`, sleeps)
  const stopped = await migrate(one, { ...inputs, timeout: '10s' })
  expect([stopped.told, stopped.said]).toEqual([['failed', '', ids[2], ids], expect.stringContaining('DA-MIGRATION-TIMEOUT')])
  expect(await left(`${tool}_stopped`)).toBe('0|0')
})

/** Connections and locks of ours, which the server itself ends within its second. */
async function left(database: string): Promise<string> {
  const query =
    "select (select count(*) from pg_stat_activity where datname = current_database() and application_name like 'deploy-actions%') || '|' || (select count(*) from pg_locks where locktype = 'advisory')"
  for (let tries = 0; tries < 20 && (await sql(database, query)) !== '0|0'; tries++) await sleep(250)
  return sql(database, query)
}
