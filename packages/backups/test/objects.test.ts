import { createHash } from 'node:crypto'
import { FakeClock, FakeLog, FakeS3, type S3Fault } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import {
  type ObjectsValues,
  openAppBucket,
  openStore,
  planPutBack,
  pruneStore,
  putDiffering,
  putMissing,
  requireUndamaged,
} from '../src/index.ts'

const DAY = 24 * 3_600_000
const NOW = Date.now()
let now: number
let s3: FakeS3
/** Of the app. */
let app: FakeS3
let log: FakeLog
beforeEach(async () => {
  now = NOW
  ;[s3, app] = await Promise.all([new FakeS3().start(), new FakeS3().start()])
  log = new FakeLog()
  put('media/a.jpg', 'picture a')
  put('media/b c.jpg', 'picture b')
  put('static/site.css', 'css')
})
afterEach(() => Promise.all([s3.stop(), app.stop()]))

const put = (key: string, text: string, modified = new Date(NOW - 5 * DAY), type = 'image/jpeg') =>
  app.objects.set(key, { bytes: Buffer.from(text), modified, headers: { 'content-type': type } })
const ports = () => ({ fetch, clock: new FakeClock({ now }), log, signal: new AbortController().signal })
function store() {
  const named = { s3Bucket: 'backups', s3Endpoint: s3.endpoint, s3Region: undefined, s3Prefix: 'prod', s3SessionToken: undefined }
  const opened = openStore({ ...named, s3AccessKey: s3.accessKey, s3SecretKey: s3.secretKey, encryptTo: [] }, 'shop', ports())
  if (opened === undefined) throw new Error('no store')
  return opened
}
function bucket(given: Partial<ObjectsValues> = {}, of = app, asking = fetch) {
  const key = { objectsAccessKey: of.accessKey, objectsSecretKey: of.secretKey, objectsSessionToken: undefined }
  const named = { objectsBucket: 'backups', objectsEndpoint: of.endpoint, objectsRegion: undefined, objectsPrefix: undefined }
  const opened = openAppBucket(
    { ...key, ...named, objectsSmaller: false, objectsOverwrite: false, objectsAcl: undefined, ...given },
    { ...ports(), fetch: asking },
  )
  if (opened === undefined) throw new Error('no bucket')
  return opened
}

const DUMP = Buffer.from('PGDMP')
const manifest = (service = 'db') =>
  JSON.stringify({ service, file: 'database.dump', size: DUMP.length, sha256: createHash('sha256').update(DUMP).digest('hex') })
async function* dump() {
  yield DUMP as Uint8Array
}
const keep = (id: string, from: ReturnType<typeof bucket> | undefined = bucket(), recipients: readonly string[] = [], service = 'db') =>
  store().keep({ id, manifest: manifest(service), read: dump, from }, recipients)
const [ONE, TWO, THREE] = ['20260131T093000Z', '20260201T093000Z', '20260202T093000Z'] as const
const inStore = (part = '') => [...s3.objects.keys()].filter((key) => key.startsWith(`prod/shop/${part}`)).sort()
const copies = () => inStore('objects/').map((key) => key.slice('prod/shop/objects/'.length))
const readFrom = (where: FakeS3) => where.asked.filter((line) => /^GET .+[^?]*$/.test(line) && !line.startsWith('GET ?'))
const text = (key: string) => app.objects.get(key)?.bytes.toString()
async function restore(id: string, given: Partial<ObjectsValues> = {}, keys: readonly string[] = [], of = app): Promise<number> {
  const plan = await planPutBack(store(), id, { to: bucket(given, of), identities: keys, log })
  const missing = await putMissing(plan, store(), log)
  const differing = await putDiffering(plan, store(), log)
  requireUndamaged(plan, [...missing.damage, ...differing.damage])
  return missing.count + differing.count
}
/** The host's answer, without a host. */
const keeping = (...kept: string[]) => ({ kept: async (ids: readonly string[]) => ids.filter((id) => kept.includes(id)) }) as never
const prune = (...kept: string[]) => pruneStore(keeping(...kept), store(), 'db', [1, 0, 0], { dryRun: false, log })
const failing = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) })

