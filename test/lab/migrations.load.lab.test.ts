import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ensureMigrating, type Migrating } from '../../lab/stack/migrating.ts'
import { projectOf } from './migrating-project.ts'

// FastAPI with Alembic and Django on one PostgreSQL 15, on a host that has nothing yet.

let stage: Stage
let migrating: Migrating
let consumer: Consumer
beforeAll(async () => {
  stage = await openStage()
  migrating = await ensureMigrating()
  await stage.box.reset()
  consumer = new Consumer(stage, { compose: projectOf(migrating), inputs: {} })
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})

type Release = Parameters<Migrating['image']>[0]
const images = (release: Release) => ['web', 'shop'].map((name) => `${name}=${migrating.image(release)}`).join('\n')
const alembic = { tool: 'alembic', service: 'web' }
const django = { tool: 'django', service: 'shop' }
const migrate = (release: Release, inputs: Record<string, string>, options = {}) =>
  consumer.migrate({ images: images(release), ...inputs }, options)
const deploy = (release: Release) =>
  consumer.deploy(release, {
    inputs: {
      images: images(release),
      routes: `:80 -> web:8000`,
      switch: 'shop:8001',
      verify: `${stage.url}/health 200`,
      'verify-for': '1s',
    },
  })
const sql = async (query: string) =>
  (await stage.box.exec(`docker exec sample-db-1 psql -X -At -U notes -d notes -c "${query}"`)).stdout.trim()
/** Nothing of any run is left: no container, no connection, no lock. */
const left = async () => [
  (
    await stage.box.exec('docker ps -aq --filter label=deploy-actions.migration; flock -n /opt/sample/lock true || echo locked')
  ).stdout.trim(),
  await sql(`select count(*) from pg_stat_activity where ${OURS}`),
]
const OURS = "(application_name like 'deploy-actions%' or application_name = 'pg_dump')"
const NOTHING = ['', '0']
const shown = ({ stdout, stderr }: Step) => `${stdout}${stderr}`

test('the first release on a bare host: the database is started, both tools migrate it, and the deploy serves', async () => {
  const first = await migrate('v1', alembic)
  expectStatus(first, 'applied')
  expect([first.outputs.before, first.outputs.after, first.outputs.applied, first.outputs.backup]).toEqual([
    '',
    '0001',
    '["0001"]',
    'nothing-to-back-up',
  ])
  expectStatus(await migrate('v1', django), 'applied')
  expect(await left()).toEqual(NOTHING)
  expectStatus(await deploy('v1'), 'deployed')
  expectStatus(await migrate('v1', alembic), 'unchanged')
})

test('under load: expand, deploy, and nobody notices; the backup of before is verified', async () => {
  const load = await stage.lab.load({ url: stage.url, rate: 30, kinds: ['get', 'get-close', 'post', 'post-close', 'slow'] })
  const migrated = await migrate('v2', alembic)
  expectStatus(migrated, 'applied')
  expect([migrated.outputs.before, migrated.outputs.after, migrated.outputs.applied]).toEqual(['0001', '0003', '["0002","0003"]'])
  expect(migrated.outputs.backup).toMatch(/^\d{8}T\d{6}Z$/)
  expectStatus(await migrate('v2', django), 'applied')
  expectStatus(await deploy('v2'), 'deployed')
  const report = await load.stop()
  const failures = Object.values(report.kinds).flatMap(({ errors }) => errors)
  expect([report.lost, report.mixed.count, failures]).toEqual([0, 0, []])
  expect(await left()).toEqual(NOTHING)
})

test('a contract step is refused before the deploy, refused where it loses data, and then applied; no way back past it', async () => {
  expect(shown(await migrate('v3', alembic))).toContain('DA-MIGRATION-CONTRACT')
  expect(shown(await migrate('v3', { ...alembic, phase: 'contract' }))).toContain('DA-MIGRATION-EARLY')
  expectStatus(await deploy('v3'), 'deployed')
  expect(shown(await migrate('v3', { ...alembic, phase: 'contract' }))).toContain('DA-MIGRATION-DESTRUCTIVE')
  expect(await sql('select version_num from alembic_version')).toBe('0003')
  const contracted = await migrate('v3', { ...alembic, phase: 'contract', destructive: 'allow' })
  expectStatus(contracted, 'applied')
  const back = await consumer.rollback()
  expect(shown(back)).toContain('DA-ROLLBACK-SCHEMA')
  expect(shown(back)).toContain(`release backup restore ${contracted.outputs.backup} --confirm sample`)
  expect(await (await fetch(`${stage.url}/health`)).json()).toMatchObject({ version: 'v3' })
})

test('down: refused for the live image, and then one back', async () => {
  expect(shown(await migrate('v3', { ...alembic, operation: 'down', to: '0002' }))).toContain('DA-MIGRATION-DOWN-LIVE')
  const down = await migrate('v3', { ...alembic, operation: 'down', to: '0002', destructive: 'allow' })
  expectStatus(down, 'applied')
  expect([down.outputs.after, await sql('select version_num from alembic_version')]).toEqual(['0002', '0002'])
})

/** What changes the table waits for it; in `access exclusive` mode a dump does, too. */
const holding = (seconds: number, mode = 'share') =>
  stage.box.exec(
    `docker exec -d sample-db-1 psql -U notes -d notes -c "begin; lock table notes in ${mode} mode; select pg_sleep(${seconds})"`,
  )
