import type { ComposeModel } from '@deploy-actions/compose'
import { type ImagesRequest, resolveImages } from '@deploy-actions/plan'
import { parseSuppliedImages } from '@deploy-actions/release'
import { FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { digest, FakeRegistry, type RegistryAnswers } from './ground.ts'

interface Case {
  services: Record<string, string | undefined>
  supplied?: string[]
  switched?: string[]
  registry: RegistryAnswers
  onHost?: ImagesRequest['onHost']
}

async function resolve({ services, supplied = [], switched = [], registry, onHost }: Case) {
  const log = new FakeLog()
  const fake = new FakeRegistry(registry)
  const found = await resolveImages({
    model: { services: Object.fromEntries(Object.entries(services).map(([name, image]) => [name, { image }])) } as unknown as ComposeModel,
    ...{
      supplied: parseSuppliedImages(supplied),
      switched,
      platform: 'linux/amd64',
      registry: fake as ImagesRequest['registry'],
      log,
      onHost,
    },
  })
  const references = Object.fromEntries([...found.images].map(([service, { reference }]) => [service, reference]))
  return { ...found, references, log, asked: fake.asked }
}

const A = digest('a')
const B = digest('b')

test('a digest is what it is, and its registry says what it weighs', async () => {
  const { images } = await resolve({
    services: { web: 'x' },
    supplied: [`web=r.io/web@${A}`],
    registry: { [`r.io/web@${A}`]: { digest: A } },
  })
  expect(images.get('web')).toEqual({ reference: `r.io/web@${A}`, compressedBytes: 1_000, healthcheck: false, volumes: [], env: [] })
})

test("a tag where a digest is meant is refused, with today's digest to paste", async () => {
  const { images, refusals } = await resolve({
    services: { web: 'x' },
    supplied: ['web=r.io/web:1'],
    registry: { 'r.io/web:1': { digest: A } },
  })
  expect(images.size).toBe(0)
  expect(refusals).toEqual([
    {
      code: 'DA-IMAGE-TAG',
      message: expect.stringContaining('r.io/web:1, which is a tag'),
      hint: expect.stringContaining(`r.io/web@${A}`),
    },
  ])
})

test('a supplied tag is refused too where the registry cannot be reached, and the host is not asked', async () => {
  const { refusals } = await resolve({
    ...{ services: { web: 'x' }, supplied: ['web=r.io/web:1'], registry: { 'r.io/web:1': 'DA-REGISTRY-UNREACHABLE' } },
    onHost: () => Promise.reject(new Error('nobody asks')),
  })
  expect(refusals).toMatchObject([{ code: 'DA-IMAGE-TAG', hint: 'Pass the digest that the build printed.' }])
})

test('a switched service whose file has a tag gets the digest that the tag means now', async () => {
  const { references } = await resolve({
    services: { web: 'r.io/web:1', db: 'pg:16' },
    switched: ['web'],
    registry: { 'r.io/web:1': { digest: A } },
  })
  expect(references).toEqual({ web: `r.io/web@${A}` }) // and db is left as it is
})

test('what a supplied image says goes before the file', async () => {
  const { references, asked } = await resolve({
    ...{ services: { web: 'r.io/web:1' }, supplied: [`web=r.io/web@${A}`], switched: ['web'] },
    registry: { [`r.io/web@${A}`]: { digest: A } },
  })
  expect([references, asked]).toEqual([{ web: `r.io/web@${A}` }, [`r.io/web@${A} for linux/amd64`]])
})

test('a digest whose registry the runner cannot reach is taken at its word, with a notice', async () => {
  const { references, log } = await resolve({
    ...{ services: { web: 'x' }, supplied: [`web=r.io/web@${A}`], registry: { [`r.io/web@${A}`]: 'DA-REGISTRY-UNREACHABLE' } },
  })
  expect(references).toEqual({ web: `r.io/web@${A}` })
  expect(log.text('notice')).toContain('without a check of its platform')
})

test('tags that only the host can resolve are asked there one after the other, each for its own service', async () => {
  let asking = 0
  const { references } = await resolve({
    ...{ services: { web: 'r.io/web:1', api: 'r.io/api:1' }, switched: ['web', 'api'] },
    registry: { 'r.io/web:1': 'DA-REGISTRY-UNREACHABLE', 'r.io/api:1': 'DA-REGISTRY-UNREACHABLE' },
    onHost: async (image) => {
      asking += 1
      expect(asking).toBe(1) // the agent answers one question at a time
      await new Promise((done) => setImmediate(done))
      asking -= 1
      return image === 'r.io/web:1' ? A : B
    },
  })
  expect(references).toEqual({ web: `r.io/web@${A}`, api: `r.io/api@${B}` })
})

test('a dry run does not let the host pull: it says what a real run would do', async () => {
  const { refusals } = await resolve({
    services: { web: 'r.io/web:1' },
    switched: ['web'],
    registry: { 'r.io/web:1': 'DA-REGISTRY-UNREACHABLE' },
  })
  expect(refusals).toMatchObject([{ code: 'DA-REGISTRY-UNREACHABLE', hint: expect.stringContaining('real run') }])
})

test('every image that is wrong is told, in the order of the services', async () => {
  const { refusals } = await resolve({
    ...{ services: { web: 'x', api: 'y', job: 'z' }, supplied: [`api=r.io/api@${A}`, `web=r.io/web@${A}`, `job=r.io/job@${A}`] },
    registry: { [`r.io/web@${A}`]: 'DA-REGISTRY-NOT-FOUND', [`r.io/api@${A}`]: 'DA-REGISTRY-AUTH', [`r.io/job@${A}`]: 'DA-IMAGE-PLATFORM' },
  })
  expect(refusals.map(({ code, message }) => `${code} ${message.split(':')[0]}`)).toEqual([
    ...['DA-REGISTRY-NOT-FOUND service "web"', 'DA-REGISTRY-AUTH service "api"', 'DA-IMAGE-PLATFORM service "job"'],
  ])
})

test('a switched service whose image cannot be read is left to the plan, which refuses it with everything else', async () => {
  const { images, refusals } = await resolve({ services: { web: 'r.io/web:' }, switched: ['web'], registry: {} })
  expect([images.size, refusals]).toEqual([0, []])
})

test('a mistake of ours is not a refusal', async () => {
  await expect(resolve({ services: { web: 'r.io/web:1' }, switched: ['web'], registry: {} })).rejects.toThrow('FakeRegistry has no answer')
})