test('a backup has each object of the bucket, with its type, and the record says which copy is which', async () => {
  const { objects } = await keep(ONE)
  expect(objects).toMatchObject({ prefix: '', count: 3, bytes: 21 })
  expect(copies()).toEqual([`${ONE}/000001`, `${ONE}/000002`, `${ONE}/000003`])
  expect(s3.text(`prod/shop/objects/${ONE}/000002`)).toBe('{"content-type":"image/jpeg"}\npicture b')
  expect(
    s3
      .text(`prod/shop/${ONE}/keys.jsonl`)
      .split('\n')
      .map((line) => line && JSON.parse(line).key),
  ).toEqual(['media/a.jpg', 'media/b c.jpg', 'static/site.css', ''])
  const written = s3.asked.filter((line) => !line.startsWith('GET'))
  // Before anything can be shared, so that a prune sees it.
  expect(written.slice(0, 2)).toEqual([`PUT prod/shop/${ONE}/begun`, `PUT prod/shop/${ONE}/database.dump`])
  expect(written.slice(-2)).toEqual([`PUT prod/shop/${ONE}/backup.json`, `DELETE prod/shop/${ONE}/begun`])
})

test('what is unchanged is neither read nor copied again; what is new, written over or has another type is', async () => {
  await keep(ONE)
  app.asked.length = 0
  put('media/new.jpg', 'new')
  put('media/a.jpg', 'picture A')
  put('static/site.css', 'css', new Date(NOW - DAY), 'text/css')
  await keep(TWO)
  expect(readFrom(app).sort()).toEqual(['GET media/a.jpg', 'GET media/new.jpg', 'GET static/site.css'])
  expect(copies()).toEqual([`${ONE}/000001`, `${ONE}/000002`, `${ONE}/000003`, `${TWO}/000001`, `${TWO}/000003`, `${TWO}/000004`])
  expect(log.text('info')).toContain('4 objects of backups at 127.0.0.1')
  expect(log.text('info')).toMatch(/: 3 copied, 1 unchanged/)
  expect(log.text('warning')).not.toContain('no whole backup')
})

test('what is deleted or written over in the bucket stays in the backup that has it, and comes back with its type', async () => {
  await keep(ONE)
  app.objects.delete('media/b c.jpg')
  put('media/a.jpg', 'another picture')
  await keep(TWO)
  expect(await restore(ONE)).toBe(1)
  expect([text('media/b c.jpg'), text('media/a.jpg')]).toEqual(['picture b', 'another picture'])
  expect(app.objects.get('media/b c.jpg')?.headers).toEqual({ 'content-type': 'image/jpeg' })
  expect(log.text('warning')).toMatch(/1 objects in .* differ .* `objects-overwrite: true`/)
  expect(await restore(ONE, { objectsOverwrite: true, objectsAcl: 'public-read' })).toBe(1)
  expect([text('media/a.jpg'), app.objects.get('media/a.jpg')?.headers]).toEqual([
    'picture a',
    { 'content-type': 'image/jpeg', 'x-amz-acl': 'public-read' },
  ])
  expect(await restore(TWO, { objectsOverwrite: true })).toBe(1)
  expect(text('media/a.jpg')).toBe('another picture')
})

test('a restore deletes nothing, takes a part by its prefix, and goes on where one broke off', async () => {
  await keep(ONE)
  app.objects.clear()
  put('media/later.jpg', 'later')
  expect(await restore(ONE, { objectsPrefix: 'static/' })).toBe(1)
  app.faults = ({ method, key }) => (method === 'PUT' && key === 'media/b c.jpg' ? { status: 403, code: 'AccessDenied' } : undefined)
  await expect(restore(ONE)).rejects.toMatchObject({
    code: 'DA-STORE-REFUSED',
    hint: expect.stringContaining('for restore also s3:PutObject'),
  })
  app.faults = () => undefined
  expect(await restore(ONE)).toBe(1)
  expect([...app.objects.keys()].sort()).toEqual(['media/a.jpg', 'media/b c.jpg', 'media/later.jpg', 'static/site.css'])
  expect(await restore(ONE)).toBe(0)
})

