import { FakeRunner } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { WEB } from '../../../lab/digitalocean/firewalls.ts'
import { type Ground, JOB, openGround, openService, RUNNER, step } from './ground.ts'

let ground: Ground
beforeEach(async () => {
  ground = await openGround()
})
afterEach(async () => {
  await ground.fake.close()
  expect(ground.fake.violations).toEqual([])
})

const namesAt = () => ground.firewalls.all.map(({ name }) => name)
const OTHER = '198.51.100.10'

test('this runner alone gets in at SSH for the length of the job, and everything else stays as it was', async () => {
  const { firewalls, gets, rules, web } = ground
  const before = structuredClone(rules)
  expect(gets(RUNNER)).toEqual([false, false])
  const { code, outputs, end, runner } = await step(ground)
  expect([code, outputs.status, outputs.address]).toEqual([undefined, 'allowed', RUNNER])
  expect([gets(RUNNER), gets(OTHER), gets(RUNNER, 5432), gets(OTHER, 443)]).toEqual([
    [true, true],
    [false, false],
    [false, false],
    [true, true],
  ])
  const made = firewalls.find(outputs['firewall-id'] ?? '')
  expect(made).toMatchObject({
    name: expect.stringMatching(/^deploy-actions-ssh-acme-shop-77-1-[0-9a-f]{6}-6h$/),
    inbound_rules: [{ protocol: 'tcp', ports: '22', sources: { addresses: [`${RUNNER}/32`] } }],
    droplet_ids: web.map(({ id }) => id),
  })
  expect([made.outbound_rules, made.tags]).toEqual([undefined, undefined])
  expect((await end()).log).toContain('SSH is closed to this runner again')
  expect([gets(RUNNER), namesAt(), firewalls.all[0]]).toEqual([[false, false], ['web'], before])
  expect(runner.annotations).toEqual([])
})

test('the step ends when the firewall is in force, not when it was asked for', async () => {
  ground.firewalls.lag = 20
  const { outputs } = await step(ground)
  expect([outputs.status, ground.gets(RUNNER)]).toEqual(['allowed', [true, true]])
})

test.each([
  ['takes longer than it may', { lag: 600, fails: false }, 'not in force after 3 min'],
  ['fails at DigitalOcean', { lag: 5, fails: true }, 'could not put'],
])('a firewall that %s is deleted, and the step fails', async (_what, how, words) => {
  Object.assign(ground.firewalls, how)
  const { code, message, end } = await step(ground)
  expect([code, message]).toEqual(['DA-FIREWALL-PENDING', expect.stringContaining(words)])
  expect(message).toContain(String(ground.web[0]?.id))
  expect(namesAt()).toEqual(['web'])
  const deleted = ground.fake.requests('DELETE /v2/firewalls/{id}').length
  expect((await end()).log).toBe('')
  expect(ground.fake.requests('DELETE /v2/firewalls/{id}')).toHaveLength(deleted)
})

test('a droplet without a firewall that stays is refused before anything is made, however many others have one', async () => {
  const { infrastructure, firewalls } = ground
  infrastructure.addDroplet('new-1', ['shop'])
  firewalls.create({
    name: 'deploy-actions-ssh-acme-other-5-1-abcdef-6h',
    inbound_rules: [],
    outbound_rules: WEB.outbound_rules ?? [],
    tags: ['shop'],
  })
  const { code, message, hint } = await step(ground, { host: 'droplet-tag:web\ndroplet-tag:shop' })
  expect([code, message]).toEqual(['DA-FIREWALL-NONE', 'new-1 has no firewall at DigitalOcean that stays'])
  expect(hint).toContain('would close 80, 443')
  expect(ground.fake.requests('POST /v2/firewalls')).toEqual([])
})

