import { type BundleResult, runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { type AppJobs, DATABASE_PASSWORD, openAppJobs } from '../../lab/app-jobs.ts'

let jobs: AppJobs
let app: Record<string, string>
beforeAll(async () => {
  jobs = await openAppJobs((line) => console.log(line))
  app = await jobs.database('shop', 'production')
})
afterAll(() => jobs?.close())

const job = (command: string, more: Readonly<Record<string, string>> = {}) => jobs.run(command, { ...app, ...more })
/** The action on a runner, which has no way to the database. */
const action = (operation: string, more: Readonly<Record<string, string>> = {}): Promise<BundleResult> =>
  runBundle('backup', {
    inputs: { ...jobs.s3.inputs, operation, app: 'shop', 's3-prefix': 'production', ...more },
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '7' },
  })
const told = ({ stdout }: BundleResult) => stdout
const rows = (database = 'shop') => jobs.sql(database, 'select count(*), md5(string_agg(name, id::text order by id)) from leads')
const revision = () => jobs.sql('shop', 'select version_num from alembic_version')
const backups = async () => (await jobs.s3.keys()).filter((key) => key.endsWith('/backup.json')).length
async function backUp(more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, log } = await job('database-backup create', more)
  expect([code, log]).toEqual([0, expect.stringMatching(/is in s3:/)])
  return /(\d{8}T\d{6}Z) is in s3:/.exec(log)?.[1] as string
}

test('nobody but the jobs reaches the database', async () => {
  expect((await job('pg_isready -h db')).code).toBe(0)
  expect(await jobs.fromOutside()).toMatchObject({ code: 2, log: expect.stringContaining('no response') })
})

test('the first release has nothing to back up and is migrated; before the next migration there is a backup in the store', async () => {
  const migrate = 'database-backup create -- alembic upgrade head'
  expect(await job(migrate)).toMatchObject({ code: 0, log: expect.stringContaining('nothing to back up') })
  expect([await revision(), await backups()]).toEqual(['0001', 0])
  await jobs.sql(
    'shop',
    'set role shop; insert into leads (name) select md5(i::text) from generate_series(1, 100000) i; create view names as select name from leads',
  )
  const again = await job(migrate)
  expect([again.code, await backups()]).toEqual([0, 1])
  // alembic speaks after the backup has.
  expect(again.log).toMatch(/and was read back: \d+ bytes, 2 tables, sha256 [0-9a-f]{64}, \d+ s/)
})

test('the action lists, checks and verifies it with no host; when the database is gone, the job brings every row back', async () => {
  const before = await rows()
  await jobs.sql('postgres', "revoke connect on database shop from public; alter database shop set statement_timeout = '77s'")
  const own = () =>
    jobs.sql(
      'postgres',
      `select pg_get_userbyid(datdba), (select array_agg(one order by one::text) from unnest(datacl) as one), setconfig from pg_database d, pg_db_role_setting where setdatabase = d.oid and datname = 'shop'`,
    )
  const belongs = await own()
  expect(belongs).toBe('shop|{=T/shop,shop=CTc/shop}|{statement_timeout=77s}')
  const id = await backUp()
  const listed = await action('list')
  expect([listed.code, listed.outputs.id]).toEqual([0, id])
  expect(told(listed)).toMatch(new RegExp(`${id} +\\d+ 15\\.\\d+ +no`))
  expect((await action('check-store')).outputs).toMatchObject({ status: 'fresh', id })
  expect((await action('verify')).outputs.status).toBe('verified')

  await jobs.sql('postgres', 'drop database shop with (force)')
  const restored = await job(`database-backup restore ${id} --into shop`)
  expect([restored.code, restored.log]).toEqual([0, expect.stringContaining('is restored into the database shop, with 2 tables')])
  expect(await rows()).toBe(before)
  const owners = "select distinct pg_get_userbyid(relowner) from pg_class where relnamespace = 'public'::regnamespace"
  expect([await jobs.sql('shop', owners), await own()]).toEqual(['shop', belongs])
  expect(await job('alembic upgrade head')).toMatchObject({ code: 0 })
})

test('a drill restores the newest one beside, and leaves no database behind', async () => {
  const databases = () => jobs.sql('postgres', "select string_agg(datname, ' ' order by datname) from pg_database where not datistemplate")
  const before = await databases()
  expect(await job('database-backup drill')).toMatchObject({
    code: 0,
    log: expect.stringMatching(/was restored with 2 tables, and the scratch database is dropped/),
  })
  expect(await databases()).toBe(before)
})

test('an administrator who is no superuser restores it for its owner; of two that back up at once neither writes over the other', async () => {
  await jobs.sql('postgres', "create role doadmin login createdb password 'x'; grant shop to doadmin")
  const doadmin = { DATABASE_URL: 'postgresql://doadmin:x@db:5432/shop' }
  const ids = await Promise.all([backUp(doadmin), backUp()])
  expect(new Set(ids).size).toBe(2)
  expect((await action('verify')).outputs.status).toBe('verified')
  expect(await job(`database-backup restore ${ids[0]} --into admins`, doadmin)).toMatchObject({ code: 0 })
  const owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'admins'"
  expect([await rows('admins'), await jobs.sql('postgres', owner)]).toEqual([await rows(), 'shop'])
})