test('objects come back into another bucket, too', async () => {
  await keep(ONE)
  const other = await new FakeS3().start()
  try {
    expect(await restore(ONE, {}, [], other)).toBe(3)
    expect(other.text('media/b c.jpg')).toBe('picture b')
  } finally {
    await other.stop()
  }
})

test('encrypted, neither content nor keys nor types are in the open; with other public keys all is copied again', async () => {
  const [ann, bob] = await Promise.all([generateIdentity(), generateIdentity()])
  const [forAnn, forBob] = await Promise.all([identityToRecipient(ann), identityToRecipient(bob)])
  await keep(ONE, bucket(), [forAnn])
  await keep(TWO, bucket(), [forAnn])
  expect(copies()).toHaveLength(3)
  const all = Buffer.concat([...s3.objects.values()].map(({ bytes }) => bytes)).toString('latin1')
  expect(all).not.toMatch(/picture|\.jpg|site\.css|image\/jpeg/)
  await keep(THREE, bucket(), [forAnn, forBob])
  expect(copies()).toHaveLength(6)
  app.objects.clear()
  await expect(restore(TWO, {}, [])).rejects.toMatchObject({ code: 'DA-BACKUP-ENCRYPTED' })
  await expect(restore(TWO, {}, [bob])).rejects.toMatchObject({ code: 'DA-BACKUP-ENCRYPTED' })
  expect(await restore(TWO, {}, [ann])).toBe(3)
  await store().verify(await store().find(THREE), [bob])
  await store().verify(await store().find(THREE), [])
})

test('verify reads each copy once, however many backups name it, and tells one that changed or is gone', async () => {
  await keep(ONE)
  await keep(TWO)
  s3.asked.length = 0
  const read = new Set<string>()
  for (const backup of (await store().contents()).backups) await store().verify(backup, [], read)
  expect(s3.asked.filter((line) => line.includes('/objects/'))).toHaveLength(3)
  const copy = s3.objects.get(`prod/shop/objects/${ONE}/000001`)?.bytes as Buffer
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1
  const verify = async () => store().verify(await store().find(TWO), [])
  await expect(verify()).rejects.toMatchObject(failing('DA-BACKUP-BROKEN', /000001 .*sha256 differs/))
  app.objects.delete('media/a.jpg')
  await expect(restore(TWO)).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  expect(text('media/a.jpg')).toBeUndefined()
  s3.objects.delete(`prod/shop/objects/${ONE}/000001`)
  await expect(verify()).rejects.toMatchObject(failing('DA-STORE-BROKEN', /000001 is not there/))
})

test('a copy that is gone from the store, or has another size, is made again by the next backup', async () => {
  await keep(ONE)
  s3.objects.delete(`prod/shop/objects/${ONE}/000001`)
  s3.objects.set(`prod/shop/objects/${ONE}/000002`, { bytes: Buffer.from('cut'), modified: new Date(now) })
  await keep(TWO)
  expect(copies()).toEqual([`${ONE}/000002`, `${ONE}/000003`, `${TWO}/000001`, `${TWO}/000002`])
  await store().verify(await store().find(TWO), [])
})

const age = (days: number) => {
  for (const [key, held] of s3.objects) s3.objects.set(key, { ...held, modified: new Date(now - days * DAY) })
}

