import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { ensureMigrating, type Migrating } from '../../lab/stack/migrating.ts'

/** The app of the migrations, with no database of its own: that one is on a network that others have, too. */
const projectOf = ({ stack }: Migrating): string => `
services:
  web:
    image: ${stack.address}/migrating
    working_dir: /srv/fastapi-alembic
    command: uvicorn main:app --host 0.0.0.0 --port 8000 --no-access-log
    environment:
      DATABASE_URL: "postgresql://notes:p%40ss%3Aw%25rd@elsewhere:5432/notes?sslmode=prefer&application_name=web"
      GONE_URL: "postgresql://notes:p%40ss%3Aw%25rd@elsewhere/gone"
      CLOSED_URL: "postgresql://notes:p%40ss%3Aw%25rd@elsewhere:5433/notes"
      UNKNOWN_URL: "postgresql://notes:p%40ss%3Aw%25rd@nobody:5432/notes"
      OTHER_URL: "mysql://notes:p%40ss%3Aw%25rd@elsewhere/notes"
    networks: [default, shared]
    healthcheck: { test: ["CMD", "python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"], interval: 5s }
    restart: unless-stopped
networks: { shared: { external: true } }
`

let stage: Stage
let consumer: Consumer
/** Its client and its server are the same image here. */
let postgres: string
beforeAll(async () => {
  stage = await openStage()
  const migrating = await ensureMigrating()
  await stage.box.reset()
  postgres = `${migrating.stack.address}/postgres:15`
  const made =
    await stage.box.exec(`docker network create shared && docker run -d --name elsewhere --network shared -p 127.0.0.1:15432:5432 -e POSTGRES_PASSWORD=root ${postgres} &&
    until docker exec elsewhere pg_isready -q -h 127.0.0.1; do sleep 0.2; done`)
  expect(made.code).toBe(0)
  // As a managed server makes them: no superuser, and other people's databases beside.
  await sql("create role notes login createdb password 'p@ss:w%rd'", 'postgres')
  await sql('create database notes owner notes', 'postgres')
  await sql('create table theirs as select 1 as one', 'postgres')
  const images = `web=${migrating.image('v3')}`
  consumer = new Consumer(stage, { compose: projectOf(migrating), inputs: { images } })
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})

const sql = async (query: string, database = 'notes') => {
  const { stdout, stderr } = await stage.box.exec(`docker exec -i elsewhere psql -X -At -U postgres -d ${database}`, { stdin: query })
  if (stderr !== '') throw new Error(stderr)
  return stdout.trim()
}
const shown = ({ stdout, stderr }: Step) => `${stdout}${stderr}`
const hand = async (words: string) => {
  const { stdout, stderr } = await stage.box.exec(`/opt/sample/bin/release ${words}`)
  return `${stdout}${stderr}`
}
const all = () => sql("select count(*) || ' ' || md5(string_agg(md5(n::text), '' order by id)) from notes n")
const databases = () => sql("select string_agg(datname, ' ' order by datname) from pg_database where not datistemplate", 'postgres')
/** Containers of clients, folders of runs, marks with an address, and the volumes that came with the image: what nothing may leave behind. */
const left = async () =>
  (
    await stage.box.exec(
      `docker ps -a --format '{{.Names}}' | grep -e -client-; ls -d /tmp/deploy-actions.* /opt/sample/backup.client /opt/sample/restore.* /opt/sample/backups/*.tmp 2>/dev/null; docker volume ls -qf dangling=true | grep -xE '[0-9a-f]{64}'`,
    )
  ).stdout.trim()
const from = { 'database-url-env': 'DATABASE_URL' }

test('migrations are backed up where the app has its database, and others on that server do not matter', async () => {
  const migrate = (to: string) => consumer.migrate({ tool: 'alembic', service: 'web', phase: 'expand', to, 'database-image': postgres })
  const first = await migrate('0001')
  expectStatus(first, 'applied')
  expect(first.outputs.backup).toBe('nothing-to-back-up')
  const second = await migrate('0003')
  expectStatus(second, 'applied')
  expect(second.outputs.backup).toMatch(/^\d{8}T\d{6}Z$/)
  expect(await left()).toBe('')
  expectStatus(
    await consumer.deploy('v3', {
      inputs: { routes: ':80 -> web:8000', switch: '', verify: `${stage.url}/health 200`, 'verify-for': '0s' },
    }),
    'deployed',
  )
})

