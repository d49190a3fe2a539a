import { describe, expect, test } from '@jest/globals'
import type { ComposeModel } from '../src/index.ts'
import { codes, digest, jsonOf, model, planShop, shop, textOf } from './shop.ts'

const plan = planShop()

test('the plan of the shop has no refusals', () => expect(plan.refusals).toEqual([]))

describe('base', () => {
  const base = jsonOf(plan, 'base.json')
  test('has every service; switched ones have no containers', () => {
    const replicas = Object.entries<{ deploy?: { replicas?: number } }>(base.services).map(([name, { deploy }]) => [name, deploy?.replicas])
    expect(Object.fromEntries(replicas)).toEqual({ web: 0, api: 0, worker: undefined, migrate: undefined, db: undefined, cache: undefined })
    expect(base.services.api.scale).toBeUndefined()
  })
  test('keeps every reference of a base service as it was', () => {
    const { depends_on, links, stop_grace_period, restart } = shop().model.services.worker ?? {}
    expect(base.services.worker).toMatchObject({ depends_on, links, stop_grace_period, restart })
    expect(base.services.cache).toEqual(model('shop').services.cache)
  })
  test('only images of the release have digests', () => {
    expect(base.services.worker.image).toBe(`ghcr.io/acme/api@${digest('b')}`)
    expect(base.services.db.image).toBe('postgres:16')
  })
  test('nothing is built and nothing is labelled', () => {
    expect(textOf(plan, 'base.json')).not.toMatch(/"build"|"labels"/)
  })
  test('networks and volumes keep their names', () => {
    expect(base.networks.front.name).toBe('public_front')
    expect(base.volumes).toEqual({ pgdata: { name: 'shop_pgdata' }, uploads: { name: 'old_uploads' } })
  })
  test('dollar signs stay doubled', () => {
    expect(base.services.worker.command).toEqual(['worker', '$$HOME'])
    expect(base.services.worker.environment.SECRET).toBe('s3cr$$et')
  })
  test('a secret from the environment lies in a file that outlives the release', () => {
    expect(base.secrets.key).toEqual({ name: 'shop_key', file: expect.stringMatching(/^\/opt\/shop\/files\/[0-9a-f]{64}\/key$/) })
    const stored = plan.stored.find(({ path }) => base.secrets.key.file === `/opt/shop/${path}`)
    expect(stored).toMatchObject({ bytes: Buffer.from('k$y'), mode: 0o444 })
  })
  test('profiles stay, because Compose hashes them', () => {
    const given = model('shop')
    const db = { ...given.services.db, profiles: ['data'] }
    const changed = { ...given, services: { ...given.services, db } } as ComposeModel
    expect(jsonOf(planShop({ model: changed, profiles: ['data'] }), 'base.json').services.db.profiles).toEqual(['data'])
  })
})

describe("base for a person's docker compose", () => {
  const base = jsonOf(plan, 'base.json')
  const byHand = jsonOf(plan, 'by-hand.json')
  test('is of the same project, and its services differ in nothing that Compose hashes', () => {
    const same = Object.fromEntries(
      Object.entries<object>(base.services).map(([name, service]) => [name, { ...service, pull_policy: 'never' }]),
    )
    expect(byHand).toEqual({ ...base, services: same, networks: byHand.networks, volumes: byHand.volumes })
  })
  test('networks and volumes are somebody else’s: `down -v` removes none', () => {
    expect(byHand.volumes).toEqual({ pgdata: { name: 'shop_pgdata', external: true }, uploads: { name: 'old_uploads', external: true } })
    expect(byHand.networks.front).toEqual({ name: 'public_front', external: true })
    expect(Object.keys(byHand.networks)).toEqual(Object.keys(base.networks))
  })
})