test('prune removes a copy when no backup names it, and only after a week', async () => {
  await keep(ONE)
  app.objects.delete('media/a.jpg')
  put('media/b c.jpg', 'picture B')
  await keep(TWO)
  await prune(TWO)
  expect([inStore(ONE), copies().length]).toEqual([[], 4])
  age(6)
  await prune(TWO)
  expect(copies()).toHaveLength(4)
  age(8)
  await prune(TWO)
  expect(copies()).toEqual([`${ONE}/000003`, `${TWO}/000001`])
  await store().verify(await store().find(TWO), [])
})

test('prune keeps what a backup of another service names, and the newest with objects beside a newer one without', async () => {
  await keep(ONE, bucket(), [], 'geo')
  app.objects.delete('media/a.jpg')
  await keep(TWO)
  const record = JSON.parse(s3.text(`prod/shop/${TWO}/backup.json`))
  await store().keep({ id: THREE, manifest: manifest(), read: dump }, [])
  age(8)
  expect(record.objects.count).toBe(2)
  await expect(prune(THREE)).rejects.toMatchObject({ code: 'DA-BACKUP-KEPT' })
  await prune(THREE, TWO)
  expect([(await store().contents()).backups.map(({ id }) => id), copies().length]).toEqual([[ONE, TWO, THREE], 3])
})

test.each<[string, () => void]>([
  [
    'has a record that cannot be read',
    () => s3.objects.set(`prod/shop/${ONE}/backup.json`, { bytes: Buffer.from('{'), modified: new Date(0) }),
  ],
  ['lost its index', () => s3.objects.delete(`prod/shop/${ONE}/objects.jsonl`)],
  [
    'has an index with another byte',
    () => {
      const bytes = s3.objects.get(`prod/shop/${ONE}/objects.jsonl`)?.bytes as Buffer
      bytes[10] = (bytes[10] as number) ^ 1
    },
  ],
])('as long as a backup %s, prune removes no copy', async (_what, damage) => {
  await keep(ONE)
  put('media/a.jpg', 'picture A')
  await keep(TWO)
  app.objects.delete('media/a.jpg')
  await keep(THREE)
  damage()
  age(8)
  await prune(ONE, THREE)
  expect(copies()).toEqual([`${ONE}/000001`, `${ONE}/000002`, `${ONE}/000003`, `${TWO}/000001`])
  expect(log.text('warning')).toMatch(/no copy of an object is removed.*20260131T093000Z/)
})

test('a list of the store that breaks off, or a refused index, removes nothing', async () => {
  await keep(ONE)
  await keep(TWO)
  age(8)
  const before = inStore()
  s3.losesToken = true
  await expect(prune(TWO)).rejects.toMatchObject({ code: 'DA-STORE-BROKEN' })
  s3.losesToken = false
  s3.faults = ({ key }) => (key.endsWith('objects.jsonl') ? { status: 403, code: 'AccessDenied' } : undefined)
  await expect(prune(TWO)).rejects.toMatchObject({ code: 'DA-STORE-REFUSED' })
  expect(inStore()).toEqual(before)
})

test('what a backup that failed had copied is named by none, and goes with a prune after a week', async () => {
  await keep(ONE)
  put('media/new.jpg', 'new')
  s3.faults = ({ method, key }) => (method === 'PUT' && key.endsWith('keys.jsonl') ? { status: 403, code: 'AccessDenied' } : undefined)
  await expect(keep(TWO)).rejects.toMatchObject({ code: 'DA-STORE-REFUSED' })
  s3.faults = () => undefined
  expect([inStore(TWO), copies()]).toEqual([[], [`${ONE}/000001`, `${ONE}/000002`, `${ONE}/000003`, `${TWO}/000003`]])
  age(8)
  await prune(ONE)
  expect(copies()).toEqual([`${ONE}/000001`, `${ONE}/000002`, `${ONE}/000003`])
})

test('a copy that is removed while a backup is made that names it makes that backup none', async () => {
  await keep(ONE)
  put('media/new.jpg', 'new')
  app.faults = ({ method, key }) => {
    if (method === 'GET' && key === 'media/new.jpg') s3.objects.delete(`prod/shop/objects/${ONE}/000001`)
    return undefined
  }
  await expect(keep(TWO)).rejects.toMatchObject(failing('DA-STORE-BROKEN', /000001 was removed while/))
  expect(inStore(TWO)).toEqual([])
})

