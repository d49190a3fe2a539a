import { createSecrets, systemClock } from '@deploy-actions/kit'
import { type BuildRecord, parseBuildRecord } from '@deploy-actions/release'
import { FakeLog, FakeRepository } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { createRecorder, type DeploymentValues, type ReleaseTold, type ReturnTold } from '../src/index.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const FIRST = '20260130T093000Z-aaaaaaa-76.1'
const SECOND = '20260131T093000Z-bbbbbbb-77.1'

let github: FakeRepository
let log: FakeLog
beforeEach(async () => {
  github = await FakeRepository.open()
  github.push('main', { sha: A }, { sha: B })
  log = new FakeLog()
})
afterEach(() => github.close())

const build = (commit: string): BuildRecord =>
  parseBuildRecord(
    JSON.stringify({
      schema: 1,
      commit,
      images: { web: { ref: 'ghcr.io/acme/web', digest: `sha256:${commit.slice(0, 1).repeat(64)}`, platforms: ['linux/amd64'] } },
    }),
  )

function recorder(values: Partial<DeploymentValues> = {}, { run = '77', limit = 10_000, secrets = createSecrets() } = {}) {
  const url = `https://github.com/acme/shop/actions/runs/${run}`
  const workflow = { run: { id: run, attempt: 1, url }, who: url, repository: 'acme/shop', commit: B, actor: 'ann' }
  const given = { token: 'ghs_fake', environment: 'production', environmentUrl: 'https://shop.example.com', ...values }
  return createRecorder(given, workflow, { log, secrets, clock: systemClock, env: { GITHUB_API_URL: github.url } }, limit)
}

const deployed = (release = SECOND, commit = B, changes: Partial<ReleaseTold> = {}): ReleaseTold => ({
  ...{ commit, state: 'success', serves: true, description: `Deployed: ${release}` },
  payload: {
    ...{ release, previous: '', app: 'shop', target: 'compose-ssh', via: 'deploy' },
    build: build(commit),
    images: {},
    env: ['COLOR'],
  },
  ...changes,
})

const states = () => github.deployments.map(({ statuses }) => statuses.map(({ state }) => state))

/** What GitHub writes for a job with `environment:`. */
function ownOfGitHub() {
  const [creator, created_at] = [{ login: 'github-actions[bot]' }, '2026-01-31T09:00:00Z']
  return {
    ...{
      id: 1_000 + github.deployments.length,
      sha: B,
      ref: 'main',
      task: 'deploy',
      environment: 'production',
      description: '',
      payload: '',
    },
    ...{ creator, created_at, production_environment: true, transient_environment: false },
    statuses: [{ state: 'in_progress', description: '', environment_url: '', log_url: '', creator, created_at }],
  }
}

test('a deploy is recorded with its build and its release, without a merge and without waiting for checks', async () => {
  await recorder().release(deployed())
  expect(github.deployments).toMatchObject([
    {
      ...{ sha: B, environment: 'production', task: 'deploy', production_environment: true, transient_environment: false },
      payload: { 'deploy-actions': 1, release: SECOND, build: { commit: B }, env: ['COLOR'], run: { id: '77' } },
      statuses: [
        {
          ...{ state: 'success', environment_url: 'https://shop.example.com', log_url: 'https://github.com/acme/shop/actions/runs/77' },
          description: `Deployed: ${SECOND}`,
        },
      ],
    },
  ])
  expect(log.text()).toContain(`Release ${SECOND} is recorded as deployment 1000 of production`)
})

test.each(['production', 'staging'])('what served in %s before is inactive, once', async (environment) => {
  await recorder({ environment }).release(deployed(FIRST, A))
  await recorder({ environment }).release(deployed(SECOND))
  await recorder({ environment }).release(deployed('20260201T093000Z-bbbbbbb-78.1'))
  expect(states()).toEqual([['success', 'inactive'], ['success', 'inactive'], ['success']])
})

