import { describe, expect, test } from '@jest/globals'
import {
  type ComposeModel,
  currentRelease,
  planRelease,
  type ReleaseRequest,
  routeLine,
  strategyLine,
  switchLine,
  verifyLine,
} from '../src/index.ts'
import { codes, digest, jsonOf, model, planShop, rowsOf, shop, textOf } from './shop.ts'

const first = planShop()
const current = (plan = first) => currentRelease(textOf(plan, 'release.json')) as NonNullable<ReleaseRequest['current']>
const later = { id: '20260201T000000Z-2222222-2.1', current: current() }

describe('the same input', () => {
  test('gives the same bytes', () => expect(planShop()).toEqual(first))
  test('in another order of keys, too', () => {
    const given = model('shop')
    const turned = { ...given, services: Object.fromEntries(Object.entries(given.services).reverse()) }
    expect(planShop({ model: turned })).toEqual(first)
  })
  test('is unchanged under another id', () => {
    const again = planShop(later)
    expect(again.unchanged).toBe(true)
    expect(again.fingerprint).toBe(first.fingerprint)
    expect(again.baseFingerprint).toBe(first.baseFingerprint)
  })
  test('is unchanged a third time, and whatever the times are', () => {
    const second = planShop({ ...later, times: { ...shop().times, drainTimeout: 1 }, keepReleases: 9, runUrl: 'https://x' })
    expect(planShop({ ...later, current: current(second) }).unchanged).toBe(true)
  })
})

describe('another fingerprint', () => {
  test.each<[string, Partial<ReleaseRequest>]>([
    ['another commit', { commit: '2'.repeat(40) }],
    ['another secret', { environment: { SHOP_KEY: 'other' } }],
    ['another route', { routes: [routeLine.read(':81 -> web:8000')] }],
    ['another check', { verify: [verifyLine.read('http://web:8000/ready 200')] }],
    ['another file', { files: shop().files.map((file) => ({ ...file, bytes: Buffer.from('new') })) }],
    ['other trusted proxies', { trustedProxies: ['10.0.0.0/8'] }],
    ['a load balancer', { proxyProtocol: ['10.0.0.0/8'] }],
    ['other directives for visitors', { caddyfile: 'encode gzip' }],
    ['another protocol', { routes: [routeLine.read(':80 -> h2c://web:8000')] }],
  ])('%s', (_, changes) => expect(planShop({ ...later, ...changes }).unchanged).toBe(false))
  test('another image', () => expect(planShop(later, { web: 'c', api: 'b' }).unchanged).toBe(false))
  test('not: another edge image, which a deploy does not apply', () =>
    expect(planShop({ ...later, edgeImage: 'caddy:2.9' }).unchanged).toBe(true))
  test('an image of a switched service alone leaves base as it is', () => {
    const plan = planShop(later, { web: 'c', api: 'b' })
    expect([plan.unchanged, plan.baseFingerprint === first.baseFingerprint]).toEqual([false, true])
  })
  test('an image of a base service does not', () => {
    expect(planShop(later, { web: 'a', api: 'c' }).baseFingerprint).not.toBe(first.baseFingerprint)
  })
})

