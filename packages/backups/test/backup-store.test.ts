import { createHash } from 'node:crypto'
import { FakeClock, FakeLog, FakeS3, type S3Fault } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { openStore } from '../src/index.ts'

const NOW = Date.now()
let s3: FakeS3
let log: FakeLog
let store: ReturnType<typeof open>
beforeEach(async () => {
  s3 = await new FakeS3().start()
  log = new FakeLog()
  store = open()
})
afterEach(() => s3.stop())

function open(secretKey = s3.secretKey) {
  const values = {
    ...{ s3Bucket: 'backups', s3Endpoint: s3.endpoint, s3Region: undefined, s3Prefix: 'prod', s3SessionToken: undefined },
    ...{ s3AccessKey: s3.accessKey, s3SecretKey: secretKey, encryptTo: [] },
  }
  const opened = openStore(values, 'shop', { fetch, clock: new FakeClock({ now: NOW }), log, signal: new AbortController().signal })
  if (opened === undefined) throw new Error('no store')
  return opened
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const dump = Buffer.from('PGDMP of 3 tables, and a secret row'.repeat(5000))
const manifestOf = (id: string, bytes = dump) =>
  `{\n  "schema": 1,\n  "id": "${id}",\n  "version": "15.18 (Debian)",\n  "file": "database.dump",\n  "size": ${bytes.length},\n  "sha256": "${sha256(bytes)}"\n}\n`
async function* chunks(bytes: Buffer) {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000)
}
const keep = (id: string, recipients: readonly string[] = [], read = () => chunks(dump)) =>
  store.keep({ id, manifest: manifestOf(id), read }, recipients)
async function back(id: string, keys: readonly string[] = []): Promise<Buffer> {
  const stored = await store.find(id)
  const all: Uint8Array[] = []
  for (const file of stored.files) for await (const chunk of store.open(stored, file, keys)) all.push(chunk)
  return Buffer.concat(all)
}
const fault = (what: S3Fault, fits: RegExp, times = 1) => {
  let left = times
  s3.faults = ({ method, key }) => (fits.test(`${method} ${key}`) && left-- > 0 ? what : undefined)
}
const ID = '20260131T093000Z'
const failing = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) })

test('a backup lies below prefix, app and id, with a record that came last, and was read back', async () => {
  await keep(ID)
  expect([...s3.objects.keys()].sort()).toEqual([`prod/shop/${ID}/backup.json`, `prod/shop/${ID}/database.dump`])
  expect(s3.asked).toEqual([
    `GET prod/shop/${ID}/backup.json`,
    `PUT prod/shop/${ID}/database.dump`,
    `GET prod/shop/${ID}/database.dump`,
    `PUT prod/shop/${ID}/backup.json`,
    `GET prod/shop/${ID}/backup.json`,
  ])
  expect((await back(ID)).equals(dump)).toBe(true)
  expect((await store.find(ID)).manifest).toBe(manifestOf(ID))
})

test('encrypted, the store never gets a byte of it in the open; any of the keys opens it, another one does not', async () => {
  const [ann, bob, eve] = await Promise.all([generateIdentity(), generateIdentity(), generateIdentity()])
  await keep(ID, [await identityToRecipient(ann), await identityToRecipient(bob)])
  const stored = s3.objects.get(`prod/shop/${ID}/database.dump.age`)?.bytes as Buffer
  expect([stored.subarray(0, 21).toString(), stored.includes('secret row'), s3.objects.size]).toEqual(['age-encryption.org/v1', false, 2])
  expect((await back(ID, [ann])).equals(dump)).toBe(true)
  expect((await back(ID, [bob])).equals(dump)).toBe(true)
  await expect(back(ID, [eve])).rejects.toMatchObject(failing('DA-BACKUP-ENCRYPTED', /not for this key/))
  await expect(back(ID)).rejects.toMatchObject(failing('DA-BACKUP-ENCRYPTED', /`age-key` is not given/))
  stored[stored.length - 20] = (stored.at(-20) as number) ^ 1
  await expect(back(ID, [ann])).rejects.toMatchObject(failing('DA-BACKUP-ENCRYPTED', /cannot be read/))
})

