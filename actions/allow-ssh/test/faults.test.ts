import { FakeRunner } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Fault } from '../../../lab/digitalocean/fake.ts'
import { type Ground, openGround, RUNNER, step } from './ground.ts'

let ground: Ground
beforeEach(async () => {
  ground = await openGround()
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
})

const ONE = '/v2/firewalls/{id}'
const namesAt = () => ground.firewalls.all.map(({ name }) => name)
/** `requireDelete` comes first and is left alone. */
const breakPost = (fault: Omit<Fault, 'method' | 'path'>) => ground.fake.faults.push({ method: 'POST', path: '/v2/firewalls', ...fault })

test.each([
  ['is lost on its way back', { drop: true, committed: true }],
  ['is a 500 although it was done', { status: 500, committed: true }],
  ['is a 500 and nothing was done', { status: 500 }],
])('one firewall is made when the answer %s', async (_what, fault) => {
  breakPost(fault)
  const { outputs, end } = await step(ground)
  expect([outputs.status, ground.gets(RUNNER), namesAt().length]).toEqual(['allowed', [true, true], 2])
  await end()
  expect(namesAt()).toEqual(['web'])
})

test('one that is in no list yet is not made a second time, because its name is taken', async () => {
  breakPost({ status: 502, committed: true })
  const none = JSON.stringify({ firewalls: [], links: {}, meta: { total: 0 } })
  ground.fake.faults.push({ method: 'GET', path: '/v2/firewalls', skip: 1, status: 200, body: none })
  const { outputs } = await step(ground)
  expect([outputs.status, namesAt()]).toEqual(['allowed', ['web', expect.stringContaining('deploy-actions-ssh-')]])
  expect(ground.fake.requests('POST /v2/firewalls').map(({ status }) => status)).toEqual([502, 409])
})

test('a name that stays taken although no list shows it is deleted at the end of the job, when one does', async () => {
  breakPost({ drop: true, committed: true })
  const none = JSON.stringify({ firewalls: [], links: {}, meta: { total: 0 } })
  ground.fake.faults.push({ method: 'GET', path: '/v2/firewalls', skip: 1, times: 6, status: 200, body: none })
  const { code, end } = await step(ground)
  expect([code, namesAt().length]).toEqual(['DA-DO-UNKNOWN-RESULT', 2])
  await end()
  expect(namesAt()).toEqual(['web'])
})

test('a token that ends in between drops nothing that may be there', async () => {
  breakPost({ drop: true, committed: true })
  ground.fake.faults.push({ method: 'GET', path: '/v2/firewalls', skip: 1, times: 30, status: 401 })
  const { code, log, end } = await step(ground)
  expect([code, log.text('warning')]).toEqual(['DA-DO-UNKNOWN-RESULT', expect.stringMatching(/look under .* deploy-actions-ssh-/)])
  ground.fake.faults.length = 0
  await end()
  expect(namesAt()).toEqual(['web'])
})

test('when nobody knows what became of it, it is looked for by its name and deleted, and no other job loses its own', async () => {
  const other = await step(ground)
  breakPost({ drop: true, times: 3 })
  const { code } = await step(ground)
  expect([code, namesAt()]).toEqual(['DA-DO-UNKNOWN-RESULT', ['web', expect.any(String)]])
  await other.end()
  expect(namesAt()).toEqual(['web'])
})

test('one that comes up only after the step has given up goes with the end of the job', async () => {
  breakPost({ drop: true, times: 3 })
  ground.fake.faults.push({ method: 'GET', path: '/v2/firewalls', skip: 1, times: 40, status: 503 })
  const { code, log, end } = await step(ground)
  expect(code).toBe('DA-DO-UNKNOWN-RESULT')
  const name = /deploy-actions-ssh-\S+-6h/.exec(log.text('warning'))?.[0] ?? ''
  expect(log.entries.filter(({ level }) => level === 'warning').map(({ title }) => title)).toEqual(['DA-FIREWALL-LEFT'])
  ground.fake.faults.length = 0
  ground.firewalls.create({ name, inbound_rules: [{ protocol: 'tcp', ports: '22', sources: { addresses: [`${RUNNER}/32`] } }] })
  expect((await end()).log).toContain('closed to this runner again')
  expect(namesAt()).toEqual(['web'])
})