describe('slots', () => {
  const blue = jsonOf(plan, 'slot-blue.json')
  const green = jsonOf(plan, 'slot-green.json')
  const web = blue.services['web-blue']
  test('hold the switched services under the slot’s names', () => {
    expect(Object.keys(blue.services)).toEqual(['api-blue', 'web-blue'])
    expect(Object.keys(green.services)).toEqual(['api-green', 'web-green'])
    expect([blue.name, green.name]).toEqual(['shop-blue', 'shop-green'])
  })
  test('are the same but for the name of the slot', () => {
    expect(textOf(plan, 'slot-green.json').replaceAll('green', 'blue')).toBe(textOf(plan, 'slot-blue.json'))
  })
  test('use base’s networks and volumes by their real names, and only those they need', () => {
    expect(blue.networks).toEqual({ default: { name: 'shop_default', external: true }, front: { name: 'public_front', external: true } })
    expect(blue.volumes).toEqual({ uploads: { name: 'old_uploads', external: true } })
  })
  test('take no port, no name and no alias of the user’s', () => {
    expect(web.ports ?? web.container_name ?? web.build ?? web.links).toBeUndefined()
    const aliases = ['shop-web-blue', 'shop-web-blue-stream']
    expect(web.networks).toEqual({ default: { aliases }, front: { aliases } })
  })
  test('depend on each other by the slot’s names, on base not at all', () => {
    expect(web.depends_on).toEqual({ 'api-blue': { condition: 'service_healthy', required: true } })
    expect(blue.services['api-blue'].depends_on).toBeUndefined()
  })
  test('reach their own slot under every name that a switched service had', () => {
    const peers = ['shop-api-blue:api', ...['web', 'shop_web', 'www', 'site', 'frontend'].map((name) => `shop-web-blue:${name}`)]
    expect([...blue.services['api-blue'].external_links].sort()).toEqual([...peers].sort())
    expect([...web.external_links].sort()).toEqual([...peers, 'cache:redis'].sort())
  })
  test('never restart by themselves before they are live', () => {
    expect([web.restart, blue.services['api-blue'].restart]).toEqual(['no', 'no'])
    expect(blue.services['api-blue'].deploy.restart_policy).toBeUndefined()
  })
  test('keep the number of containers', () => expect(blue.services['api-blue']).toMatchObject({ scale: 2, deploy: { replicas: 2 } }))
  test('say which release they are', () => {
    const of = {
      'deploy-actions.app': 'shop',
      'deploy-actions.release': plan.id,
      'deploy-actions.slot': 'blue',
      'deploy-actions.service': 'web',
    }
    expect(web.labels).toEqual(of)
  })
  test('have their environment in a file, as the container gets it', () => {
    expect(web.environment).toBeUndefined()
    expect(web.env_file).toEqual(['env/web.env'])
    expect(textOf(plan, 'env/web.env').split('\n')).toEqual([
      'A=1',
      'API_URL=http://api:9000/',
      'EMPTY=',
      `GIT_SHA=${'1'.repeat(40)}`,
      `PRICE='5$ & "more"'`,
      `RELEASE_ID=${plan.id}`,
      "SECRET='s3cr$et'",
      `SENTRY_RELEASE=${'1'.repeat(40)}`,
      '',
    ])
  })
  test('have texts of configs and secrets as files that any user in the container can read', () => {
    expect(blue.configs.motd).toEqual({ file: './secrets/motd.config' })
    expect(blue.secrets.key).toEqual({ file: './secrets/key' })
    const texts = plan.entries.filter(({ path }) => path.startsWith('secrets/')).map(({ path, mode, bytes }) => [path, mode, String(bytes)])
    expect(texts).toEqual([
      ['secrets/key', 0o444, 'k$y'],
      ['secrets/motd.config', 0o444, 'costs 5$'],
    ])
  })
  test('RELEASE_ID of the file’s own is left alone', () => {
    const given = model('shop')
    const web = { ...given.services.web, environment: { RELEASE_ID: 'mine' } }
    const text = textOf(planShop({ model: { ...given, services: { ...given.services, web } } as ComposeModel }), 'env/web.env')
    expect(text).toContain('RELEASE_ID=mine\n')
  })
  test('a variable that no env file can hold is refused', () => {
    const given = model('shop')
    const web = { ...given.services.web, environment: { 'a b': 'x' } }
    expect(codes(planShop({ model: { ...given, services: { ...given.services, web } } as ComposeModel }).refusals)).toEqual([
      'DA-ENV-UNREPRESENTABLE',
    ])
  })
  test('a secret’s variable may stand in the .env of the repository', () => {
    const files = [...shop().files, { path: '.env', bytes: Buffer.from('SHOP_KEY=from-file'), mode: 0o600 }]
    expect(textOf(planShop({ files, environment: {} }), 'secrets/key')).toBe('from-file')
    expect(textOf(planShop({ files }), 'secrets/key')).toBe('k$y')
  })
  test('a secret whose variable is not set is refused', () =>
    expect(codes(planShop({ environment: {} }).refusals)).toEqual(['DA-ENV-MISSING']))
})