test.each(['production', 'staging'])('another app in %s serves on, and its way back is not mistaken for ours', async (environment) => {
  const blog = deployed(SECOND, B)
  await recorder({ environment }).release(deployed(FIRST, A))
  await recorder({ environment }).release({ ...blog, payload: { ...blog.payload, app: 'blog', previous: 'of the blog' } })
  expect(states()).toEqual([['success'], ['success']])
  await recorder({ environment }).comeBack(backTo('b', { of: undefined }))
  expect(states()).toEqual([['success', 'inactive'], ['success'], ['success']])
  expect(github.deployments.at(-1)?.payload).not.toHaveProperty('build')
})

test('a deploy that was taken back is a failure, and what serves stays active', async () => {
  await recorder().release(deployed(FIRST, A))
  await recorder().release(deployed(SECOND, B, { state: 'failure', serves: false, description: 'Taken back' }))
  expect(states()).toEqual([['success'], ['failure']])
})

test('a release that is live already is recorded only where that is not written yet', async () => {
  await recorder().release(deployed(SECOND, B, { unchanged: true }))
  await recorder().release(deployed(SECOND, B, { unchanged: true }))
  expect(states()).toEqual([['success']])
})

test('a way back has the commit, the build and the names of the release that it brings back', async () => {
  await recorder().release(deployed(FIRST, A))
  await recorder().release(deployed(SECOND))
  await recorder().comeBack({
    ...{ of: FIRST, commit: undefined, state: 'success', serves: true, description: 'Rolled back' },
    payload: { ...{ release: FIRST, previous: SECOND, app: 'shop', target: 'compose-ssh', via: 'rollback' }, images: {}, reason: 'prices' },
  })
  expect(github.deployments.at(-1)).toMatchObject({
    ...{ sha: A, task: 'rollback', payload: { release: FIRST, build: { commit: A }, env: ['COLOR'], reason: 'prices' } },
  })
  expect(states()).toEqual([['success', 'inactive'], ['success', 'inactive'], ['success']])
})

/** A way back on App Platform to a deployment that no record names, with these images. */
const backTo = (letter: string, changes: Partial<ReturnTold> = {}): ReturnTold => ({
  ...{ of: 'nobody recorded it', commit: B, state: 'success', serves: true, description: 'Rolled back' },
  payload: {
    ...{ release: 'deployment 3', previous: SECOND, app: 'shop', target: 'app-platform', via: 'rollback' },
    images: { web: `DOCR/shop@sha256:${letter.repeat(64)}`, page: `DOCR/page@sha256:${'f'.repeat(64)}` },
  },
  ...changes,
})

test('a way back to what no record names has the record of the same images, or else the commit of the run', async () => {
  const images = (letter: string) => ({ web: `registry.digitalocean.com/acme/shop@sha256:${letter.repeat(64)}` })
  const told = (release: string, commit: string, letter: string) => ({
    ...deployed(release, commit),
    payload: { ...deployed(release, commit).payload, images: images(letter) },
  })
  await recorder().release(told(FIRST, A, 'a'))
  await recorder().release(told(SECOND, B, 'b'))
  await recorder().comeBack(backTo('a'))
  expect(github.deployments.at(-1)).toMatchObject({
    sha: A,
    payload: { release: 'deployment 3', build: { commit: A }, images: images('a') },
  })
  await recorder().comeBack(backTo('e'))
  expect(github.deployments.at(-1)).toMatchObject({ sha: B, payload: { images: { web: `DOCR/shop@sha256:${'e'.repeat(64)}` } } })
  expect(github.deployments.at(-1)?.payload).not.toHaveProperty('build')
})

test('a way back to what is live already takes no red verdict away', async () => {
  await recorder().release(deployed())
  await recorder().verdict({ release: SECOND, passed: false, words: 'assertion' })
  await recorder().comeBack(backTo('b', { unchanged: true, payload: { ...backTo('b').payload, release: SECOND } }))
  expect(states()).toEqual([['success', 'failure']])
})

test('a release that is live already is recorded once, whatever others and failed deploys wrote since', async () => {
  await recorder().release(deployed())
  await recorder().release(deployed('20260201T093000Z-bbbbbbb-78.1', B, { state: 'failure', serves: false }))
  github.deployments.push({ ...(github.deployments[0] as object), id: 2_000, payload: '', statuses: [] } as never)
  await recorder().release(deployed(SECOND, B, { unchanged: true }))
  expect(github.deployments).toHaveLength(3)
})