test('a step that is killed while it waits for the answer leaves what the end of the job needs', async () => {
  const runner = new FakeRunner()
  const killed = new AbortController()
  ground.fake.faults.push({ method: 'GET', path: ONE, meanwhile: () => killed.abort(new Error('killed')) })
  // A killed process deletes nothing: so does one whose API answers nothing any more.
  ground.fake.faults.push({ method: 'DELETE', path: ONE, skip: 1, times: 5, status: 503 })
  const { failure, end } = await step(ground, {}, { runner, signal: killed.signal })
  expect([failure?.message, ground.gets(RUNNER)]).toEqual(['killed', [true, true]])
  await end()
  expect([ground.gets(RUNNER), namesAt()]).toEqual([[false, false], ['web']])
})

test('a step that is cancelled takes away what it made, although the run is being cancelled', async () => {
  const cancelled = new AbortController()
  ground.firewalls.lag = 60
  ground.fake.faults.push({ method: 'GET', path: ONE, skip: 1, meanwhile: () => cancelled.abort(new Error('cancelled')) })
  const { failure } = await step(ground, {}, { signal: cancelled.signal })
  expect([failure?.message, namesAt()]).toEqual(['cancelled', ['web']])
})

test('a step that is cancelled in the instant in which its firewall is made finds it and takes it away', async () => {
  const cancelled = new AbortController()
  breakPost({ drop: true, committed: true, meanwhile: () => cancelled.abort(new Error('cancelled')) })
  const { failure, end } = await step(ground, {}, { signal: cancelled.signal })
  expect([failure?.message, namesAt()]).toEqual(['cancelled', ['web']])
  expect((await end()).log).toBe('')
})

test('a firewall that somebody has deleted before is no reason for a word', async () => {
  const { outputs, end } = await step(ground)
  ground.firewalls.remove(outputs['firewall-id'] ?? '')
  expect((await end()).log).toBe('SSH is closed to this runner again')
})

test('after the job a DigitalOcean that stumbles is asked again, and one that is down is a warning with the command', async () => {
  const { outputs, end } = await step(ground)
  ground.fake.faults.push({ method: 'DELETE', path: ONE, times: 5, status: 503 })
  const first = await end()
  expect(first).toEqual({ isEnd: true, log: expect.stringContaining(`doctl compute firewall delete ${outputs['firewall-id']} --force`) })
  ground.fake.faults.push({ method: 'DELETE', path: ONE, times: 2, drop: true })
  expect((await end()).log).toBe('SSH is closed to this runner again')
  expect(namesAt()).toEqual(['web'])
})

test('a token that was taken away in between fails no job either', async () => {
  const { end } = await step(ground)
  ground.fake.tokens.clear()
  const { isEnd, log } = await end()
  expect([isEnd, log]).toEqual([true, expect.stringContaining('does not accept the token')])
})

test('a firewall that cannot be made leaves nothing to look for', async () => {
  breakPost({ status: 422, body: '{"id":"unprocessable_entity","message":"firewall limit"}' })
  const { code, message, end } = await step(ground)
  expect([code, message]).toEqual(['DA-DO-REFUSED', expect.stringContaining('firewall limit')])
  expect(ground.fake.requests('GET /v2/firewalls')).toHaveLength(1)
  const asked = ground.fake.heard.length
  expect([(await end()).log, ground.fake.heard.length]).toEqual(['', asked])
})

test('with several firewalls those that were made go when a later one cannot be made', async () => {
  for (let at = 3; at <= 12; at += 1) ground.infrastructure.addDroplet(`web-${at}`, ['web'])
  breakPost({ skip: 1, status: 422 })
  const { code } = await step(ground)
  expect([code, namesAt()]).toEqual(['DA-DO-REFUSED', ['web']])
})

test('what a dead run has left and cannot be deleted is told, and the step goes on', async () => {
  ground.firewalls.create({
    name: 'deploy-actions-ssh-acme-shop-5-1-abcdef-6h',
    inbound_rules: [],
    outbound_rules: ground.rules.outbound_rules ?? [],
  })
  await ground.clock.sleep(7 * 3_600_000)
  ground.fake.faults.push({ method: 'DELETE', path: ONE, times: 5, status: 500 })
  const { outputs, log } = await step(ground)
  expect([outputs.status, log.text('warning')]).toEqual(['allowed', expect.stringContaining('is still there')])
})
