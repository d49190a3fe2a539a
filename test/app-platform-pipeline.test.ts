import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BundleResult, runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../lab/digitalocean/fake.ts'

// The way of a release from staging to production and back, by the bundles that workflows use.

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
let fake: FakeDigitalOcean
let repository: string
beforeEach(async () => {
  fake = await FakeDigitalOcean.open({ tick: 4_000, serveApps: true })
  repository = mkdtempSync(join(tmpdir(), 'app-platform-'))
})
afterEach(async () => {
  await fake.close()
  rmSync(repository, { recursive: true })
  expect(fake.violations).toEqual([])
  expect(fake.account.apps.flatMap(({ damage }) => damage)).toEqual([])
})

const spec = (name: string) => ({
  name,
  services: [
    {
      ...{ name: 'web', image: { registry_type: 'DOCR', repository: 'shop', digest: digest('a') }, http_port: 8000 },
      envs: [{ key: 'SECRET_KEY', value: `secret of ${name}`, type: 'SECRET' }],
    },
  ],
  workers: [{ name: 'worker', image: { registry_type: 'DOCR', repository: 'shop', digest: digest('a') } }],
})

const step = (action: string, inputs: Record<string, string>, env: Record<string, string> = {}): Promise<BundleResult> =>
  runBundle(action, {
    inputs: { 'digitalocean-token': 'do-token', 'api-url': fake.url, 'poll-interval': '50ms', ...inputs },
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '7', ...env },
    cwd: repository,
  })

const images = (letter: string) => `web=registry.digitalocean.com/acme/shop@${digest(letter)}`
const smoke = (url: string, letter: string) =>
  runBundle('smoke-test', {
    inputs: { url: `${url}/health`, 'expect-version': digest(letter), 'in-a-row': '1', interval: '100ms', timeout: '20s' },
    env: { GITHUB_REPOSITORY: 'acme/shop' },
  })

test('env, staging, smoke test, the same digest to production, and the way back', async () => {
  for (const name of ['shop-staging', 'shop']) fake.account.create(spec(name))
  fake.pass(3_600)
  writeFileSync(join(repository, '.env.staging'), 'LOG_LEVEL=debug\nDATABASE_URL=${db.DATABASE_URL}\nEMAIL_FROM="Shop <a@example.com>"\n')

  const env = {
    target: 'app-platform',
    'app-name': 'shop-staging',
    'env-file': '.env.staging',
    'env-file-format': 'docker',
    keys: 'API_KEY',
  }
  const synced = await step('sync-env', env, { API_KEY: 'key "1" #' })
  expect([synced.code, synced.outputs.status, synced.outputs.added]).toEqual([
    0,
    'written',
    '["LOG_LEVEL","DATABASE_URL","EMAIL_FROM","API_KEY"]',
  ])
  expect((await step('sync-env', env, { API_KEY: 'key "1" #' })).outputs.status).toBe('unchanged')
  expect(fake.requests('PUT /v2/apps/{id}')).toHaveLength(1)

  const staged = await step(
    'deploy-app-platform',
    { 'app-name': 'shop-staging', images: images('b'), migrate: 'manage migrate', env: 'SECRET_KEY' },
    { SECRET_KEY: 'secret of shop-staging' },
  )
  expect([staged.code, staged.outputs.status]).toEqual([0, 'deployed'])
  expect((await smoke(staged.outputs['live-url'] ?? '', 'b')).outputs.verdict).toBe('passed')

  const promoted = await step('deploy-app-platform', { 'app-name': 'shop', images: images('b') })
  expect((await smoke(promoted.outputs['live-url'] ?? '', 'b')).outputs.verdict).toBe('passed')
  // Nothing of staging's configuration came along.
  expect(fake.account.named('shop').spec.envs).toBeUndefined()

  const back = await step('rollback', { target: 'app-platform', 'app-name': 'shop' })
  expect([back.code, back.outputs.status]).toEqual([0, 'rolled-back'])
  expect((await smoke(promoted.outputs['live-url'] ?? '', 'a')).outputs.verdict).toBe('passed')
  expect((await smoke(staged.outputs['live-url'] ?? '', 'b')).outputs.verdict).toBe('passed')
  for (const { stdout, summary } of [synced, staged, promoted, back]) {
    const shown = stdout
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n')
    expect(shown + summary).not.toMatch(/key "1" #|secret of|do-token|EV\[/)
  }
}, 120_000)
