import { FakeClock, FakeLog } from '@deploy-actions/testing'
import { afterEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { type ConnectionValues, connectionProblems, placesOf } from '../src/index.ts'
import { newKey, startServer } from './ssh-server.ts'

const key = newKey('ed25519')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function cloud(): Promise<FakeDigitalOcean> {
  const fake = await FakeDigitalOcean.open()
  cleanups.push(async () => {
    await fake.close()
    expect(fake.violations).toEqual([])
  })
  return fake
}

const values = (fake: FakeDigitalOcean, more: Partial<ConnectionValues> = {}): ConnectionValues => ({
  ...{ host: 'droplet-tag:web', user: 'deploy', port: 22, sudo: false, sshKey: key.private, sshKeyPassphrase: undefined },
  ...{ knownHosts: `* ${key.public}`, hostFingerprint: undefined, jumpHost: undefined, jumpKey: undefined, jumpKeyPassphrase: undefined },
  ...{ app: 'shop', directory: undefined, digitaloceanToken: 'do-token', hostAddress: 'public', apiUrl: fake.url },
  ...more,
})

async function found(fake: FakeDigitalOcean, more: Partial<ConnectionValues> = {}, log = new FakeLog()): Promise<string[]> {
  const places = await placesOf(values(fake, more), { log, clock: new FakeClock(), signal: new AbortController().signal })
  return places.map(({ name, address }) => `${name} at ${address}`)
}

test('the droplets of a tag are the hosts, in the order of their names, however the API gives them', async () => {
  const fake = await cloud()
  for (const name of ['web-10', 'web-2', 'web-1']) fake.infrastructure.addDroplet(name, ['web', 'fra'])
  fake.infrastructure.addDroplet('db-1', ['db'])
  const log = new FakeLog()
  expect(await found(fake, {}, log)).toEqual([
    'web-1 (203.0.113.3) at 203.0.113.3:22',
    'web-2 (203.0.113.2) at 203.0.113.2:22',
    'web-10 (203.0.113.1) at 203.0.113.1:22',
  ])
  expect(log.text()).toContain('droplet-tag:web: web-1 (203.0.113.3), web-2 (203.0.113.2), web-10 (203.0.113.1)')
})

test('more droplets than a page has are all found', async () => {
  const fake = await cloud()
  for (let at = 0; at < 450; at += 1)
    fake.infrastructure.addDroplet(`web-${at}`, ['web'], { public: `10.${Math.floor(at / 200)}.0.${at % 200}` })
  expect(await found(fake)).toHaveLength(450)
  expect(fake.requests('GET /v2/droplets')).toHaveLength(3)
})

test('the members of a load balancer are the hosts, by its name and by its id; of one that follows a tag those of the tag', async () => {
  const fake = await cloud()
  const { infrastructure } = fake
  const [one, , three] = ['web-1', 'web-2', 'web-3'].map((name) => infrastructure.addDroplet(name, ['all']))
  const balancer = infrastructure.addBalancer('shop', [three, one] as never)
  infrastructure.addBalancer('by-tag', [], 'all')
  const members = ['web-1 (203.0.113.1) at 203.0.113.1:22', 'web-3 (203.0.113.3) at 203.0.113.3:22']
  expect(await found(fake, { host: 'load-balancer:shop' })).toEqual(members)
  expect(await found(fake, { host: `load-balancer:${balancer.id}` })).toEqual(members)
  expect(await found(fake, { host: 'load-balancer:by-tag' })).toHaveLength(3)
})

test('lines that find and lines that name stand beside each other; a host is taken once, and a line may have its user', async () => {
  const fake = await cloud()
  fake.infrastructure.addDroplet('web-1', ['web', 'fra'])
  fake.infrastructure.addDroplet('web-2', ['web'])
  expect(await found(fake, { host: '203.0.113.2\nann@droplet-tag:fra\ndroplet-tag:web\n203.0.113.9:2222' })).toEqual([
    '203.0.113.2 at 203.0.113.2:22',
    'web-1 (203.0.113.1) at 203.0.113.1:22',
    '203.0.113.9:2222 at 203.0.113.9:2222',
  ])
})

test('the private address is taken when asked, and its absence is an error', async () => {
  const fake = await cloud()
  fake.infrastructure.addDroplet('web-1', ['web'], { public: '203.0.113.1', private: '10.0.0.1' })
  expect(await found(fake, { hostAddress: 'private' })).toEqual(['web-1 (10.0.0.1) at 10.0.0.1:22'])
  fake.infrastructure.addDroplet('web-2', ['web'], { private: '10.0.0.2' })
  await expect(found(fake)).rejects.toMatchObject({ code: 'DA-HOSTS-ADDRESS', message: expect.stringContaining('web-2') })
})

test('what is not active is left out by name; with nothing left nothing is done', async () => {
  const fake = await cloud()
  fake.infrastructure.addDroplet('web-1', ['web'])
  fake.infrastructure.addDroplet('web-2', ['web']).status = 'off'
  const log = new FakeLog()
  expect(await found(fake, {}, log)).toHaveLength(1)
  expect(log.text()).toContain('web-2 (off) left out')
  const [first] = fake.infrastructure.droplets
  if (first !== undefined) first.status = 'new'
  await expect(found(fake)).rejects.toMatchObject({
    code: 'DA-HOSTS-NONE',
    message: expect.stringContaining('only web-1 (new), web-2 (off)'),
  })
  await expect(found(fake, { host: 'droplet-tag:none' })).rejects.toMatchObject({ code: 'DA-HOSTS-NONE' })
})

test('a balancer that is not there is told with those that are, one of two by their ids', async () => {
  const fake = await cloud()
  fake.infrastructure.addBalancer('shop', [])
  await expect(found(fake, { host: 'load-balancer:shpo' })).rejects.toMatchObject({
    code: 'DA-DO-BALANCER',
    hint: expect.stringContaining('The token sees shop'),
  })
  await expect(found(fake, { host: 'load-balancer:shop' })).rejects.toMatchObject({ code: 'DA-HOSTS-NONE' })
  const twin = fake.infrastructure.addBalancer('shop', [])
  await expect(found(fake, { host: 'load-balancer:shop' })).rejects.toMatchObject({ hint: expect.stringContaining(twin.id) })
})

test('a token that may not look is told with the scope that it lacks', async () => {
  const fake = await cloud()
  fake.tokens.set('little', ['droplet:read'])
  await expect(found(fake, { host: 'load-balancer:shop', digitaloceanToken: 'little' })).rejects.toMatchObject({
    code: 'DA-DO-SCOPE',
    hint: expect.stringContaining('`load_balancer:read`'),
  })
})

test.each([
  ['no token', { digitaloceanToken: undefined }, 'digitalocean-token is required for `droplet-tag:web`'],
  ['a tag that is none', { host: 'droplet-tag:a b' }, 'a tag that DigitalOcean does not take'],
  ['a user that is none', { host: '-x@droplet-tag:web' }, 'user name'],
  ['a balancer without a name', { host: 'load-balancer:' }, 'the name of a balancer'],
])('%s is said before anything is asked', (_what, more, words) => {
  const problems = connectionProblems(values({ url: 'https://unused' } as never, more), 'acme/shop')
  expect(problems.map(({ input, rule }) => `${input} ${rule}`)).toEqual([expect.stringContaining(words)])
})

test('a droplet whose key nobody vouches for gets nothing; the line that would vouch for it is told', async () => {
  const fake = await cloud()
  const host = newKey('ed25519')
  const server = await startServer({ hostKeys: [host], client: key })
  cleanups.push(() => server.close())
  fake.infrastructure.addDroplet('web-1', ['web'], { public: '127.0.0.1' })
  const log = new FakeLog()
  const ports = { log, clock: new FakeClock(), signal: new AbortController().signal }
  const connect = async (knownHosts: string) => {
    const [place] = await placesOf(values(fake, { port: server.port, knownHosts }), ports)
    return place?.connect(log)
  }
  const line = `[127.0.0.1]:${server.port} ${host.public.split(' ').slice(0, 2).join(' ')}`
  await expect(connect(`203.0.113.77 ${key.public}`)).rejects.toMatchObject({
    code: 'DA-SSH-HOST-KEY-UNKNOWN',
    hint: expect.stringContaining(`\n${line}`),
  })
  expect(server.logins).toEqual([])
  const remote = await connect(line)
  expect(server.logins).not.toEqual([])
  await remote?.close()
})
