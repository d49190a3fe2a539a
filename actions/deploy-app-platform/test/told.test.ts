import { FakeRepository, runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { digest, shop } from './ground.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)

let fake: FakeDigitalOcean
let github: FakeRepository
beforeEach(async () => {
  // Every request takes three seconds of the platform's time, and none of ours.
  fake = await FakeDigitalOcean.open({ tick: 3_000 })
  fake.account.create(shop())
  fake.pass(3_600)
  github = await FakeRepository.open('acme/shop')
  github.push('main', { sha: A }, { sha: B })
})
afterEach(async () => {
  await github.close()
  await fake.close()
  expect(fake.violations).toEqual([])
})

const build = (commit: string, letter: string) =>
  JSON.stringify({
    ...{ schema: 1, commit },
    images: { web: { ref: 'registry.digitalocean.com/acme/shop', digest: digest(letter), platforms: ['linux/amd64'] } },
  })

const run = (action: 'deploy-app-platform' | 'rollback', inputs: Record<string, string>) =>
  runBundle(action, {
    inputs: {
      ...{ 'digitalocean-token': 'do-token', 'app-name': 'shop', 'api-url': fake.url, 'poll-interval': '50ms' },
      ...{ token: 'ghs_fake', environment: 'production', ...inputs },
    },
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_SHA: B, GITHUB_API_URL: github.url },
  })

const recorded = () => github.deployments.map(({ payload, ...one }) => ({ ...one, payload: payload as Record<string, unknown> }))

test('a deploy is recorded once, with its build, by the id of the deployment, and with names alone of the variables', async () => {
  const { outputs } = await run('deploy-app-platform', { build: build(A, 'c') })
  expect((await run('deploy-app-platform', { build: build(A, 'c') })).outputs.status).toBe('unchanged')
  expect(recorded()).toMatchObject([
    {
      ...{ sha: A, environment: 'production', task: 'deploy' },
      payload: {
        ...{ release: outputs['deployment-id'], previous: outputs['previous-deployment-id'], target: 'app-platform', serves: true },
        ...{ app: 'shop', build: { commit: A }, env: ['APP_KEY', 'DATABASE_URL', 'LOG_LEVEL', 'SECRET_KEY'] },
        images: { web: `registry.digitalocean.com/acme/shop@${digest('c')}` },
      },
      statuses: [{ state: 'success', environment_url: outputs['live-url'] }],
    },
  ])
  expect(JSON.stringify(github.deployments)).not.toMatch(/EV\[|web secret|app key/)
})

test('a deploy that fails is a failure which does not serve, and what serves stays active', async () => {
  await run('deploy-app-platform', { build: build(A, 'c') })
  fake.account.scripts.push({ fails: { stage: 'deploy' } })
  expect((await run('deploy-app-platform', { build: build(B, 'd') })).code).toBe(1)
  expect(recorded().map(({ payload, statuses }) => [payload.serves, statuses.map(({ state }) => state)])).toEqual([
    [true, ['success']],
    [false, ['failure']],
  ])
})

test('a rollback is recorded with the build of the release that it brings back', async () => {
  await run('deploy-app-platform', { build: build(A, 'c') })
  const { outputs: newer } = await run('deploy-app-platform', { build: build(B, 'd') })
  const { outputs } = await run('rollback', { target: 'app-platform', reason: 'prices are wrong' })
  expect(outputs.status).toBe('rolled-back')
  expect(recorded().at(-1)).toMatchObject({
    ...{ sha: A, task: 'rollback' },
    payload: {
      ...{ release: outputs['deployment-id'], previous: newer['deployment-id'], via: 'rollback', reason: 'prices are wrong' },
      build: { commit: A, images: { web: { digest: digest('c') } } },
    },
    statuses: [{ state: 'success' }],
  })
  expect(recorded().map(({ statuses }) => statuses.at(-1)?.state)).toEqual(['inactive', 'inactive', 'success'])
})

test('a held rollback that is taken back leaves the record of what served before it', async () => {
  await run('deploy-app-platform', { build: build(A, 'c') })
  await run('deploy-app-platform', { build: build(B, 'd') })
  const target = { target: 'app-platform', strategy: 'platform' }
  await run('rollback', { ...target, hold: 'true' })
  const { outputs } = await run('rollback', { ...target, operation: 'revert' })
  expect(outputs.status).toBe('reverted')
  expect(recorded().map(({ sha, payload }) => [sha, payload.serves])).toEqual([
    [A, true],
    [B, true],
    [A, true],
    [B, true],
  ])
})

test('a token without an environment is refused before anybody is asked', async () => {
  const { code, annotations } = await run('deploy-app-platform', { environment: '' })
  expect([code, annotations[0]?.message, fake.heard.length]).toEqual([1, expect.stringContaining('input `environment` is required'), 0])
})
