import { Garbage, imagesOfApps, Transport } from '@deploy-actions/digitalocean'
import { FakeClock, FakeLog } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { cleanup } from '../src/cleanup.ts'
import { collectGarbage, waitForRegistries } from '../src/collect-garbage.ts'
import { type Deployed, withApps } from '../src/deployed.ts'
import { docrOf } from '../src/docr.ts'
import { docrVersions } from '../src/docr-versions.ts'
import { loginsOf } from '../src/logins.ts'
import { otherRuns } from '../src/other-runs.ts'

const DAY = 86_400_000
const reference = { registry: 'registry.digitalocean.com', repository: 'acme/shop/web' }
const digest = (at: number) => `sha256:${at.toString(16).padStart(64, '0')}`

let fake: FakeDigitalOcean
let clock: FakeClock
let ports: { log: FakeLog; clock: FakeClock; signal: AbortSignal; fetch: typeof fetch }
beforeEach(async () => {
  clock = new FakeClock({ now: Date.parse('2026-06-30T00:00:00Z') })
  ports = { log: new FakeLog(), clock, signal: new AbortController().signal, fetch }
  fake = await FakeDigitalOcean.open({ now: () => clock.now() })
})
afterEach(async () => {
  await fake.close()
  expect(fake.violations).toEqual([])
})

const given = (digitaloceanToken?: string, password?: string) => {
  return { ...{ digitaloceanToken, password }, apiUrl: fake.url, registry: 'registry.digitalocean.com' }
}
const docr = () => docrOf(given('do-token'), [{ reference }], ports)
const garbage = (token = 'do-token') => new Garbage(new Transport({ ...ports, url: fake.url, token }), 'acme')
const collections = () => fake.infrastructure.docr.collections.map((one) => fake.infrastructure.docr.stateOf(one))
const none = async () => []
const HOUR = 3_600_000

test('a login to push is made by the API for this step alone, and ends by itself', async () => {
  const login = await docr()?.login()
  expect(login).toEqual({ registry: 'registry.digitalocean.com', username: 'login-1', password: 'password-1' })
  expect(fake.infrastructure.docr.logins).toEqual([{ readWrite: true, seconds: 7200 }])
  const inputs = { registry: 'ghcr.io', username: undefined, password: undefined, githubToken: 'ghs' } as never
  const stored = [{ registry: 'registry.digitalocean.com', username: 'old', password: 'old' }]
  expect(loginsOf(inputs, 'ann', stored, login && [login]).map(({ registry, password }) => [registry, password])).toEqual([
    ['registry.digitalocean.com', 'password-1'],
    ['ghcr.io', 'ghs'],
  ])
})

test('a token that may only read gets no login, and the message has both scopes', async () => {
  fake.tokens.set('reads', ['registry:read'])
  const login = docrOf(given('reads'), [{ reference }], ports)?.login()
  await expect(login).rejects.toMatchObject({ code: 'DA-DO-SCOPE', hint: expect.stringContaining('`registry:read` and `registry:update`') })
})

test('images that lie elsewhere ask DigitalOcean for nothing', () => {
  expect(docrOf(given('do-token'), [{ reference: { registry: 'ghcr.io', repository: 'a/b' } }], ports)).toBeUndefined()
})

/** 200 manifests, one a day, the newest first; every tenth has a tag. */
function fill(): void {
  const manifests = Array.from({ length: 200 }, (_, at) => ({
    digest: digest(at),
    tags: at % 10 === 0 ? [`v${at}`] : [],
    updatedAt: clock.now() - at * DAY - 1,
  }))
  fake.infrastructure.docr.repositories.set('shop/web', manifests)
}
const left = () => fake.infrastructure.docr.repositories.get('shop/web')?.map((one) => Number.parseInt(one.digest.slice(7), 16))

async function clean(deployed: Deployed): Promise<void> {
  const rules = { cleanup: 'apply' as const, cleanupKeep: 2, cleanupDays: 3, cleanupProtect: [`web@${digest(150)}`] }
  const store = { manifest: async () => ({}) as never, contents: () => ({}) as never }
  const source = docrVersions(reference, { api: fake.url, token: 'do-token' }, ports)
  await cleanup(reference, rules, [digest(7)], deployed, { store, source, log: ports.log, clock })
}

test('of 200 manifests those stay that are new, young, built now, deployed, or run by an app of App Platform, by digest or by tag', async () => {
  fill()
  const image = (at: object) => ({ registry_type: 'DOCR', repository: 'shop/web', ...at })
  const spec = (at: object) => ({
    name: 'shop',
    services: [{ name: 'web', image: image(at) }],
    workers: [{ name: 'worker', image: image({ tag: 'v120' }) }],
  })
  const app = fake.account.create(spec({ digest: digest(33) }))
  await clock.sleep(120_000)
  fake.account.update(fake.account.find(app.id), spec({ digest: digest(55) }))
  await clock.sleep(120_000)
  const recorded = { digests: new Set([digest(77)]), commits: new Set<string>() }
  await clean(await withApps(recorded, () => imagesOfApps((docr() as NonNullable<ReturnType<typeof docr>>).apps, 5)))
  expect(left()).toEqual([0, 1, 2, 7, 10, 33, 55, 77, 120, 150])
})

