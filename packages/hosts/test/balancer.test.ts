import { FakeClock } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import type { BalancerSettings } from '../../../lab/digitalocean/infrastructure.ts'
import { balancerOf } from '../src/index.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Two droplets, and a balancer in front of them. */
async function cloud({ tag = '', settings = {} }: { tag?: string; settings?: BalancerSettings } = {}) {
  const clock = new FakeClock()
  const fake = await FakeDigitalOcean.open({ now: () => clock.now() })
  cleanups.push(async () => {
    await fake.close()
    expect(fake.violations).toEqual([])
  })
  const { infrastructure } = fake
  const droplets = [
    infrastructure.addDroplet('web-1', [], { public: '203.0.113.1', private: '10.0.0.1' }),
    infrastructure.addDroplet('web-2', [], { public: '203.0.113.2', private: '10.0.0.2' }),
  ]
  const balancer = infrastructure.addBalancer('shop', tag === '' ? droplets : [], tag, settings)
  const open = (more: { takeOutOf?: string; digitaloceanToken?: string } = {}) =>
    balancerOf(
      { takeOutOf: 'shop', digitaloceanToken: 'do-token', apiUrl: fake.url, ...more },
      { clock, signal: new AbortController().signal },
    )
  return { fake, balancer, droplets, open, clock }
}

test('how long a balancer takes to notice is worked out of its own settings', async () => {
  const check = { path: '/up', check_interval_seconds: 3, response_timeout_seconds: 4, unhealthy_threshold: 2, healthy_threshold: 6 }
  const { open } = await cloud({ settings: { health_check: check } })
  expect(await open()).toMatchObject({ name: 'shop', check: { port: 80, path: '/up' }, noticesBadMs: 11_000, noticesGoodMs: 19_000 })
  const { open: openPlain } = await cloud()
  expect(await openPlain()).toMatchObject({ check: { port: 80, path: '/' }, noticesBadMs: 56_000, noticesGoodMs: 31_000 })
})

test('which droplet a host is tells its address, public or private, with any port', async () => {
  const { open, droplets } = await cloud()
  const balancer = await open()
  expect(['203.0.113.2:22', '10.0.0.1:2222'].map((address) => balancer?.dropletAt(address))).toEqual([droplets[1]?.id, droplets[0]?.id])
  expect(() => balancer?.dropletAt('web-1.example.com:22')).toThrow('no droplet has the address web-1.example.com')
})

test('a change is waited for until the list says so, and the same once more changes nothing', async () => {
  const { open, balancer, droplets, clock } = await cloud()
  const [one, two] = droplets.map(({ id }) => id) as [number, number]
  const opened = await open()
  balancer.lag = 5
  await opened?.change('remove', one)
  expect(balancer.dropletIds).toEqual([two])
  expect(clock.slept).toEqual([2000, 2000, 2000])
  await opened?.change('remove', one)
  await opened?.putBack({ balancer: balancer.id, droplet: one })
  await opened?.change('add', one)
  expect(balancer.dropletIds.toSorted()).toEqual([one, two])
})

test('a list that never says so is an error after a minute', async () => {
  const { open, balancer, droplets } = await cloud()
  const opened = await open()
  balancer.lag = 3600
  await expect(opened?.change('remove', droplets[0]?.id as number)).rejects.toMatchObject({ code: 'DA-BALANCER-MEMBER' })
})

test('an answer that is lost behind the change is no reason to stop: it is sent once more', async () => {
  const { open, fake, balancer, droplets } = await cloud()
  const opened = await open()
  fake.faults.push({ method: 'DELETE', path: '/v2/load_balancers/{id}/droplets', status: 500, committed: true })
  await opened?.change('remove', droplets[0]?.id as number)
  expect(balancer.dropletIds).toEqual([droplets[1]?.id])
})

test.each<[string, { tag?: string; settings?: BalancerSettings }, string, string]>([
  ['follows a tag', { tag: 'web' }, 'DA-BALANCER-TAG', 'follows the tag web'],
  ['asks by tcp', { settings: { health_check: { protocol: 'tcp' } } }, 'DA-BALANCER-HEALTH', 'over tcp'],
  ['asks by https', { settings: { health_check: { protocol: 'https' } } }, 'DA-BALANCER-HEALTH', 'over https'],
  ['asks for a path that no file can have', { settings: { health_check: { path: '/up?deep=1' } } }, 'DA-BALANCER-HEALTH', '"/up?deep=1"'],
  ['asks for a path that leads out', { settings: { health_check: { path: '/../up' } } }, 'DA-BALANCER-HEALTH', '"/../up"'],
  [
    'asks like a visitor, and passes visitors on unseen',
    {
      settings: {
        forwarding_rules: [{ entry_protocol: 'https', entry_port: 443, target_protocol: 'https', target_port: 443, tls_passthrough: true }],
      },
    },
    'DA-BALANCER-HEALTH',
    'looks like a visitor',
  ],
])('a balancer that %s is refused', async (_what, settings, code, message) => {
  const { open } = await cloud(settings)
  await expect(open()).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
})

test('a token that may not change it is refused, with the scope that it lacks, and no member was touched', async () => {
  const { open, fake, balancer } = await cloud()
  fake.tokens.set('reader', ['load_balancer:read', 'droplet:read', 'tag:read'])
  await expect(open({ digitaloceanToken: 'reader' })).rejects.toMatchObject({
    code: 'DA-DO-SCOPE',
    hint: expect.stringContaining('`load_balancer:update`'),
  })
  expect(balancer.dropletIds).toHaveLength(2)
})

test('without `take-out-of` nobody is asked', async () => {
  const { fake, clock } = await cloud()
  expect(await balancerOf({ takeOutOf: undefined, apiUrl: fake.url }, { clock, signal: new AbortController().signal })).toBeUndefined()
  expect(fake.heard).toEqual([])
})