test('a bucket that lost half of what it had is no backup, unless that is right', async () => {
  for (let at = 0; at < 5; at += 1) put(`media/${at}`, 'x'.repeat(100))
  await keep(ONE)
  for (let at = 0; at < 5; at += 1) app.objects.delete(`media/${at}`)
  const shrunk = failing('DA-BACKUP-SHRUNK', /has 3 objects of 21 bytes; in 20260131T093000Z it had 8 of 521/)
  await expect(keep(TWO)).rejects.toMatchObject(shrunk)
  expect(inStore(TWO)).toEqual([])
  await keep(TWO, bucket({ objectsPrefix: 'media/' }))
  await keep(THREE, bucket({ objectsSmaller: true }))
  app.objects.clear()
  await expect(keep('20260203T093000Z')).rejects.toMatchObject({ code: 'DA-BACKUP-SHRUNK' })
})

test('an empty bucket that was never more is a backup of nothing in it, which can be verified', async () => {
  app.objects.clear()
  expect((await keep(ONE)).objects).toMatchObject({ count: 0, bytes: 0 })
  await store().verify(await store().find(ONE), [])
  expect(await restore(ONE)).toBe(0)
})

test('what is deleted while the bucket is read is left out, and what is written over is there as it is then', async () => {
  app.faults = ({ method, key }) => {
    if (method === 'GET' && key === 'media/a.jpg') app.objects.delete(key)
    if (method === 'GET' && key === 'static/site.css') put(key, 'longer css', new Date(NOW))
    return undefined
  }
  const { objects } = await keep(ONE)
  app.faults = () => undefined
  expect(objects).toMatchObject({ count: 2, bytes: 'picture b'.length + 'longer css'.length })
  expect(log.text('info')).toMatch(/2 copied, 0 unchanged, 1 deleted while it was read/)
  await keep(TWO)
  expect(copies()).toEqual([`${ONE}/000002`, `${ONE}/000003`])
})

test.each<[string, S3Fault, RegExp, string]>([
  ['refuses an object', { status: 403, code: 'AccessDenied' }, /^GET media/, 'DA-STORE-REFUSED'],
  ['stays broken', { status: 500, code: 'InternalError' }, /^GET media/, 'DA-STORE-UNREACHABLE'],
  ['says that an object is not there that it lists', { status: 404, code: 'NoSuchKey' }, /^GET media/, 'DA-STORE-BROKEN'],
  ['does not list', { status: 403, code: 'AccessDenied' }, /^GET $/, 'DA-STORE-REFUSED'],
])('a bucket that %s: one error, and no record in the store', async (_what, what, fits, code) => {
  app.faults = ({ method, key }) => (fits.test(`${method} ${key}`) ? what : undefined)
  await expect(keep(ONE)).rejects.toMatchObject({ code })
  expect(inStore(ONE)).toEqual([])
})

test('an object of which less comes than it has is an error, also where the answer tells no length', async () => {
  const cutting = async (input: string | URL | Request, init?: RequestInit) =>
    String(input).endsWith('/a.jpg') ? new Response('pict') : fetch(input, init)
  const from = bucket({}, app, cutting)
  await expect(keep(ONE, from)).rejects.toMatchObject(failing('DA-STORE-BROKEN', /media\/a\.jpg has 9 bytes, and 4 came/))
})

test('a key that no address can have is told by its name, and nothing is copied', async () => {
  put('media/../x', 'x')
  await expect(keep(ONE)).rejects.toMatchObject(failing('DA-BACKUP-OBJECTS', /1 objects .*media\/\.\.\/x/))
  expect(copies()).toEqual([])
})

