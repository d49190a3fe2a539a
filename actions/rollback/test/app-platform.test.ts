import { Apps, type JsonObject, leavesOf, Transport } from '@deploy-actions/digitalocean'
import { FakeClock, FakeLog, inputsOf, runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { rollbackApp } from '../src/app-platform.ts'
import { appToldOf } from '../src/app-told.ts'
import { check, inputs as declared } from '../src/inputs.ts'
import { letGo } from '../src/platform-rollback.ts'

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const image = (letter: string) => ({ registry_type: 'DOCR', repository: 'shop', digest: digest(letter) })

let fake: FakeDigitalOcean
let clock: FakeClock
beforeEach(async () => {
  clock = new FakeClock()
  fake = await FakeDigitalOcean.open({ now: () => clock.now() })
})
afterEach(async () => {
  await fake.close()
  expect(fake.violations).toEqual([])
  for (const app of fake.account.apps) expect(app.damage).toEqual([])
})

const app = () => fake.account.named('shop')
const idOf = (at: number) => app().deployments[at]?.id ?? ''

/** A release with this image; the secret and the size stand for what changes beside it. */
async function release(letter: string, more: { secret?: string; size?: number; job?: boolean } = {}) {
  const old = fake.account.apps[0]
  const kept = old?.spec.services[0].envs[0].value
  const spec = {
    name: 'shop',
    envs: [{ key: 'LEVEL', value: `level-${letter}`, type: 'GENERAL', scope: 'RUN_TIME' }],
    services: [
      {
        name: 'web',
        image: image(letter),
        instance_count: more.size ?? 1,
        envs: [{ key: 'KEY', value: more.secret ?? kept ?? 'first', type: 'SECRET', scope: 'RUN_TIME' }],
      },
    ],
    jobs: [{ name: 'migrate', kind: 'PRE_DEPLOY', image: image(letter), run_command: 'up' }],
  }
  if (old === undefined) fake.account.create(spec)
  else fake.account.update(old, spec)
  await clock.sleep(600_000)
  fake.account.find(fake.account.apps[0]?.id ?? '')
}

async function back(given: Record<string, string> = {}, held: string[] = []) {
  const texts = { target: 'app-platform', 'app-name': 'shop', 'digitalocean-token': 'do-token', 'api-url': fake.url, ...given }
  const inputs = inputsOf('rollback', declared, texts, (values) => check(values, 'acme/shop'))
  const signal = new AbortController().signal
  const apps = new Apps(new Transport({ clock, fetch, url: fake.url, token: 'do-token', random: () => 0.5 }))
  const log = new FakeLog()
  const keepHeld = (_: string, deployment: string) => void held.push(deployment)
  const result = await rollbackApp(inputs, { apps, fetch, clock, log, signal, secrets: { add: () => undefined }, keepHeld })
  return { ...result, code: result.failure?.code, log: log.text(), apps }
}

const web = () => app().spec.services[0]

test('the digest of the last good release comes back with its variables, ciphers byte for byte; sizes stay', async () => {
  await release('a')
  const cipher = web().envs[0].value
  await release('b', { secret: 'second', size: 3 })
  const { status, code, target, previous } = await back()
  expect({ status, code, target, previous }).toEqual({ status: 'rolled-back', code: undefined, target: idOf(0), previous: idOf(1) })
  expect(web()).toMatchObject({ image: image('a'), instance_count: 3 })
  expect(web().envs[0].value).toBe(cipher)
  expect(app().spec.envs[0].value).toBe('level-a')
})

test('with env: current only the digests differ, and a job before the deploy keeps the newer image', async () => {
  await release('a')
  await release('b', { secret: 'second' })
  const before = structuredClone(app().spec) as JsonObject
  expect((await back({ env: 'current' })).status).toBe('rolled-back')
  const after = leavesOf(app().spec as JsonObject)
  const differing = [...leavesOf(before)]
    .filter(([path, value]) => JSON.stringify(after.get(path)) !== JSON.stringify(value))
    .map(([path]) => path)
  expect(differing).toEqual(['services.web.image.digest'])
  expect(app().spec.jobs[0].image).toEqual(image('b'))
})

test('deployments that only changed variables are one release, failed ones are none, and -2 goes two back', async () => {
  await release('a')
  await release('b')
  await release('b', { secret: 'other' })
  fake.account.scripts.push({ fails: { stage: 'deploy' } })
  await release('c')
  await release('d')
  expect((await back({ 'dry-run': 'true' })).target).toBe(idOf(2))
  expect((await back({ 'dry-run': 'true', to: '-2' })).target).toBe(idOf(0))
  expect((await back({ 'dry-run': 'true', to: idOf(1) })).target).toBe(idOf(1))
  const { code, failure } = await back({ to: '-3' })
  expect(code).toBe('DA-ROLLBACK-NO-TARGET')
  expect(failure?.hint).toContain(idOf(2))
  expect(fake.requests('PUT /v2/apps/{id}')).toEqual([])
})

test('a release that was left by a rollback is not chosen by the next one', async () => {
  await release('a')
  await release('b')
  await release('c')
  await back()
  expect(web().image).toEqual(image('b'))
  await back()
  expect(web().image).toEqual(image('a'))
})

test('a hotfix that became live meanwhile stays, and nothing is recorded', async () => {
  await release('a')
  await release('b')
  await release('c')
  const result = await back({ to: idOf(0), from: idOf(1) })
  expect([result.status, result.code]).toEqual(['superseded', undefined])
  expect(result.log).toContain(idOf(2))
  expect(web().image).toEqual(image('c'))
  expect(fake.requests('PUT /v2/apps/{id}')).toEqual([])
  expect(appToldOf(result, { operation: 'rollback', reason: undefined }, { commit: 'c'.repeat(40) })).toBeUndefined()
})

/** Another run sends its release now, and does not wait for it. */
function send(letter: string): void {
  const spec = structuredClone(app().spec)
  spec.services[0].image.digest = digest(letter)
  fake.account.update(fake.account.apps[0] as Parameters<typeof fake.account.update>[0], spec)
}

test.each(['image', 'platform'])('a hotfix that is on its way stays too, by strategy: %s', async (strategy) => {
  await release('a')
  await release('b')
  send('c')
  expect((await back({ to: idOf(0), from: idOf(1), strategy })).status).toBe('superseded')
  await clock.sleep(600_000)
  expect(fake.account.find(app().id).active).toBe(idOf(2))
})

test.each([
  ['before the spec is read again', 'GET', '/v2/apps/{id}/deployments'],
  ['after it was read again, and is brought back', 'PUT', '/v2/apps/{id}'],
])('a hotfix that comes %s serves in the end', async (_, method, path) => {
  await release('a')
  await release('b')
  fake.faults.push({ method, path, meanwhile: () => send('c') })
  expect((await back({ to: idOf(0), from: idOf(1) })).status).toBe('superseded')
  expect(web().image).toEqual(image('c'))
})

test.each([
  ['while the release is looked for', 'GET', '/v2/apps/{id}/deployments', 0],
  ['while the platform validates, and is live already', 'POST', '/v2/apps/{id}/rollback/validate', 600_000],
])('by the way of the platform a hotfix stays that comes %s', async (_, method, path, ms) => {
  await release('a')
  await release('b')
  const hotfix = async () => {
    send('c')
    await clock.sleep(ms)
    fake.account.find(app().id)
  }
  fake.faults.push({ method, path, meanwhile: hotfix })
  const { status, target, log } = await back({ to: idOf(0), from: idOf(1), strategy: 'platform' })
  expect({ status, target }).toEqual({ status: 'superseded', target: undefined })
  expect(log).toContain(`deployment ${idOf(2)} serves by now or is on its way, not ${idOf(1)}`)
  expect(fake.requests('POST /v2/apps/{id}/rollback')).toEqual([])
  expect(web().image).toEqual(image('c'))
})

test('the way of the platform leaves the release that is to be left while it is live', async () => {
  await release('a')
  await release('b')
  expect((await back({ to: idOf(0), from: idOf(1), strategy: 'platform' })).status).toBe('rolled-back')
  expect(web().image).toEqual(image('a'))
})

test('the release that is to be left is left while it is live', async () => {
  await release('a')
  await release('b')
  expect((await back({ to: idOf(0), from: idOf(1) })).status).toBe('rolled-back')
  expect(web().image).toEqual(image('a'))
})

test('a deployment that is live already is nothing to go back to', async () => {
  await release('a')
  await release('b')
  expect(await back({ to: idOf(1) })).toMatchObject({ status: 'failed', code: 'DA-ROLLBACK-NO-TARGET' })
})

test('the record of a way back has the images that serve then, and a commit where no record knows them', async () => {
  await release('a')
  await release('b')
  const result = await back()
  expect(appToldOf(result, { operation: 'rollback', reason: undefined }, { commit: 'c'.repeat(40) })).toMatchObject({
    of: idOf(0),
    commit: 'c'.repeat(40),
    payload: { images: { web: expect.stringMatching(new RegExp(`@${digest('a')}$`)) } },
  })
})

test('a release that was named by a tag is refused, and taken with force', async () => {
  await release('a')
  app().deployments[0]?.spec.services[0] &&
    Object.assign(app().deployments[0]?.spec.services[0], { image: { registry_type: 'DOCR', repository: 'shop', tag: 'v1' } })
  await release('b')
  expect((await back()).code).toBe('DA-ROLLBACK-MUTABLE')
  expect((await back({ force: 'true' })).status).toBe('rolled-back')
  expect(web().image).toEqual({ registry_type: 'DOCR', repository: 'shop', tag: 'v1' })
})

test('a rollback whose image is gone fails with the log, and what was live still is', async () => {
  await release('a')
  await release('b')
  fake.account.missingDigests.add(digest('a'))
  const { status, code } = await back()
  expect({ status, code, live: app().active }).toEqual({ status: 'failed', code: 'DA-APP-DEPLOY-FAILED', live: idOf(1) })
})

test('the way of the platform brings the whole old spec back and leaves nothing pinned', async () => {
  await release('a')
  await release('b', { size: 3 })
  const { status } = await back({ strategy: 'platform' })
  expect({ status, pinned: app().pinned, size: web().instance_count }).toEqual({ status: 'rolled-back', pinned: undefined, size: 1 })
})

test('a rollback of the platform whose answer is lost is found, not made twice', async () => {
  await release('a')
  await release('b')
  fake.faults.push({ method: 'POST', path: '/v2/apps/{id}/rollback', status: 500, committed: true })
  expect((await back({ strategy: 'platform' })).status).toBe('rolled-back')
  expect(app().deployments).toHaveLength(3)
})

test('what the platform would not do is told with its reason', async () => {
  await release('a')
  await release('b')
  fake.account.revisionLimit = 0
  const { code, failure } = await back({ strategy: 'platform' })
  expect({ code, message: failure?.message }).toMatchObject({
    code: 'DA-ROLLBACK-REFUSED',
    message: expect.stringContaining('exceeded_revision_limit'),
  })
})

test.each<[string, string, string]>([
  ['commit', 'rolled-back', 'a'],
  ['revert', 'reverted', 'b'],
])('a held rollback waits for %s', async (operation, status, letter) => {
  await release('a')
  await release('b')
  const held: string[] = []
  const first = await back({ strategy: 'platform', hold: 'true' }, held)
  expect({ status: first.status, held: first.held, pinned: app().pinned }).toEqual({ status: 'rolled-back', held: true, pinned: held[0] })
  expect((await back()).code).toBe('DA-APP-PINNED')
  const { status: ended } = await back({ operation })
  await clock.sleep(600_000)
  expect({ ended, pinned: app().pinned, live: app().deployments.find(({ id }) => id === app().active)?.spec.services[0].image }).toEqual({
    ...{ ended: status, pinned: undefined, live: image(letter) },
  })
})

test('the end of the job lets an app go that nobody decided about, and leaves one alone that somebody did', async () => {
  await release('a')
  await release('b')
  const held: string[] = []
  const { apps } = await back({ strategy: 'platform', hold: 'true' }, held)
  const log = new FakeLog()
  await letGo({ app: app().id, deployment: held[0] ?? '' }, { apps, log })
  await clock.sleep(600_000)
  expect({ pinned: app().pinned, image: web().image }).toEqual({ pinned: undefined, image: image('b') })
  const made = app().deployments.length
  await letGo({ app: app().id, deployment: held[0] ?? '' }, { apps, log })
  expect(app().deployments).toHaveLength(made)
})

test('where nothing is held a decision changes nothing, and is not recorded', async () => {
  await release('a')
  const result = await back({ operation: 'commit' })
  expect(result.status).toBe('unchanged')
  expect(appToldOf(result, { operation: 'commit', reason: undefined }, { commit: 'c'.repeat(40) })).toBeUndefined()
})

test('a held rollback that fails lets the app go by itself', async () => {
  await release('a')
  await release('b')
  fake.account.scripts.push({ fails: { stage: 'deploy' } })
  const { status, held } = await back({ strategy: 'platform', hold: 'true' })
  expect({ status, held, pinned: app().pinned }).toEqual({ status: 'failed', held: false, pinned: undefined })
})

test('the bundle rolls back, and its end of the job, which needs no input, does nothing when nothing is held', async () => {
  await release('a')
  await release('b')
  const run = (inputs: Record<string, string>, state: Record<string, string> = {}) =>
    runBundle('rollback', { inputs, env: { GITHUB_REPOSITORY: 'acme/shop' }, state, watch: () => void clock.advance(30_000) })
  fake.account.scripts.push({ pendingBuild: 0, building: 0, pendingDeploy: 0, deploying: 0 })
  const given = { target: 'app-platform', 'app-name': 'shop', 'digitalocean-token': 'do-token', 'api-url': fake.url }
  const { code, outputs, state } = await run({ ...given, strategy: 'platform', hold: 'true', 'poll-interval': '50ms' })
  expect({ code, status: outputs.status, held: outputs.held }).toEqual({ code: 0, status: 'rolled-back', held: 'true' })
  expect(app().pinned).toBe(outputs['deployment-id'])
  const outer = Object.fromEntries(Object.keys(given).map((name) => [name, '']))
  const end = await run(outer, state)
  expect([end.code, end.masks]).toEqual([0, expect.arrayContaining(['do-token'])])
  expect(app().pinned).toBeUndefined()
  expect((await run(outer, { begun: 'yes' })).outputs).toEqual({})
})
