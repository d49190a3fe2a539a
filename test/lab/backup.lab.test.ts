import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { startS3 } from '../../lab/s3-server.ts'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { ensureMigrating } from '../../lab/stack/migrating.ts'
import { testWith } from '../needs-tool.ts'
import { projectOf } from './migrating-project.ts'

let stage: Stage
let consumer: Consumer
beforeAll(async () => {
  stage = await openStage()
  const migrating = await ensureMigrating()
  await stage.box.reset()
  const images = ['web', 'shop'].map((name) => `${name}=${migrating.image('v3')}`).join('\n')
  consumer = new Consumer(stage, { compose: projectOf(migrating), inputs: { images } })
  for (const inputs of [
    { tool: 'alembic', service: 'web' },
    { tool: 'django', service: 'shop' },
  ])
    expectStatus(await consumer.migrate({ ...inputs, phase: 'expand', to: inputs.tool === 'alembic' ? '0003' : 'notes.0003' }), 'applied')
  const deploy = { routes: ':80 -> web:8000', switch: 'shop:8001', verify: `${stage.url}/health 200`, 'verify-for': '0s' }
  expectStatus(await consumer.deploy('v3', { inputs: { ...deploy, images } }), 'deployed')
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})

const sql = async (query: string) =>
  (await stage.box.exec(`docker exec sample-db-1 psql -X -At -U notes -d notes -c "${query}"`)).stdout.trim()
const shown = ({ stdout, stderr }: Step) => `${stdout}${stderr}`

/** The app has connections of before in its pool, and makes new ones as it meets them. */
const serving = async () => {
  for (let tries = 0; tries < 40; tries++) {
    if ((await fetch(`${stage.url}/health`)).ok) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error('the app does not serve after the restore')
}

test('backup, destroy, restore: the rows are the same; a broken dump is refused; a drill says how long it takes', async () => {
  await sql("insert into notes (sha256, bytes, author) select md5(i::text), i, 'ann' from generate_series(1, 100000) i")
  const all = () => sql("select count(*) || ' ' || md5(string_agg(md5(n::text), '' order by id)) from notes n")
  const before = await all()
  const made = await consumer.backup({})
  expectStatus(made, 'created')
  expectStatus(await consumer.backup({ operation: 'drill', checks: 'select count(*) >= 100000 from notes => t\nselect 1 => 1' }), 'drilled')
  expect(shown(await consumer.backup({ operation: 'drill', checks: 'select count(*) from notes => 0' }))).toContain('DA-BACKUP-CHECK')
  await sql('truncate notes')
  const id = made.outputs.id as string
  expect(shown(await consumer.backup({ operation: 'restore', id, confirm: 'other' }))).toContain('input `confirm` must be `sample`')
  expectStatus(await consumer.backup({ operation: 'restore', id, confirm: 'sample' }), 'restored')
  expect(await all()).toBe(before)
  await serving()

  const dump = `/opt/sample/backups/${id}/database.dump`
  await stage.box.exec(`truncate -s -1000 ${dump}`)
  expect(shown(await consumer.backup({ operation: 'restore', id, confirm: 'sample' }))).toContain('DA-BACKUP-BROKEN')
  expect([
    await all(),
    (
      await stage.box.exec(
        "docker exec sample-db-1 psql -U notes -d notes -Atc \"select count(*) from pg_database where datname like '%restore%' or datname like '%drill%'\"",
      )
    ).stdout.trim(),
  ]).toEqual([before, '0'])
})

test('by hand on the host: create, list, verify, restore into another database, prune', async () => {
  const hand = async (words: string) => {
    const { stdout, stderr } = await stage.box.exec(`/opt/sample/bin/release backup ${words}`)
    return `${stdout}${stderr}`
  }
  const id = /\d{8}T\d{6}Z/.exec(await hand('create'))?.[0] ?? ''
  expect(await hand('list')).toMatch(new RegExp(`^${id} .*by hand`, 'm'))
  expect(await hand(`verify ${id}`)).toContain(`${id} is as it was made`)
  expect(await hand(`restore ${id}`)).toContain('DA-BACKUP-CONFIRM')
  expect(await hand(`restore ${id} --confirm sample --into look`)).toContain(`${id} is in the database look`)
  await hand('prune --keep 1,0,0')
  expect((await stage.box.exec('ls /opt/sample/backups')).stdout.trim()).toBe(id)
})

testWith(
  'moto_server',
  'to a real S3 store and back: plain and encrypted, after all on the host is gone; a store that refuses stops the migration',
  async () => {
    const s3 = await startS3()
    try {
      const fill = (author: string) =>
        sql(
          `insert into notes (sha256, bytes, author) select md5(i::text || '${author}'), i, '${author}' from generate_series(1, 700000) i`,
        )
      const all = () => sql("select count(*) || ' ' || md5(string_agg(md5(n::text), '' order by id)) from notes n")
      const ann = await generateIdentity()
      const ways = [
        { given: {}, key: {} },
        { given: { 'encrypt-to': await identityToRecipient(ann) }, key: { 'age-key': ann } },
      ]
      for (const { given, key } of ways) {
        await fill(`ann ${Object.keys(given)}`)
        const before = await all()
        const made = await consumer.backup({ ...s3.inputs, ...given })
        expectStatus(made, 'created')
        const id = made.outputs.id as string
        expect(made.outputs.stored).toBe(`s3://backups/lab/sample/${id}`)
        const [record, dump = ''] = (await s3.keys()).filter((name) => name.includes(id))
        expect(record).toBe(`lab/sample/${id}/backup.json`)
        const bytes = await s3.bytes(dump)
        expect(bytes.subarray(0, 5).toString()).toBe('encrypt-to' in given ? 'age-e' : 'PGDMP')
        await sql('truncate notes')
        await stage.box.exec('rm -rf /opt/sample/backups')
        const restored = await consumer.backup({ ...s3.inputs, ...key, operation: 'restore', id, confirm: 'sample' })
        expectStatus(restored, 'restored')
        expect(await all()).toBe(before)
        await serving()
        const said = `${shown(made)}${shown(restored)}`.split('\n').filter((line) => !line.startsWith('::add-mask::'))
        expect(said.join('\n')).not.toMatch(/lab-secret-key|AGE-SECRET/)
      }
      await stage.box.exec('rm -rf /opt/sample/backups')
      expectStatus(
        await consumer.backup({ ...s3.inputs, operation: 'drill', 'age-key': ann, checks: 'select count(*) > 1000000 from notes => t' }),
        'drilled',
      )
      expectStatus(await consumer.backup({ ...s3.inputs, operation: 'verify' }), 'verified')
      expectStatus(await consumer.backup({ ...s3.inputs, operation: 'prune', retention: '1,0,0' }), 'pruned')
      expect(new Set((await s3.keys()).map((name) => name.split('/')[2])).size).toBe(1)

      const head = await sql('select version_num from alembic_version')
      const migration = { tool: 'alembic', service: 'web', phase: 'contract', destructive: 'allow' }
      const refused = await consumer.migrate({ ...migration, ...s3.inputs, 's3-bucket': 'nowhere' })
      expectStatus(refused, 'failed')
      expect(shown(refused)).toMatch(/DA-STORE-REFUSED|NoSuchBucket/)
      expect(shown(refused)).toContain('nothing was applied')
      expect(await sql('select version_num from alembic_version')).toBe(head)
    } finally {
      await s3.stop()
    }
  },
)
