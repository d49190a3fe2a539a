import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
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
  await sql("select count(*) from pg_stat_activity where application_name like 'deploy-actions%'"),
]
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

const holding = (seconds: number) =>
  stage.box.exec(
    `docker exec -d sample-db-1 psql -U notes -d notes -c "begin; lock table notes in share mode; select pg_sleep(${seconds})"`,
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
  ['a cancel', { signalAfter: { text: 'applying', signal: 'SIGINT' as const } }],
  ['a runner that is killed', { signalAfter: { text: 'applying', signal: 'SIGKILL' as const } }],
])('%s: nothing runs on, and the status is true', async (_what, options) => {
  await migrate('v2', { ...alembic, 'database-lock-timeout': '5m', backup: 'none' }, options)
  await settledSoon()
  expect(await sql('select version_num from alembic_version')).toBe('0002')
})

test.each([
  ['the connection is cut', 'sessions'],
  ['the agent is killed', 'agent'],
  ['the database is killed', 'database'],
])('%s in the middle: nothing runs on', async (_what, whom) => {
  await holding(60)
  const running = migrate('v2', { ...alembic, 'database-lock-timeout': '5m', timeout: '40s', backup: 'none' })
  await waiting()
  if (whom === 'sessions') await stage.box.killSessions()
  else if (whom === 'agent') await stage.box.exec('kill -KILL $(cat /tmp/deploy-actions.*/agent)')
  else await stage.box.exec('docker kill sample-db-1; docker start sample-db-1')
  const step = await running
  expect(step.code).toBe(1)
  await settledSoon()
  expect(await sql('select version_num from alembic_version')).toBe('0002')
  await release()
})

/** Its statement waits for the lock. */
const waiting = async () => {
  for (let tries = 0; tries < 120; tries++) {
    if (
      (await sql("select count(*) from pg_stat_activity where application_name like 'deploy-actions%' and wait_event_type = 'Lock'")) ===
      '1'
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('no statement of the migrations waits')
}
/** The guard and the watchdog look every second or two. */
const settledSoon = async () => {
  for (let tries = 0; tries < 60; tries++) {
    const now = await left().catch(() => ['?'])
    if (now.join() === NOTHING.join()) return
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
  expect(await left()).toEqual(NOTHING)
}

test('two runs at once: one applies, the other finds nothing to do', async () => {
  await release()
  const steps = await Promise.all([migrate('v2', alembic), migrate('v2', alembic)])
  expect(steps.map(({ status }) => status).sort()).toEqual(['applied', 'unchanged'])
  expect(await sql('select version_num from alembic_version')).toBe('0003')
})
