import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeRepository, runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let repository: string
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'build-repository-'))
})
afterAll(() => rmSync(repository, { recursive: true, force: true }))

const commit = '0123456789abcdef0123456789abcdef01234567'
const run = (inputs: Record<string, string>, more: { env?: Record<string, string>; state?: Record<string, string> } = {}) =>
  runBundle('build-push-ghcr', {
    inputs,
    env: { GITHUB_REPOSITORY: 'Acme/Shop', GITHUB_SHA: commit, GITHUB_REF: 'refs/heads/main', GITHUB_EVENT_NAME: 'push', ...more.env },
    ...(more.state && { state: more.state }),
    cwd: repository,
  })

test('all bad inputs are told in one annotation, and nothing is contacted', async () => {
  const { code, annotations, outputs, state } = await run({
    platforms: 'linux/x',
    image: 'ghcr.io/acme/A',
    tags: 'type=x',
    verify: 'prot: 1',
    'build-args': 'API_TOKEN=x',
    push: 'maybe',
  })
  expect([code, outputs.status, annotations.length]).toEqual([1, 'failed', 1])
  for (const input of ['platforms', 'image', 'tags', 'verify', 'build-args', 'push'])
    expect(annotations[0]?.message).toContain(`input \`${input}\` `)
  expect(state).toEqual({ made: 'nothing' })
})

test('a dry run says what would be built and how it would be tagged', async () => {
  const event = join(repository, 'event.json')
  writeFileSync(event, JSON.stringify({ repository: { default_branch: 'main' } }))
  const { code, outputs, summary } = await run(
    { images: '- name: web\n- { name: api, verify: off }', tags: 'type=edge', 'dry-run': 'true' },
    { env: { GITHUB_EVENT_PATH: event } },
  )
  expect([code, outputs.status]).toEqual([0, 'planned'])
  expect(summary).toContain(
    `would build web from . for the builder's platform, push it to ghcr.io/acme/shop/web by digest, start it, and tag edge, sha-${commit}`,
  )
  expect(summary).toContain('api by digest, not start it')
})

test('cleaning alone builds nothing, and deletes nothing while it is not known what is deployed', async () => {
  const github = await FakeRepository.open('Acme/Shop')
  try {
    const given = { phase: 'cleanup', cleanup: 'apply', 'github-token': 'ghs_wrong' }
    const { code, outputs, annotations } = await run(given, { env: { GITHUB_API_URL: github.url, PATH: '/nowhere' } })
    expect([code, outputs.status, annotations[0]?.message]).toEqual([1, 'failed', expect.stringContaining('not known what is deployed')])
    expect(github.asked).toEqual(['GET /repos/Acme/Shop/deployments?per_page=100&page=1'])
  } finally {
    await github.close()
  }
})

test("the job's clean-up has nothing to do after a step that made nothing", async () => {
  expect(await run({ push: 'maybe' }, { state: { made: 'nothing' } })).toMatchObject({ code: 0, annotations: [] })
})

test("the job's clean-up removes the folder with the login, also where no docker is", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-build-'))
  writeFileSync(join(folder, 'config.json'), '{}')
  const { code } = await run({}, { state: { made: JSON.stringify({ key: 'deploy-actions-none', folder }) }, env: { PATH: '/nowhere' } })
  expect([code, existsSync(folder)]).toEqual([0, false])
})
