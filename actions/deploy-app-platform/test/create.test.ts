import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import { digestsIn, Ground, IMAGES, NEW, shop } from './ground.ts'

let ground: Ground
beforeEach(async () => {
  ground = await Ground.open()
  const { databases: _databases, ...spec } = shop()
  spec.domains = [{ domain: 'shop.example.com', type: 'PRIMARY' }]
  spec.alerts = [{ rule: 'DEPLOYMENT_FAILED' }]
  spec.services[0].envs = [{ key: 'SECRET_KEY', type: 'SECRET', value: '${SECRET_KEY}' }]
  ground.files['.do/app.yaml'] = stringify(spec)
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
  for (const app of ground.fake.account.apps) expect(app.damage).toEqual([])
})

const env = { SECRET_KEY: 'from the "vault": #1' }
const create = { create: 'true', spec: '.do/app.yaml', env: 'SECRET_KEY', images: IMAGES }

test('an app that is not there yet is made from the file, in its project, and its first deployment is followed', async () => {
  const { code, outputs, log, summary } = await ground.run({ ...create, 'project-id': '11111111-2222-4333-8444-555555555555' }, env)
  expect({ code, status: outputs.status }).toEqual({ code: undefined, status: 'deployed' })
  const app = ground.app()
  expect(digestsIn(app.spec)).toEqual({ web: NEW, worker: NEW, nightly: NEW })
  expect(app.cipher.decrypt(app.spec.services[0].envs[0].value)).toBe(env.SECRET_KEY)
  expect({ project: app.projectId, domains: app.spec.domains.length }).toEqual({
    project: '11111111-2222-4333-8444-555555555555',
    domains: 1,
  })
  expect(log + summary).not.toContain('vault')
  // The next run finds it, and has nothing to send: the secret is the same.
  const again = await ground.run(create, env)
  expect(again.outputs.status).toBe('unchanged')
  const other = await ground.run(create, { SECRET_KEY: 'another' })
  expect(other.outputs.status).toBe('deployed')
  expect(other.log).toContain('services.web.envs.SECRET_KEY.value changes')
})

test.each([
  [{ status: 500, committed: true }, 1],
  [{ drop: true, committed: true }, 1],
  [{ status: 500 }, 2],
  [{ drop: true }, 2],
])('an app that was made or not behind %j is there once in the end', async (fault, posts) => {
  ground.fake.faults.push({ method: 'POST', path: '/v2/apps', ...fault })
  const { outputs } = await ground.run(create, env)
  expect(outputs.status).toBe('deployed')
  expect(ground.fake.requests('POST /v2/apps')).toHaveLength(posts)
  expect(ground.fake.account.apps).toHaveLength(1)
})

test('a name that is taken by an app that the list does not show is told', async () => {
  const body = JSON.stringify({ id: 'conflict', message: 'App name already exists' })
  ground.fake.faults.push({ method: 'POST', path: '/v2/apps', status: 409, body })
  expect((await ground.run(create, env)).code).toBe('DA-APP-NAME-TAKEN')
})

test('a file with ciphers of another app is refused before anything is sent', async () => {
  ground.files['.do/app.yaml'] = ground.files['.do/app.yaml']?.replace('${SECRET_KEY}', () => 'EV[1:abc:def]') ?? ''
  const { code, errors } = await ground.run({ ...create, env: '' })
  expect(code).toBe('DA-SPEC-ENCRYPTED')
  expect(errors[0]?.message).toContain('SECRET_KEY of web')
  expect(ground.fake.account.apps).toEqual([])
})

test('a preview is an app of its own without domains and alerts, brought up to date, and deleted with its pull request', async () => {
  const preview = { ...create, create: 'false', preview: '7' }
  const first = await ground.run(preview, env)
  expect({ code: first.code, status: first.outputs.status }).toEqual({ code: undefined, status: 'deployed' })
  const { spec } = ground.app('shop-pr-7')
  expect({ domains: spec.domains, alerts: spec.alerts }).toEqual({ domains: undefined, alerts: undefined })
  const second = await ground.run({ ...preview, images: IMAGES.replaceAll('b', 'd').replace('wed', 'web') }, env)
  expect(second.outputs.status).toBe('deployed')
  const gone = await ground.run({ preview: '7', operation: 'delete' })
  expect({ status: gone.outputs.status, apps: ground.fake.account.apps.length }).toEqual({ status: 'deleted', apps: 0 })
  expect((await ground.run({ preview: '7', operation: 'delete' })).green).toBe(true)
})

test('only a preview is ever deleted', async () => {
  await ground.withApp()
  expect((await ground.run({ operation: 'delete' })).code).toBe('DA-INPUT-INVALID')
  expect((await ground.run({ operation: 'delete', preview: '7', 'dry-run': 'true' })).green).toBe(true)
  expect(ground.fake.account.apps).toHaveLength(1)
})

test('a preview with a managed database is refused', async () => {
  ground.files['.do/app.yaml'] += 'databases:\n- name: db\n  cluster_name: production\n'
  expect((await ground.run({ ...create, preview: '7' }, env)).code).toBe('DA-APP-PREVIEW')
})

test('a file as the whole spec removes a component only when it is named', async () => {
  await ground.withApp()
  const replace = { spec: '.do/app.yaml', env: 'SECRET_KEY', 'spec-mode': 'replace', images: IMAGES }
  const { code, errors } = await ground.run(replace, env)
  expect(code).toBe('DA-APP-REMOVAL')
  expect(errors[0]?.message).toContain('db')
  expect((await ground.run({ ...replace, 'allow-removal': 'db' }, env)).outputs.status).toBe('deployed')
})

test('a migration becomes a job before the deploy, of the same digest, and the next run only brings it up to date', async () => {
  await ground.withApp()
  const migrate = { images: IMAGES, migrate: 'manage migrate', env: 'SECRET_KEY' }
  const { code, outputs } = await ground.run(migrate, { SECRET_KEY: 'web secret 1' })
  expect({ code, images: JSON.parse(outputs.images ?? '{}').migrate }).toEqual({ code: undefined, images: NEW })
  const job = () => ground.app().spec.jobs.find(({ name }: { name: string }) => name === 'migrate')
  expect(job()).toMatchObject({ kind: 'PRE_DEPLOY', run_command: 'manage migrate', image: { digest: NEW } })
  const cipher = job().envs[1].value
  expect((await ground.run({ ...migrate, env: '', images: IMAGES.replace(/b{64}/, 'e'.repeat(64)) })).outputs.status).toBe('deployed')
  expect(job()).toMatchObject({ image: { digest: `sha256:${'e'.repeat(64)}` } })
  expect(job().envs[1].value).toBe(cipher)
})

test('components that would move too are named, and strict refuses them', async () => {
  const spec = shop()
  spec.static_sites = [{ name: 'pages', github: { repo: 'acme/pages', branch: 'main' } }]
  await ground.withApp(spec)
  const strict = await ground.run({ images: IMAGES, strict: 'true' })
  expect(strict.code).toBe('DA-APP-MOVES')
  expect(strict.errors[0]?.message).toContain('pages gets the newest of the branch main of acme/pages')
  const loose = await ground.run({ images: IMAGES })
  expect(loose.green).toBe(true)
  expect(loose.annotations.map(({ message }) => message)).toContainEqual(expect.stringContaining('others move too: pages'))
})
