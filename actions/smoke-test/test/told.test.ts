import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeRepository, runBundle } from '@deploy-actions/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'

const SHA = 'a'.repeat(40)
const RELEASE = '20260131T093000Z-aaaaaaa-77.1'

let app: Server
let url: string
let github: FakeRepository
beforeAll(async () => {
  app = createServer((request, response) => response.writeHead(request.url === '/health' ? 200 : 500).end('{}'))
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/health`
})
afterAll(() => new Promise((resolve) => app.close(resolve)))
beforeEach(async () => {
  github = await FakeRepository.open()
  github.push('main', { sha: SHA })
  const payload = {
    'deploy-actions': 1,
    release: RELEASE,
    app: 'shop',
    via: 'deploy',
    serves: true,
    run: { id: '77', attempt: 1, url: 'https://x' },
  }
  github.deployments.push({
    ...{
      id: 1,
      sha: SHA,
      ref: SHA,
      task: 'deploy',
      environment: 'staging',
      description: '',
      payload,
      creator: { login: 'github-actions[bot]' },
    },
    ...{ created_at: '2026-01-31T09:30:00Z', production_environment: false, transient_environment: false, statuses: [] },
  })
})
afterEach(() => github.close())

const run = (inputs: Record<string, string> = {}) =>
  runBundle('smoke-test', {
    inputs: { url, 'in-a-row': '1', interval: '100ms', timeout: '20s', token: 'ghs_fake', environment: 'staging', ...inputs },
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_API_URL: github.url },
  })

test('the verdict goes to the deployment of this run', async () => {
  const { code } = await run({ checks: '- get: /health' })
  expect(code).toBe(0)
  expect(github.latest('staging')?.status).toMatchObject({ state: 'success', description: 'Smoke test passed: 1 checks' })
})

test('a red verdict is recorded too, and the step stays red', async () => {
  const { code, outputs } = await run({ checks: '- get: /broken' })
  expect([code, outputs.verdict]).toEqual([1, 'unhealthy'])
  expect(github.latest('staging')?.status).toMatchObject({ state: 'failure', description: 'Smoke test failed: unhealthy, 1 of 1 checks' })
})

test('the verdict on a candidate is not recorded', async () => {
  await run({ candidate: 'X-Deploy-Candidate: secret-of-the-app' })
  expect(github.asked).toEqual([])
})

test('a GitHub that is down changes nothing of the verdict', async () => {
  github.mood = 'down'
  const { code, outputs, annotations } = await run()
  expect([code, outputs.status]).toEqual([0, 'passed'])
  expect(annotations).toMatchObject([{ level: 'warning', title: 'DA-DEPLOYMENT-RECORD' }])
})

test('a token without an environment is told before anything is asked', async () => {
  const { code, annotations } = await run({ environment: '' })
  expect([code, annotations[0]?.message]).toEqual([1, expect.stringMatching(/`environment` is required with `token`/)])
})
