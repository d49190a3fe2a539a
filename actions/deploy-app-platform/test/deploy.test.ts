import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { digestsIn, Ground, IMAGES, NEW, OLD, shop } from './ground.ts'

let ground: Ground
beforeEach(async () => {
  ground = await Ground.open()
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
})

test('a digest goes to every component that shares the image, jobs too, and nothing else of the spec changes', async () => {
  await ground.withApp()
  const before = structuredClone(ground.app().spec)
  const { green, outputs, log } = await ground.run({ images: IMAGES })
  expect({ green, status: outputs.status }).toEqual({ green: true, status: 'deployed' })
  const after = ground.app().spec
  expect(digestsIn(after)).toEqual({ web: NEW, worker: NEW, nightly: NEW })
  const asBefore = JSON.parse(JSON.stringify(after).replaceAll(NEW, OLD))
  expect(asBefore).toEqual(before)
  expect(JSON.parse(outputs.images ?? '')).toEqual({ web: NEW, worker: NEW, nightly: NEW })
  expect(outputs['live-deployment-id']).toBe(outputs['deployment-id'])
  expect(outputs['live-url']).toMatch(/^https:\/\/shop-/)
  expect(log).toContain('services.web.image.digest aaaaaaa → bbbbbbb')
  expect(log).toContain('a month, as now')
})

test('a second run with the same digest changes nothing and says so', async () => {
  await ground.withApp()
  await ground.run({ images: IMAGES })
  const { green, outputs } = await ground.run({ images: IMAGES })
  expect({ green, status: outputs.status, puts: ground.fake.requests('PUT /v2/apps/{id}').length }).toEqual({
    green: true,
    status: 'unchanged',
    puts: 1,
  })
  expect(outputs['deployment-id']).toBe(outputs['live-deployment-id'])
  expect(outputs['previous-deployment-id']).toBe('')
})

test('a dry run shows the difference and the cost, and sends nothing that changes something', async () => {
  await ground.withApp()
  const { green, outputs, log, summary } = await ground.run({ images: IMAGES, 'dry-run': 'true' })
  expect({ green, status: outputs.status }).toEqual({ green: true, status: 'planned' })
  expect(ground.fake.heard.filter(({ method, path }) => method !== 'GET' && !path.endsWith('propose'))).toEqual([])
  expect(log).toContain('workers.worker.image.digest aaaaaaa → bbbbbbb')
  expect(summary).toContain('Planned')
})

test('a deploy takes under twenty calls, and own time is told apart from the time of the platform', async () => {
  await ground.withApp()
  const { outputs } = await ground.run({ images: IMAGES })
  const { ours, platform, calls } = JSON.parse(outputs.timings ?? '')
  expect(platform).toBeGreaterThanOrEqual(30_000)
  expect(ours).toBe(0)
  expect(calls).toBeLessThan(20)
})

test('the app is found by its id, and an id that nothing has is an error', async () => {
  const id = await ground.withApp()
  expect((await ground.run({ 'app-name': '', 'app-id': id, images: IMAGES })).green).toBe(true)
  const { code } = await ground.run({ 'app-name': '', 'app-id': '00000000-0000-4000-8000-000000000000', images: IMAGES })
  expect(code).toBe('DA-APP-NOT-FOUND')
})

test('a name that no app has is an error that names those that there are, on all pages', async () => {
  for (let number = 0; number < 205; number += 1) ground.fake.account.create({ ...shop(), name: `app-${number}` })
  const { code, failure } = await ground.run({ images: IMAGES })
  expect(code).toBe('DA-APP-NOT-FOUND')
  expect((failure as { hint?: string }).hint).toContain('app-204')
})

test('a failed release that is deployed again gets a new deployment, although the spec is as it should be', async () => {
  await ground.withApp()
  ground.fake.account.scripts.push({ fails: { stage: 'deploy' } })
  expect((await ground.run({ images: IMAGES })).outputs.status).toBe('failed')
  const { green, outputs } = await ground.run({ images: IMAGES })
  expect({ green, status: outputs.status }).toEqual({ green: true, status: 'deployed' })
})

test('with `database-id` nothing is sent while its newest backup is too old, and a young one is named', async () => {
  const cluster = '9cc10173-e9ea-4176-9dbc-a4cee4c4ff30'
  const given = { images: IMAGES, 'database-id': cluster, 'max-age-hours': '26' }
  await ground.withApp()
  const backups = [{ createdAt: ground.clock.now() - 30 * 3_600_000, gigabytes: 1 }]
  ground.fake.infrastructure.databases.set(cluster, backups)
  const stale = await ground.run(given)
  expect({ code: stale.code, green: stale.green, status: stale.outputs.status }).toEqual({
    code: 'DA-BACKUP-STALE',
    green: false,
    status: 'failed',
  })
  expect((await ground.run({ ...given, 'dry-run': 'true' })).code).toBe('DA-BACKUP-STALE')
  expect(ground.fake.requests('PUT /v2/apps/{id}')).toEqual([])
  backups.push({ createdAt: ground.clock.now() - 3_600_000, gigabytes: 1 })
  const fresh = await ground.run(given)
  expect(fresh.green).toBe(true)
  expect(fresh.log).toContain(`Database ${cluster}: its newest backup is of`)
})

test('maintenance is switched on and off alone: nothing else of the spec changes, and a deploy meanwhile leaves it on', async () => {
  await ground.withApp({ ...shop(), maintenance: { offline_page_url: 'https://shop.example.com/soon.html' } })
  const before = structuredClone(ground.app().spec)
  const on = await ground.run({ maintenance: 'on' })
  expect([on.outputs.status, on.log]).toEqual(['deployed', expect.stringContaining('maintenance.enabled')])
  expect(ground.app().spec).toEqual({ ...before, maintenance: { offline_page_url: 'https://shop.example.com/soon.html', enabled: true } })
  expect((await ground.run({ maintenance: 'on' })).outputs.status).toBe('unchanged')
  await ground.run({ images: IMAGES })
  expect(ground.app().spec.maintenance).toMatchObject({ enabled: true })
  expect((await ground.run({ maintenance: 'off' })).outputs.status).toBe('deployed')
  expect(ground.app().spec.maintenance).toMatchObject({ enabled: false })
})

test('an archived app cannot be let in to: that is said, with what brings it back, and nothing is changed', async () => {
  await ground.withApp({ ...shop(), maintenance: { enabled: true, archive: true } })
  const off = await ground.run({ maintenance: 'off' })
  expect([off.green, off.code, off.outputs.status]).toEqual([false, 'DA-APP-ARCHIVED', 'failed'])
  expect(ground.fake.requests('PUT /v2/apps/{id}')).toEqual([])
  ground.files['open.yaml'] = stringify({ name: 'shop', maintenance: { enabled: false, archive: false } })
  expect((await ground.run({ spec: 'open.yaml' })).outputs.status).toBe('deployed')
  expect(ground.app().spec.maintenance).toMatchObject({ enabled: false, archive: false })
})

test('an app that was never in maintenance has nothing to switch off', async () => {
  await ground.withApp()
  expect((await ground.run({ maintenance: 'off' })).outputs.status).toBe('unchanged')
  expect(ground.app().spec.maintenance).toBeUndefined()
})
