import { createHash } from 'node:crypto'
import { type BackupStore, openStore } from '@deploy-actions/backups'
import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner, FakeS3, inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { inStore } from '../src/in-store.ts'
import { checkInputs, inputs, isInStore } from '../src/inputs.ts'

const STORE = { 's3-bucket': 'backups', 's3-endpoint': 'https://store.example', 's3-access-key': 'x', 's3-secret-key': 'y' }
const NOW = Date.parse('2026-06-30T12:00:00Z')

let s3: FakeS3
let log: FakeLog
let store: BackupStore
beforeEach(async () => {
  s3 = await new FakeS3().start()
  log = new FakeLog()
  const values = {
    ...{ s3Bucket: 'backups', s3Endpoint: s3.endpoint, s3Region: undefined, s3Prefix: 'prod', s3SessionToken: undefined },
    ...{ s3AccessKey: s3.accessKey, s3SecretKey: s3.secretKey, encryptTo: [] },
  }
  store = openStore(values, 'shop', { fetch, clock: new FakeClock({ now: NOW }), log, signal: new AbortController().signal }) as BackupStore
})
afterEach(() => s3.stop())

const dump = Buffer.from('PGDMP of 3 tables')
async function keep(id: string, service = 'url:shop', release = ''): Promise<void> {
  const sha256 = createHash('sha256').update(dump).digest('hex')
  const manifest = JSON.stringify({ schema: 1, id, service, file: 'database.dump', size: dump.length, sha256, release })
  async function* read() {
    yield dump as Uint8Array
  }
  await store.keep({ id, manifest, read }, [])
}

async function run(given: Readonly<Record<string, string>>) {
  const values = inputsOf('backup', inputs, { ...STORE, app: 'shop', ...given })
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const summary = createSummary(runner, secrets)
  const clock = new FakeClock({ now: NOW })
  await inStore(values, store, { clock, log, summary, outputs: createOutputs(runner, secrets) })
  summary.write()
  return { outputs: Object.fromEntries(runner.outputs), summary: runner.summary }
}
const LIST = { operation: 'list' }
const ids = () => [...s3.objects.keys()].filter((key) => key.endsWith('/backup.json')).map((key) => key.split('/')[2])

test('what a job has brought is listed, checked and verified with no host', async () => {
  await keep('20260628T093000Z')
  await keep('20260630T093000Z')
  const outputs = { id: '20260630T093000Z', newest: '2026-06-30T09:30:00Z' }
  expect((await run({ operation: 'list' })).outputs).toEqual({ status: 'listed', ...outputs })
  expect(log.text()).toMatch(/^20260628T093000Z .*\n20260630T093000Z /m)
  expect((await run({ operation: 'check-store' })).outputs).toEqual({ status: 'fresh', ...outputs })
  expect(log.text()).toContain('the newest backup of url:shop')
  const verified = await run({ operation: 'verify' })
  expect([verified.outputs, verified.summary]).toEqual([{ status: 'verified', ...outputs }, expect.stringContaining('| url:shop | 2 |')])
  expect(log.text()).toContain('20260628T093000Z in the store is as it was uploaded')
})

test('a newest backup that is too old is an error, of each database for itself, and so is none', async () => {
  const failing = (given: Readonly<Record<string, string>>) =>
    expect(run({ operation: 'check-store', ...given })).rejects.toMatchObject({
      code: 'DA-BACKUP-STALE',
      message: expect.stringMatching(/./),
    })
  await failing({})
  await keep('20260630T093000Z')
  await keep('20260628T120000Z', 'url:blog')
  await expect(run({ operation: 'check-store' })).rejects.toThrow(/url:blog .* 2026-06-28T12:00:00Z, 48\.0 h old, and may be 26 h$/)
  expect((await run({ operation: 'check-store', service: 'shop' })).outputs.status).toBe('fresh')
  expect((await run({ operation: 'check-store', 'max-age-hours': '48' })).outputs.status).toBe('fresh')
  await failing({ service: 'other' })
})

test('one that is not whole does not count as fresh, nor does one of a clock that is ahead', async () => {
  await keep('20260627T093000Z')
  await keep('20260630T093000Z')
  await keep('20260702T130000Z')
  s3.objects.delete('prod/shop/20260630T093000Z/database.dump')
  await expect(run({ operation: 'check-store' })).rejects.toThrow('2026-06-27T09:30:00Z')
})

test('a database that another one has taken the place of is told how it is left out', async () => {
  await keep('20260601T093000Z', 'url:shop')
  await keep('20260630T093000Z', 'url:shop_restored')
  await expect(run({ operation: 'check-store' })).rejects.toMatchObject({
    code: 'DA-BACKUP-STALE',
    hint: expect.stringMatching(/a restore into url:shop_restored, name with `service` the one that is/),
  })
  for (const service of ['shop_restored', 'url:shop_restored'])
    expect((await run({ operation: 'check-store', service })).outputs).toMatchObject({ status: 'fresh', id: '20260630T093000Z' })
})

test('one of another database than the named one is not verified by that name, and green it is not', async () => {
  await keep('20260630T093000Z')
  await keep('20260630T093001Z', 'url:blog')
  await expect(run({ operation: 'verify', service: 'blog', id: '20260630T093000Z' })).rejects.toMatchObject({
    code: 'DA-BACKUP-UNKNOWN',
    message: expect.stringMatching(/^20260630T093000Z in .* is a backup of url:shop, not of blog: nothing was verified$/),
  })
  expect((await run({ operation: 'verify', service: 'url:shop', id: '20260630T093000Z' })).outputs.status).toBe('verified')
})