test('backup, drill, the database dropped, restore: the rows are the same, and nothing is left behind', async () => {
  await sql(
    "insert into notes (sha256, bytes, author) select md5(i::text), i, 'ann' from generate_series(1, 100000) i; create extension pgcrypto",
  )
  const before = await all()
  const made = await consumer.backup({ ...from, 'database-image': postgres })
  expectStatus(made, 'created')
  const id = made.outputs.id as string
  expect(shown(await consumer.backup({ ...from, operation: 'list' }))).toMatch(new RegExp(`${id} +url:notes +\\d+ +15\\.`))
  expectStatus(await consumer.backup({ ...from, 'database-image': postgres, operation: 'verify' }), 'verified')
  const checks = 'select count(*) >= 100000 from notes => t\nselect 1 => 1'
  expectStatus(await consumer.backup({ ...from, 'database-image': postgres, operation: 'drill', checks }), 'drilled')
  expect(await databases()).toBe('notes postgres')

  await sql('truncate notes')
  const restored = await consumer.backup({ ...from, 'database-image': postgres, operation: 'restore', id, confirm: 'sample' })
  expectStatus(restored, 'restored')
  expect(await all()).toBe(before)

  await sql('drop database notes with (force)', 'postgres')
  expectStatus(await consumer.backup({ ...from, 'database-image': postgres, operation: 'restore', id, confirm: 'sample' }), 'restored')
  expect(await all()).toBe(before)
  expect([await sql("select pg_get_userbyid(datdba) from pg_database where datname = 'notes'"), await left()]).toEqual(['notes', ''])
  const said = [made, restored].map(shown).join('\n')
  expect(said).not.toMatch(/p@ss:w%rd|p%40ss/)
})

test('by its address from the runner, which may be on this host alone; another user is told what it lacks', async () => {
  const url = (user: string) => `postgresql://${user}@127.0.0.1:15432/notes`
  await sql("create role reader login password 'reader-word'; grant pg_read_all_data to reader", 'postgres')
  const given = { 'database-image': postgres, 'database-url': url('reader:reader-word') }
  const made = await consumer.backup(given)
  expectStatus(made, 'created')
  const refused = shown(await consumer.backup({ ...given, operation: 'drill' }))
  for (const lack of ['alter role reader createdb', 'alter database notes owner to reader', 'grant notes to reader'])
    expect(refused).toContain(lack)
  expect(refused).toContain('DA-BACKUP-RIGHTS')
  const owner = { ...given, 'database-url': url('notes:p%40ss%3Aw%25rd') }
  expectStatus(await consumer.backup({ ...owner, operation: 'restore', id: made.outputs.id as string, into: 'beside' }), 'restored')
  expect(await databases()).toMatch(/^beside notes /)
  await sql('drop database beside', 'postgres')
  expect(await left()).toBe('')
})

test.each([
  [
    'a wrong password',
    { 'database-url': 'postgresql://notes:wrong-word@127.0.0.1:15432/notes' },
    /DA-BACKUP-CONNECT.*|does not take the user/,
  ],
  ['a database that is not there', { 'database-url-env': 'GONE_URL' }, /no such database: .*database "gone" does not exist/],
  ['a port where nobody is', { 'database-url-env': 'CLOSED_URL' }, /is not reached from this host.*refused/],
  ['a name that is none', { 'database-url-env': 'UNKNOWN_URL' }, /do not know the name of the server: .*nobody/],
  ['another kind of database', { 'database-url-env': 'OTHER_URL' }, /OTHER_URL does not begin with postgresql:/],
  ['a variable that is not there', { 'database-url-env': 'NO_URL' }, /no container of the app has NO_URL/],
  ['an older client', { ...from, 'database-image': 'older:14' }, /older:14 has PostgreSQL 14, and the server is PostgreSQL 15/],
  ['an image without PostgreSQL', { ...from, 'database-image': 'without:1' }, /no pg_dump in without:1/],
])('%s: one clear error, and nothing is left behind', async (_what, inputs, said) => {
  await makeImages()
  const before = (await stage.box.exec('ls /opt/sample/backups')).stdout
  const step = await consumer.backup({ 'database-image': postgres, ...inputs })
  expectStatus(step, 'failed')
  expect(shown(step)).toMatch(said)
  expect(shown(step).match(/::error/g)).toHaveLength(1)
  expect([await left(), (await stage.box.exec('ls /opt/sample/backups')).stdout]).toEqual(['', before])
})