test('a backup without objects, or of another app, puts nothing back', async () => {
  await store().keep({ id: ONE, manifest: manifest(), read: dump }, [])
  await expect(restore(ONE)).rejects.toMatchObject({ code: 'DA-BACKUP-OBJECTS' })
  await keep(TWO)
  const key = `prod/shop/${TWO}/backup.json`
  s3.objects.set(key, { bytes: Buffer.from(s3.text(key).replace('"app": "shop"', '"app": "blog"')), modified: new Date() })
  await expect(restore(TWO)).rejects.toMatchObject({ code: 'DA-BACKUP-OTHER' })
})

test('an index that points out of the folder of copies is none', async () => {
  await keep(ONE)
  const index = `prod/shop/${ONE}/objects.jsonl`
  const [record, lines] = [s3.text(`prod/shop/${ONE}/backup.json`), s3.text(index)]
  const changed = lines.replaceAll(`${ONE}/000001`, '../../../000001')
  const sum = (of: string) => createHash('sha256').update(of).digest('hex')
  s3.objects.set(index, { bytes: Buffer.from(changed), modified: new Date() })
  const other = record.replaceAll(sum(lines), sum(changed)).replaceAll(`: ${lines.length}`, `: ${changed.length}`)
  s3.objects.set(`prod/shop/${ONE}/backup.json`, { bytes: Buffer.from(other), modified: new Date() })
  await expect(restore(ONE)).rejects.toMatchObject(failing('DA-BACKUP-BROKEN', /cannot be read/))
})

/** As the host keeps: the newest of each of so many days. */
const daily = { kept: async (ids: readonly string[]) => ids.filter((id, at) => ids[at + 1]?.slice(0, 8) !== id.slice(0, 8)) } as never
const pruneDaily = () => pruneStore(daily, store(), 'db', [99, 0, 0], { dryRun: false, log })
const ids = async () => (await store().contents()).backups.map(({ id }) => id)
/** Calls this once, when a request like this comes to a bucket. */
function once(of: FakeS3, fits: RegExp, work: () => Promise<unknown> | unknown) {
  let left = 1
  const asking = (async (input: string | URL | Request, init?: RequestInit) => {
    if (fits.test(`${init?.method} ${input}`) && left-- > 0) await work()
    return fetch(input, init)
  }) as typeof fetch
  return { asking, bucket: bucket({}, of, asking) }
}

test('two prefixes of a bucket share no copies, and each has the rule of retention for itself', async () => {
  const days = ['20260131', '20260201'] as const
  for (const day of days)
    for (const [hour, objectsPrefix] of [
      ['01', 'media/'],
      ['02', 'static/'],
    ] as const)
      await keep(`${day}T${hour}0000Z`, bucket({ objectsPrefix }))
  expect(copies()).toEqual(['20260131T010000Z/000001', '20260131T010000Z/000002', '20260131T020000Z/000001'])
  await pruneDaily()
  expect(await ids()).toEqual(['20260131T010000Z', '20260131T020000Z', '20260201T010000Z', '20260201T020000Z'])
})

test('another create and a prune that come in between take no copy from a backup that is being made', async () => {
  await keep(ONE)
  age(8)
  const { bucket: from } = once(app, /GET .*new\.jpg$/, async () => {
    put('media/a.jpg', 'picture A')
    await keep('20260201T100000Z')
    await pruneDaily()
    await prune('20260201T100000Z')
  })
  put('media/new.jpg', 'new')
  await keep('20260201T090000Z', from)
  await store().verify(await store().find('20260201T090000Z'), [])
  expect(log.text('warning')).toMatch(/no copy of an object is removed.*are being made.*20260201T090000Z/)
  expect(inStore().filter((key) => key.endsWith('/begun'))).toEqual([])
})