test('what belongs to a role that the user is no member of is told, and the database that was made for it is gone', async () => {
  await jobs.sql('shop', 'create view theirs as select 1 as one')
  const id = await backUp()
  const { code, log } = await job(`database-backup restore ${id} --into other`)
  expect([code, log]).toEqual([
    1,
    expect.stringMatching(/DA-BACKUP-RESTORE: .*the database other is gone again: .*must be (a )?member of role "postgres"/),
  ])
  await jobs.sql('shop', 'drop view theirs')
})

test('nothing is written over: a database with tables is refused, and stays as it is', async () => {
  const before = await rows()
  const id = await backUp()
  expect(await job(`database-backup restore ${id} --into shop`)).toMatchObject({
    code: 1,
    log: expect.stringContaining('DA-BACKUP-CONFIRM'),
  })
  expect(await rows()).toBe(before)
})

/** A program in front of all others, for one job. */
const instead = (program: string, script: string, command: string) =>
  `mkdir /tmp/first && printf '#!/bin/sh\\n%s\\n' '${script}' >/tmp/first/${program} && chmod 755 /tmp/first/${program} && PATH=/tmp/first:$PATH ${command}`

test.each<[string, string, Record<string, string>, RegExp]>([
  [
    'a client of another version',
    instead('pg_dump', 'echo "pg_dump (PostgreSQL) 14.9"', ''),
    {},
    /DA-BACKUP-CLIENT: .*PostgreSQL 14, and the server is PostgreSQL 15/,
  ],
  ['a bucket that is not there', '', { BACKUP_S3_BUCKET: 'gone' }, /DA-STORE-REFUSED: .*NoSuchBucket/],
  [
    'a store that does not answer',
    '',
    { BACKUP_S3_ENDPOINT: 'http://db:9' },
    /DA-STORE-UNREACHABLE: .*Connection refused|Failed to connect/,
  ],
  ['another password', '', { DATABASE_URL: 'postgresql://shop:other@db/shop' }, /DA-BACKUP-CONNECT: .*password authentication failed/],
  ['another database', '', { DATABASE_URL: 'postgresql://shop:other@nobody/shop' }, /DA-BACKUP-CONNECT: .*could not translate host name/],
])('%s ends the job before the migration, and nothing of it counts', async (_what, before, more, message) => {
  const there = await backups()
  await jobs.sql('shop', "update alembic_version set version_num = '0000'")
  const { code, log } = await job(`${before} database-backup create -- alembic stamp --purge head`, more)
  expect([code, log]).toEqual([1, expect.stringMatching(message)])
  expect([await revision(), await backups()]).toEqual(['0000', there])
  await jobs.sql('shop', "update alembic_version set version_num = '0001'")
})

test('a copy that was changed in the store is found by the action, and not restored', async () => {
  const id = await backUp()
  const key = `production/shop/${id}/database.dump`
  const bucket = await jobs.s3.bucket('backups')
  const whole = await bucket.bytes(key)
  const bad = Uint8Array.from(whole)
  bad[bad.length >> 1] = (bad[bad.length >> 1] as number) ^ 1
  await bucket.put(key, bad)
  expect((await action('verify')).stdout).toContain('DA-BACKUP-BROKEN')
  expect(await job(`database-backup restore ${id} --into other`)).toMatchObject({
    code: 1,
    log: expect.stringContaining('DA-BACKUP-BROKEN'),
  })
  await bucket.put(key, Uint8Array.from(whole))
  expect((await action('verify')).outputs.status).toBe('verified')
})

test('encrypted by age for a key that no job has: the store has no row of it, the action and a restore open it', async () => {
  const key = await generateIdentity()
  const id = await backUp({ BACKUP_ENCRYPT_TO: await identityToRecipient(key) })
  expect((await (await jobs.s3.bucket('backups')).bytes(`production/shop/${id}/database.dump.age`)).subarray(0, 21).toString()).toBe(
    'age-encryption.org/v1',
  )
  expect((await action('verify', { id, 'age-key': key })).outputs.status).toBe('verified')
  expect(await job(`database-backup restore ${id} --into opened`, { BACKUP_AGE_KEY: key })).toMatchObject({ code: 0 })
  expect(await rows('opened')).toBe(await rows())
})

test('the password and the key are no argument of any process while it works, and in no log', async () => {
  const secrets = [DATABASE_PASSWORD, 'p%40ss', app.BACKUP_S3_SECRET_KEY as string]
  const watching = 'while :; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " " >>/tmp/seen; done & watcher=$!'
  const { code, log } = await job(
    `${watching}; database-backup create && database-backup drill; code=$?; kill $watcher; echo; cat /tmp/seen; exit $code`,
  )
  expect(code).toBe(0)
  for (const program of ['pg_dump', 'pg_restore', 'curl']) expect(log).toContain(program)
  for (const secret of secrets) expect(log).not.toContain(secret)
})

test('prune by the action keeps the rule; the newest stays', async () => {
  const newest = await backUp()
  expect((await action('prune', { retention: '0,0,0' })).outputs).toMatchObject({ status: 'pruned', id: newest })
  expect((await jobs.s3.keys()).map((key) => key.split('/').slice(2).join('/'))).toEqual([
    `${newest}/backup.json`,
    `${newest}/database.dump`,
  ])
})