test.each<[string, S3Fault, RegExp, string]>([
  ['refuses the dump', { status: 403, code: 'AccessDenied' }, /PUT .*dump/, 'DA-STORE-REFUSED'],
  ['refuses the record', { status: 403, code: 'AccessDenied' }, /PUT .*backup.json/, 'DA-STORE-REFUSED'],
  ['does not give it back', { status: 403, code: 'AccessDenied' }, /GET .*dump/, 'DA-STORE-REFUSED'],
  ['stays broken', { status: 500, code: 'InternalError' }, /PUT .*dump/, 'DA-STORE-UNREACHABLE'],
  ['gives the dump back with another byte', 'changed', /GET .*dump/, 'DA-STORE-BROKEN'],
  ['gives the record back with another byte', 'changed', /GET .*backup.json/, 'DA-STORE-BROKEN'],
])('a store that %s: one error, and nothing stays there', async (_what, what, fits, code) => {
  fault(what, fits, 99)
  await expect(keep(ID)).rejects.toMatchObject({ code })
  expect(s3.objects.size).toBe(0)
})

test('what is there under an id is neither written over nor taken away', async () => {
  await keep(ID)
  const before = s3.objects.get(`prod/shop/${ID}/database.dump`)?.bytes
  await expect(keep(ID, [], () => chunks(dump.subarray(1)))).rejects.toMatchObject(failing('DA-STORE-TAKEN', /left as it is/))
  expect([s3.objects.size, s3.objects.get(`prod/shop/${ID}/database.dump`)?.bytes === before]).toEqual([2, true])
})

test('its own trouble, a cut and a lost answer are got over', async () => {
  for (const what of [{ status: 500, code: 'InternalError' }, 'cut', 'done, not told'] as const) {
    for (const fits of [/PUT .*dump/, /GET .*dump/, /PUT .*json/]) {
      s3.objects.clear()
      fault(what, fits, 2)
      await keep(ID)
      expect((await back(ID)).equals(dump)).toBe(true)
    }
  }
})

test('what changed on its way from the host, or broke off there, is no backup', async () => {
  await expect(keep(ID, [], () => chunks(dump.subarray(1)))).rejects.toMatchObject(failing('DA-BACKUP-BROKEN', /changed on its way/))
  async function* cut() {
    yield dump.subarray(0, 9)
    throw new Error('the host is gone')
  }
  await expect(keep(ID, [], cut)).rejects.toThrow('the host is gone')
  const [ann] = await Promise.all([generateIdentity()])
  await expect(keep(ID, [await identityToRecipient(ann)], cut)).rejects.toThrow('the host is gone')
  expect(s3.objects.size).toBe(0)
})

test('only whole backups count; what has no record is left over after a day', async () => {
  await keep('20260131T093000Z')
  await keep('20260201T093000Z')
  await keep('20260202T093000Z')
  await keep('20260203T093000Z')
  s3.objects.delete('prod/shop/20260201T093000Z/database.dump')
  s3.objects.delete('prod/shop/20260202T093000Z/backup.json')
  const old = s3.objects.get('prod/shop/20260202T093000Z/database.dump') as { modified: Date }
  const contents = async () => {
    const { backups, leftOver } = await store.contents()
    return [backups.map(({ id }) => id), leftOver.map(({ key }) => key)]
  }
  expect(await contents()).toEqual([['20260131T093000Z', '20260203T093000Z'], []])
  old.modified = new Date(NOW - 25 * 3_600_000)
  expect(await contents()).toEqual([['20260131T093000Z', '20260203T093000Z'], ['prod/shop/20260202T093000Z/database.dump']])
  expect(log.text('warning')).toMatch(/20260201T093000Z is no whole backup: a part of it is missing[\s\S]*20260202T093000Z.*no record/)
})

