import { describe, expect, test } from '@jest/globals'
import {
  type ComposeModel,
  type ComposeService,
  chooseStrategies,
  healthLine,
  routeLine,
  type StrategyOptions,
  strategyLine,
  switchLine,
} from '../src/index.ts'
import { changedFields, fieldsOf } from '../src/service-changes.ts'
import { serviceHash } from '../src/service-hash.ts'
import { codes, digest, model } from './shop.ts'

const image = `ghcr.io/acme/web@${digest('a')}`
const healthy: ComposeService = { image, expose: ['8000'], healthcheck: { test: ['CMD', 'true'] } }

function choose(services: Record<string, ComposeService>, options: Partial<StrategyOptions> = {}) {
  const chosen = chooseStrategies({ services } as ComposeModel, {
    routes: [],
    switch: [],
    strategy: [],
    health: [],
    images: new Map(),
    ...options,
  })
  return { ...chosen, kinds: Object.fromEntries([...chosen.byService].map(([name, { kind }]) => [name, kind])) }
}

const web = { switch: [switchLine.read('web')] }
const refusalsOf = (service: ComposeService, options: Partial<StrategyOptions> = {}) =>
  codes(choose({ web: service }, { ...web, ...options }).refusals)

describe('first match wins', () => {
  test('named by a route: switch', () =>
    expect(choose({ web: healthy }, { routes: [routeLine.read(':80 -> web:8000')] }).kinds).toEqual({ web: 'switch' }))
  test('named by `switch`: switch', () => expect(choose({ web: healthy }, web).kinds).toEqual({ web: 'switch' }))
  test('named by nothing: never switched', () =>
    expect(choose({ web: { ...healthy, ports: [{ target: 80, published: '80' }] } }).kinds).toEqual({ web: 'start' }))
  test('awaited until completed: once, also when it is live already', () => {
    const services = { job: { image }, web: { ...healthy, depends_on: { job: { condition: 'service_completed_successfully' as const } } } }
    expect(choose(services, { live: { job: { hash: 'x' } } }).kinds).toEqual({ job: 'once', web: 'start' })
  })
  test('`strategy` says once', () =>
    expect(choose({ job: { image } }, { strategy: [strategyLine.read('job=once')] }).kinds).toEqual({ job: 'once' }))
  test('no containers wanted, or a profile that is not active: off', () => {
    const services = {
      a: { image, deploy: { replicas: 0 } },
      b: { image, scale: 0 },
      c: { image, profiles: ['debug'] },
      d: { image, profiles: ['x', 'debug'] },
    }
    expect(choose(services, { profiles: ['x'] }).kinds).toEqual({ a: 'off', b: 'off', c: 'off', d: 'start' })
  })
  test('changed: recreate, with its downtime and the line that would end it', () => {
    const { byService } = choose({ web: { ...healthy, stop_grace_period: '45s' } }, { live: { web: { hash: 'other', image } } })
    expect(byService.get('web')).toEqual({
      kind: 'recreate',
      reason: 'its definition changed',
      downtime:
        'away from its stop (at most 45s) until it runs again; the old one ends before the new one starts; requests to it fail meanwhile. If it speaks HTTP, the line `web:8000` in `switch` ends that',
    })
  })
  test('another image is named as the reason', () => {
    expect(choose({ web: healthy }, { live: { web: { hash: 'x', image: 'old' } } }).byService.get('web')?.reason).toBe('its image changes')
  })
})

describe('another version of Compose prints the same service in other words', () => {
  const mount = { type: 'volume', source: 'a', target: '/a' }
  const plain: ComposeService = { image, networks: { default: null }, volumes: [mount], environment: { A: 'b' } }
  const kindOf = (before: ComposeService, after: ComposeService) =>
    choose({ job: after }, { live: { job: { hash: serviceHash(before), image, fields: fieldsOf(before) } } }).kinds.job
  test.each<[string, ComposeService]>([
    ['null', { ...plain, command: null, entrypoint: null }],
    ['what is empty', { ...plain, healthcheck: {}, labels: {} }],
    ['what is empty within a part', { ...plain, volumes: [{ ...mount, volume: {}, bind: null }], deploy: { resources: {}, replicas: 2 } }],
  ])('%s says nothing: it stays', (_, after) => expect([kindOf(plain, after), kindOf(after, plain)]).toEqual(['keep', 'keep']))
  test.each<[string, ComposeService]>([
    ['an entrypoint that is taken away', { ...plain, entrypoint: [] }],
    ['another network', { ...plain, networks: { back: null } }],
    ['one network more', { ...plain, networks: { back: null, default: null } }],
    ['a variable that is taken away', { ...plain, environment: { A: 'b', C: null } }],
    ['another value', { ...plain, environment: { A: 'c' } }],
    ['an empty value', { ...plain, environment: { A: '' } }],
    ['a field that we do not know', { ...plain, novelty: false }],
    ['a volume that is only read', { ...plain, volumes: [{ ...mount, read_only: true }] }],
    ['options of a volume', { ...plain, volumes: [{ ...mount, volume: { nocopy: true } }] }],
  ])('%s is a change', (_, after) => {
    expect([kindOf(plain, after), kindOf(after, plain)]).toEqual(['recreate', 'recreate'])
    expect(changedFields(fieldsOf(plain), after)).toHaveLength(1)
  })
})

