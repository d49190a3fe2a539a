import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAppBucket, openStore } from '@deploy-actions/backups'
import { FakeClock, FakeLog, FakeS3, inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { generateIdentity, identityToRecipient } from 'age-encryption'
import { backup, type OperationInputs } from '../src/backup.ts'
import { inputs } from '../src/inputs.ts'
import { LocalHost } from './local-host.ts'

let host: LocalHost
let s3: FakeS3
let log: FakeLog
const rows = randomBytes(1_500_000)
beforeEach(async () => {
  host = new LocalHost()
  writeFileSync(host.rows, rows)
  s3 = await new FakeS3().start()
  log = new FakeLog()
})
afterEach(async () => {
  await s3.stop()
  host.remove()
})

async function run(given: Readonly<Record<string, string>>) {
  const store = {
    's3-bucket': 'backups',
    's3-endpoint': s3.endpoint,
    's3-prefix': 'prod',
    's3-access-key': s3.accessKey,
    's3-secret-key': s3.secretKey,
  }
  const values = inputsOf('backup', inputs, { host: 'local', 'ssh-key': 'x', 'known-hosts': 'x', app: 'shop', ...store, ...given })
  const ports = { log, signal: new AbortController().signal }
  const request = {
    inputs: { ...values, operation: values.operation as OperationInputs['operation'] },
    app: 'shop',
    directory: host.directory,
    run: { who: 'ann', run: undefined } as never,
  }
  return backup(request, {
    ...ports,
    hosts: [host.place],
    store: openStore(values, 'shop', { ...ports, fetch, clock: new FakeClock({ now: Date.now() }) }),
    objects: openAppBucket(values, { ...ports, fetch, clock: new FakeClock({ now: Date.now() }) }),
  })
}
const inStore = (id: string, file = 'database.dump') => s3.objects.get(`prod/shop/${id}/${file}`)?.bytes
const gone = (id: string) => rmSync(join(host.directory, 'backups', id), { recursive: true })

test('a backup goes to the store as it is on the host, and comes back from there alone', async () => {
  const made = await run({})
  expect(made).toMatchObject({ status: 'created', stored: `s3://backups/prod/shop/${made.id}` })
  expect(made.failure).toBeUndefined()
  expect(inStore(made.id)?.equals(rows)).toBe(true)
  gone(made.id)
  expect(await run({ operation: 'verify', id: made.id })).toMatchObject({ status: 'verified', id: made.id })
  const dump = join(host.directory, 'backups', made.id, 'database.dump')
  expect(readFileSync(dump).equals(rows)).toBe(true)
  expect(host.backups()).toEqual([made.id])
})

/** With a bucket of the app that has two objects. */
async function withObjects(work: (app: FakeS3, objects: Readonly<Record<string, string>>) => Promise<void>): Promise<void> {
  const app = await new FakeS3().start()
  const key = { 'objects-access-key': app.accessKey, 'objects-secret-key': app.secretKey }
  try {
    for (const name of ['a', 'b']) app.objects.set(`media/${name}.jpg`, { bytes: Buffer.from(`picture ${name}`), modified: new Date() })
    await work(app, { 'objects-bucket': 'backups', 'objects-endpoint': app.endpoint, ...key })
  } finally {
    await app.stop()
  }
}

test('objects of a bucket are in the backup of the database, and come back with it; no key of a bucket reaches the host', () =>
  withObjects(async (app, objects) => {
    const made = await run(objects)
    expect(made).toMatchObject({ status: 'created', objects: 2, stored: `s3://backups/prod/shop/${made.id}` })
    app.objects.delete('media/a.jpg')
    await run({ operation: 'list' })
    expect(log.text('info')).toMatch(new RegExp(`${made.id} .* 2 of 18 bytes +on the host`))
    expect(await run({ operation: 'verify' })).toMatchObject({ status: 'verified' })
    const back = { operation: 'restore', id: made.id, confirm: 'shop' }
    expect(await run({ ...back, ...objects, 'dry-run': 'true' })).toMatchObject({ status: 'planned' })
    expect(log.text('info')).toContain('1 are missing in')
    expect(app.objects.size).toBe(1)
    expect(await run({ ...back, ...objects })).toMatchObject({ status: 'restored', objects: 1 })
    expect(app.text('media/a.jpg')).toBe('picture a')
    for (const key of [app.accessKey, app.secretKey]) expect(host.said.join('\n')).not.toContain(key)
  }))

/** From here on nothing of a dump can be read on the host. */
function breakRestores() {
  const docker = join(host.folder, 'bin', 'docker')
  const words = readFileSync(docker, 'utf8').replace(
    "  *'--list'*)",
    "  *'--list'*) echo 'unsupported version' >&2; exit 1 ;;\n  *'--never'*)",
  )
  writeFileSync(docker, words)
}

test('a restore that fails on the host has written over no object; one that comes about does it then', () =>
  withObjects(async (app, objects) => {
    const { id } = await run(objects)
    const since = { bytes: Buffer.from('what users wrote since'), modified: new Date() }
    app.objects.set('media/a.jpg', since)
    app.objects.delete('media/b.jpg')
    const back = { operation: 'restore', id, confirm: 'shop', ...objects, 'objects-overwrite': 'true' }
    const docker = readFileSync(join(host.folder, 'bin', 'docker'))
    breakRestores()
    await expect(run(back)).rejects.toMatchObject({ code: expect.stringMatching(/^DA-BACKUP-/) })
    expect([app.text('media/a.jpg'), app.text('media/b.jpg')]).toEqual(['what users wrote since', 'picture b'])
    writeFileSync(join(host.folder, 'bin', 'docker'), docker)
    app.objects.delete('media/b.jpg')
    expect(await run(back)).toMatchObject({ status: 'restored', objects: 2 })
    expect([app.text('media/a.jpg'), app.text('media/b.jpg')]).toEqual(['picture a', 'picture b'])
    app.objects.set('media/a.jpg', since)
    app.faults = ({ method }) => (method === 'PUT' ? { status: 403, code: 'AccessDenied' } : undefined)
    const told = expect.stringContaining('On local all is restored')
    await expect(run(back)).rejects.toMatchObject({ code: 'DA-STORE-REFUSED', message: told })
  }))

test('a damaged copy of an object holds up neither the others nor the database, and the step is red; verify goes on to the next backup', () =>
  withObjects(async (app, objects) => {
    const { id } = await run(objects)
    copyInStore(id, '20240105T000000Z')
    const bytes = s3.objects.get(`prod/shop/objects/${id}/000001`)?.bytes as Buffer
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1
    const dumped = inStore('20240105T000000Z') as Buffer
    dumped[9] = (dumped[9] as number) ^ 1
    const both = expect.stringMatching(new RegExp(`2 of 2 backups .*database.dump of 20240105T000000Z.*objects/${id}/000001`))
    await expect(run({ operation: 'verify' })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN', message: both })
    app.objects.clear()
    const red = expect.stringContaining(`1 of 2 objects of ${id} were not put back`)
    const back = { operation: 'restore', id, confirm: 'shop', ...objects }
    await expect(run(back)).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN', message: red })
    expect([...app.objects.keys()]).toEqual(['media/b.jpg'])
    expect(existsSync(`${host.rows}.restored`)).toBe(true)
  }))

test('a restore or a drill without the bucket says that the objects stay in the store', () =>
  withObjects(async (_app, objects) => {
    const { id } = await run(objects)
    await run({ operation: 'restore', id, confirm: 'shop' })
    await run({ operation: 'drill' })
    for (const level of ['warning', 'info'] as const)
      expect(log.text(level)).toMatch(/also has 2 objects of .* only a restore with `objects-bucket`/)
  }))

test('a bucket that refuses is told before a backup is made, or anything restored', () =>
  withObjects(async (app, objects) => {
    const wrong = { ...objects, 'objects-secret-key': 'wrong' }
    await expect(run(wrong)).rejects.toMatchObject({ code: 'DA-STORE-REFUSED', hint: expect.stringContaining('`objects-secret-key`') })
    expect([host.said, host.backups()]).toEqual([[], []])
    const { id } = await run(objects)
    const plain = await run({})
    host.said.length = 0
    await expect(run({ operation: 'restore', id, confirm: 'shop', ...wrong })).rejects.toMatchObject({ code: 'DA-STORE-REFUSED' })
    await expect(run({ operation: 'restore', id: plain.id, confirm: 'shop', ...objects })).rejects.toMatchObject({
      code: 'DA-BACKUP-OBJECTS',
    })
    expect([host.said, app.objects.size]).toEqual([[], 2])
  }))

test('objects that cannot be read make the step red, and the backup on the host stays', () =>
  withObjects(async (app, objects) => {
    app.faults = ({ key }) => (key === '' ? undefined : { status: 403, code: 'AccessDenied' })
    const { id, failure, stored } = await run(objects)
    expect([stored, host.backups()]).toEqual(['', [id]])
    expect(failure).toMatchObject({ code: 'DA-STORE-REFUSED', message: expect.stringContaining('on local it is verified and stays') })
  }))

test('before the first deploy there is nothing that objects could belong to, and that is a warning', () =>
  withObjects(async (_app, objects) => {
    rmSync(join(host.directory, 'current'))
    expect(await run(objects)).toMatchObject({ status: 'nothing-to-back-up' })
    expect(s3.objects.size).toBe(0)
  }))

test('encrypted on the way, it comes back with the key and not without it', async () => {
  const ann = await generateIdentity()
  const made = await run({ 'encrypt-to': await identityToRecipient(ann) })
  expect(inStore(made.id, 'database.dump.age')?.subarray(0, 21).toString()).toBe('age-encryption.org/v1')
  gone(made.id)
  await expect(run({ operation: 'verify', id: made.id })).rejects.toMatchObject({ code: 'DA-BACKUP-ENCRYPTED' })
  await expect(run({ operation: 'verify', id: made.id, 'age-key': await generateIdentity() })).rejects.toMatchObject({
    code: 'DA-BACKUP-ENCRYPTED',
  })
  expect(host.backups()).toEqual([])
  expect(await run({ operation: 'verify', id: made.id, 'age-key': ann })).toMatchObject({ status: 'verified' })
  expect(host.backups()).toEqual([made.id])
})

test('a store that refuses: the backup on the host stays, and the error says so', async () => {
  s3.faults = () => ({ status: 403, code: 'AccessDenied' })
  const { id, status, stored, failure } = await run({})
  expect([status, stored, host.backups()]).toEqual(['created', '', [id]])
  expect(failure).toMatchObject({
    code: 'DA-STORE-REFUSED',
    message: expect.stringContaining(`${id} is not in the store; on local it is verified and stays`),
  })
  s3.faults = () => undefined
  expect(await run({ operation: 'verify', id })).toMatchObject({ status: 'verified' })
})

test('what comes back changed, or breaks off, leaves nothing on the host', async () => {
  const { id } = await run({})
  gone(id)
  s3.faults = ({ key }) => (key.endsWith('.dump') ? 'changed' : undefined)
  await expect(run({ operation: 'verify', id })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  s3.faults = ({ key }) => (key.endsWith('.dump') ? { status: 500, code: 'InternalError' } : undefined)
  await expect(run({ operation: 'verify', id })).rejects.toMatchObject({ code: 'DA-STORE-UNREACHABLE' })
  s3.faults = () => undefined
  expect(await run({ operation: 'verify', id })).toMatchObject({ status: 'verified' })
  expect(host.backups()).toEqual([id])
})

test('list shows what is in the store and what is only on the host; an unknown id is said before anything is done', async () => {
  const first = await run({ 's3-bucket': '', 's3-endpoint': '', 's3-prefix': '', 's3-access-key': '', 's3-secret-key': '' })
  const { id } = await run({})
  await run({ operation: 'list' })
  expect(log.text('info')).toMatch(
    new RegExp(`in the bucket backups at 127.*below prod/shop[\\s\\S]*${id} +1500000 15\\.18 +no +on the host$`),
  )
  expect(log.text('warning')).toContain(`only on the host that they protect: ${first.id}`)
  await expect(run({ operation: 'restore', id: '20200101T000000Z', confirm: 'shop' })).rejects.toMatchObject({ code: 'DA-BACKUP-UNKNOWN' })
})

test('prune keeps by the rule of the host, in the store too, and never takes the newest', async () => {
  const { id } = await run({})
  const old = ['20240105T000000Z', '20240106T000000Z', '20240210T000000Z']
  for (const other of old) {
    for (const file of ['database.dump', 'backup.json']) {
      const bytes = Buffer.from((inStore(id, file) as Buffer).toString('latin1').replaceAll(id, other), 'latin1')
      s3.objects.set(`prod/shop/${other}/${file}`, { bytes, modified: new Date() })
    }
  }
  const left = () => [...new Set([...s3.objects.keys()].map((key) => key.split('/')[2]))].sort()
  await run({ operation: 'prune', retention: '1,0,3', 'dry-run': 'true' })
  expect([left(), log.text('info')]).toEqual([[...old, id], expect.stringContaining('would prune 20240105T000000Z in the store')])
  await run({ operation: 'prune', retention: '1,0,3' })
  expect(left()).toEqual(['20240106T000000Z', '20240210T000000Z', id])
  await run({ operation: 'prune', retention: '0,0,0' })
  expect([left(), host.backups()]).toEqual([[id], [id]])
})

/** A backup of the store once more, with other words in its record. */
function copyInStore(id: string, other: string, words: Readonly<Record<string, string>> = {}) {
  const files = [...s3.objects.keys()].filter((key) => key.startsWith(`prod/shop/${id}/`)).map((key) => key.split('/').at(-1) as string)
  for (const file of files) {
    let text = (inStore(id, file) as Buffer).toString('latin1')
    if (file === 'backup.json') for (const [from, to] of Object.entries({ [id]: other, ...words })) text = text.replaceAll(from, to)
    s3.objects.set(`prod/shop/${other}/${file}`, { bytes: Buffer.from(text, 'latin1'), modified: new Date() })
  }
}
const service = (from: string, to: string) => ({ [`\\"service\\": \\"${from}\\"`]: `\\"service\\": \\"${to}\\"` })

test('the backups of another service in the store stay out of it: no drill takes one, and none is pruned', async () => {
  const { id } = await run({})
  for (const other of ['20240105T000000Z', '29990101T000000Z']) copyInStore(id, other, service('db', 'geo'))
  expect(await run({ operation: 'drill' })).toMatchObject({ id })
  await run({ operation: 'prune', retention: '1,0,0' })
  expect([...s3.objects.keys()].filter((key) => key.endsWith('.json'))).toHaveLength(3)
  expect(host.backups()).toEqual([id])
})

test('what another app has put there is not brought to the host', async () => {
  const { id } = await run({})
  copyInStore(id, '20240105T000000Z', { '"app": "shop"': '"app": "blog"' })
  await expect(run({ operation: 'restore', id: '20240105T000000Z', confirm: 'shop' })).rejects.toMatchObject({ code: 'DA-BACKUP-OTHER' })
  expect(host.backups()).toEqual([id])
})

test('a folder without a release has nothing to back up, and that is a warning', async () => {
  rmSync(join(host.directory, 'current'))
  expect(await run({})).toMatchObject({ status: 'nothing-to-back-up', id: '' })
  expect(log.text('warning')).toContain(`no release is live in ${host.directory} on local`)
})

test('verify is red when the store has no backup, or one that lost a part', async () => {
  await expect(run({ operation: 'verify' })).rejects.toMatchObject({ code: 'DA-BACKUP-UNKNOWN' })
  const first = await run({})
  expect(await run({ operation: 'verify' })).toMatchObject({ status: 'verified' })
  s3.objects.delete(`prod/shop/${first.id}/database.dump`)
  await expect(run({ operation: 'verify' })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN', message: expect.stringContaining(first.id) })
  s3.objects.clear()
  await expect(run({ operation: 'verify' })).rejects.toMatchObject({ code: 'DA-BACKUP-UNKNOWN' })
})

test('a damaged copy on the host makes room for the whole one in the store, and is kept; without one there it is told', async () => {
  const { id } = await run({})
  const dump = join(host.directory, 'backups', id, 'database.dump')
  writeFileSync(dump, 'damaged')
  expect(await run({ operation: 'drill' })).toMatchObject({ status: 'drilled', id })
  expect(readFileSync(dump).equals(rows)).toBe(true)
  const [, aside = ''] = host.backups()
  expect(aside).toMatch(new RegExp(`^${id}\\.broken-`))
  writeFileSync(dump, 'damaged')
  s3.objects.clear()
  await expect(run({ operation: 'verify', id })).rejects.toMatchObject({ code: 'DA-BACKUP-BROKEN' })
  expect(host.backups()).toEqual([id, aside])
})

test('no key of the store and no key of age reaches the host or a log', async () => {
  const ann = await generateIdentity()
  const { id } = await run({ 'encrypt-to': await identityToRecipient(ann) })
  gone(id)
  await run({ operation: 'verify', id, 'age-key': ann })
  expect(`${host.said.join('\n')}${JSON.stringify(log.entries)}`).not.toMatch(/AKIA|fake\/secret|AGE-SECRET/)
})

test('a read-only folder on the host ends the return with the reason, and a full disk is said before', async () => {
  const { id } = await run({})
  gone(id)
  const df = join(host.folder, 'bin', 'df')
  writeFileSync(df, '#!/bin/sh\necho Filesystem; echo "/dev/x 100 99 1 99% /"\n')
  chmodSync(df, 0o755)
  await expect(run({ operation: 'verify', id })).rejects.toMatchObject({ code: 'DA-HOST-DISK' })
})
