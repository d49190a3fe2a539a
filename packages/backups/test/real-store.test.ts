import { createHash, randomBytes } from 'node:crypto'
import { systemClock } from '@deploy-actions/kit'
import { FakeLog } from '@deploy-actions/testing'
import { expect } from '@jest/globals'
import { type S3Server, startS3 } from '../../../lab/s3-server.ts'
import { testWith } from '../../../test/needs-tool.ts'
import { openAppBucket, openStore, planPutBack, pruneStore, putMissing } from '../src/index.ts'

const ports = { fetch, clock: systemClock, log: new FakeLog(), signal: new AbortController().signal }
const keysOf = ({ inputs }: S3Server) => ({ accessKey: inputs['s3-access-key'] ?? '', secretKey: inputs['s3-secret-key'] ?? '' })
const openApp = ({ inputs, ...server }: S3Server) => {
  const key = keysOf({ inputs, ...server })
  const opened = openAppBucket(
    {
      ...{ objectsBucket: 'uploads', objectsEndpoint: inputs['s3-endpoint'], objectsRegion: undefined, objectsPrefix: undefined },
      ...{ objectsAccessKey: key.accessKey, objectsSecretKey: key.secretKey, objectsSessionToken: undefined },
      ...{ objectsSmaller: true, objectsOverwrite: true, objectsAcl: 'public-read' },
    },
    ports,
  )
  if (opened === undefined) throw new Error('no bucket')
  return opened
}

testWith(
  'moto_server',
  'between two buckets of a store of other people (moto): objects are backed up, shared, verified, lost, put back and pruned',
  async () => {
    const there = await startS3()
    try {
      const values = { s3Bucket: 'backups', s3Endpoint: there.inputs['s3-endpoint'], s3Prefix: 'lab', s3Region: undefined }
      const key = keysOf(there)
      const given = { ...values, s3AccessKey: key.accessKey, s3SecretKey: key.secretKey, s3SessionToken: undefined, encryptTo: [] }
      const store = openStore(given, 'shop', ports)
      if (store === undefined) throw new Error('no store')
      const app = openApp(there)
      const { bucket } = app
      // Without a key it is the bucket itself that is made.
      await bucket.put('', Buffer.alloc(0))
      const large = randomBytes(8_500_000)
      async function* chunks() {
        for (let at = 0; at < large.length; at += 1_000_000) yield large.subarray(at, at + 1_000_000)
      }
      await bucket.upload('media/large film.mp4', chunks(), 5 * 1024 * 1024, { 'content-type': 'video/mp4' })
      await bucket.put('media/ünï.txt', Buffer.from('words'), { 'content-type': 'text/plain', 'x-amz-meta-by': 'ann' })
      await bucket.put('folder/', Buffer.alloc(0))

      const dump = Buffer.from('PGDMP')
      const sha256 = createHash('sha256').update(dump).digest('hex')
      const manifest = JSON.stringify({ service: 'db', file: 'database.dump', size: dump.length, sha256 })
      async function* dumped() {
        yield dump as Uint8Array
      }
      const keep = (id: string) => store.keep({ id, manifest, read: dumped, from: app }, [])
      const copies = async () => (await there.keys()).filter((name) => name.startsWith('lab/shop/objects/')).length
      expect((await keep('20260131T093000Z')).objects).toMatchObject({ count: 3, bytes: large.length + 5 })
      await bucket.put('media/ünï.txt', Buffer.from('other words'))
      await keep('20260201T093000Z')
      expect(await copies()).toBe(4)
      const { backups } = await store.contents()
      const read = new Set<string>()
      for (const backup of backups) await store.verify(backup, [], read)

      for (const lost of await bucket.list('')) await bucket.remove(lost.key)
      const plan = await planPutBack(store, '20260131T093000Z', { to: app, identities: [], log: ports.log })
      expect(await putMissing(plan, store, ports.log)).toEqual({ count: 3, damage: [] })
      expect((await bucket.list('')).map(({ key: name }) => name)).toEqual(['folder/', 'media/large film.mp4', 'media/ünï.txt'])
      const words = await bucket.open('media/ünï.txt', (await bucket.first('media/ünï.txt'))?.etag ?? '')
      expect(words?.headers).toEqual({ 'content-type': 'text/plain', 'x-amz-meta-by': 'ann' })
      const film = createHash('sha256')
      for await (const chunk of (await bucket.read('media/large film.mp4')) ?? []) film.update(chunk)
      expect(film.digest('hex')).toBe(createHash('sha256').update(large).digest('hex'))

      const host = { kept: async () => ['20260201T093000Z'] } as never
      const later = openStore(given, 'shop', { ...ports, clock: { ...systemClock, now: () => Date.now() + 8 * 24 * 3_600_000 } })
      if (later === undefined) throw new Error('no store')
      await pruneStore(host, later, 'db', [1, 0, 0], { dryRun: false, log: ports.log })
      expect(await copies()).toBe(3)
      expect((await store.contents()).broken).toEqual([])
    } finally {
      await there.stop()
    }
  },
)
