import { createRecorder } from '@deploy-actions/deployments'
import { createSecrets, systemClock } from '@deploy-actions/kit'
import { FakeRepository } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { deploy } from '../src/deploy.ts'
import type { DeployInputs } from '../src/inputs.ts'
import { addressOf, toldOf } from '../src/told.ts'
import { digest, PREPARED, type Scene, SERVING, sceneOf, WEB } from './ground.ts'

const ID = '20260131T093000Z-1a2b3c4-77.1'
const COMMIT = '1a2b3c4'.padEnd(40, '0')
const BUILD = {
  ...{ schema: 1, commit: COMMIT, committedAt: '2026-01-30T12:00:00Z' },
  images: { web: { ref: 'ghcr.io/acme/web', digest: digest('a'), platforms: ['linux/amd64'] } },
}

let github: FakeRepository
beforeEach(async () => {
  github = await FakeRepository.open()
  github.push('main', { sha: COMMIT })
})
afterEach(() => github.close())

/** A deploy, recorded as index.ts does it. */
async function recorded({ inputs, ...scene }: Scene = {}) {
  const given = { images: 'none', build: JSON.stringify(BUILD), token: 'ghs_fake', environment: 'production', ...inputs }
  const { request, ports, log } = sceneOf({ ...scene, inputs: given })
  const result = await deploy(request, ports)
  const world = { log, secrets: createSecrets(), clock: systemClock, env: { GITHUB_API_URL: github.url } }
  const own = request.inputs as DeployInputs
  // One that never answers is waited for no longer than this test has to.
  const limit = github.mood === 'silent' ? 500 : undefined
  await createRecorder({ ...own, environmentUrl: addressOf(own) }, request.run, world, limit).release(toldOf(result, request))
  return { result, log }
}

test('a deploy is recorded with build, release, images, names of variables, address and log', async () => {
  await recorded({ inputs: { routes: ':80 -> web:8000\nshop.example.com -> web:8000' } })
  expect(github.latest('production')).toMatchObject({
    deployment: {
      sha: COMMIT,
      payload: { release: ID, build: BUILD, images: { web: WEB }, env: ['COLOR'], app: 'shop', via: 'deploy', serves: true },
    },
    status: { state: 'success', environment_url: 'https://shop.example.com', log_url: 'https://github.com/acme/shop/actions/runs/77' },
  })
})

test('a release that was taken back is recorded as a failure that does not serve, with its code', async () => {
  const { result } = await recorded({ agent: { switch: ['! DA-VERIFY-FAILED it is wrong', '= settled status=reverted'] } })
  expect(result.status).toBe('reverted')
  expect(github.latest('production')).toMatchObject({
    deployment: { payload: { release: ID, serves: false } },
    status: { state: 'failure', description: `Taken back after the switch, DA-VERIFY-FAILED: ${ID}` },
  })
})

test('the switch of a later phase is recorded, with the build that its step has', async () => {
  await recorded({ inputs: { phase: 'switch', routes: '', health: '' } })
  expect(github.latest('production')?.deployment.payload).toMatchObject({
    release: PREPARED,
    previous: SERVING,
    build: BUILD,
    images: { web: WEB },
  })
})

test.each<[string, Scene]>([
  ['a dry run', { inputs: { 'dry-run': 'true' } }],
  ['a preparation', { inputs: { phase: 'prepare' } }],
  ['an abort', { inputs: { phase: 'abort', routes: '', health: '' } }],
  [
    'an abort of nothing',
    {
      inputs: { phase: 'abort', routes: '', health: '' },
      agent: { candidate: [`= candidate state=none release= by= gone= live=${SERVING} slot=blue`] },
    },
  ],
])('%s is no deployment', async (_, scene) => {
  await recorded(scene)
  expect(github.asked).toEqual([])
})

test.each(['down', 'silent', 'denied'] as const)(
  'a GitHub that is %s changes nothing of how a deploy ends, and is asked only after it',
  async (mood) => {
    github.mood = mood
    const { result, log } = await recorded()
    expect(result.status).toBe('deployed')
    expect(log.text('warning')).toMatch(/could not be recorded at GitHub/)
  },
)

test('without a token it is said once, and the deploy ends as ever', async () => {
  const { result, log } = await recorded({ inputs: { token: '', environment: '' } })
  expect(result.status).toBe('deployed')
  expect(log.text('info').match(/No deployment is recorded/g)).toHaveLength(1)
  expect(github.asked).toEqual([])
})
