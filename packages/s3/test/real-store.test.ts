import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { systemClock } from '@deploy-actions/kit'
import { expect } from '@jest/globals'
import { startS3 } from '../../../lab/s3-server.ts'
import { testWith } from '../../../test/needs-tool.ts'
import { Bucket } from '../src/index.ts'

testWith(
  'moto_server',
  'a store of other people (moto) takes a file in parts, lists it over pages, gives it back and removes it',
  async () => {
    const s3 = await startS3()
    try {
      const { inputs } = s3
      const key = { accessKey: inputs['s3-access-key'] ?? '', secretKey: inputs['s3-secret-key'] ?? '' }
      const place = { endpoint: inputs['s3-endpoint'] ?? '', region: 'us-east-1', bucket: inputs['s3-bucket'] ?? '', ...key }
      const ports = { fetch, clock: systemClock, signal: new AbortController().signal }
      const bucket = new Bucket(place, ports)
      const bytes = randomBytes(13_000_000)
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += 1_000_000) yield bytes.subarray(at, at + 1_000_000)
      }
      await bucket.upload('lab/shop/database.dump', chunks(), 5 * 1024 * 1024)
      const back: Uint8Array[] = []
      for await (const chunk of (await bucket.read('lab/shop/database.dump')) ?? []) back.push(chunk)
      expect(Buffer.concat(back).equals(bytes)).toBe(true)
      await bucket.put('lab/shop/a', Buffer.from('a'))
      await bucket.put('other/a', Buffer.from('a'))
      expect((await bucket.list('lab/shop/')).map(({ key, size }) => [key, size])).toEqual([
        ['lab/shop/a', 1],
        ['lab/shop/database.dump', bytes.length],
      ])
      await bucket.remove('lab/shop/database.dump')
      expect([await bucket.read('lab/shop/database.dump'), await s3.keys()]).toEqual([undefined, ['lab/shop/a', 'other/a']])
      await bucket.remove('lab/shop/a')
      const headers = { 'content-type': 'text/css', 'content-encoding': 'gzip', 'cache-control': 'max-age=60', 'x-amz-meta-by': 'ann' }
      for (const key of ['a b+c', 'ünï/😀.jpg', '100%.png', 'a#b?c=d&e', '<x>"y\'', 'folder/']) {
        const css = gzipSync(bytes.subarray(0, 5000))
        await bucket.put(key, css, headers)
        const listed = await bucket.first(key)
        const opened = await bucket.open(key, listed?.etag ?? '')
        const given: Uint8Array[] = []
        for await (const chunk of opened?.stream ?? []) given.push(chunk)
        expect([listed?.key, opened?.headers, Buffer.concat(given).equals(css)]).toEqual([key, headers, true])
        await bucket.put(key, bytes.subarray(0, 5))
        expect(await bucket.open(key, listed?.etag ?? '')).toBeUndefined()
      }
      await expect(new Bucket({ ...place, bucket: 'nowhere' }, ports).put('a', bytes.subarray(0, 5))).rejects.toMatchObject({
        code: 'DA-STORE-REFUSED',
      })
      await expect(new Bucket({ ...place, bucket: 'nowhere' }, ports).read('a')).rejects.toMatchObject({ code: 'DA-STORE-REFUSED' })
    } finally {
      await s3.stop()
    }
  },
)