test('a run that died is given a week before a prune removes what it left, and copies with it', async () => {
  await keep(ONE)
  s3.objects.set(`prod/shop/${TWO}/begun`, { bytes: Buffer.alloc(0), modified: new Date() })
  s3.objects.set(`prod/shop/${TWO}/database.dump`, { bytes: DUMP, modified: new Date() })
  s3.objects.set(`prod/shop/objects/${TWO}/000001`, { bytes: DUMP, modified: new Date() })
  age(6)
  await prune(ONE)
  expect([inStore(TWO).length, copies().length]).toEqual([2, 4])
  age(8)
  await prune(ONE)
  expect([inStore(TWO).length, copies().length]).toEqual([0, 3])
})

test('a backup that lost a copy pushes no whole one out, and stays', async () => {
  await keep('20260201T010000Z')
  put('media/a.jpg', 'picture A')
  await keep('20260201T020000Z')
  s3.objects.delete('prod/shop/objects/20260201T020000Z/000001')
  age(8)
  await pruneDaily()
  expect(await ids()).toEqual(['20260201T010000Z', '20260201T020000Z'])
  expect(log.text('warning')).toMatch(/do not count for `retention`, and stay.*: 20260201T020000Z$/m)
  await store().verify(await store().find('20260201T010000Z'), [])
})

test('what another app has below the folder of copies is none of them', async () => {
  await keep(ONE)
  const others = [`objects/${ONE}/database.dump`, `objects/${ONE}/backup.json`, `objects/blog/${ONE}/backup.json`, 'objects/readme']
  for (const other of others) s3.objects.set(`prod/shop/${other}`, { bytes: DUMP, modified: new Date() })
  age(8)
  await prune(ONE)
  expect(inStore()).toEqual(expect.arrayContaining(others.map((other) => `prod/shop/${other}`)))
  expect((await store().contents()).copies).toHaveLength(3)
})

test('an object that comes between the plan and the restore is left as it is', async () => {
  await keep(ONE)
  app.objects.delete('media/a.jpg')
  const plan = await planPutBack(store(), ONE, { to: bucket({ objectsOverwrite: true }), identities: [], log })
  put('media/a.jpg', 'newer, of a user')
  expect(await putMissing(plan, store(), log)).toEqual({ count: 0, damage: [] })
  expect(await putDiffering(plan, store(), log)).toEqual({ count: 0, damage: [] })
  expect(text('media/a.jpg')).toBe('newer, of a user')
  expect(log.text('warning')).toMatch(/1 objects that were missing in .* came there meanwhile/)
})

test.each([true, false])('a bucket that is emptied while it is read is no backup (of one before: %s)', async (before) => {
  if (before) await keep(ONE)
  for (const key of app.objects.keys()) put(key, `${key} as it is now`)
  const { bucket: from } = once(app, /GET .*\.(jpg|css)$/, () => app.objects.clear())
  await expect(keep(TWO, from)).rejects.toMatchObject(
    failing('DA-BACKUP-SHRUNK', before ? /has 0 objects .*in 20260131T093000Z it had 3/ : /when it was listed it had 3/),
  )
})

test('a prefix with nothing below it is a warning, for a backup and for a restore', async () => {
  await keep(ONE)
  await keep(TWO, bucket({ objectsPrefix: 'meida/' }))
  expect(log.text('warning')).toMatch(/below meida\/ has no objects/)
  expect(await restore(ONE, { objectsPrefix: 'meida/' })).toBe(0)
  expect(log.text('warning')).toMatch(/none of the 3 objects in 20260131T093000Z .* meida\/: is `objects-prefix` right/)
})

test('damaged copies hold the restore of no other object up, and are told with their number at its end', async () => {
  for (let at = 0; at < 9; at += 1) put(`media/${at}`, `picture ${at}`)
  await keep(ONE)
  const copy = s3.objects.get(`prod/shop/objects/${ONE}/000003`)?.bytes as Buffer
  copy[copy.length - 1] = (copy.at(-1) as number) ^ 1
  s3.objects.delete(`prod/shop/objects/${ONE}/000007`)
  const told = failing('DA-BACKUP-BROKEN', /2 of 12 objects of 20260131T093000Z.*000003 .*sha256 differs.*000007 is not there/)
  await expect(store().verify(await store().find(ONE), [])).rejects.toMatchObject(told)
  app.objects.clear()
  await expect(restore(ONE)).rejects.toMatchObject(failing('DA-BACKUP-BROKEN', /2 of 12 objects of 20260131T093000Z were not put back/))
  expect(app.objects.size).toBe(10)
})

