import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { type Bucket, type S3Server, startS3 } from '../../lab/s3-server.ts'
import type { Consumer, Step } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { testWith } from '../needs-tool.ts'
import { deployRows, type RowsProject } from './rows-project.ts'

// An app with rows in PostgreSQL and the files that they name in a bucket; both come back as they were at the same moment.
let stage: Stage
let consumer: Consumer
let sql: RowsProject['sql']

beforeAll(async () => {
  stage = await openStage()
  ;({ consumer, sql } = await deployRows(stage))
})
afterAll(async () => {
  consumer.close()
  await stage.box.reset()
})

const rows = () => sql("select count(*) || ' ' || md5(string_agg(n::text, ',' order by id)) from photos n")
const shown = ({ stdout, stderr }: Step) => `${stdout}${stderr}`
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const HEADERS = ['content-type', 'cache-control', 'content-disposition', 'content-encoding', 'content-language', 'x-amz-meta-by']

/** Everything that a user of the bucket gets: keys, bytes and headers. */
async function objects(bucket: Bucket): Promise<Record<string, unknown>> {
  const all = await Promise.all(
    (await bucket.keys()).map(async (key) => {
      const { headers } = await bucket.get(key)
      return [key, [sha256(await bucket.bytes(key)), ...HEADERS.map((name) => headers.get(name))]] as const
    }),
  )
  return Object.fromEntries(all)
}

const large = randomBytes(17_000_000)
async function fill(bucket: Bucket): Promise<void> {
  await sql(
    "create table photos (id serial primary key, key text, by text); insert into photos (key, by) select 'media/' || i || '.jpg', 'ann' from generate_series(1, 100000) i",
  )
  const jpeg = { 'content-type': 'image/jpeg', 'cache-control': 'public, max-age=60', 'x-amz-meta-by': 'ann' }
  await bucket.put('media/1.jpg', large, jpeg)
  await bucket.put('media/2.jpg', randomBytes(300_000), jpeg)
  await bucket.put('media/ünï code/ö & ü.txt', 'the words that only Ann may read', {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename="o.txt"',
    'content-language': 'de',
  })
  await bucket.put('media/empty/', '')
}

/** What the runner's clock says. */
const DAYS = 24 * 3_600_000
const later = (days: number) => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`const now=Date.now;Date.now=()=>now()+${days * DAYS}`)}`,
})

async function destroy(bucket: Bucket): Promise<void> {
  await sql('truncate photos')
  for (const key of await bucket.keys()) await bucket.remove(key)
}

testWith(
  'moto_server',
  'rows and the objects that they name are backed up, destroyed and restored: bytes, types and metadata are equal; prune takes no copy that another backup names',
  async () => {
    const s3 = await startS3()
    try {
      await play(s3)
    } finally {
      await s3.stop()
    }
  },
)

async function play(s3: S3Server): Promise<void> {
  const bucket = await s3.bucket('uploads')
  const app = {
    'objects-bucket': 'uploads',
    'objects-endpoint': s3.inputs['s3-endpoint'] as string,
    'objects-access-key': 'app-key-id',
    'objects-secret-key': 'app-secret-key',
  }
  const ann = await generateIdentity()
  const encrypted = { ...s3.inputs, 'encrypt-to': await identityToRecipient(ann) }
  const copies = async () => (await s3.keys()).filter((key) => key.startsWith('lab/sample/objects/'))
  const create = async () => {
    const made = await consumer.backup({ ...encrypted, ...app })
    expectStatus(made, 'created')
    return made
  }
  const restore = async (id: string, more: Record<string, string> = {}) => {
    const restored = await consumer.backup({ ...s3.inputs, ...app, operation: 'restore', id, confirm: 'sample', 'age-key': ann, ...more })
    expectStatus(restored, 'restored')
    return restored
  }

  await fill(bucket)
  const first = { rows: await rows(), objects: await objects(bucket) }
  const made = await create()
  expect([made.outputs.objects, (await copies()).length]).toEqual(['4', 4])
  for (const key of await copies()) {
    const bytes = await s3.bytes(key)
    expect(bytes.includes('age-encryption.org') && !bytes.includes('only Ann may read')).toBe(true)
  }

  await sql("delete from photos where id > 50000; insert into photos (key, by) values ('media/3.jpg', 'bob')")
  await bucket.remove('media/2.jpg')
  await bucket.put('media/ünï code/ö & ü.txt', 'other words', { 'content-type': 'text/markdown' })
  await bucket.put('media/3.jpg', randomBytes(1000), { 'content-type': 'image/jpeg', 'x-amz-meta-by': 'bob' })
  const second = { rows: await rows(), objects: await objects(bucket) }
  const again = await create()
  // The large one and the empty one are shared.
  expect([again.outputs.objects, (await copies()).length]).toEqual(['4', 6])

  await destroy(bucket)
  await bucket.put('media/1.jpg', 'somebody was here', { 'content-type': 'text/plain' })
  await stage.box.exec('rm -rf /opt/sample/backups')
  const restored = await restore(made.outputs.id as string, { 'objects-overwrite': 'true' })
  expect([await rows(), await objects(bucket)]).toEqual([first.rows, first.objects])
  expectStatus(await consumer.backup({ ...s3.inputs, operation: 'verify', 'age-key': ann }), 'verified')

  const prune = { ...s3.inputs, operation: 'prune', retention: '1,0,0' }
  expectStatus(await consumer.backup(prune, { env: later(8) }), 'pruned')
  const backups = new Set((await s3.keys()).filter((key) => !key.includes('/objects/')).map((key) => key.split('/')[2]))
  expect([[...backups], (await copies()).length]).toEqual([[again.outputs.id], 4])

  await destroy(bucket)
  await stage.box.exec('rm -rf /opt/sample/backups')
  const last = await restore(again.outputs.id as string)
  expect([await rows(), await objects(bucket)]).toEqual([second.rows, second.objects])

  const said = [made, again, restored, last].map(shown).join('\n').split('\n')
  expect(said.filter((line) => !line.startsWith('::add-mask::')).join('\n')).not.toMatch(/-secret-key|AGE-SECRET/)
  const onHost = await stage.box.exec("grep -rlE 'secret-key|AGE-SECRET' /opt /root /tmp 2>/dev/null")
  expect(onHost.stdout).toBe('')
  await expectSettled(stage.box)
}
