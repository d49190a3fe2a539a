import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { ensureMigrating, type Migrating } from '../../lab/stack/migrating.ts'

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

const projectOf = ({ stack }: Migrating): string => `
services:
  db:
    image: ${stack.address}/postgres:15
    environment: { POSTGRES_USER: notes, POSTGRES_DB: notes, POSTGRES_PASSWORD: "p@ss:w%rd" }
    volumes: [data:/var/lib/postgresql/data]
    healthcheck: { test: pg_isready -U notes -d notes -h 127.0.0.1, interval: 5s }
    restart: unless-stopped
  web:
    image: ${stack.address}/migrating
    working_dir: /srv/fastapi-alembic
    command: uvicorn main:app --host 0.0.0.0 --port 8000 --no-access-log
    environment: &url { DATABASE_URL: "postgresql://notes:p%40ss%3Aw%25rd@db:5432/notes" }
    depends_on: { db: { condition: service_healthy } }
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"], interval: 5s }
    restart: unless-stopped
  shop:
    image: ${stack.address}/migrating
    working_dir: /srv/django-shop
    command: gunicorn wsgi:application --bind 0.0.0.0:8000 --workers 1 --threads 8
    environment: *url
    depends_on: { db: { condition: service_healthy } }
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"], interval: 5s }
    restart: unless-stopped
volumes: { data: }
`

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
      switch: 'shop:8000',
      verify: `${stage.url}/health 200`,
      'verify-for': '1s',
    },
  })
const sql = async (query: string) =>
  (await stage.box.exec(`docker exec sample-db-1 psql -X -At -U notes -d notes -c "${query}"`)).stdout.trim()
/** Nothing of any run is left: no container, no connection, no lock. */
const left = async () => [
  (
    await stage.box.exec(
      'docker ps -aq --filter label=deploy-actions.migration; cat /opt/sample/lock.holder 2>/dev/null; ls /tmp | grep deploy-actions',
    )
  ).stdout.trim(),
  await sql("select count(*) from pg_stat_activity where application_name like 'deploy-actions%'"),
]
const NOTHING = ['', '0']

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