describe('base services over releases', () => {
  test('an unchanged one keeps its release variables, so it is not recreated', () => {
    const plan = planShop({ ...later, commit: '2'.repeat(40) }, { web: 'c', api: 'b' })
    expect(rowsOf(plan).worker?.[1]).toBe('keep')
    expect(jsonOf(plan, 'base.json').services.worker).toEqual(jsonOf(first, 'base.json').services.worker)
    expect(textOf(plan, 'env/web.env')).toContain(`RELEASE_ID=${later.id}\nSECRET`)
  })
  test('a changed one gets the new ones', () => {
    const plan = planShop({ ...later, commit: '2'.repeat(40) }, { web: 'a', api: 'c' })
    expect(rowsOf(plan).worker?.[1]).toBe('recreate')
    expect(jsonOf(plan, 'base.json').services.worker.environment).toMatchObject({ RELEASE_ID: later.id, GIT_SHA: '2'.repeat(40) })
  })
  test('the values last over many releases', () => {
    const second = planShop({ ...later, commit: '2'.repeat(40) }, { web: 'c', api: 'b' })
    const third = planShop({ id: '20260202T000000Z-3333333-3.1', commit: '3'.repeat(40), current: current(second) }, { web: 'd', api: 'b' })
    expect(jsonOf(third, 'base.json').services.worker.environment.RELEASE_ID).toBe(first.id)
  })
  test('services whose image is not in the release get none', () =>
    expect(jsonOf(first, 'base.json').services.db.environment).toBeUndefined())
  test('how one is built, pulled and scaled is no change', () => {
    const given = model('shop')
    const worker = { ...given.services.worker, build: { context: '/other' }, pull_policy: 'always', scale: 3, deploy: { replicas: 3 } }
    const plan = planShop({ ...later, model: { ...given, services: { ...given.services, worker } } as ComposeModel })
    expect(rowsOf(plan).worker?.slice(1, 4)).toEqual(['keep', `ghcr.io/acme/api@${digest('b')}`, '3'])
    // But base must be applied, or there would be no more containers than before.
    expect(plan.baseFingerprint).not.toBe(first.baseFingerprint)
  })
  test('the database is kept', () => expect(rowsOf(planShop(later)).db?.[1]).toBe('keep'))
})

test('services.tsv: in start order, no cell empty', () => {
  const api = `ghcr.io/acme/api@${digest('b')}`
  const local = (service: string) => `deploy-actions/shop/${service}:${first.id}`
  expect(
    textOf(first, 'services.tsv')
      .split('\n')
      .map((line) => line.split('\t')),
  ).toEqual([
    ['db', 'start', 'postgres:16', '1', 'always', 'docker', '-', '-', 'healthy', '-', '-'],
    ['migrate', 'once', api, '1', 'no', '-', '-', '-', 'prepare', local('migrate'), 'db:healthy'],
    ['api', 'switch', api, '2', 'on-failure:3', 'docker', '9000', '-', '-', local('api'), '-'],
    ['cache', 'start', 'redis:7', '1', 'always', '-', '-', '-', 'prepare', '-', '-'],
    ['web', 'switch', `ghcr.io/acme/web@${digest('a')}`, '1', 'always', 'http', '8000', '/ready', '-', local('web'), 'api:healthy'],
    ['worker', 'start', api, '1', 'unless-stopped', '-', '-', '-', 'finish', local('worker'), 'db:started'],
    [''],
  ])
})

describe('restart', () => {
  const restart = (service: object) =>
    rowsOf(planShop({ model: { services: { job: { image: 'j', ...service } } }, files: [], routes: [], switch: [], health: [] })).job?.[4]
  test.each<[object, string]>([
    [{}, 'always'],
    [{ restart: 'no' }, 'no'],
    [{ restart: 'on-failure:5' }, 'on-failure:5'],
    [{ restart: 'no', deploy: { restart_policy: { condition: 'any' } } }, 'always'],
    [{ deploy: { restart_policy: {} } }, 'always'],
    [{ deploy: { restart_policy: { condition: 'none' } } }, 'no'],
    [{ deploy: { restart_policy: { condition: 'unless-stopped' } } }, 'unless-stopped'],
    [{ restart: 'always', deploy: { restart_policy: { condition: 'on-failure' } } }, 'on-failure'],
  ])('%j: %s', (service, policy) => expect(restart(service)).toBe(policy))
})