test.each([
  ['is no JSON', '{"schema": 1, '],
  ['is no object', 'null'],
  ['names no file', '{"service": "url:shop"}'],
  ['has volumes that are none', '{"file": "database.dump", "size": 17, "sha256": "SHA", "volumes": 7}'],
])('a manifest that %s is one broken backup, and no end of what is asked of the others', async (_what, manifest) => {
  for (const day of ['27', '28', '29']) await keep(`202606${day}T093000Z`)
  const key = 'prod/shop/20260628T093000Z/backup.json'
  const record = JSON.parse(String(s3.objects.get(key)?.bytes))
  const text = JSON.stringify({ ...record, manifest: manifest.replace('SHA', record.files[0].sha256) })
  s3.objects.set(key, { bytes: Buffer.from(text), modified: new Date(NOW) })
  expect((await run(LIST)).outputs).toMatchObject({ status: 'listed', id: '20260629T093000Z' })
  expect(log.text('warning')).toContain('20260628T093000Z is no whole backup: it has no record that can be read')
  expect((await run({ operation: 'check-store', 'max-age-hours': '48' })).outputs.status).toBe('fresh')
  for (const given of [{}, { id: '20260628T093000Z' }])
    await expect(run({ operation: 'verify', ...given })).rejects.toMatchObject({
      code: 'DA-BACKUP-BROKEN',
      message: expect.stringMatching(/20260628T093000Z/),
    })
  expect((await run({ operation: 'prune', retention: '1,0,0' })).outputs.status).toBe('pruned')
  expect(ids()).toEqual(['20260628T093000Z', '20260629T093000Z'])
})

test('one of a clock that is ahead is listed as such, and is not the newest', async () => {
  await keep('20260629T093000Z')
  await keep('20260702T130000Z')
  expect((await run(LIST)).outputs.id).toBe('20260629T093000Z')
  expect(log.text()).toMatch(/^20260702T130000Z .* of a time to come: does not count$/m)
})

test('prune takes away what a run that died has left also where there is no whole backup, and says that there is none', async () => {
  const key = 'prod/shop/20260601T093000Z/database.dump'
  s3.objects.set(key, { bytes: dump, modified: new Date(NOW - 48 * 3_600_000) })
  expect((await run({ operation: 'prune', 'dry-run': 'true' })).outputs.status).toBe('planned')
  expect(s3.objects.has(key)).toBe(true)
  expect((await run({ operation: 'prune' })).outputs).toMatchObject({ status: 'pruned', newest: '' })
  expect([s3.objects.size, log.text('warning')]).toEqual([0, expect.stringContaining('there is no whole backup in')])
})

test('a copy that was changed is found, of the database that is named', async () => {
  await keep('20260630T093000Z')
  await keep('20260630T093001Z', 'url:blog')
  s3.objects.set('prod/shop/20260630T093000Z/database.dump', { bytes: Buffer.from('PGDMP of X tables'), modified: new Date() })
  await expect(run({ operation: 'verify' })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  await expect(run({ operation: 'verify', id: '20260630T093000Z' })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  expect((await run({ operation: 'verify', service: 'blog' })).outputs.status).toBe('verified')
  await expect(run({ operation: 'verify', service: 'none' })).rejects.toMatchObject({ code: 'DA-BACKUP-UNKNOWN' })
  await expect(run({ operation: 'verify', id: '20260101T000000Z' })).rejects.toMatchObject({ code: 'DA-BACKUP-UNKNOWN' })
})

test('prune keeps what the rule says of each database, and leaves to a host what it made', async () => {
  for (const day of ['26', '27', '28', '29']) await keep(`202606${day}T093000Z`)
  await keep('20260620T093001Z', 'url:blog')
  await keep('20260621T093001Z', 'db', '20260620T093000Z-1a2b3c4-1.1')
  await keep('20260622T093001Z', 'db')
  expect((await run({ operation: 'prune', retention: '2,0,0', 'dry-run': 'true' })).outputs.status).toBe('planned')
  expect(ids()).toHaveLength(7)
  expect((await run({ operation: 'prune', retention: '2,0,0' })).outputs.status).toBe('pruned')
  expect(ids()).toEqual(['20260628T093000Z', '20260629T093000Z', '20260620T093001Z', '20260621T093001Z', '20260622T093001Z'])
  expect(log.text()).toContain('backups of db stay: a host made them')
})

test('a store and no host is enough for these alone; where something of a host is given, the host is meant', () => {
  const problems = (given: Readonly<Record<string, string>>, app = 'shop') =>
    checkInputs(inputsOf('backup', inputs, given), `acme/${app}`, app).map(({ input }) => input)
  for (const operation of ['list', 'verify', 'prune', 'check-store']) expect(problems({ ...STORE, operation })).toEqual([])
  for (const operation of ['create', 'restore', 'drill']) expect(problems({ ...STORE, operation })).toContain('host')
  expect(problems({ operation: 'list' })).toContain('host')
  expect(problems({ operation: 'check-store' })).toEqual(['s3-bucket'])
  expect(problems({ ...STORE, operation: 'list' }, '')).toEqual(['app'])
  // What `list` shows of a database at an address. A host finds it by its address.
  expect(problems({ ...STORE, operation: 'check-store', service: 'url:shop' })).toEqual([])
  expect(problems({ operation: 'create', host: 'one', 'ssh-key': 'x', 'known-hosts': 'x', service: 'url:shop' })).toContain('service')
  // A variable that is empty where it should have been set.
  expect(problems({ ...STORE, operation: 'verify', 'ssh-key': 'x' })).toContain('host')
  expect(isInStore(inputsOf('backup', inputs, { ...STORE, operation: 'verify', 'known-hosts': 'x' }))).toBe(false)
})