test('a token that may not see the apps deletes nothing', async () => {
  fake.tokens.set('registry-only', ['registry:read', 'registry:delete'])
  const apps = docrOf(given('registry-only'), [{ reference }], ports)?.apps
  const asked = withApps({ digests: new Set(), commits: new Set() }, () => imagesOfApps(apps as never, 5))
  await expect(asked).rejects.toMatchObject({ code: 'DA-CLEANUP-PARTIAL', hint: expect.stringContaining('app:read') })
})

test('the collection takes blobs that no manifest has, and no manifest; it is followed to its end', async () => {
  expect(await collectGarbage(garbage(), none, HOUR, ports)).toBe(48_000_000)
  expect(fake.infrastructure.docr.collections.map(({ type }) => type)).toEqual(['unreferenced blobs only'])
  expect(ports.log.text()).toMatch(/waiting for write JWTs[\s\S]*scanning manifests[\s\S]*deleting unreferenced blobs/)
})

test('nothing is collected while another run is in progress, which may push', async () => {
  const runs = [['the run deploy #7'], ['the run deploy #7'], []]
  await collectGarbage(garbage(), async () => runs.shift() ?? [], HOUR, ports)
  expect(runs).toEqual([])
  expect(ports.log.text()).toContain('waiting for the run deploy #7')
  expect(collections()).toEqual(['succeeded'])
  await expect(collectGarbage(garbage(), async () => ['the run deploy #8'], 60_000, ports)).rejects.toMatchObject({
    code: 'DA-DOCR-COLLECTING',
    message: expect.stringContaining('deploy #8'),
  })
  expect(collections()).toHaveLength(1)
})

test('a run that begins in the same instant is given way to, and the collection comes after it', async () => {
  const runs = [[], ['the run deploy #9'], ['the run deploy #9'], []]
  await collectGarbage(garbage(), async () => runs.shift() ?? [], HOUR, ports)
  expect(collections()).toEqual(['cancelled', 'succeeded'])
})

test('a collection that began when GitHub stops answering is cancelled: nobody knows what pushes', async () => {
  const answers = [[]]
  const others = async () => answers.shift() ?? Promise.reject(new Error('502'))
  await expect(collectGarbage(garbage(), others, HOUR, ports)).rejects.toThrow('502')
  expect(collections()).toEqual(['cancelling'])
})

test('a password for the registry is a token too: what may delete there knows what runs', () => {
  expect(docrOf(given(undefined, 'do-token'), [{ reference }], ports)?.apps).toBeDefined()
  expect(docrOf({ ...given(undefined, 'do-token'), registry: 'ghcr.io' }, [{ reference }], ports)).toBeUndefined()
})

test('beside a collection of somebody else nothing is pushed or collected: it is waited for', async () => {
  fake.infrastructure.docr.collect('untagged manifests only')
  await waitForRegistries([garbage()], ports)
  expect(collections()).toEqual(['succeeded'])
  fake.infrastructure.docr.collect('untagged manifests only')
  await collectGarbage(garbage(), none, HOUR, ports)
  expect(collections()).toEqual(['succeeded', 'succeeded', 'succeeded'])
  fake.infrastructure.docr.collect('untagged manifests only')
  await expect(collectGarbage(garbage(), none, 60_000, ports)).rejects.toMatchObject({ code: 'DA-DOCR-COLLECTING' })
})

test('a collection that fails is an error; one whose start got no answer is found and followed', async () => {
  fake.infrastructure.docr.collectionsFail = true
  await expect(collectGarbage(garbage(), none, HOUR, ports)).rejects.toMatchObject({ code: 'DA-DOCR-GARBAGE' })
  fake.infrastructure.docr.collectionsFail = false
  fake.faults.push({ method: 'POST', path: '/v2/registry/{registry}/garbage-collection', drop: true, committed: true })
  await collectGarbage(garbage(), none, HOUR, ports)
  expect(collections()).toEqual(['failed', 'succeeded'])
})

test('the other runs of the repository are those in progress, and the other jobs of this one; who may not see them collects nothing', async () => {
  const asked: string[] = []
  const runs = [
    { id: 7, name: 'Deploy', run_number: 12 },
    { id: 8, name: 'Clean up', run_number: 3 },
  ]
  const jobs = [
    { name: 'clean up', status: 'in_progress', runner_name: 'GitHub Actions 4' },
    { name: 'build', status: 'in_progress', runner_name: 'GitHub Actions 5' },
    { name: 'later', status: 'queued', runner_name: null },
    { name: 'test', status: 'completed', runner_name: 'GitHub Actions 3' },
  ]
  const api = {
    request: none as never,
    all: async (route: string, name: string, parameters: object) => {
      asked.push(`${route} ${name} ${JSON.stringify(parameters)}`)
      return (name === 'jobs' ? jobs : runs) as never
    },
  }
  const own = { repository: 'acme/shop', run: '8', runner: 'GitHub Actions 4' }
  expect(await otherRuns(api, own)).toEqual(['the run Deploy #12', 'the job build of this run', 'the job later of this run'])
  expect(asked).toEqual([
    'GET /repos/{owner}/{repo}/actions/runs workflow_runs {"owner":"acme","repo":"shop","status":"in_progress"}',
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs jobs {"owner":"acme","repo":"shop","run_id":"8"}',
  ])
  const refused = { ...api, all: () => Promise.reject(new Error('status 403')) }
  await expect(otherRuns(refused, own)).rejects.toMatchObject({
    code: 'DA-DOCR-GARBAGE',
    hint: expect.stringContaining('actions: read'),
  })
})
