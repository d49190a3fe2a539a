import { type FakeImage, FakeRepository, openFakeImage, runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'

const SHA = 'a'.repeat(40)
const RELEASE = '20260131T093000Z-aaaaaaa-77.1'
let github: FakeRepository
let image: FakeImage
beforeEach(async () => {
  image = await openFakeImage()
  github = await FakeRepository.open()
  github.now = Date.now()
  github.push('main', { sha: SHA })
  github.addRun('77', { head_sha: SHA })
  const build = {
    schema: 1,
    commit: SHA,
    images: { web: { ref: `${image.host}/acme/web`, digest: image.digest, platforms: ['linux/amd64'] } },
  }
  const run = { id: '77', attempt: 1, url: 'https://github.com/acme/shop/actions/runs/77' }
  const creator = { login: 'github-actions[bot]' }
  const at = new Date(github.now).toISOString()
  github.deployments.push({
    ...{ id: 1, sha: SHA, ref: SHA, task: 'deploy', environment: 'staging', description: '', creator, created_at: at },
    payload: { 'deploy-actions': 1, release: RELEASE, app: 'shop', via: 'deploy', serves: true, env: [], images: {}, build, run },
    ...{ production_environment: false, transient_environment: false },
    statuses: [{ state: 'success', description: 'Smoke test passed: 3 checks', environment_url: '', log_url: '', creator, created_at: at }],
  })
})
afterEach(async () => {
  await github.close()
  await image.close()
})

const run = (inputs: Record<string, string> = {}) =>
  runBundle('promote', {
    inputs: { token: 'ghs_fake', ...inputs },
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_API_URL: github.url, GITHUB_ACTOR: 'ann', GITHUB_TRIGGERING_ACTOR: 'bob' },
  })

test('plan and apply: the same digests are handed on, by whoever started this attempt', async () => {
  const plan = await run()
  expect([plan.code, plan.annotations, plan.outputs.status]).toEqual([0, [], 'planned'])
  const { code, outputs } = await run({ phase: 'apply', promotion: plan.outputs.promotion as string, confirm: plan.outputs.code as string })
  expect([code, outputs.status]).toEqual([0, 'approved'])
  expect(JSON.parse(outputs.build as string)).toMatchObject({ images: { web: { digest: image.digest } }, promoted: { by: 'bob' } })
})

test('an image that is gone from the registry ends it, and hands nothing on', async () => {
  image.remove()
  const { code, annotations, outputs, summary } = await run()
  expect([code, annotations[0]?.title, outputs.status, outputs.build]).toEqual([1, 'DA-PROMOTE-IMAGE-GONE', 'refused', ''])
  expect(summary).toMatch(/Refused: nothing was changed/)
})

test('a GitHub that is down ends it: what cannot be checked is not promoted', async () => {
  github.mood = 'down'
  const { code, annotations, outputs } = await run()
  expect([code, annotations[0]?.title, outputs.status]).toEqual([1, 'DA-GITHUB-API', 'failed'])
})

test('a token that may not read says which permissions the job needs', async () => {
  github.mood = 'denied'
  const { code, annotations } = await run()
  expect([code, annotations[0]?.title]).toEqual([1, 'DA-GITHUB-TOKEN'])
  expect(annotations[0]?.message).toContain('`deployments: read`')
})

test('all bad inputs are told in one annotation, and nobody is asked', async () => {
  const { code, annotations, outputs } = await run({ phase: 'apply', to: 'staging', commit: 'x', force: 'true', approvers: '@ann' })
  expect([code, annotations.length, annotations[0]?.title, outputs.status]).toEqual([1, 1, 'DA-INPUT-INVALID', 'failed'])
  for (const input of ['promotion', 'to', 'commit', 'reason', 'approvers']) expect(annotations[0]?.message).toContain(`\`${input}\``)
  expect(github.asked).toEqual([])
})