/** An image that says it is of an older version, and one that has no programs. */
async function makeImages() {
  const change = (name: string, script: string) =>
    stage.box.exec(`docker image inspect ${name} >/dev/null 2>&1 && exit; id=$(docker create ${postgres} true) && printf '#!/bin/sh\\n${script}\\n' >/tmp/pg_dump && chmod 755 /tmp/pg_dump &&
      docker cp /tmp/pg_dump $id:/usr/lib/postgresql/15/bin/pg_dump && docker commit $id ${name} && docker rm -v $id; rm /tmp/pg_dump`)
  await change('older:14', 'echo "pg_dump (PostgreSQL) 14.9"')
  await change('without:1', 'exit 127')
}

test('without an image the server is asked for its version; by hand and by the timer it is the same', async () => {
  await makeImages()
  await stage.box.exec(`docker tag older:14 postgres:17-alpine; docker tag ${postgres} postgres:15-alpine; rm -rf /opt/sample/backups`)
  const id = /\d{8}T\d{6}Z/.exec(await hand('backup create --database-url-env web:DATABASE_URL'))?.[0] ?? 'none'
  expect(await hand('backup list')).toMatch(new RegExp(`^${id} +url:notes .*by hand`, 'm'))
  await stage.box.exec("printf '%s\\n' postgresql://notes:p%40ss%3Aw%25rd@localhost:15432/notes >/root/url")
  expect(await hand('backup drill --database-url-file /root/url')).toContain('the scratch database is dropped')
  // A box has no systemd: these only know the words.
  await stage.box.exec(
    "printf '#!/bin/sh\\n' >/usr/local/bin/systemctl; cp /usr/local/bin/systemctl /usr/local/bin/systemd-analyze; chmod 755 /usr/local/bin/system*; mkdir -p /etc/systemd/system",
  )
  expectStatus(await consumer.backup({ ...from, operation: 'schedule' }), 'scheduled')
  expect(await hand('backup scheduled')).toMatch(/\d{8}T\d{6}Z/)
  await hand('backup prune --keep 1,0,0 --database-url-env DATABASE_URL')
  expect((await stage.box.exec('ls /opt/sample/backups')).stdout.trim()).not.toContain(id)
  expect(await stage.box.exec('grep -rlE "p@ss|p%40ss" /opt/sample /etc/systemd/system | grep -v /releases/')).toMatchObject({ stdout: '' })
  expectStatus(await consumer.backup({ operation: 'unschedule' }), 'unscheduled')
  await stage.box.exec('rm -f /usr/local/bin/systemctl /usr/local/bin/systemd-analyze')
  expect(await left()).toBe('')
})

test('a restore that is killed: its client goes with it, the live database is as it was, and doctor takes away the rest', async () => {
  const before = await all()
  const id = /\d{8}T\d{6}Z/.exec(await hand(`backup create ${words()}`))?.[0] ?? 'none'
  await stage.box.exec(`cd /; /opt/sample/bin/release backup restore ${id} --confirm sample ${words()} >/tmp/said 2>&1 & pid=$!
    until [ -e /opt/sample/restore.running ]; do sleep 0.02; done; kill -9 $pid; until [ -z "$(docker ps -q --filter name=sample-client-)" ]; do sleep 0.2; done`)
  expect((await stage.box.exec('stat -c %a /opt/sample/restore.client')).stdout.trim()).toBe('600')
  expect(await hand('doctor')).toContain('all is well')
  expect([await all(), await left()]).toEqual([before, ''])
  expect(await databases()).not.toMatch(/_restore_/)
})
const words = () => `--database-url-env DATABASE_URL --database-image ${postgres}`

test('somebody whom the user may not end is named, and the live database stays', async () => {
  const before = await all()
  const id = /\d{8}T\d{6}Z/.exec(await hand(`backup create ${words()}`))?.[0] ?? 'none'
  await stage.box.exec('docker exec -d elsewhere psql -U postgres -d notes -c "select pg_sleep(600)"')
  const said = await hand(`backup restore ${id} --confirm sample ${words()}`)
  expect(said).toMatch(/DA-BACKUP-RESTORE/)
  expect(said).toMatch(/being accessed by other users \(.*postgres/)
  await sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'select pg_sleep%'", 'postgres')
  expect([await all(), await left()]).toEqual([before, ''])
  expect(await databases()).not.toMatch(/_restore_/)
})
