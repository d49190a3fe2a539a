import { createImageStore, type ImageStore } from '@deploy-actions/registry'
import { FakeClock, FakeLog, MemoryRegistry } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { tagAll } from '../src/tag-all.ts'
import type { Target } from '../src/target.ts'

let registry: MemoryRegistry
let store: ImageStore
beforeEach(async () => {
  registry = new MemoryRegistry()
  await registry.start()
  store = createImageStore({ fetch, clock: new FakeClock(), random: () => 0 })
})
afterEach(() => registry.stop())

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
async function proven(repository: string, content: string, all: string[]) {
  const digest = registry.keep(repository, { mediaType: MANIFEST, content })
  const reference = { registry: registry.host, repository }
  const manifest = await store.manifest({ ...reference, digest })
  if (manifest === undefined) throw new Error('it was just kept')
  return { target: { name: repository, reference, tags: { all, version: all[0] } } as unknown as Target, manifest }
}
const images = async () => [await proven('acme/web', 'new', ['latest', 'sha-1']), await proven('acme/api', 'new', ['latest', 'sha-1'])]
const tags = () => ['acme/web', 'acme/api'].map((name) => Object.fromEntries(registry.repository(name).tags))

test('all images get all tags; those of the commit come before those that people follow', async () => {
  const [web, api] = await images()
  await tagAll([web as never, api as never], store, new FakeLog())
  expect(tags()).toEqual([
    { latest: web?.manifest.digest, 'sha-1': web?.manifest.digest },
    { latest: api?.manifest.digest, 'sha-1': api?.manifest.digest },
  ])
  expect(registry.asked.filter((one) => one.startsWith('PUT')).map((one) => one.split(' ').at(-1))).toEqual([
    'sha-1',
    'sha-1',
    'latest',
    'latest',
  ])
})

// Each place where the registry can fail, in order: whichever it is, what was before is again.
test.each([1, 2, 3, 4])('when tag %i of four fails, the new ones go and the moved one is back', async (nth) => {
  const all = await images()
  const before = registry.keep('acme/web', { mediaType: MANIFEST, content: 'old' }, 'latest')
  let puts = 0
  registry.fault = (question) => {
    if (question.startsWith('PUT')) puts += 1
    return question.startsWith('PUT') && puts >= nth && puts < nth + 4 ? { status: 500 } : undefined
  }
  await expect(tagAll(all, store, new FakeLog())).rejects.toMatchObject({
    code: 'DA-TAG-FAILED',
    message: expect.stringContaining('no tag has moved'),
  })
  expect(tags()).toEqual([{ latest: before }, {}])
})

test('a tag that cannot be taken back is named', async () => {
  const all = await images()
  registry.deletesTags = false
  registry.fault = (question) => (/^PUT acme\/api/.test(question) ? { status: 403 } : undefined)
  await expect(tagAll(all, store, new FakeLog())).rejects.toMatchObject({
    code: 'DA-TAG-FAILED',
    message: expect.stringMatching(/could not be taken back: acme\/web:sha-1$/),
  })
})

test('a tag that is right already is not written again', async () => {
  const [web] = await images()
  await tagAll([web as never], store, new FakeLog())
  registry.asked.length = 0
  await tagAll([web as never], store, new FakeLog())
  expect(registry.asked.filter((one) => one.startsWith('PUT'))).toEqual([])
})
