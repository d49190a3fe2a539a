import { runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { digestsIn, IMAGES, NEW, shop } from './ground.ts'

let fake: FakeDigitalOcean
beforeEach(async () => {
  // Every request takes three seconds of the platform's time, and none of ours.
  fake = await FakeDigitalOcean.open({ tick: 3_000 })
})
afterEach(async () => {
  await fake.close()
  expect(fake.violations).toEqual([])
})

const run = (inputs: Record<string, string>, more: Partial<Parameters<typeof runBundle>[1]> = {}) =>
  runBundle('deploy-app-platform', {
    inputs: { 'digitalocean-token': 'do-token', 'app-name': 'shop', 'api-url': fake.url, 'poll-interval': '50ms', ...inputs },
    env: { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_SHA: 'c'.repeat(40) },
    ...more,
  })

function withApp() {
  fake.account.create(shop())
  fake.pass(3_600)
}

test('the bundle tells all bad inputs in one annotation and contacts nobody', async () => {
  const { code, annotations, outputs } = await run({
    ...{ 'digitalocean-token': '', 'app-name': 'Shop!', images: 'web', timeout: '5', 'api-url': 'http://example.com', create: 'maybe' },
    ...{ 'spec-mode': 'replace', operation: 'delete', 'registry-credentials': 'token-alone', spec: '../app.yaml' },
  })
  expect({ code, status: outputs.status, count: annotations.length, heard: fake.heard.length }).toEqual({
    code: 1,
    status: 'failed',
    count: 1,
    heard: 0,
  })
  for (const input of [
    'digitalocean-token',
    'app-name',
    'images',
    'timeout',
    'api-url',
    'create',
    'operation',
    'registry-credentials',
    'spec',
  ])
    expect(annotations[0]?.message).toContain(`input \`${input}\` `)
  expect(annotations[0]?.message).not.toContain('token-alone')
})

test('the bundle deploys, sets its outputs, and shows neither the token nor a secret', async () => {
  withApp()
  const { code, outputs, summary, stdout, annotations } = await run({ images: IMAGES })
  expect({ code, status: outputs.status, annotations }).toEqual({ code: 0, status: 'deployed', annotations: [] })
  expect(outputs).toMatchObject({
    'app-id': fake.account.named('shop').id,
    'release-id': expect.stringMatching(/^\d{8}T\d{6}Z-ccccccc-77\.1$/),
    'live-url': expect.stringMatching(/^https:/),
    'superseded-by': '',
  })
  expect(digestsIn(fake.account.named('shop').spec)).toMatchObject({ web: NEW, worker: NEW })
  expect(summary).toMatch(/Deployed — shop[\s\S]*of this action/)
  const shown = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  expect(shown.join('\n') + summary).not.toMatch(/do-token|web secret 1|app key 1|EV\[/)
})

test('a cancelled job ends at once, leaves the deployment, and tells which one it is', async () => {
  withApp()
  fake.account.scripts.push({ hangs: 'DEPLOYING' })
  const { code, outputs, annotations } = await run({ images: IMAGES }, { signalAfter: { text: 'DEPLOYING', signal: 'SIGINT' } })
  expect({ code, status: outputs.status }).toEqual({ code: 1, status: 'failed' })
  expect(annotations.map(({ title }) => title)).toContain('DA-CANCELLED')
  expect(outputs['deployment-id']).toBe(fake.account.named('shop').deployments.at(-1)?.id)
  expect(fake.heard.filter(({ path }) => path.endsWith('/cancel'))).toEqual([])
})

test('a cancelled job ends the deployment too where that is asked for', async () => {
  withApp()
  fake.account.scripts.push({ hangs: 'DEPLOYING' })
  await run({ images: IMAGES, 'on-cancel': 'cancel' }, { signalAfter: { text: 'DEPLOYING', signal: 'SIGTERM' } })
  const app = fake.account.named('shop')
  expect(fake.account.phaseOf(app, app.deployments.at(-1) as never).phase).toBe('CANCELED')
})