describe('refusals of switched services', () => {
  test('a plain service has none', () => expect(refusalsOf(healthy)).toEqual([]))
  test.each<[string, ComposeService, string]>([
    ['host network', { ...healthy, network_mode: 'host' }, 'DA-SWITCH-NETWORK-MODE'],
    ['shared network', { ...healthy, network_mode: 'service:db' }, 'DA-SWITCH-NETWORK-MODE'],
    ['shared ipc', { ...healthy, ipc: 'service:db' }, 'DA-SWITCH-NAMESPACE'],
    ['static IPv4', { ...healthy, networks: { back: { ipv4_address: '10.0.0.2' } } }, 'DA-SWITCH-STATIC-ADDRESS'],
    ['static IPv6', { ...healthy, networks: { back: { ipv6_address: 'fd00::2' } } }, 'DA-SWITCH-STATIC-ADDRESS'],
    ['MAC', { ...healthy, mac_address: '02:42:ac:11:65:43' }, 'DA-SWITCH-STATIC-ADDRESS'],
    ['MAC in a network', { ...healthy, networks: { back: { mac_address: '02:42:ac:11:65:43' } } }, 'DA-SWITCH-STATIC-ADDRESS'],
    ['volumes_from', { ...healthy, volumes_from: ['db'] }, 'DA-SWITCH-VOLUMES-FROM'],
    ['udp', { ...healthy, ports: [{ target: 53, published: '53', protocol: 'udp' }] }, 'DA-SWITCH-PROTOCOL'],
    ['its own TLS', { ...healthy, ports: [{ target: 8443, published: '443' }] }, 'DA-SWITCH-PROTOCOL'],
    ['anonymous volume', { ...healthy, volumes: [{ type: 'volume', target: '/data' }] }, 'DA-SWITCH-ANONYMOUS-VOLUME'],
    ['found by Traefik', { ...healthy, labels: { 'traefik.enable': 'true' } }, 'DA-SWITCH-DISCOVERY'],
    ['found by caddy-docker-proxy', { ...healthy, labels: { 'caddy.reverse_proxy': '{{upstreams}}' } }, 'DA-SWITCH-DISCOVERY'],
    ['found by nginx-proxy', { ...healthy, environment: { VIRTUAL_HOST: 'x' } }, 'DA-SWITCH-DISCOVERY'],
    [
      'a store that speaks HTTP',
      {
        ...healthy,
        image: `minio/minio@${digest('a')}`,
        command: ['server', '/data'],
        volumes: [{ type: 'volume', source: 's3', target: '/data' }],
      },
      'DA-SWITCH-STATEFUL',
    ],
    [
      'an image of one’s own with a database’s files',
      { ...healthy, volumes: [{ type: 'volume', source: 'db', target: '/var/lib/postgresql/data' }] },
      'DA-SWITCH-STATEFUL',
    ],
    ['no containers', { ...healthy, deploy: { replicas: 0 } }, 'DA-SWITCH-NO-REPLICAS'],
    ['no port', { image, healthcheck: { test: ['CMD', 'true'] } }, 'DA-SWITCH-PORT-UNKNOWN'],
    ['no health check', { image, expose: ['8000'] }, 'DA-HEALTH-MISSING'],
    ['health check NONE', { ...healthy, healthcheck: { test: ['NONE'] } }, 'DA-HEALTH-MISSING'],
    ['health check disabled', { ...healthy, healthcheck: { disable: true } }, 'DA-HEALTH-MISSING'],
    ['no image', { expose: ['8000'], build: {}, healthcheck: { test: ['CMD', 'true'] } }, 'DA-IMAGE-MISSING'],
    ['an image with an unset tag', { ...healthy, image: 'backend:' }, 'DA-IMAGE-MISSING'],
    ['a tag', { ...healthy, image: 'ghcr.io/acme/web:1' }, 'DA-IMAGE-TAG'],
  ])('%s: %s', (_, service, code) => expect(refusalsOf(service)).toEqual([code]))

  test.each<[string, ComposeService]>([
    ['Traefik told to leave it alone', { ...healthy, labels: { 'traefik.enable': 'false', 'traefik.x': 'y' } }],
    ['a tmpfs mount', { ...healthy, volumes: [{ type: 'tmpfs', target: '/data' }] }],
    ['fixed aliases', { ...healthy, networks: { back: { aliases: ['www'] } } }],
  ])('%s is fine', (_, service) => expect(refusalsOf(service)).toEqual([]))

  test('a VOLUME of the image counts, unless the file mounts something there', () => {
    const images = new Map([['web', { reference: image, volumes: ['/data'] }]])
    expect(refusalsOf(healthy, { images })).toEqual(['DA-SWITCH-ANONYMOUS-VOLUME'])
    expect(refusalsOf({ ...healthy, volumes: [{ type: 'volume', source: 'data', target: '/data' }] }, { images })).toEqual([])
    expect(refusalsOf({ ...healthy, tmpfs: ['/data:size=1m'] }, { images })).toEqual([])
  })

  test('all of them are collected, every one with a way out', () => {
    const services = model('rich').services
    const { refusals } = choose(services, { switch: Object.keys(services).map((service) => ({ service })) })
    const named = (name: string) => codes(refusals.filter(({ message }) => message.includes(`"${name}"`)))
    expect(named('host')).toContain('DA-SWITCH-NETWORK-MODE')
    expect(named('fixed')).toContain('DA-SWITCH-STATIC-ADDRESS')
    expect(named('from')).toContain('DA-SWITCH-VOLUMES-FROM')
    expect(named('anon')).toContain('DA-SWITCH-ANONYMOUS-VOLUME')
    expect(named('silent')).toEqual(expect.arrayContaining(['DA-SWITCH-PORT-UNKNOWN', 'DA-HEALTH-MISSING', 'DA-IMAGE-TAG']))
    expect(named('fine')).toEqual(['DA-IMAGE-TAG'])
    expect(refusals.every(({ hint }) => hint.length > 20)).toBe(true)
  })
})