describe('phase', () => {
  const phases = (services: ComposeModel['services'], changes: Partial<ReleaseRequest> = {}) =>
    Object.fromEntries(
      Object.entries(
        rowsOf(
          planShop({
            model: { services },
            files: [],
            routes: [],
            health: [],
            images: new Map(),
            switch: [switchLine.read('web:80')],
            ...changes,
          }),
        ),
      ).map(([name, cells]) => [name, cells[8]]),
    )
  const web = { image: `a/web@${digest('a')}`, healthcheck: { test: ['CMD', 'x'] } }
  test('a database that nobody names is there before the slot, too', () =>
    expect(phases({ web, db: { image: 'pg' } })).toEqual({ web: '-', db: 'prepare' }))
  test('the slot waits for what a switched service asks to be healthy, and for nothing that others ask', () => {
    const services = {
      web: { ...web, depends_on: { db: { condition: 'service_healthy' as const }, cache: { condition: 'service_started' as const } } },
      worker: { image: 'w', depends_on: { search: { condition: 'service_healthy' as const } } },
      ...{ db: { image: 'pg' }, cache: { image: 'c' }, search: { image: 's' } },
    }
    expect(phases(services)).toEqual({ web: '-', db: 'healthy', cache: 'prepare', search: 'prepare', worker: 'prepare' })
  })
  test('what needs a switched service itself cannot be well before the slot', () => {
    const services = {
      web: { ...web, depends_on: { api: { condition: 'service_healthy' as const } } },
      api: { image: 'a', depends_on: { auth: {} } },
      auth: { ...web, image: `a/auth@${digest('a')}` },
    }
    expect(phases(services, { switch: [switchLine.read('web:80'), switchLine.read('auth:81')] })).toEqual({
      web: '-',
      auth: '-',
      api: 'prepare',
    })
  })
  test('what needs a switched service waits', () => {
    const services = { web, proxy: { image: 'p', depends_on: { web: {} } }, watcher: { image: 'p', depends_on: { proxy: {} } } }
    expect(phases(services)).toEqual({ web: '-', proxy: 'finish', watcher: 'finish' })
  })
  test('what a once job needs is there before', () => {
    const services = { web, job: { image: 'j', depends_on: { queue: {} } }, queue: { image: 'q' } }
    const strategy = [strategyLine.read('job=once')]
    const live = current(
      planShop({
        model: { services },
        files: [],
        routes: [],
        health: [],
        images: new Map(),
        switch: [switchLine.read('web:80')],
        strategy,
      }),
    )
    expect(phases(services, { strategy, current: live })).toEqual({ web: '-', job: 'prepare', queue: 'prepare' })
  })
})

test('settings', () => {
  expect(
    Object.fromEntries(
      textOf(first, 'settings')
        .trimEnd()
        .split('\n')
        .map((line) => line.split('=')),
    ),
  ).toEqual({
    format: '1',
    id: first.id,
    of: '',
    app: 'shop',
    project: 'shop',
    commit: '1'.repeat(40),
    commit_time: '1700000000',
    fingerprint: first.fingerprint,
    base_fingerprint: first.baseFingerprint,
    data_directory: '',
    env_files: '',
    edge_image: 'caddy:2',
    profiles: '',
    hosts: '1',
    health_timeout: '60000',
    verify_for: '5000',
    drain_timeout: '30000',
    stream_drain_timeout: '10000',
    warm_previous: '0',
    max_error_increase: '',
    keep_releases: '5',
    databases: 'db:postgres-16',
    remove_orphans: 'no',
    run_url: '',
    first_slot: 'blue',
  })
})