describe('edge', () => {
  const { services, networks } = jsonOf(plan, 'edge.json')
  test('answers on every network of a switched service under its names there', () => {
    expect(services.edge.networks).toEqual({
      default: { aliases: ['api', 'web', 'shop_web', 'frontend'] },
      front: { aliases: ['web', 'shop_web', 'www', 'site'] },
    })
    expect(networks.front).toEqual({ name: 'public_front', external: true })
    expect(textOf(plan, 'networks.tsv')).toBe('shop_default\tapi web shop_web frontend\npublic_front\tweb shop_web www site\n')
  })
  test('publishes the routes and what the services published', () => {
    expect(services.edge.ports).toEqual([
      { target: 10080, published: '80', protocol: 'tcp' },
      { target: 18580, published: '8080', protocol: 'tcp' },
    ])
    expect(plan.edge.published).toMatchObject([{ published: '80' }, { published: '8080' }])
  })
  test('has an outer network of its own when all others are internal', () => {
    const given = model('shop')
    const internal = { default: { name: 'shop_default', internal: true }, front: { name: 'public_front', internal: true } }
    const { edge } = jsonOf(planShop({ model: { ...given, networks: internal } }), 'edge.json').services
    expect(Object.keys(edge.networks)).toEqual(['default', 'front', 'outside'])
  })
})

test('plain is the user’s model with digests and nothing of ours', () => {
  const plain = jsonOf(plan, 'plain.json')
  expect(plain.services.web.ports).toEqual(model('shop').services.web?.ports)
  expect(plain.services.web.image).toBe(`ghcr.io/acme/web@${digest('a')}`)
  expect(textOf(plan, 'plain.json')).not.toMatch(/RELEASE_ID|GIT_SHA|deploy-actions|"build"/)
})