test('a verdict goes to the release that is named also when an earlier run recorded it', async () => {
  const deployment = '0f8fad5b-d9cb-469f-a165-70867728950e'
  await recorder({}, { run: '76' }).release(deployed(deployment))
  await recorder({}, { run: '77' }).release(deployed(deployment, B, { unchanged: true }))
  await recorder({}, { run: '77' }).verdict({ release: deployment, passed: false, words: 'assertion' })
  expect(states()).toEqual([['success', 'failure']])
})

test('a verdict goes to the release that this run deployed, or to the one that is named', async () => {
  await recorder({ environment: 'staging' }, { run: '76' }).release(deployed(FIRST, A))
  await recorder({ environment: 'staging' }).release(deployed(SECOND))
  await recorder({ environment: 'staging' }).verdict({ release: undefined, passed: true, words: '12 checks' })
  await recorder({ environment: 'staging' }).verdict({ release: FIRST, passed: false, words: 'unhealthy' })
  expect(github.deployments.map(({ statuses }) => statuses.at(-1))).toMatchObject([
    { state: 'failure', description: 'Smoke test failed: unhealthy' },
    { state: 'success', description: 'Smoke test passed: 12 checks' },
  ])
  await recorder({ environment: 'staging' }, { run: '90' }).verdict({ release: undefined, passed: true, words: '' })
  expect(log.text()).toContain('The verdict of staging is not recorded: this workflow run has recorded no deployment there')
})

test('where a run has brought several apps, a verdict goes to the one that is named, and to none where none is', async () => {
  const blog = deployed(SECOND, B)
  await recorder().release(deployed(FIRST, A))
  await recorder().release({ ...blog, payload: { ...blog.payload, app: 'blog' } })
  await recorder().verdict({ release: undefined, passed: true, words: '12 checks' })
  expect(log.text()).toContain('it may be of any of blog, shop. Give the smoke test `app`')
  expect(states()).toEqual([['success'], ['success']])
  await recorder().verdict({ release: undefined, app: 'shop', passed: false, words: 'unhealthy' })
  expect(states()).toEqual([['success', 'failure'], ['success']])
})

test("what GitHub writes by itself for a job, and one app's deploy ends, hides no older one of another app", async () => {
  const blog = { ...deployed(), payload: { ...deployed().payload, app: 'blog' } }
  for (const run of ['76', '77']) {
    github.deployments.push(ownOfGitHub())
    await recorder({}, { run }).release(deployed(run === '76' ? FIRST : SECOND))
    await recorder({}, { run }).release(blog)
  }
  const active = github.deployments.filter(({ payload, statuses }) => payload !== '' && statuses.at(-1)?.state === 'success')
  expect(active.map(({ payload }) => (payload as { app: string }).app)).toEqual(['shop', 'blog'])
})

test('without a token that is said, and GitHub is not asked', async () => {
  await recorder({ token: undefined, environment: undefined }).release(deployed())
  expect(github.asked).toEqual([])
  expect(log.text()).toMatch(/No deployment is recorded at GitHub\. With `token:/)
})

test.each(['down', 'denied', 'silent'] as const)('a GitHub that is %s is a warning, and nothing else', async (mood) => {
  github.mood = mood
  await recorder({}, { limit: 300 }).release(deployed())
  expect(log.entries).toMatchObject([
    { level: 'warning', title: 'DA-DEPLOYMENT-RECORD', message: expect.stringMatching(/could not be recorded/) },
  ])
})

test('a GitHub that nobody can reach is a warning, and nothing else', async () => {
  const unreachable = recorder({}, { limit: 300 })
  await github.close()
  await unreachable.release(deployed())
  expect(log.entries).toMatchObject([{ level: 'warning', title: 'DA-DEPLOYMENT-RECORD' }])
})

test('a record never has a secret in it', async () => {
  const secrets = createSecrets()
  secrets.add('ghcr.io/acme')
  await recorder({}, { secrets }).release(deployed())
  expect(github.asked).toEqual([])
  expect(log.text()).toContain('a secret is part of a name in it')
})

test('a commit that the repository does not have is a warning', async () => {
  await recorder().release(deployed(SECOND, 'c'.repeat(40)))
  expect(log.text()).toContain('No ref found')
})