test('verify tells what is right from what changed since, with the key and without it', async () => {
  const ann = await generateIdentity()
  await keep(ID, [await identityToRecipient(ann)])
  const stored = await store.find(ID)
  await store.verify(stored, [])
  await store.verify(stored, [ann])
  const bytes = s3.objects.get(`prod/shop/${ID}/database.dump.age`)?.bytes as Buffer
  bytes[300] = (bytes[300] as number) ^ 1
  await expect(store.verify(stored, [])).rejects.toMatchObject(failing('DA-BACKUP-BROKEN', /not what was uploaded/))
  await expect(store.verify(stored, [ann])).rejects.toMatchObject({ code: expect.stringMatching(/DA-BACKUP-/) })
})

test('an unknown id names those that are there; a removed one is gone', async () => {
  await keep(ID)
  await expect(store.find('20200101T000000Z')).rejects.toMatchObject(
    failing('DA-BACKUP-UNKNOWN', new RegExp(`neither on the host.*are: ${ID}`)),
  )
  // The claim of whoever made it, where its key may not delete.
  s3.objects.set(`prod/shop/${ID}/begun`, { bytes: Buffer.from('claim'), modified: new Date() })
  expect(await store.contents()).toMatchObject({ backups: [{ id: ID }], broken: [], leftOver: [], atWork: [] })
  await store.remove(await store.find(ID))
  expect(s3.objects.size).toBe(0)
})

const withVolume = (uploads: Buffer, dumped: boolean) =>
  JSON.stringify({
    ...(dumped && { file: 'database.dump', size: dump.length, sha256: sha256(dump) }),
    volumes: [{ volume: 'uploads', file: 'volume-uploads.tar', size: uploads.length, sha256: sha256(uploads), entries: 3, paused: '' }],
  })

test.each([true, false])('volumes go to the store and back under the same id, with a dump (%s) and without one', async (dumped) => {
  const uploads = Buffer.from('a tar of uploads'.repeat(4000))
  const read = ({ file }: { file: string }) => chunks(file === 'database.dump' ? dump : uploads)
  await store.keep({ id: ID, manifest: withVolume(uploads, dumped), read }, [])
  const names = ['backup.json', ...(dumped ? ['database.dump'] : []), 'volume-uploads.tar']
  expect([...s3.objects.keys()].sort()).toEqual(names.map((name) => `prod/shop/${ID}/${name}`))
  expect((await back(ID)).equals(dumped ? Buffer.concat([dump, uploads]) : uploads)).toBe(true)
  s3.objects.delete(`prod/shop/${ID}/volume-uploads.tar`)
  expect((await store.contents()).broken).toEqual([ID])
})

test('a manifest with nothing in it, or with a way out of the folder, is no backup', async () => {
  const way = withVolume(dump, false).replace('volume-uploads.tar', '../../lock')
  for (const manifest of ['{}', '{"volumes": []}', way])
    await expect(store.keep({ id: ID, manifest, read: () => chunks(dump) }, [])).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  expect(s3.objects.size).toBe(0)
})

test('a record that points out of its folder is none', async () => {
  await keep(ID)
  const key = `prod/shop/${ID}/backup.json`
  s3.objects.set(key, { bytes: Buffer.from(s3.text(key).replaceAll('"database.dump"', '"../../lock"')), modified: new Date() })
  await expect(store.find(ID)).rejects.toMatchObject({ code: 'DA-BACKUP-UNKNOWN' })
})

test('no key is in any word that is said', async () => {
  store = open('wrong/secret+key00000')
  const error = await keep(ID).catch((failure) => failure)
  expect(error.code).toBe('DA-STORE-REFUSED')
  expect(JSON.stringify([log.entries, error.message, error.hint])).not.toMatch(/AKIA|wrong.secret/)
  expect(s3.asked.join()).not.toMatch(/AKIA|Signature/)
})