const release = () =>
  sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()")

test('a lock that is held elsewhere: told with its holder, nothing is left, and what serves goes on', async () => {
  await holding(60)
  const step = await migrate('v2', { ...alembic, 'database-lock-timeout': '500ms', 'lock-retries': '1', backup: 'none' })
  expect(shown(step)).toMatch(
    /DA-MIGRATION-LOCK-TIMEOUT.*Open transactions then: pid \d+, user notes.*Applied: nothing. Not applied: 0003/s,
  )
  expect([step.outputs.after, step.outputs['pending-count'], await left()]).toEqual(['0002', '1', NOTHING])
})

test('one that hangs is stopped at its limit, with all that it had open in the database', async () => {
  const step = await migrate('v2', { ...alembic, 'database-lock-timeout': '5m', timeout: '6s', backup: 'none' })
  expect(shown(step)).toMatch(/DA-MIGRATION-TIMEOUT.*Applied: nothing. Not applied: 0003/s)
  expect(await left()).toEqual(NOTHING)
})

test.each([
  ['a cancel', 'applying', 'SIGINT'],
  ['a runner that is killed', 'applying', 'SIGKILL'],
  ['a runner that is killed before the backup', 'pending', 'SIGKILL'],
] as const)('%s: nothing runs on, and the status is true', async (_what, text, signal) => {
  await holding(60, text === 'applying' ? 'share' : 'access exclusive')
  await migrate(
    'v2',
    { ...alembic, 'database-lock-timeout': '5m', ...(text === 'applying' && { backup: 'none' }) },
    { signalAfter: { text, signal } },
  )
  await expectAsBefore()
})

const KILLERS = {
  'the connection is cut': () => stage.box.killSessions(),
  'the agent is killed': () => stage.box.exec('kill -KILL $(cat /tmp/deploy-actions.*/agent)'),
  'the database is killed': () => stage.box.exec('docker kill sample-db-1; docker start sample-db-1'),
  'the container of the migration is killed': () => stage.box.exec('docker kill $(docker ps -q --filter label=deploy-actions.migration)'),
}

test.each(Object.entries(KILLERS))('%s in the middle: nothing runs on, and the status is true', async (what, kill) => {
  await holding(60)
  const running = migrate('v2', { ...alembic, 'database-lock-timeout': '5m', timeout: '40s', backup: 'none' })
  await waiting()
  await kill()
  const step = await running
  expect(step.code).toBe(1)
  // With a host that still answers, where the database is by now is asked once more.
  if (what.startsWith('the container')) expect(shown(step)).toMatch(/DA-MIGRATION-FAILED.*Applied: nothing. Not applied: 0003/s)
  await expectAsBefore()
})

// The last one has nothing to kill yet.
test.each(Object.entries(KILLERS).slice(0, 3))('%s during the backup: nothing is applied, and nothing runs on', async (_what, kill) => {
  const backups = await stage.box.exec('/opt/sample/bin/release backup list')
  await holding(60, 'access exclusive')
  const running = migrate('v2', { ...alembic, timeout: '40s' })
  await waiting()
  await kill()
  const step = await running
  expect([step.code, step.outputs.applied ?? '[]']).toEqual([1, '[]'])
  await expectAsBefore()
  expect((await stage.box.exec('/opt/sample/bin/release backup list')).stdout).toBe(backups.stdout)
})

/** Its statement waits for the lock. */
const waiting = async () => {
  for (let tries = 0; tries < 120; tries++) {
    if ((await sql(`select count(*) from pg_stat_activity where ${OURS} and wait_event_type = 'Lock'`)) === '1') return
    await sleep(250)
  }
  throw new Error('no statement of the migrations waits')
}
/** Nothing of the run is left, the tool's own table says what was said, and the release of before serves. */
async function expectAsBefore(): Promise<void> {
  await settledSoon()
  await release()
  expect(await sql('select version_num from alembic_version')).toBe('0002')
  let said: { status?: string } = {}
  // Its first question after the database was away may meet a connection of before.
  for (let tries = 0; tries < 20 && said.status !== 'healthy'; tries++) {
    if (tries > 0) await sleep(250)
    said = (await (await fetch(`${stage.url}/health`)).json()) as typeof said
  }
  expect(said).toMatchObject({ status: 'healthy', version: 'v3' })
}
/** The guard and the watchdog look every second or two. */
const settledSoon = async () => {
  for (let tries = 0; tries < 60; tries++) {
    const now = await left().catch(() => ['?'])
    if (now.join() === NOTHING.join()) return
    await sleep(1000)
  }
  expect(await left()).toEqual(NOTHING)
}

test.each([
  ['Alembic', 'v2', alembic, 'select version_num from alembic_version', '0003'],
  [
    'Django',
    'v3',
    { ...django, phase: 'contract', destructive: 'allow' },
    "select name from django_migrations where app = 'notes' order by id desc limit 1",
    '0004_drop_source',
  ],
] as const)('two runs at once: one applies, the other finds nothing to do (%s)', async (_name, of, tool, query, last) => {
  await release()
  const steps = await Promise.all([migrate(of, tool), migrate(of, tool)])
  expect(steps.map(({ status }) => status).sort()).toEqual(['applied', 'unchanged'])
  expect(await sql(query)).toBe(last)
})