test('who is let in already gets nothing made; a rule for everybody is told by name', async () => {
  const { firewalls, fake } = ground
  const ssh = (address: string) => [{ protocol: 'tcp' as const, ports: '20-25', sources: { addresses: [address] } }]
  firewalls.create({ name: 'office', inbound_rules: ssh('198.51.100.0/24'), tags: ['web'] })
  const first = await step(ground)
  expect([first.outputs.status, first.log.text('notice')]).toEqual(['open', ''])
  firewalls.lag = 3600
  firewalls.create({ name: 'not-yet', inbound_rules: ssh('192.0.2.0/24'), tags: ['web'] })
  expect((await step(ground, { address: '192.0.2.1', 'dry-run': 'true' })).outputs.status).toBe('planned')
  firewalls.lag = 0
  firewalls.create({ name: 'careless', inbound_rules: ssh('0.0.0.0/0'), tags: ['web'] })
  const second = await step(ground, { address: '192.0.2.1' })
  expect(second.outputs.status).toBe('open')
  expect(second.log.text('notice')).toContain('the firewall careless')
  expect(fake.requests('POST /v2/firewalls')).toEqual([])
  expect((await second.end()).isEnd).toBe(true)
})

test('what another job lets in goes with that job, so nobody counts on it', async () => {
  const first = await step(ground)
  const second = await step(ground)
  expect([first.outputs.status, second.outputs.status]).toEqual(['allowed', 'allowed'])
  expect(namesAt()).toHaveLength(3)
  await first.end()
  expect(ground.gets(RUNNER)).toEqual([true, true])
  await second.end()
  expect(namesAt()).toEqual(['web'])
})

test('of several droplets those that are closed get the firewall, each port of each droplet for itself', async () => {
  const { firewalls, web } = ground
  const rule = { protocol: 'tcp' as const, ports: '22', sources: { addresses: [`${RUNNER}/32`] } }
  firewalls.create({ name: 'one', inbound_rules: [rule], droplet_ids: [web[0]?.id ?? 0] })
  const plain = await step(ground)
  expect(firewalls.find(plain.outputs['firewall-id'] ?? '').droplet_ids).toEqual([web[1]?.id])
  const { outputs } = await step(
    ground,
    { host: 'ann@203.0.113.1:2222\nshop.example.com' },
    { names: { 'shop.example.com': ['203.0.113.2'] } },
  )
  const made = outputs['firewall-id']?.split('\n').map((id) => firewalls.find(id))
  expect(made?.map(({ inbound_rules: rules, droplet_ids: ids }) => [rules?.map(({ ports }) => ports), ids])).toEqual([
    [['22'], [web[1]?.id]],
    [['2222'], [web[0]?.id]],
  ])
  expect([ground.gets(RUNNER, 22), ground.gets(RUNNER, 2222)]).toEqual([
    [true, true],
    [true, false],
  ])
})

test('two ports of one droplet are both opened, there and nowhere else', async () => {
  const { log, end } = await step(
    ground,
    { host: '203.0.113.1:2222\nshop.example.com' },
    { names: { 'shop.example.com': ['203.0.113.1'] } },
  )
  expect(log.text()).toContain(`lets ${RUNNER} in at port 2222 of web-1`)
  expect([ground.gets(RUNNER, 22), ground.gets(RUNNER, 2222)]).toEqual([
    [true, false],
    [true, false],
  ])
  await end()
  expect(namesAt()).toEqual(['web'])
})

test('of a name with several addresses every droplet is opened, because a client takes any of them', async () => {
  const names = { 'shop.example.com': ['203.0.113.2', '203.0.113.1', '192.0.2.8'] }
  const { outputs, log } = await step(ground, { host: 'shop.example.com' }, { names })
  expect([outputs.status, ground.gets(RUNNER)]).toEqual(['allowed', [true, true]])
  expect(log.text('warning')).toBe('shop.example.com also has the address 192.0.2.8, which no droplet has: who logs in there stays outside')
})

test.each([
  ['2001:db8::9', '203.0.113.1', 'this runner is seen at 2001:db8::9, and 203.0.113.1 has an IPv4 address alone: there it has another one'],
  ['2001:db8::9', 'shop.example.com', 'and shop.example.com has an IPv4 address alone'],
  ['2001:db8::9', 'droplet-tag:web', 'and web-1 has an IPv4 address alone'],
  [RUNNER, '[2001:db8::7]', 'and 2001:db8::7 has an IPv6 address alone'],
])('a runner seen at %s does not come from there to %s, which is said before anything is made', async (address, host, words) => {
  ground.infrastructure.addDroplet('web-3', [], { public: '2001:db8::7' })
  const { code, message, hint } = await step(ground, { address, host }, { names: { 'shop.example.com': ['203.0.113.1'] } })
  expect([code, message, hint]).toEqual(['DA-ALLOW-SSH-ADDRESS', expect.stringContaining(words), expect.stringContaining('`address-url`')])
  expect(ground.fake.requests('POST /v2/firewalls')).toEqual([])
})

