import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer, directory, type Step, type StepOptions } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ensureMigrating, type Migrating } from '../../lab/stack/migrating.ts'

// FastAPI with Alembic on PostgreSQL, on a host that has nothing yet: each release is one step.

const compose = ({ stack }: Migrating): string => `
services:
  db:
    image: ${stack.address}/postgres:15
    environment: { POSTGRES_USER: notes, POSTGRES_DB: notes, POSTGRES_PASSWORD: secret-of-notes }
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U notes -d notes -h 127.0.0.1, interval: 5s }
    restart: unless-stopped
  web:
    image: ${stack.address}/migrating
    working_dir: /srv/fastapi-alembic
    command: uvicorn main:app --host 0.0.0.0 --port 8000 --no-access-log
    env_file: ${directory}/env/web.env
    depends_on: { db: { condition: service_healthy } }
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"], interval: 5s }
    restart: unless-stopped
volumes: { data: }
`

let stage: Stage
let migrating: Migrating
let consumer: Consumer
beforeAll(async () => {
  stage = await openStage()
  migrating = await ensureMigrating()
  await stage.box.reset()
  const inputs = {
    ...{ keys: 'DATABASE_URL GREETING', path: 'env/web.env', tool: 'alembic', service: 'web', 'database-lock-timeout': '10s' },
    ...{ routes: ':80 -> web:8000', verify: `${stage.url}/health 200`, 'verify-for': '1s', 'stream-drain-timeout': '1s' },
    ...{ url: `${stage.url}/health`, interval: '200ms', 'smoke-timeout': '30s' },
  }
  consumer = new Consumer(stage, { compose: compose(migrating), inputs })
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})

/** Every note can be written and is counted; the version is the one that is wanted. */
const checks = (version: string) => `
- get: /
  expect: { json: { $.version: ${version}, $.notes: { type: number } } }
- post: /echo
  body: a note
  expect: { json: { $.bytes: 6 } }
`
const release = (
  tag: Parameters<Migrating['image']>[0],
  greeting: string,
  inputs: Record<string, string>,
  how: Partial<StepOptions> = {},
) =>
  consumer.release(`${tag} ${greeting}`, {
    inputs: { images: `web=${migrating.image(tag)}`, ...inputs },
    env: { DATABASE_URL: 'postgresql://notes:secret-of-notes@db:5432/notes', GREETING: greeting },
    ...how,
  })
const host = async (command: string) => (await stage.box.exec(command)).stdout.trim()
const sql = (query: string) => host(`docker exec sample-db-1 psql -X -At -U notes -d notes -c "${query}"`)
const live = () => host(`basename "$(readlink ${directory}/current)"`)
/** The parts, as the summary's first table has them. */
const parts = ({ summary }: Step) => [...summary.matchAll(/^\| (✅|❌|📋) \| (\w+) \|/gm)].map(([, mark, part]) => `${mark} ${part}`)

/** The plan that a deploy has shown. */
const planIn = ({ stdout }: Step) => /^SERVICE .*\n(?:(?:web|db) .*\n)+/m.exec(stdout)?.[0]
/** What a release has made on the host, but for its id. */
const made = () =>
  host(`docker ps --format '{{.Names}}' | sort; ls ${directory}; stat -c '%a %n' ${directory}/env/*; cat ${directory}/env/web.env`)
/** Of the same release by single steps. */
const single = { plan: undefined as string | undefined, made: '', ms: 0 }

test('the same release by single steps, for comparison', async () => {
  const images = `web=${migrating.image('v1')}`
  const env = { DATABASE_URL: 'postgresql://notes:secret-of-notes@db:5432/notes', GREETING: 'hello' }
  const tool = { tool: 'alembic', service: 'web', images }
  const inputs = {
    images,
    routes: ':80 -> web:8000',
    switch: '',
    verify: `${stage.url}/health 200`,
    'verify-for': '1s',
    'stream-drain-timeout': '1s',
  }
  const plain = new Consumer(stage, { compose: compose(migrating) })
  const steps = [await plain.syncEnv(env), await plain.migrate({ ...tool, 'database-lock-timeout': '10s' })]
  const run = { env: { GITHUB_RUN_ID: '9101' } }
  const prepared = await plain.deploy('v1', { inputs: { ...inputs, phase: 'prepare' }, ...run })
  const header = { candidate: prepared.outputs['candidate-header'] ?? '' }
  const asked = { url: `${stage.url}/health`, checks: checks('v1') }
  steps.push(prepared, await plain.smoke({ ...asked, ...header }))
  steps.push(await plain.deploy('v1', { inputs: { ...inputs, phase: 'switch' }, ...run }), await plain.smoke(asked))
  expect(steps.map(({ status }) => status)).toEqual(['written', 'applied', 'prepared', 'passed', 'deployed', 'passed'])
  Object.assign(single, {
    plan: planIn(prepared),
    made: await made(),
    ms: steps.reduce((sum, { startedAt, endedAt }) => sum + endedAt - startedAt, 0),
  })
  plain.close()
  await stage.box.reset()
})

