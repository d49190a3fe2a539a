import { type BundleRun, runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { WEB } from '../../../lab/digitalocean/firewalls.ts'
import { JOB, openService, RUNNER } from './ground.ts'

let fake: FakeDigitalOcean
beforeEach(async () => {
  fake = await FakeDigitalOcean.open()
  fake.infrastructure.addDroplet('web-1', ['web'])
  fake.infrastructure.firewalls.create({ name: 'web', ...WEB, tags: ['web'] })
})
afterEach(async () => {
  await fake.close()
  expect(fake.violations).toEqual([])
})

const firewalls = () => fake.infrastructure.firewalls.all.map(({ name }) => name)
const run = (more: BundleRun = {}) =>
  runBundle('allow-ssh', {
    env: JOB,
    ...more,
    inputs: { host: '203.0.113.1', 'digitalocean-token': 'do-token', address: RUNNER, 'api-url': fake.url, ...more.inputs },
  })

test('as the runner runs it: open after the step, closed after the job', async () => {
  const service = await openService(`${RUNNER}\n`)
  const step = await run({ inputs: { address: '', 'address-url': service.url } })
  await service.close()
  expect([step.code, step.outputs.status, step.outputs.address, firewalls().length]).toEqual([0, 'allowed', RUNNER, 2])
  expect(step.summary).toContain(`open to \`${RUNNER}\``)
  const post = await run({ state: step.state })
  expect([post.code, post.outputs, post.annotations, firewalls()]).toEqual([0, {}, [], ['web']])
})

test.each([
  ['after its firewall was made', 'lets 198.51.100.9 in'],
  ['while the answer was on its way', '::add-mask::do-token'],
])('a step that was killed %s leaves it to the end of the job', async (_when, text) => {
  fake.infrastructure.firewalls.lag = 600
  // The answer never comes, so that it is killed before it has one.
  if (text.startsWith('::'))
    fake.faults.push({ method: 'POST', path: '/v2/firewalls', drop: true, committed: true, meanwhile: () => kill() })
  let kill: () => void = () => undefined
  const watch: BundleRun['watch'] = (stdout, end) => {
    if (stdout.includes(text)) kill = () => end('SIGKILL')
    if (!text.startsWith('::')) kill()
  }
  const step = await run({ watch })
  expect([step.signal, firewalls().length]).toEqual(['SIGKILL', 2])
  const post = await run({ state: step.state })
  expect([post.code, post.annotations, firewalls()]).toEqual([0, [], ['web']])
})

test('inside a composite action the runner has no inputs for the end of the job: SSH is closed all the same, and the token is masked', async () => {
  const step = await run()
  const inputs = Object.fromEntries(['host', 'digitalocean-token', 'address', 'api-url', 'port', 'timeout'].map((name) => [name, '']))
  const post = await run({ inputs, state: step.state })
  expect([post.code, post.annotations, firewalls()]).toEqual([0, [], ['web']])
  expect([step.masks, post.masks]).toEqual([expect.arrayContaining(['do-token']), expect.arrayContaining(['do-token'])])
})

test('a step that made nothing keeps no token', async () => {
  const rule = { protocol: 'tcp' as const, ports: '22', sources: { addresses: [`${RUNNER}/32`] } }
  fake.infrastructure.firewalls.create({ name: 'office', inbound_rules: [rule], tags: ['web'] })
  const step = await run()
  expect([step.outputs.status, JSON.stringify(step.state)]).toEqual(['open', expect.not.stringContaining('do-token')])
})

test('a step that is cancelled tidies up at once, and the end of the job has nothing to do', async () => {
  fake.infrastructure.firewalls.lag = 600
  const step = await run({ signalAfter: { text: 'lets 198.51.100.9 in', signal: 'SIGINT' } })
  const codes = step.annotations.flatMap(({ title }) => title ?? [])
  expect([step.code, codes, firewalls()]).toEqual([1, ['DA-CANCELLED'], ['web']])
  const asked = fake.heard.length
  expect([(await run({ state: step.state })).code, fake.heard.length]).toEqual([0, asked])
})

test('after a step with wrong inputs the end of the job is silent', async () => {
  const step = await run({ inputs: { host: 'ssh://web' } })
  expect([step.code, step.outputs]).toEqual([1, { status: 'failed' }])
  const post = await run({ inputs: { host: 'ssh://web' }, state: step.state })
  expect([post.code, post.annotations, fake.heard]).toEqual([0, [], []])
})

test('after the job an API that is away leaves the job green, with the command in a warning', async () => {
  const step = await run()
  fake.faults.push({ method: 'DELETE', path: '/v2/firewalls/{id}', times: 9, status: 503 })
  const post = await run({ state: step.state })
  expect(post.code).toBe(0)
  expect(post.annotations).toMatchObject([{ level: 'warning', title: 'DA-FIREWALL-LEFT' }])
  expect(post.annotations[0]?.message).toContain(`doctl compute firewall delete ${step.outputs['firewall-id']} --force`)
})

test('from a shell the command that closes SSH again is printed, because nothing comes after it', async () => {
  const step = await run({ as: 'shell', env: {} })
  expect(step.code).toBe(0)
  expect(step.stdout).toContain(`doctl compute firewall delete ${fake.infrastructure.firewalls.all[1]?.id} --force`)
})