test('a name with addresses of both families is reached by a runner of either', async () => {
  ground.infrastructure.addDroplet('web-3', ['web'], { public: '2001:db8::7' })
  const names = { 'shop.example.com': ['203.0.113.1', '2001:db8::7'] }
  const { outputs } = await step(ground, { address: '2001:db8::9', host: 'shop.example.com' }, { names })
  expect([outputs.status, ground.gets('2001:db8::9')]).toEqual(['allowed', [true, false, true]])
})

test('an IPv6 address is let in as one address, and a droplet is found by any spelling of its own', async () => {
  const droplet = ground.infrastructure.addDroplet('web-3', ['web'], { public: '2001:0DB8:0000:0000:0000:0000:0000:0007' })
  const { outputs } = await step(ground, { address: '2001:db8::9', port: '2222', host: '[2001:db8::7]' })
  expect(ground.firewalls.find(outputs['firewall-id'] ?? '').droplet_ids).toEqual([droplet.id])
  expect(ground.firewalls.find(outputs['firewall-id'] ?? '').inbound_rules).toMatchObject([
    { ports: '2222', sources: { addresses: ['2001:db8::9/128'] } },
  ])
  expect([ground.gets('2001:db8::9', 2222), ground.gets('2001:db8::8', 2222)].map((all) => all[2])).toEqual([true, false])
})

test.each([
  ['203.0.113.99', 'no droplet has the address 203.0.113.99'],
  ['cdn.example.com', 'no droplet has the address 192.0.2.8 of cdn.example.com'],
  ['gone.example.com', 'the name gone.example.com has no address'],
])('%s is no droplet, which is said before anything is made', async (host, words) => {
  const { code, message } = await step(ground, { host }, { names: { 'cdn.example.com': ['192.0.2.8'] } })
  expect([code, message]).toEqual(['DA-HOSTS-DROPLET', words])
  expect(ground.fake.requests('POST /v2/firewalls')).toEqual([])
})

test('more than ten droplets get several firewalls, and all of them go', async () => {
  for (let at = 3; at <= 23; at += 1) ground.infrastructure.addDroplet(`web-${at}`, ['web'])
  const { outputs, end } = await step(ground)
  expect(outputs['firewall-id']?.split('\n')).toHaveLength(3)
  expect(namesAt().at(-1)).toMatch(/-6h-3$/)
  expect(ground.gets(RUNNER).every(Boolean)).toBe(true)
  await end()
  expect(namesAt()).toEqual(['web'])
})

test('dry-run makes and deletes nothing, and says what it would', async () => {
  ground.firewalls.create({ name: 'deploy-actions-ssh-acme-shop-5-1-abcdef-6h', ...WEB })
  await ground.clock.sleep(7 * 3_600_000)
  const { outputs, log } = await step(ground, { 'dry-run': 'true' })
  expect(outputs.status).toBe('planned')
  expect(log.text()).toContain(`would open SSH (port 22) of web-1, web-2 to ${RUNNER}`)
  expect(ground.fake.heard.filter(({ method }) => method !== 'GET')).toEqual([])
})

test.each([
  ['firewall:read', []],
  ['firewall:delete', ['firewall:read']],
  ['firewall:create', ['firewall:read', 'firewall:delete']],
])('a token without %s is told which scope it lacks, and nothing is made', async (scope, has) => {
  ground.fake.tokens.set('little', ['droplet:read', 'tag:read', ...has])
  const { code, hint } = await step(ground, { 'digitalocean-token': 'little' })
  expect([code, hint]).toEqual(['DA-DO-SCOPE', expect.stringContaining(`\`${scope}\``)])
  expect(namesAt()).toEqual(['web'])
})