test('the release directory has exactly the files of the contract, private but for mounted texts', () => {
  expect(first.entries.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toEqual([
    'Caddyfile 600',
    'base.json 600',
    'by-hand.json 600',
    'directories 600',
    'edge.json 600',
    'env/api.env 600',
    'env/web.env 600',
    'networks.tsv 600',
    'plain.json 600',
    'release.json 600',
    'secrets/key 444',
    'secrets/motd.config 444',
    'services.tsv 600',
    'settings 600',
    'slot-blue.json 600',
    'slot-green.json 600',
    'verify.tsv 600',
  ])
})

test('release.json holds no value of a variable or secret', () => expect(textOf(first, 'release.json')).not.toMatch(/k\$y|s3cr|more/))
test('a release.json of nobody is no current release', () => {
  expect([currentRelease(''), currentRelease('{}'), currentRelease('null'), currentRelease('{"schema":2}')]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

test('the plan shows what changes', () => {
  const lines = Object.fromEntries(planShop(later, { web: 'c', api: 'b' }).lines.map((line) => [line.service, line]))
  expect(lines.web).toMatchObject({ strategy: 'switch', image: 'aaaaaaa → ccccccc', downtime: '' })
  expect(lines.db).toMatchObject({ strategy: 'keep', image: 'same: postgres:16' })
  expect(lines.worker).toMatchObject({ strategy: 'keep', image: 'same: bbbbbbb' })
})
test('a service without an image is a line of a dry run', () => {
  const given = model('shop')
  const { image: _image, ...worker } = given.services.worker ?? {}
  const images = new Map([...shop().images].filter(([name]) => name !== 'worker'))
  const request = { model: { ...given, services: { ...given.services, worker } } as ComposeModel, images }
  expect(planShop({ ...request, dryRun: true }).lines.find(({ service }) => service === 'worker')?.image).toBe('needs an image')
  expect(planShop({ ...request, dryRun: true }).refusals).toEqual([])
  expect(codes(planShop(request).refusals)).toEqual(['DA-IMAGE-MISSING'])
})

test.each<[string, Partial<ReleaseRequest>, string]>([
  ['names that DNS cannot look up', { project: 'p'.repeat(50) }, 'DA-NAME-TOO-LONG'],
  ['a trusted proxy that is no range', { trustedProxies: ['10.0.0.0/8', 'cloudflare'] }, 'DA-TRUSTED-PROXIES'],
  ['a trusted proxy with a line of its own', { trustedProxies: ['10.0.0.0/8\n}'] }, 'DA-TRUSTED-PROXIES'],
  ['a load balancer that is no range', { proxyProtocol: ['lb.example.com'] }, 'DA-PROXY-PROTOCOL'],
  ['directives that cannot be read', { caddyfile: 'header {' }, 'DA-CADDYFILE'],
  [
    'a check of nothing that is switched',
    { verify: [verifyLine.read('https://elsewhere.example:8443/')], routes: [] },
    'DA-VERIFY-NO-ROUTE',
  ],
])('%s: refused', (_, changes, code) =>
  expect(
    codes(planShop({ health: [...shop().health], switch: [switchLine.read('api'), switchLine.read('web')], ...changes }).refusals),
  ).toContain(code),
)

test('a release of base services alone has an edge for nothing', () => {
  const plan = planShop({ routes: [], switch: [], health: [] })
  expect(plan.refusals).toEqual([])
  expect([textOf(plan, 'networks.tsv'), textOf(plan, 'verify.tsv'), jsonOf(plan, 'slot-blue.json').services, plan.edge.published]).toEqual([
    '',
    '',
    {},
    [],
  ])
})

test.each(['shop', 'front', 'rich'])('%s: everything named for a switch is planned or refused, never a crash', (name) => {
  const services = Object.keys(model(name).services)
  const lines = services.map((service) => ({ service }))
  const plan = planRelease(shop({ model: model(name), files: [], images: new Map(), routes: [], health: [], switch: lines }))
  expect(plan.lines).toHaveLength(services.length)
  expect(plan.refusals.length).toBeGreaterThan(0)
})

describe('configs and secrets', () => {
  const given = model('shop')
  const codesOf = (secret: object, uses = [{ source: 'more' }]) => {
    const db = { ...given.services.db, secrets: uses }
    const changed = { ...given, services: { ...given.services, db }, secrets: { ...given.secrets, more: secret } } as ComposeModel
    return codes(planShop({ model: changed }).refusals)
  }
  test('of Swarm are refused', () => expect(codesOf({ external: true, name: 'more' })).toEqual(['DA-SECRET-EXTERNAL']))
  test('without a value are refused', () => expect(codesOf({ environment: 'NOBODY' })).toEqual(['DA-ENV-MISSING']))
  test('that only a build uses, or nothing, need no value', () => expect(codesOf({ environment: 'NOBODY' }, [])).toEqual([]))
})
