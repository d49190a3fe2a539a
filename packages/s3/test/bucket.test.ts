import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { FakeClock, FakeS3, type S3Fault } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Bucket, isAskable, type Opened, type Place } from '../src/index.ts'

let s3: FakeS3
let clock: FakeClock
beforeEach(async () => {
  s3 = await new FakeS3().start()
  clock = new FakeClock()
})
afterEach(() => s3.stop())

const open = (place: Partial<Place> = {}, options: { patienceMs?: number; signal?: AbortSignal } = {}) =>
  new Bucket({ ...s3.place, ...place }, { fetch, clock, signal: new AbortController().signal, random: () => 0.5, ...options })

const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255))
async function* inChunks(bytes: Buffer, size = 700): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
async function readAll(bucket: Bucket, key: string): Promise<Buffer | undefined> {
  const chunks = await bucket.read(key)
  if (chunks === undefined) return undefined
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
/** The first requests that fit have this fault. */
function fault(what: S3Fault, times: number, fits: (asked: string) => boolean = () => true): void {
  let left = times
  s3.faults = ({ method, key, query }) => (fits(`${method} ${key}?${query}`) && left-- > 0 ? what : undefined)
}
const code = (wanted: string, message: RegExp) => ({ code: wanted, message: expect.stringMatching(message) })

test.each([0, 1, 1000, 1001, 5000, 5001])('%i bytes come back as they went, whatever the parts are', async (length) => {
  const bucket = open()
  await bucket.upload('a/b-1.dump', inChunks(noise(length)), 1000)
  expect(s3.objects.get('a/b-1.dump')?.bytes.equals(noise(length))).toBe(true)
  expect((await readAll(bucket, 'a/b-1.dump'))?.equals(noise(length))).toBe(true)
  expect([s3.uploads.size, s3.asked.some((line) => line.includes('?uploads'))]).toEqual([0, length > 1000])
})

test('there is no object under another name; what is removed is gone, and may be removed again', async () => {
  const bucket = open()
  await bucket.put('x', noise(3))
  expect(await readAll(bucket, 'y')).toBeUndefined()
  await bucket.remove('x')
  await bucket.remove('x')
  expect(await readAll(bucket, 'x')).toBeUndefined()
})

test('a list goes on over its pages, and only below the prefix', async () => {
  const bucket = open()
  for (const key of ['a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'a/6', 'a/7', 'b/1']) await bucket.put(key, noise(key.length))
  const found = await bucket.list('a/')
  expect(found.map(({ key }) => key)).toEqual(['a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'a/6', 'a/7'])
  expect(found.every(({ size, modified }) => size === 3 && modified > 0)).toBe(true)
})

test.each<[string, Partial<Place>, RegExp]>([
  ['a wrong secret', { secretKey: 'wrong-secret-wrong' }, /SignatureDoesNotMatch/],
  ['an unknown key', { accessKey: 'AKIAOTHER' }, /InvalidAccessKeyId/],
  ['another region', { region: 'eu-west-9' }, /AuthorizationHeaderMalformed/],
  ['no such bucket', { bucket: 'nowhere' }, /NoSuchBucket/],
])('%s: one clear error after one request, with no key in it', async (_what, place, said) => {
  const failed = await open(place)
    .upload('x', inChunks(noise(10)))
    .catch((error) => error)
  expect(failed).toMatchObject(code('DA-STORE-REFUSED', said))
  expect(failed.hint).toMatch(/s3-/)
  expect(`${failed.message}${failed.hint}`).not.toMatch(/AKIA|wrong-secret/)
  expect(s3.asked).toHaveLength(1)
  await expect(readAll(open(place), 'x')).rejects.toMatchObject(code('DA-STORE-REFUSED', said))
})

test.each<[string, S3Fault]>([
  ['its own trouble', { status: 500, code: 'InternalError' }],
  ['too many questions', { status: 429, code: 'SlowDown' }],
  ['a connection that breaks', 'cut'],
  ['an answer that is never heard', 'done, not told'],
])('%s twice: it is asked again, and all is there', async (_what, what) => {
  for (const step of ['POST a?uploads', 'PUT a?partNumber=2', 'POST a?uploadId', 'GET a']) {
    fault(what, 2, (asked) => asked.startsWith(step))
    const bucket = open()
    await bucket.upload('a', inChunks(noise(2500)), 1000)
    expect((await readAll(bucket, 'a'))?.equals(noise(2500))).toBe(true)
  }
  expect(clock.slept.length).toBeGreaterThanOrEqual(7)
})

const ODD_KEYS = [
  'a b+c',
  'ünï/😀.jpg',
  '100%.png',
  'a#b?c=d&e',
  '<x>"y\'',
  'a//b',
  '/a',
  'folder/',
  'a\\b',
  "(it's)!*",
  '.a/..b/c..',
  '%2e%2e/x',
]

test.each(ODD_KEYS)('an object with the key %j goes there, is listed and read, and is removed', async (key) => {
  const bucket = open()
  expect(isAskable(key)).toBe(true)
  await bucket.put(key, noise(9))
  expect([...s3.objects.keys()]).toEqual([key])
  const [listed] = await bucket.list('')
  expect(listed).toMatchObject({ key, size: 9 })
  expect(await bucket.first(key)).toEqual(listed)
  expect((await readAll(bucket, key))?.equals(noise(9))).toBe(true)
  await bucket.remove(key)
  expect(s3.objects.size).toBe(0)
})

test('a key with a part that is a step to another folder cannot be asked for', () => {
  expect(['a/../b', '..', './a', 'a/.', '\ud800'].filter(isAskable)).toEqual([])
})

test('an object is opened as it was listed: with its headers, byte for byte also where it is packed, and not once it was written over', async () => {
  const bucket = open()
  const packed = gzipSync(noise(5000))
  const headers = { 'content-type': 'text/css', 'content-encoding': 'gzip', 'cache-control': 'max-age=60', 'x-amz-meta-by': 'ann' }
  for (const partBytes of [100, 100_000]) {
    await bucket.upload('a.css', inChunks(packed), partBytes, headers)
    const etag = (await bucket.first('a.css'))?.etag ?? ''
    fault('cut', 2, (asked) => asked.includes('response-content-encoding'))
    const opened = (await bucket.open('a.css', etag)) as Opened
    expect([opened.size, opened.headers]).toEqual([packed.length, headers])
    const all: Uint8Array[] = []
    for await (const chunk of opened.stream) all.push(chunk)
    expect(Buffer.concat(all).equals(packed)).toBe(true)
    await bucket.put('a.css', noise(7))
    expect(await bucket.open('a.css', etag)).toBeUndefined()
  }
})

test('a header that is not ASCII is left out: it could not be signed again', async () => {
  const headers = { 'content-type': 'image/png', 'content-disposition': 'inline; filename="\u00fc.png"' }
  s3.objects.set('a', { bytes: noise(1), modified: new Date(), headers })
  const opened = await open().open('a', (await open().first('a'))?.etag ?? '')
  expect(opened?.headers).toEqual({ 'content-type': 'image/png' })
})

test('a list that breaks off is an error, and not a shorter list', async () => {
  for (const key of ['a/1', 'a/2', 'a/3', 'a/4']) await open().put(key, noise(1))
  s3.losesToken = true
  await expect(open().list('a/')).rejects.toMatchObject(code('DA-STORE-BROKEN', /breaks off after 3 objects/))
})

test('what is wrong with a bucket that other inputs name is told with these', async () => {
  const failed = await open({ secretKey: 'wrong-secret-wrong', inputs: 'objects' })
    .list('')
    .catch((error) => error)
  expect(failed.hint).toContain('`objects-secret-key` does not belong to `objects-access-key`')
})

test('a store that closes its connection behind an object is read to the end by whoever begins later', async () => {
  const bytes = noise(64 * 1024)
  const store = createServer((socket) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`
    socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), bytes])))
  }).listen(0, '127.0.0.1')
  await once(store, 'listening')
  const chunks = await open({ endpoint: `http://127.0.0.1:${(store.address() as AddressInfo).port}` }).read('a')
  const all: Uint8Array[] = []
  await new Promise((resolve) => setTimeout(resolve, 100))
  for await (const chunk of chunks ?? []) all.push(chunk)
  store.close()
  expect(Buffer.concat(all).equals(bytes)).toBe(true)
})

test('a page of somebody else is no empty list', async () => {
  const page = async () => new Response('<html><body>\n  Welcome to the console</body></html>', { status: 200 })
  const bucket = new Bucket(s3.place, { fetch: page, clock, signal: new AbortController().signal })
  await expect(bucket.list('a/')).rejects.toMatchObject(code('DA-STORE-REFUSED', /does not answer as an S3 store.*Welcome to the console/))
})

test('a store that stays broken is given up, and what went up of it is taken away', async () => {
  fault({ status: 503, code: 'SlowDown' }, 1000, (asked) => asked.startsWith('PUT a?partNumber=2'))
  await expect(open().upload('a', inChunks(noise(2500)), 1000)).rejects.toMatchObject(code('DA-STORE-UNREACHABLE', /5 tries.*503/))
  expect([s3.uploads.size, s3.objects.size]).toEqual([0, 0])
})

test('a store that answers nothing is given up, too; one where nobody listens at once says so', async () => {
  fault('silent', 1000)
  await expect(open({}, { patienceMs: 50 }).put('a', noise(1))).rejects.toMatchObject(code('DA-STORE-UNREACHABLE', /no answer in time/))
  await expect(open({ endpoint: 'http://127.0.0.1:9' }).put('a', noise(1))).rejects.toMatchObject(
    code('DA-STORE-UNREACHABLE', /127\.0\.0\.1:9/),
  )
})

test('a read that breaks goes on where it broke; of an object that changed meanwhile nothing more is read', async () => {
  const bucket = open()
  await bucket.put('a', noise(200_000))
  fault('cut', 3, (asked) => asked.startsWith('GET'))
  expect((await readAll(bucket, 'a'))?.equals(noise(200_000))).toBe(true)
  s3.faults = () => {
    s3.faults = () => undefined
    setTimeout(() => s3.objects.set('a', { bytes: Buffer.from('other'), modified: new Date() }), 0)
    return 'cut'
  }
  await expect(readAll(bucket, 'a')).rejects.toMatchObject(code('DA-STORE-BROKEN', /changed/))
})

test('parts that a store cannot put together are an error, also when it says so in a good answer', async () => {
  fault({ status: 400, code: 'InvalidPart' }, 1, (asked) => asked.startsWith('POST a?uploadId'))
  await expect(open().upload('a', inChunks(noise(2500)), 1000)).rejects.toMatchObject(code('DA-STORE-REFUSED', /InvalidPart/))
  fault({ status: 200, code: 'InternalError' }, 1, (asked) => asked.startsWith('POST a?uploadId'))
  await expect(open().upload('a', inChunks(noise(2500)), 1000)).rejects.toMatchObject(code('DA-STORE-REFUSED', /InternalError/))
  expect(s3.objects.size).toBe(0)
})

test('what the source fails with comes through, and nothing of it stays', async () => {
  async function* failing() {
    yield noise(2200)
    throw new Error('the host is gone')
  }
  await expect(open().upload('a', failing(), 1000)).rejects.toThrow('the host is gone')
  expect([s3.uploads.size, s3.objects.size]).toEqual([0, 0])
})

test('the source is not read faster than the store takes it: two parts ahead at most', async () => {
  let given = 0
  let most = 0
  async function* counted() {
    for (; given < 20; given++) {
      const taken = [...s3.uploads.values()][0]?.parts.size ?? 0
      most = Math.max(most, given - taken)
      yield noise(1000)
    }
  }
  await open().upload('a', counted(), 1000)
  expect(most).toBeLessThanOrEqual(3)
})

test('a run that is stopped asks nothing more, and takes its parts away', async () => {
  const stop = new AbortController()
  async function* stopping() {
    yield noise(2200)
    stop.abort(new Error('cancelled'))
    yield noise(2200)
  }
  await expect(open({}, { signal: stop.signal }).upload('a', stopping(), 1000)).rejects.toThrow('cancelled')
  expect([s3.uploads.size, s3.objects.size]).toEqual([0, 0])
})