test('the first release on a bare host: env file, database, migration, candidate, switch, smoke test', async () => {
  const step = await release('v1', 'hello', { checks: checks('v1') })
  expectStatus(step, 'deployed')
  expect(parts(step)).toEqual(['✅ env', '✅ migrations', '✅ deploy', '✅ candidate', '✅ deploy', '✅ smoke'])
  expect(step.outputs).toMatchObject({ verdict: 'passed', applied: '["0001"]', backup: 'nothing-to-back-up', 'failed-part': '' })
  expect(await host(`stat -c %a ${directory}/env/web.env`)).toBe('600')
  expect(await live()).toBe(step.outputs['release-id'])
  // The one step is the single steps: the same plan, and the same on the host.
  expect(planIn(step)).toMatch(/^web +switch/m)
  expect([planIn(step), await made()]).toEqual([single.plan, single.made])
  console.info(`six single steps took ${single.ms} ms, the one step ${step.endedAt - step.startedAt} ms`)
  await expectSettled(stage.box)
})

test('a release with a red smoke test goes back by itself, under one lock, and no visitor loses a request', async () => {
  const first = await live()
  // Asked by others while the parts follow each other: whether the lock is free.
  const locks: Promise<string>[] = []
  const seen = new Set<string>()
  const watch = (stdout: string) => {
    for (const [part = ''] of stdout.matchAll(/^-- \w+ --$/gm)) {
      if (seen.has(part)) continue
      seen.add(part)
      locks.push(host(`flock -n ${directory}/lock echo "free at ${part}" || echo held`))
    }
  }
  const inputs = { backup: 'always', 'smoke-candidate': 'false', checks: checks('v1') }
  const { report, result: step } = await underLoad(stage, () => release('v2', 'hello again', inputs, { watch }), {
    worker: false,
    rate: 30,
    kinds: ['get', 'get-close', 'post', 'post-close', 'slow'],
  })
  expectStatus(step, 'rolled-back')
  expect(parts(step)).toEqual(['✅ env', '✅ backup', '✅ migrations', '✅ deploy', '❌ smoke', '✅ rollback'])
  expect(step.code).toBe(1)
  expect(step.outputs).toMatchObject({ verdict: 'assertion', applied: '["0002","0003"]', 'failed-part': 'smoke', 'release-id': first })
  expect(step.outputs.backup).toMatch(/^\d{8}T\d{6}Z$/)
  expect((await Promise.all(locks)).filter((lock) => lock !== 'held')).toEqual([])
  expect(seen.size).toBe(6)
  expect([await live(), await sql('select version_num from alembic_version')]).toEqual([first, '0003'])
  expectNothingLost(report, { versions: ['v1', 'v2'], returns: true })
  await expectSettled(stage.box)
})

test('a red candidate is dropped, and a dry run changes nothing', async () => {
  const first = await live()
  const red = await release('v2', 'hello again', { checks: checks('v1') })
  expectStatus(red, 'aborted')
  expect([parts(red).at(-1), red.outputs['failed-part']]).toEqual(['❌ candidate', 'candidate'])
  const planned = await release('v2', 'hello once more', { 'dry-run': 'true', backup: 'always', checks: checks('v2') })
  expectStatus(planned, 'planned')
  expect(parts(planned)).toEqual(['📋 env', '📋 backup', '✅ migrations', '📋 deploy', '📋 smoke'])
  expect([await live(), (await host(`cat ${directory}/env/web.env`)).includes('once more')]).toEqual([first, false])
  await expectSettled(stage.box)
})

test('a step that is told to stop while the smoke test asks: the release serves on, the old one stays warm, and the lock is free', async () => {
  const first = await live()
  const inputs = { 'smoke-candidate': 'false', checks: '- get: /slow?ms=20000', 'smoke-timeout': '1m' }
  const step = await release('v2', 'hello again', inputs, { signalAfter: { text: 'waiting for http', signal: 'SIGTERM' } })
  expect([step.status, step.outputs['failed-part']]).toEqual(['failed', 'smoke'])
  expect(await live()).toBe(step.outputs['release-id'])
  expect(await host(`${directory}/bin/release list | grep ${first}`)).toMatch(/ warm /)
  await expectSettled(stage.box, { warm: true })
})