describe('health', () => {
  test('where nothing tells it, the lines that would have the port of the service', () => {
    const { refusals } = choose({ web: { image } }, { routes: [routeLine.read(':80 -> web:3000')] })
    expect(refusals).toMatchObject([{ hint: expect.stringContaining('`web: http :3000/health`, `web: tcp :3000`') }])
  })
  const health = (service: ComposeService, options: Partial<StrategyOptions> = {}) =>
    choose({ web: service }, { ...web, ...options }).health.get('web')
  const bare = { image, expose: ['8000'] }
  test('the input wins over the file', () => {
    expect(health(healthy, { health: [healthLine.read('web: tcp :8000')] })).toEqual({ kind: 'tcp', port: 8000 })
  })
  test('then the file', () => expect(health(healthy)).toEqual({ kind: 'docker' }))
  test('then the image', () =>
    expect(health(bare, { images: new Map([['web', { reference: image, healthcheck: true }]]) })).toEqual({ kind: 'docker' }))
  test('the image’s does not count when the file switches it off', () => {
    const off = { ...bare, healthcheck: { disable: true } }
    expect(refusalsOf(off, { images: new Map([['web', { reference: image, healthcheck: true }]]) })).toEqual(['DA-HEALTH-MISSING'])
  })
  test('`docker` needs a check to run', () =>
    expect(refusalsOf(bare, { health: [healthLine.read('web: docker')] })).toEqual(['DA-HEALTH-MISSING']))
  test('only timing in the file leaves the check to the image', () => {
    const timed = { ...bare, healthcheck: { interval: '5s' } }
    expect(health(timed, { images: new Map([['web', { reference: image, healthcheck: true }]]) })).toEqual({ kind: 'docker' })
  })
})

