import { UserError } from '@deploy-actions/kit'
import { FakeClock, FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import type { Script, ScriptResult } from '../src/bench.ts'
import { type MigratePorts, type MigrateRequest, migrate } from '../src/migrate.ts'
import type { ToolOptions } from '../src/tool.ts'
import { tools } from '../src/tools.ts'

interface Change {
  readonly id: string
  readonly sql?: string
}

/** A database with a tool, and what goes wrong in it. */
class FakeDatabase {
  readonly applied: string[]
  readonly heard: string[] = []
  readonly changes: readonly Change[]
  readonly fates: Record<string, Partial<ScriptResult>[]>

  constructor(changes: readonly Change[], fates: Record<string, Partial<ScriptResult>[]> = {}, { applied = [] as string[] } = {}) {
    this.changes = changes
    this.fates = fates
    this.applied = [...applied]
  }

  status(): string {
    const pending = this.changes.filter(({ id }) => !this.applied.includes(id))
    const told = pending.flatMap(({ id, sql = 'create table x (i int)' }) => [`pending\t${id}\t${id}.sql`, `sql\t${id}`, `|${sql}`])
    return ['begin', `current\t${this.applied.at(-1) ?? ''}`, ...told, 'told']
      .map((line) => (line.startsWith('|') ? line : `@deploy-actions\t${line}`))
      .join('\n')
  }

  run = async ({ name }: Script): Promise<ScriptResult> => {
    this.heard.push(name)
    const fate = this.fates[name]?.shift()
    const now =
      name === 'apply' && fate?.code === undefined ? this.changes.map(({ id }) => id).filter((id) => !this.applied.includes(id)) : []
    this.applied.push(...now)
    return { code: 0, output: [this.status(), ...now.map((id) => `@deploy-actions\tapplied\t${id}`)].join('\n'), ...fate }
  }
}

const OPTIONS: ToolOptions = {
  ...{ command: undefined, migrations: undefined, urlVariable: 'URL', to: undefined, applicationName: 'x' },
  ...{ lockTimeoutMs: 1, statementTimeoutMs: 1, commands: {} as never },
}

const play = async (database: FakeDatabase, more: Partial<MigrateRequest> = {}, ports: Partial<MigratePorts> = {}) => {
  const log = new FakeLog()
  const recorded: unknown[] = []
  const request: MigrateRequest = {
    ...{ operation: 'apply', dryRun: false, phase: 'expand', destructive: 'deny', verify: undefined, lockRetries: 2, timeoutMs: 60_000 },
    tool: tools.dbmate,
    options: OPTIONS,
    ...more,
  }
  const result = await migrate(request, {
    ...{ bench: database, log, clock: new FakeClock(), signal: new AbortController().signal },
    allow: async () => undefined,
    backup: async () => '20260131T093000Z',
    record: async (step) => void recorded.push(step),
    ...ports,
  })
  return { result, log, recorded }
}

test('what is pending is applied, once, after the backup, and recorded', async () => {
  const database = new FakeDatabase([{ id: '1' }, { id: '2' }], {}, { applied: ['1'] })
  const { result, recorded } = await play(
    database,
    {},
    {
      backup: async () => {
        database.heard.push('backup')
        return 'b'
      },
    },
  )
  expect(result).toMatchObject({ status: 'applied', before: '1', after: '2', applied: ['2'], pending: [], backup: 'b' })
  expect(database.heard).toEqual(['status', 'backup', 'apply'])
  expect(recorded).toEqual([{ before: '1', after: '2', crossing: false, backup: 'b' }])
})

test('nothing pending: no backup, nothing run', async () => {
  const database = new FakeDatabase([{ id: '1' }], {}, { applied: ['1'] })
  expect((await play(database)).result).toMatchObject({ status: 'unchanged', backup: '' })
  expect(database.heard).toEqual(['status'])
})

test('a password that the tool would take as an argument is refused before anything is applied, by the kind of its URL alone', async () => {
  const database = new FakeDatabase([{ id: '1' }], { status: [{ code: 3, output: '\n@deploy-actions\texposed\tmysql\n' }] })
  await expect(play(database)).rejects.toMatchObject({ code: 'DA-MIGRATION-URL', message: expect.stringContaining('URL is for mysql://') })
  expect(database.heard).toEqual(['status'])
})

test('no backup, no migration', async () => {
  const database = new FakeDatabase([{ id: '1' }])
  const backup = async () => Promise.reject(new UserError('DA-BACKUP-BROKEN', 'truncated'))
  await expect(play(database, {}, { backup })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  expect(database.heard).toEqual(['status'])
})

test.each([
  ['drop table a', {}, 'DA-MIGRATION-CONTRACT'],
  ['drop table a', { destructive: 'allow' as const }, 'DA-MIGRATION-CONTRACT'],
  ['alter table a rename to b', {}, 'DA-MIGRATION-CONTRACT'],
  ['drop table a', { phase: 'contract' as const }, 'DA-MIGRATION-DESTRUCTIVE'],
])('%s with %j is refused, with all that is pending', async (sql, more, code) => {
  const database = new FakeDatabase([{ id: '1' }, { id: '2', sql }])
  await expect(play(database, more)).rejects.toMatchObject({ code, message: expect.stringContaining('2 (') })
  expect([database.heard, database.applied]).toEqual([['status'], []])
})

test.each([
  ['alter table a rename to b', { phase: 'contract' as const }],
  ['drop table a', { phase: 'contract' as const, destructive: 'allow' as const }],
  ['drop table a', { phase: 'contract' as const, destructive: 'warn' as const }],
])('%s with %j is applied, and there is no way back past it', async (sql, more) => {
  const { result, recorded } = await play(new FakeDatabase([{ id: '1', sql }]), more)
  expect([result.status, recorded]).toEqual(['applied', [expect.objectContaining({ crossing: true })]])
})

test('the hint of a refusal says up to where it can be brought', async () => {
  await expect(play(new FakeDatabase([{ id: '7' }, { id: '8', sql: 'drop table a' }]))).rejects.toMatchObject({
    hint: expect.stringContaining('`to: 7`'),
  })
})

test('a lock that is not free is tried again with growing pauses; then who holds it is told', async () => {
  const locked = { code: 1, output: 'canceling statement due to lock timeout\n@deploy-actions\tholder\tpid 7, user ann' }
  const database = new FakeDatabase([{ id: '1' }], { apply: [locked, locked] })
  expect((await play(database)).result.status).toBe('applied')
  expect(database.heard.filter((name) => name === 'apply')).toHaveLength(3)
  const stuck = await play(new FakeDatabase([{ id: '1' }], { apply: [locked, locked, locked, locked] }))
  expect(stuck.result.failure).toMatchObject({ code: 'DA-MIGRATION-LOCK-TIMEOUT', message: expect.stringContaining('pid 7, user ann') })
})

const LOCKED = { code: 1, output: 'canceling statement due to lock timeout' }

test.each([
  ['create index concurrently i on a (b)', tools.dbmate],
  ['update a set b = b + 10; COMMIT; alter table a add c int', tools.dbmate],
  ['alter table a add c int', tools.custom],
])('a lock that is not free is no reason to do twice what commits on its way: %s', async (sql, tool) => {
  const database = new FakeDatabase([{ id: '1', sql }], { apply: [LOCKED] })
  const { result, log } = await play(database, { tool })
  expect([result.failure?.code, database.heard.filter((name) => name === 'apply')]).toEqual(['DA-MIGRATION-LOCK-TIMEOUT', ['apply']])
  expect(log.text('info')).toContain('would be done twice')
})

test('what a first try has applied counts, also for the way back', async () => {
  const database = new FakeDatabase([{ id: '1', sql: 'drop table a' }, { id: '2' }])
  const output = () => `${database.status()}\n@deploy-actions\tapplied\t1\ncanceling statement due to lock timeout`
  const run = database.run
  let tries = 0
  database.run = async (script) => {
    if (script.name !== 'apply') return run(script)
    tries += 1
    database.applied.push(String(tries))
    return tries === 1 ? { code: 1, output: output() } : { code: 0, output: `${database.status()}\n@deploy-actions\tapplied\t2` }
  }
  const { result, recorded } = await play(database, { phase: 'contract', destructive: 'allow' })
  expect([result.applied, recorded]).toEqual([['1', '2'], [expect.objectContaining({ crossing: true })]])
})

test.each([
  ['drop table a', { phase: 'contract' as const, destructive: 'allow' as const }, [expect.objectContaining({ crossing: true })]],
  ['create table b (i int)', {}, [undefined]],
])('where nobody can ask how far it came, all of it counts for the way back: %s', async (sql, more, kept) => {
  const silent = { code: 1, output: 'no route to host' }
  const database = new FakeDatabase([{ id: '1', sql }], { apply: [{ code: 'timeout', output: '' }] })
  const run = database.run
  database.run = async (script) => (script.name === 'status' && database.heard.includes('apply') ? silent : run(script))
  const { result, recorded } = await play(database, more)
  expect([result.failure?.code, result.pending, recorded]).toEqual(['DA-MIGRATION-TIMEOUT', ['1'], kept])
})

test('where it is known that nothing was applied, the host need not take it for half-done', async () => {
  const database = new FakeDatabase([{ id: '1', sql: 'drop table a' }], { apply: [{ code: 3, output: 'syntax error' }] })
  expect((await play(database, { phase: 'contract', destructive: 'allow' })).recorded).toEqual([undefined])
})

test('a run that is told to stop while it waits for a lock says what the last try has told', async () => {
  const stop = new AbortController()
  const clock = new FakeClock()
  clock.sleep = async () => {
    stop.abort(new Error('stopped'))
    throw stop.signal.reason
  }
  const database = new FakeDatabase([{ id: '1' }, { id: '2' }])
  database.fates.apply = [{ ...LOCKED, output: `${database.status()}\n${LOCKED.output}` }]
  const { result, recorded } = await play(database, {}, { clock, signal: stop.signal })
  expect(result.failure).toMatchObject({ code: 'DA-CANCELLED', message: expect.stringContaining('Not applied: 1, 2') })
  expect(recorded).toEqual([])
})

test('anything else is tried once, and where the database is by then is told', async () => {
  const half = new FakeDatabase([{ id: '1' }, { id: '2' }])
  const run = half.run
  half.run = async (script) => {
    if (script.name !== 'apply') return run(script)
    half.heard.push('apply')
    half.applied.push('1')
    return { code: 3, output: 'syntax error' }
  }
  const { result, recorded } = await play(half)
  expect(result).toMatchObject({ status: 'failed', applied: ['1'], pending: ['2'], after: '1' })
  expect(result.failure).toMatchObject({
    code: 'DA-MIGRATION-FAILED',
    message: expect.stringMatching(/syntax error.*Applied: 1. Not applied: 2. The database is at 1/),
  })
  expect([half.heard, recorded]).toEqual([['status', 'apply', 'status'], [expect.objectContaining({ after: '1' })]])
})

test.each([
  ['alembic', 'unchanged', []],
  ['drizzle', 'applied', ['1', '2']],
] as const)(
  'what another run was quicker with is not told as applied by this one, where the tool tells (%s)',
  async (tool, status, applied) => {
    const database = new FakeDatabase([{ id: '1' }, { id: '2', sql: 'drop table x' }])
    database.fates.apply = [{ code: 0, output: new FakeDatabase([], {}, { applied: ['1', '2'] }).status() }]
    const { result, log, recorded } = await play(database, { tool: tools[tool], phase: 'contract', destructive: 'allow' })
    expect(result).toMatchObject({ status, applied, after: '2' })
    expect(log.text().includes('another run has applied it meanwhile')).toBe(status === 'unchanged')
    // Whoever it was: something is gone that an older release may need.
    expect(recorded).toEqual([expect.objectContaining({ crossing: true, after: '2' })])
  },
)

test.each([
  ['had not had its turn', '', []],
  ['had begun', '@deploy-actions\tstarted\n', ['1']],
])('of one that is stopped and %s, what is not pending any more counts accordingly', async (_what, said, applied) => {
  const changes = [{ id: '1' }, { id: '2' }]
  const since = new FakeDatabase(changes, {}, { applied: ['1'] }).status()
  for (const code of ['stopped', 'timeout'] as const) {
    const fates = { apply: [{ code, output: `${said}${code === 'stopped' ? since : ''}` }], status: [{}, { output: since }] }
    const { result } = await play(new FakeDatabase(changes, fates), { tool: tools.alembic })
    expect(result).toMatchObject({ status: 'failed', applied, pending: ['2'] })
  }
})

test('one that was told to stop, and whose status could not be asked any more, claims nothing', async () => {
  const database = new FakeDatabase([{ id: '1' }, { id: '2' }], { apply: [{ code: 'stopped', output: 'connection refused' }] })
  const { result } = await play(database)
  expect(result).toMatchObject({ applied: [], pending: ['1', '2'], failure: { message: expect.stringContaining('could not be asked') } })
})

test('a step down says what it has taken back, also where it did not come to its end', async () => {
  for (const code of [0, 'timeout'] as const) {
    const database = new FakeDatabase([{ id: '1' }, { id: '2' }, { id: '3' }, { id: '4' }], {}, { applied: ['1', '2', '3'] })
    const run = database.run
    database.run = async (script) => {
      if (script.name !== 'down') return run(script)
      database.applied.splice(1)
      return { code, output: '' }
    }
    const { result, log, recorded } = await play(database, { operation: 'down', tool: tools.custom, options: { ...OPTIONS, to: '1' } })
    expect(result).toMatchObject({ status: code === 0 ? 'applied' : 'failed', before: '3', after: '1', applied: ['3', '2'] })
    expect(`${log.text()} ${result.failure?.message}`).toMatch(/took back 3, 2|Taken back: 3, 2\./)
    expect(recorded).toEqual([expect.objectContaining({ crossing: false, after: '1' })])
  }
})

test('a status that meets the lock of another run waits for it', async () => {
  const locked = { code: 1, output: 'error: try lock failed: canceling statement due to lock timeout' }
  const { result, log } = await play(new FakeDatabase([{ id: '1' }], { status: [locked, locked] }))
  expect([result.status, log.text()]).toEqual(['applied', expect.stringContaining('another run has the lock')])
})

test('of one that was killed in the middle, what its status said before counts no more', async () => {
  const database = new FakeDatabase([{ id: '1' }, { id: '2' }])
  const output = `${database.status()}\n@deploy-actions\tstarted\n@deploy-actions\tbegin`
  const run = database.run
  database.run = async (script) => {
    if (script.name !== 'apply') return run(script)
    database.applied.push('1')
    return { code: 137, output }
  }
  const { result, recorded } = await play(database, { tool: tools.alembic })
  expect(result).toMatchObject({ status: 'failed', applied: ['1'], pending: ['2'], after: '1' })
  expect(recorded).toEqual([expect.objectContaining({ after: '1' })])
})

test('a tool that is left dirty by a migration has not applied that one', async () => {
  const output = ['begin', 'current\t2', 'dirty\t2 failed', 'told', 'applied\t1'].map((line) => `@deploy-actions\t${line}`).join('\n')
  const { result } = await play(new FakeDatabase([{ id: '1' }, { id: '2' }], { apply: [{ code: 1, output }] }))
  expect(result).toMatchObject({ status: 'failed', applied: ['1'], pending: ['2'] })
})

test('one that takes too long is told with what it had applied', async () => {
  const { result } = await play(new FakeDatabase([{ id: '1' }], { apply: [{ code: 'timeout', output: '' }] }))
  expect(result.failure).toMatchObject({ code: 'DA-MIGRATION-TIMEOUT', message: expect.stringContaining('Not applied: 1') })
})

test('a run that was told to stop says what the host asked since, and asks nothing more', async () => {
  const database = new FakeDatabase([{ id: '1' }])
  database.fates.apply = [{ code: 'stopped', output: database.status() }]
  const { result, recorded } = await play(database)
  expect(result.failure).toMatchObject({ code: 'DA-CANCELLED', message: expect.stringContaining('Not applied: 1') })
  expect([database.heard, recorded]).toEqual([['status', 'apply'], []])
})

test.each([
  ['dirty\t3 failed half-way', 'DA-MIGRATION-DIRTY'],
  ['unknown\tdeadbeef', 'DA-MIGRATION-UNKNOWN'],
])('%s is refused', async (line, code) => {
  const output = `@deploy-actions\tbegin\n@deploy-actions\t${line}\n@deploy-actions\ttold`
  await expect(play(new FakeDatabase([], { status: [{ code: 4, output }] }))).rejects.toMatchObject({ code })
})

test('a server that is just starting is waited for', async () => {
  const starting = { code: 1, output: 'FATAL: the database system is starting up' }
  expect((await play(new FakeDatabase([{ id: '1' }], { status: [starting, starting] }))).result.status).toBe('applied')
  await expect(play(new FakeDatabase([], { status: [{ code: 1, output: 'no such file alembic.ini' }] }))).rejects.toMatchObject({
    code: 'DA-MIGRATION-STATUS',
    message: expect.stringContaining('no such file alembic.ini'),
  })
})

test('a dry run applies nothing, and refuses what a run would', async () => {
  const database = new FakeDatabase([{ id: '1' }])
  expect((await play(database, { dryRun: true })).result).toMatchObject({ status: 'planned', pending: ['1'] })
  expect(database.heard).toEqual(['status'])
  await expect(play(new FakeDatabase([{ id: '1', sql: 'drop table a' }]), { dryRun: true })).rejects.toMatchObject({
    code: 'DA-MIGRATION-CONTRACT',
  })
})

test('a verify-command that fails fails the run', async () => {
  const database = new FakeDatabase([{ id: '1' }], { verify: [{ code: 2, output: 'no' }] })
  const { result } = await play(database, { verify: { name: 'verify', text: '' } })
  expect([result.status, result.failure?.code]).toEqual(['failed', 'DA-MIGRATION-VERIFY'])
})