test('a token that does not see which tags a firewall has is refused rather than believed', async () => {
  ground.fake.tokens.set('little', ['droplet:read', 'firewall:read', 'firewall:create', 'firewall:delete'])
  const { code, hint } = await step(ground, { host: '203.0.113.1', 'digitalocean-token': 'little' })
  expect([code, hint]).toEqual(['DA-FIREWALL-NONE', expect.stringContaining('`tag:read`')])
})

test('the address is what the service says, asked again when it stumbles', async () => {
  const service = await openService(503, `${RUNNER}\n`)
  try {
    const { outputs } = await step(ground, { address: '', 'address-url': service.url })
    expect([outputs.address, service.asked()]).toEqual([RUNNER, 2])
  } finally {
    await service.close()
  }
})

test.each([
  ['10.1.2.3', 'sees 10.1.2.3, which is no public address'],
  ['<html>Hello</html>', 'answers "<html>Hello</html>", which is no address'],
  ['198.51.100.9/8', 'which is no address'],
  ['198.51.100.9, 198.51.100.10', 'which is no address'],
  ['::ffff:198.51.100.9', 'no public address'],
  [302, 'cannot be asked'],
  [404, 'answers with status 404'],
])('a service that answers %j is not believed', async (answer, words) => {
  const service = await openService(answer)
  try {
    const { code, message } = await step(ground, { address: '', 'address-url': service.url })
    expect([code, message]).toEqual(['DA-ALLOW-SSH-ADDRESS', expect.stringContaining(words)])
    expect(ground.fake.heard).toEqual([])
  } finally {
    await service.close()
  }
})

test('from a shell the command that closes the door is told', async () => {
  const { log } = await step(ground, {}, { env: { USER: 'ann' }, runner: new FakeRunner('shell') })
  expect(log.text('notice')).toContain(`doctl compute firewall delete ${ground.firewalls.all.at(-1)?.id} --force`)
  expect(namesAt().at(-1)).toMatch(/^deploy-actions-ssh-local-ann-laptop-0-1-/)
})

test('what somebody left open from another machine is not deleted', async () => {
  const shell = (USER: string) => step(ground, {}, { env: { USER }, runner: new FakeRunner('shell') })
  await shell('ann')
  await ground.clock.sleep(7 * 3_600_000)
  await shell('bob')
  expect(namesAt().map((name) => /local-[a-z]+/.exec(name)?.[0])).toEqual([undefined, 'local-ann', 'local-bob'])
  await shell('ann')
  expect(namesAt().map((name) => /local-[a-z]+/.exec(name)?.[0])).toEqual([undefined, 'local-bob', 'local-ann'])
})

test('what runs of this repository left is deleted when no job can be running any more, and told', async () => {
  const left = (name: string) =>
    ground.firewalls.create({
      name,
      tags: ['web'],
      inbound_rules: [{ protocol: 'tcp', ports: '22', sources: { addresses: ['192.0.2.7/32'] } }],
    })
  const of = (repository: string, run: string, hours = 6) => `deploy-actions-ssh-${repository}-${run}-abcdef-${hours}h`
  for (const name of [of('acme-shop', '50-1'), of('acme-shop', '51-1', 120), of('acme-shop-two', '52-1'), 'deploy-actions-ssh-mine'])
    left(name)
  await ground.clock.sleep(6.1 * 3_600_000)
  for (const name of [of('acme-shop', '60-1'), of('acme-shop', '77-1')]) left(name)
  const { log, end } = await step(ground, {}, { env: { ...JOB, GITHUB_RUN_ATTEMPT: '2' } })
  await end()
  expect(namesAt()).toEqual([
    'web',
    of('acme-shop', '51-1', 120),
    of('acme-shop-two', '52-1'),
    'deploy-actions-ssh-mine',
    of('acme-shop', '60-1'),
  ])
  expect(log.text('warning').split('\n')).toEqual([
    `a run that died had left the firewall ${of('acme-shop', '50-1')}, which let 192.0.2.7/32 in: it is deleted`,
    `a run that died had left the firewall ${of('acme-shop', '77-1')}, which let 192.0.2.7/32 in: it is deleted`,
  ])
})
