import { Apps, FINGERPRINTS, type JsonObject, leavesOf, Transport } from '@deploy-actions/digitalocean'
import { UserError } from '@deploy-actions/kit'
import { FakeClock, FakeLog, inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import type { Spec } from '../../../lab/digitalocean/take-spec.ts'
import { wholeSpec } from '../../../lab/digitalocean/whole-spec.ts'
import { appPlatform } from '../src/app-platform.ts'
import { check, inputs as declared } from '../src/inputs.ts'
import { sync as syncTo } from '../src/sync.ts'

let fake: FakeDigitalOcean
let clock: FakeClock
let files: Record<string, string>
beforeEach(async () => {
  clock = new FakeClock()
  files = {}
  fake = await FakeDigitalOcean.open({ now: () => clock.now(), normalise: false })
  fake.account.create(wholeSpec())
  await clock.sleep(3_600_000)
  fake.account.named('whole')
})
afterEach(async () => {
  await fake.close()
  expect(fake.violations).toEqual([])
  for (const app of fake.account.apps) expect(app.damage).toEqual([])
})

async function sync(given: Record<string, string>, env: Record<string, string> = {}) {
  const texts = { target: 'app-platform', 'app-name': 'whole', 'digitalocean-token': 'do-token', 'api-url': fake.url, ...given }
  const log = new FakeLog()
  try {
    const inputs = inputsOf('sync-env', declared, texts, (values) => check(values, 'acme/shop'))
    const apps = new Apps(new Transport({ clock, fetch, url: fake.url, token: inputs.digitaloceanToken ?? '', random: () => 0.5 }))
    const workspace = {
      read: async (path: string) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
      list: async () => [],
      stat: async (path: string) => (files[path] === undefined ? undefined : ({ kind: 'file', mode: 0o644 } as const)),
    }
    const secrets = { add: () => undefined, suspect: () => undefined } as never
    const target = appPlatform(inputs, { apps, fetch, clock, log, secrets, signal: new AbortController().signal })
    const result = await syncTo(inputs, target, { log, secrets, workspace, env })
    return { status: result.status, changes: result.places[0]?.changes, log: log.text(), code: undefined }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { status: 'failed', changes: undefined, log: log.text(), code: error.code }
  }
}

const spec = (): Spec => fake.account.named('whole').spec
const puts = () => fake.requests('PUT /v2/apps/{id}')
const changedLeaves = (before: Spec): string[] => {
  const [old, now] = [leavesOf(before as JsonObject), leavesOf(spec() as JsonObject)]
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((path) => JSON.stringify(old.get(path)) !== JSON.stringify(now.get(path)))
    .sort()
}

test('a whole env file goes in by one change; only these leaves differ, every other cipher is the same byte for byte', async () => {
  const before = structuredClone(spec())
  files['.env.staging'] = 'PLAIN=other\nSECRET_ONE="new secret"\nNEW_KEY=value-1\nREDIS=${db.REDIS_URL}\n'
  const { status, changes, code } = await sync({ 'env-file': '.env.staging', 'env-file-format': 'docker' })
  expect({ status, code, added: changes?.added, changed: changes?.changed }).toEqual({
    ...{ status: 'written', code: undefined, added: ['NEW_KEY', 'REDIS'], changed: ['PLAIN', 'SECRET_ONE'] },
  })
  expect(puts()).toHaveLength(1)
  const ours = ['NEW_KEY', 'REDIS', FINGERPRINTS].flatMap((key) =>
    ['key', 'type', 'value', ...(key === FINGERPRINTS ? ['scope'] : [])].map((leaf) => `envs.${key}.${leaf}`),
  )
  expect(changedLeaves(before)).toEqual([...ours, 'envs.PLAIN.value', 'envs.SECRET_ONE.value'].sort())
  const types = Object.fromEntries(spec().envs.map((env: Spec) => [env.key, env.type]))
  expect(types).toMatchObject({ PLAIN: 'GENERAL', SECRET_ONE: 'SECRET', NEW_KEY: 'SECRET', REDIS: 'GENERAL' })
})

test('a run with the same values sends nothing and deploys nothing', async () => {
  const keys = { keys: 'SECRET_ONE, NEW_KEY', component: 'web' }
  const values = { SECRET_ONE: 'a', NEW_KEY: 'b' }
  expect((await sync(keys, values)).status).toBe('written')
  const before = structuredClone(spec())
  const made = fake.account.named('whole').deployments.length
  expect(await sync(keys, values)).toMatchObject({ status: 'unchanged', changes: { unchanged: ['SECRET_ONE', 'NEW_KEY'] } })
  expect({ puts: puts().length, made: fake.account.named('whole').deployments.length }).toEqual({ puts: 1, made })
  expect(spec()).toEqual(before)
})

test('of several secrets only the one that is another is sent', async () => {
  const keys = { keys: 'SECRET_ONE, NEW_KEY', component: 'web' }
  await sync(keys, { SECRET_ONE: 'a', NEW_KEY: 'b' })
  const before = structuredClone(spec())
  expect((await sync(keys, { SECRET_ONE: 'a', NEW_KEY: 'c' })).changes).toMatchObject({ changed: ['NEW_KEY'], unchanged: ['SECRET_ONE'] })
  expect(changedLeaves(before)).toEqual([`envs.${FINGERPRINTS}.value`, 'services.web.envs.NEW_KEY.value'])
  const web = spec().services[0].envs as Spec[]
  expect(fake.account.named('whole').cipher.decrypt(web.find(({ key }) => key === 'NEW_KEY')?.value)).toBe('c')
})

test('resend sends all secrets, and a dry run tells drift by name and sends nothing', async () => {
  const keys = { keys: 'SECRET_ONE' }
  await sync(keys, { SECRET_ONE: 'a' })
  expect((await sync({ ...keys, 'dry-run': 'true' }, { SECRET_ONE: 'z' })).status).toBe('planned')
  expect(puts()).toHaveLength(1)
  expect((await sync({ ...keys, resend: 'true' }, { SECRET_ONE: 'a' })).status).toBe('written')
})

test('keys go by name or prefix, never others, and never the fingerprints', async () => {
  await sync({ keys: 'OLD_ONE, OLD_TWO, KEEP' }, { OLD_ONE: '1', OLD_TWO: '2', KEEP: '3' })
  const { changes } = await sync({ keys: 'KEEP', prune: 'OLD_*, DEPLOY_*' }, { KEEP: '3' })
  expect(changes).toMatchObject({ removed: ['OLD_ONE', 'OLD_TWO'], unchanged: ['KEEP'] })
  const keys = (spec().envs as Spec[]).map(({ key }) => key)
  expect(keys).toEqual(expect.arrayContaining(['PLAIN', 'KEEP', FINGERPRINTS]))
})

test('general and scope are for new variables, and what is there keeps its type', async () => {
  await sync(
    { keys: 'LEVEL, SECRET_ONE', general: 'LEVEL, SECRET_ONE', scope: 'RUN_TIME', component: 'worker' },
    { LEVEL: 'info', SECRET_ONE: 'x' },
  )
  const envs = spec().workers[0].envs as Spec[]
  expect(envs.find(({ key }) => key === 'LEVEL')).toEqual({ key: 'LEVEL', value: 'info', scope: 'RUN_TIME', type: 'GENERAL' })
  expect(envs.find(({ key }) => key === 'SECRET_ONE')).toMatchObject({ type: 'SECRET', value: expect.stringMatching(/^EV\[/) })
})

test.each<[string, Record<string, string>, string]>([
  ['an unknown component', { component: 'wbe', keys: 'A' }, 'DA-APP-COMPONENT-UNKNOWN'],
  ['an unknown app', { 'app-name': 'nothing', keys: 'A' }, 'DA-APP-NOT-FOUND'],
  ['no app at all', { 'app-name': '', keys: 'A' }, 'DA-INPUT-INVALID'],
  ['no token', { 'digitalocean-token': '', keys: 'A' }, 'DA-INPUT-INVALID'],
  ['a key that is missing', { keys: 'B' }, 'DA-ENV-KEY-MISSING'],
])('%s is refused before anything is sent', async (_, given, code) => {
  expect((await sync(given, { A: '1' })).code).toBe(code)
  expect(puts()).toEqual([])
})

test('a change whose answer is lost was made once, and its deployment is followed', async () => {
  fake.faults.push({ method: 'PUT', path: '/v2/apps/{id}', drop: true, committed: true })
  expect((await sync({ keys: 'SECRET_ONE' }, { SECRET_ONE: 'x' })).status).toBe('written')
  expect(puts()).toHaveLength(1)
})

test('a deploy in the very moment loses nothing', async () => {
  const meanwhile = () => {
    const app = fake.account.named('whole')
    const next = structuredClone(app.spec)
    next.services[0].image.digest = `sha256:${'9'.repeat(64)}`
    fake.account.update(app, next)
  }
  fake.faults.push({ method: 'PUT', path: '/v2/apps/{id}', meanwhile })
  expect((await sync({ keys: 'PLAIN' }, { PLAIN: 'x' })).status).toBe('written')
  expect({ digest: spec().services[0].image.digest, plain: spec().envs[0].value }).toEqual({
    digest: `sha256:${'9'.repeat(64)}`,
    plain: 'x',
  })
})

test('variables with which the app does not start are told with the deployment that failed', async () => {
  fake.account.scripts.push({ fails: { stage: 'deploy' } })
  expect((await sync({ keys: 'PLAIN' }, { PLAIN: 'x' })).code).toBe('DA-APP-DEPLOY-FAILED')
})