describe('names and combinations', () => {
  test.each<[string, Partial<StrategyOptions>]>([
    ['routes', { routes: [routeLine.read(':80 -> wbe:8000')] }],
    ['switch', { switch: [switchLine.read('wbe:8000')] }],
    ['strategy', { strategy: [strategyLine.read('wbe=recreate')] }],
    ['health', { health: [healthLine.read('wbe: tcp :1')] }],
  ])('an unknown service in %s is named with the nearest', (input, options) => {
    const [refused, ...more] = choose({ web: healthy, database: { image } }, options).refusals
    expect(more).toEqual([])
    expect(refused).toMatchObject({
      code: 'DA-SERVICE-UNKNOWN',
      message: expect.stringContaining(`\`${input}\``),
      hint: expect.stringContaining('"web"'),
    })
  })
  test('no guess where none is near', () => {
    expect(choose({ web: healthy }, { switch: [switchLine.read('frontend')] }).refusals[0]?.hint).toBe('The file has web.')
  })
  test('two switched services with one container port', () => {
    const both = { switch: [switchLine.read('web'), switchLine.read('api')] }
    const [refused, ...more] = choose({ web: healthy, api: healthy }, both).refusals
    expect(more).toEqual([])
    expect(refused).toMatchObject({
      code: 'DA-EDGE-PORT-CLASH',
      message: expect.stringContaining('"web" and "api" both have the container port 8000'),
      hint: expect.stringContaining('Let "api" listen on another port'),
    })
  })
  test('a strategy for a switched service', () => {
    expect(refusalsOf(healthy, { strategy: [strategyLine.read('web=recreate')] })).toEqual(['DA-STRATEGY-CONFLICT'])
  })
  test.each<[string, ComposeService, string]>([
    ['network', { image, network_mode: 'service:web' }, 'DA-SWITCH-NETWORK-MODE'],
    ['process ids', { image, pid: 'service:web' }, 'DA-SWITCH-NAMESPACE'],
    ['volumes', { image, volumes_from: ['web:ro'] }, 'DA-SWITCH-VOLUMES-FROM'],
  ])('a base service that borrows the %s of a switched one', (_, service, code) => {
    expect(codes(choose({ web: healthy, side: service }, web).refusals)).toEqual([code])
  })
  test('the container ports come from routes, switch, ports and expose; udp is none of them', () => {
    const service = { ...healthy, ports: [{ target: 9000, published: '1' }], expose: ['1012', '1020-1022', '1030/udp'] }
    const options = { switch: [switchLine.read('web:7000')], routes: [routeLine.read(':80 -> web:8000')] }
    expect(choose({ web: service }, options).ports.get('web')).toEqual([1012, 1020, 1021, 1022, 7000, 8000, 9000])
  })
  test('a missing image is a refusal on a real run, and none on a dry one', () => {
    const services = { job: { build: {} } }
    expect(codes(choose(services).refusals)).toEqual(['DA-IMAGE-MISSING'])
    expect(choose(services, { dryRun: true }).refusals).toEqual([])
  })
  test('a supplied tag is refused also for a base service, and for a dry run', () => {
    const images = new Map([['job', { reference: 'ghcr.io/acme/job:1' }]])
    expect(codes(choose({ job: { image: 'x' } }, { images, dryRun: true }).refusals)).toEqual(['DA-IMAGE-TAG'])
  })
  test('what is off needs no image', () => expect(choose({ job: { build: {}, scale: 0 } }).refusals).toEqual([]))
  test('a base service may have a tag', () => expect(choose({ db: { image: 'postgres:16' } }).refusals).toEqual([]))
  test('volumes that both slots write to, and links to a switched service, are noted', () => {
    const services = {
      web: {
        ...healthy,
        volumes: [
          { type: 'volume', source: 'up', target: '/up' },
          { type: 'bind', source: '/etc/x', target: '/x', read_only: true },
          { type: 'bind', source: `/opt/shop/files/${'a'.repeat(64)}/web.ini`, target: '/etc/web.ini' },
        ],
      },
      worker: { image, links: ['web:frontend'] },
    }
    expect(choose(services, web).notes).toEqual([
      'web: both slots write to up (at /up) while both run',
      'worker has `links` to a switched service and is recreated once, by the first deploy',
    ])
  })
})

test.each(['pre_start', 'post_start', 'pre_stop', 'provider', 'models'])(
  '`%s` is refused where a container is started, and only there',
  (key) => {
    const services = { web: { image, [key]: [{}] } }
    expect(codes(choose(services).refusals)).toEqual(['DA-SERVICE-UNSUPPORTED'])
    const hash = choose(services, { live: { web: { hash: '' } } }).byService.get('web')
    expect(hash?.kind).toBe('recreate')
    expect(codes(choose({ web: { ...services.web, deploy: { replicas: 0 } } }).refusals)).toEqual([])
  },
)