test('a damaged index of the newest backup is a warning, and everything is copied anew', async () => {
  await keep(ONE)
  const bytes = s3.objects.get(`prod/shop/${ONE}/objects.jsonl`)?.bytes as Buffer
  bytes[10] = (bytes[10] as number) ^ 1
  await keep(TWO)
  expect(log.text('warning')).toMatch(/everything is copied anew, because objects\.jsonl of 20260131T093000Z/)
  await keep(THREE)
  expect(copies()).toHaveLength(6)
  await store().verify(await store().find(THREE), [])
})

test('copies of runs that never brought a backup to its end are removed after a week, too', async () => {
  app.faults = ({ key }) => (key === 'static/site.css' ? { status: 403, code: 'AccessDenied' } : undefined)
  await expect(keep(ONE)).rejects.toMatchObject({ code: 'DA-STORE-REFUSED' })
  expect(copies()).toHaveLength(2)
  await store().keep({ id: TWO, manifest: manifest(), read: dump }, [])
  age(6)
  await prune(TWO)
  expect(copies()).toHaveLength(2)
  age(8)
  await prune(TWO)
  expect(copies()).toEqual([])
})

test('a backup of a host whose clock was ahead is neither shared with for ever, nor counted, nor removed', async () => {
  const ahead = '29990101T010000Z'
  await keep(ahead)
  put('media/a.jpg', 'picture A')
  now += 1000
  await keep(TWO)
  now += 1000
  await keep(THREE)
  expect(copies()).toHaveLength(6)
  await prune(THREE)
  expect(await ids()).toEqual([THREE, ahead])
})

test('the newest is the one that came last, whatever its id says', async () => {
  await keep(TWO)
  put('media/a.jpg', 'picture A')
  now += 1000
  await keep(ONE)
  await keep(THREE)
  expect(copies()).toHaveLength(4)
  await prune(THREE)
  expect(await ids()).toEqual([THREE])
})

test('a record with objects says so by its schema, which older versions leave alone; both are read', async () => {
  expect((await keep(ONE)).schema).toBe(2)
  expect((await store().keep({ id: TWO, manifest: manifest(), read: dump }, [])).schema).toBe(1)
  const key = `prod/shop/${ONE}/backup.json`
  s3.objects.set(key, { bytes: Buffer.from(s3.text(key).replace('"schema": 2', '"schema": 1')), modified: new Date() })
  expect(await ids()).toEqual([ONE, TWO])
  s3.objects.set(key, { bytes: Buffer.from(s3.text(key).replace('"schema": 1', '"schema": 3')), modified: new Date() })
  expect((await store().contents()).broken).toEqual([ONE])
})

test('a record that is removed right after it was listed is no broken backup', async () => {
  await keep(ONE)
  await keep(TWO)
  s3.faults = ({ key }) => (key === `prod/shop/${ONE}/backup.json` ? { status: 404, code: 'NoSuchKey' } : undefined)
  const { backups, broken, leftOver, atWork } = await store().contents()
  expect([backups.map(({ id }) => id), broken, leftOver, atWork]).toEqual([[TWO], [], [], []])
})

test('that everybody will read what comes back is said, unless a prefix says which', async () => {
  await keep(ONE)
  app.objects.clear()
  await restore(ONE, { objectsAcl: 'public-read', objectsPrefix: 'static/' })
  expect(log.text('warning')).not.toContain('everybody')
  await restore(ONE, { objectsAcl: 'public-read' })
  expect(log.text('warning')).toMatch(/everybody will be able to read all 2 objects/)
})