describe('paths', () => {
  test('nothing of the temporary directory is left anywhere', () => {
    for (const { path, bytes } of plan.entries) expect([path, String(bytes).includes('/tmp/upload')]).toEqual([path, false])
  })
  const mounts = (name: string) => jsonOf(plan, 'plain.json').services[name].volumes
  test('a file stands at a path made of its content', () => {
    const source = mounts('web')[0].source
    expect(source).toMatch(/^\/opt\/shop\/files\/[0-9a-f]{64}\/web\.conf$/)
    expect(plan.stored.find(({ path }) => source === `/opt/shop/${path}`)).toMatchObject({ mode: 0o644, bytes: Buffer.from('web conf\n') })
  })
  test('a read-only directory stands at a path made of all its files', () => {
    const source = mounts('db')[1].source
    expect(source).toMatch(/^\/opt\/shop\/files\/[0-9a-f]{64}\/conf$/)
    const inner = plan.stored.filter(({ path }) => `/opt/shop/${path}`.startsWith(`${source}/`)).map(({ path }) => path.split('/').at(-1))
    expect(inner).toEqual(['init.sql', 'token', 'web.conf'])
  })
  test('other bytes or another mode are another path', () => {
    const of = (mode: number, text: string) => {
      const files = shop().files.map((file) => (file.path === 'conf/web.conf' ? { ...file, mode, bytes: Buffer.from(text) } : file))
      return jsonOf(planShop({ files }), 'plain.json').services.web.volumes[0].source
    }
    expect(new Set([of(0o644, 'a'), of(0o644, 'b'), of(0o755, 'a'), of(0o644, 'a')]).size).toBe(3)
  })
  test('a directory that is written to is data beside the app', () => {
    expect(mounts('web')[2].source).toBe('/opt/shop/data/cache')
    expect(textOf(plan, 'directories')).toBe('/opt/shop/data/cache\n')
  })
  test('data can have another home, for a project that lived elsewhere', () => {
    expect(textOf(planShop({ dataDirectory: '/srv/shop' }), 'directories')).toBe('/srv/shop/data/cache\n')
  })
  const bind = (source: string, more = {}) => {
    const given = model('shop')
    const db = {
      ...given.services.db,
      environment: { HOME_DIR: '/tmp/upload/x' },
      volumes: [{ type: 'bind', source, target: '/x', ...more }],
    }
    return { model: { ...given, services: { ...given.services, db } } as ComposeModel }
  }
  test('a path of the host stays', () => {
    const { services } = jsonOf(planShop(bind('/tmp/uploads-of-mine')), 'plain.json')
    expect(services.db.volumes[0].source).toBe('/tmp/uploads-of-mine')
  })
  test('${PWD} in a variable becomes the lasting directory', () => {
    expect(jsonOf(planShop(bind('/srv/x')), 'plain.json').services.db.environment.HOME_DIR).toBe('/opt/shop/x')
  })
  test.each(['', '/releases', '/switch/x', '/env'])('a writable bind of ./%s would lay open our own files', (path) => {
    expect(codes(planShop(bind(`/tmp/upload${path}`)).refusals)).toEqual(['DA-BIND-RESERVED'])
  })
  test('a read-only directory that was not uploaded is the host’s, with a note', () => {
    const changed = planShop(bind('/tmp/upload/certs', { read_only: true }))
    expect(jsonOf(changed, 'plain.json').services.db.volumes[0].source).toBe('/opt/shop/certs')
    expect(changed.notes).toContain('db: ./certs is not in the repository; the host’s directory is used'.replace('’', "'"))
  })
  test('a file above the Compose file’s directory is found too', () => {
    const files = [...shop().files, { path: '../shared/x', bytes: Buffer.from('x'), mode: 0o600 }]
    const changed = planShop({ ...bind('/tmp/shared/x'), files, uploadDirectory: '/tmp' })
    expect(jsonOf(changed, 'plain.json').services.db.volumes[0].source).toMatch(/^\/opt\/shop\/files\/[0-9a-f]{64}\/x$/)
  })
})

describe('what Compose must be able to read back', () => {
  const given = model('shop')
  const withService = (name: string, service: object) => ({ ...given, services: { ...given.services, [name]: service } }) as ComposeModel
  const baseOf = (changed: ComposeModel) => jsonOf(planShop({ model: changed, dryRun: true }), 'base.json')
  test('an optional dependency on a service of another profile stays, with something to refer to', () => {
    const depends_on = { debug: { condition: 'service_started', required: false } } as const
    const base = baseOf(withService('db', { ...given.services.db, depends_on }))
    expect(base.services.db.depends_on).toEqual(depends_on)
    expect(base.services.debug).toMatchObject({ profiles: ['deploy-actions-absent'], deploy: { replicas: 0 } })
  })
  test('a service that is only built has the name that Compose gives to what it builds', () => {
    expect(baseOf(withService('tools', { build: {}, deploy: { replicas: 0 } })).services.tools).toEqual({
      image: 'shop-tools',
      deploy: { replicas: 0 },
    })
  })
  test('`develop` stays, because Compose hashes it', () => {
    const develop = { watch: [{ action: 'rebuild', path: '/tmp/upload/src' }] }
    expect(baseOf(withService('db', { ...given.services.db, develop })).services.db.develop.watch[0].path).toBe('/opt/shop/src')
  })
  test('other parts of the file stay, extensions do not', () => {
    const base = baseOf({ ...given, models: { llm: { model: 'ai/small' } }, 'x-a': { b: 1 } } as ComposeModel)
    expect([base.models, base['x-a']]).toEqual([{ llm: { model: 'ai/small' } }, undefined])
  })
})
