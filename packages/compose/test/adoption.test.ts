import { describe, expect, test } from '@jest/globals'
import { adoptionOf, findProject, type HostFacts, judge, type ReleaseRequest, sameServices, sha256 } from '../src/index.ts'
import { codes, jsonOf, model, planShop, rowsOf, shop, textOf } from './shop.ts'

const bare: HostFacts = {
  ...{ host: 'box', user: 'deploy', arch: 'x86_64', dockerInstalled: true, dockerVersion: '26.1.0', composeVersion: '5.5.1' },
  ...{ listening: [], containers: [], volumes: [], networks: [] },
}
const made = { directory: '/srv/shop', files: ['/srv/shop/compose.yaml'], imageId: 'sha256:1', mounted: [] }
const dbMount = { type: 'volume', source: 'shop_pgdata', target: '/var/lib/postgresql/data', writable: true }

/** A host on which people started services of a project. */
function byHand(project: string, services: Record<string, Record<string, unknown>>): HostFacts {
  const all = Object.entries(services).map(([service, details]) => ({
    ...{ id: `${project}-${service}-id`, project, service, state: 'running', names: [`${project}-${service}-1`], ports: [] },
    ...{ ...made, hash: `h-${service}`, image: service, ...details },
  }))
  return { ...bare, containers: all, startedByHand: all } as unknown as HostFacts
}
const facts = byHand('shop', {
  web: { ports: [{ published: 80 }], image: 'ghcr.io/acme/web:v1' },
  db: { image: 'postgres:16', mounted: [dbMount] },
  worker: {},
})
const adoption = adoptionOf(facts, 'shop')
const options = { app: 'shop', project: 'shop', allowOlder: false, compressedBytes: 0 }
const planned = (changes: Partial<ReleaseRequest> = {}) => planShop({ ...(adoption && { adoption }), ...changes })

describe('what is taken over', () => {
  test('a project with containers of its own, unless a release is live', () => {
    expect(adoption?.containers.map(({ service }) => service)).toEqual(['web', 'db', 'worker'])
    expect(adoptionOf(facts, 'blog')).toBeUndefined()
    expect(adoptionOf({ ...facts, current: { id: 'r', slot: 'blue', fingerprint: '' } }, 'shop')).toBeUndefined()
  })

  test('the base of another app was not started by hand', () => {
    const edge = { id: 'e', project: 'shop-edge', service: 'edge', app: 'shop', state: 'running', names: ['e'], ports: [] }
    expect(adoptionOf({ ...facts, containers: [...facts.containers, edge] }, 'shop')).toBeUndefined()
  })
})

describe('the plan', () => {
  const same =
    adoption &&
    sameServices(
      adoption,
      new Map([
        ['db', 'h-db'],
        ['worker', 'h-worker'],
      ]),
      new Map([
        ['postgres:16', 'sha256:1'],
        ['worker', 'sha256:2'],
      ]),
    )
  const plan = planned({ adoption: { containers: adoption?.containers ?? [], ...(same && { same }) } })

  test('keeps what Compose would leave alone, by its definition and by its image', () => {
    expect([...(same ?? [])]).toEqual(['db'])
    const kinds = Object.fromEntries(plan.lines.map(({ service, strategy }) => [service, strategy]))
    expect(kinds).toMatchObject({ db: 'keep', worker: 'recreate', web: 'switch', cache: 'start' })
    expect(rowsOf(plan).db?.[1]).toBe('keep')
  })

  test('never makes a database anew by the way, nor one of another major version at all', () => {
    const other = planned({ adoption: { containers: adoption?.containers ?? [], same: new Set(['worker']) } })
    expect(codes(other.refusals)).toEqual(['DA-STATEFUL-RECREATE'])
    const older = (adoption?.containers ?? []).map((one) => (one.service === 'db' ? { ...one, image: 'postgres:15' } : one))
    expect(codes(planned({ adoption: { containers: older, same: new Set(['worker']) } }).refusals)).toEqual(['DA-STATEFUL-MAJOR'])
  })

  test('is the same release as on a bare host: the next deploy is `unchanged`', () => {
    expect([plan.fingerprint, plan.baseFingerprint]).toEqual([planShop().fingerprint, planShop().baseFingerprint])
  })

  test('says beforehand what stays, what goes, and which port is away', () => {
    const { refusals, notices } = judge(facts, plan, options)
    expect(refusals).toEqual([])
    expect(notices.join('\n')).toMatch(/started by hand in \/srv\/shop: this release takes it over/)
    expect(notices.join('\n')).toMatch(/stay as they are: shop-db-1\./)
    expect(notices.join('\n')).toMatch(/then they are stopped and removed: shop-web-1\./)
    expect(notices.join('\n')).toMatch(/Port 80 is handed over to the edge: .* the stop of shop-web-1/)
    expect(notices.join('\n')).toMatch(/\/srv\/shop\/compose.yaml describes no longer/)
  })
})

test("a Compose file that lies in the app's folder, and from which nothing runs, is named too", () => {
  const { refusals, notices } = judge({ ...bare, composeFiles: ['/opt/shop/compose.yml'] }, planShop(), options)
  expect([refusals, notices.join()]).toEqual([[], expect.stringContaining('/opt/shop/compose.yml describes no longer what runs')])
})

describe('the edge beside', () => {
  test('is a scout without ports and names where the edge will publish some; it asks for nothing and does not come back by itself', () => {
    const { services } = jsonOf(planned(), 'edge-beside.json')
    expect(Object.keys(services)).toEqual(['scout'])
    expect(services.scout).toMatchObject({ restart: 'no', networks: { default: null } })
    expect(services.scout.ports).toBeUndefined()
    expect(services.scout.command).toContain('/etc/caddy/Caddyfile.scout')
  })

  test('is the edge itself, still without names, where it publishes nothing', () => {
    const services = { ...model('shop').services, web: { ...model('shop').services.web, ports: [] } }
    const { edge } = jsonOf(
      planned({ routes: [], switch: shop().switch, model: { ...model('shop'), services } }),
      'edge-beside.json',
    ).services
    expect(edge.command).toContain('/etc/caddy/Caddyfile')
  })

  test('there is none on a bare host', () => expect(() => textOf(planShop(), 'edge-beside.json')).toThrow())

  test('Compose files make room, those of our releases and of others stay; a link replaces the first one elsewhere; nginx is told', () => {
    const files = ['/srv/shop/prod.yaml', '/srv/shop/more.yaml', '/srv/both.yaml', '/opt/shop/releases/R/plain.json']
    const shop = byHand('shop', { proxy: { image: 'nginx:1.27', files: ['/opt/shop/a.yaml'] }, worker: { files } })
    const blog = byHand('blog', { web: { files: ['/srv/both.yaml'] } })
    const both = {
      ...shop,
      containers: [...shop.containers, ...blog.containers],
      startedByHand: [...(shop.startedByHand ?? []), ...(blog.startedByHand ?? [])],
    }
    const adoption = adoptionOf(both, 'shop')
    const plan = planned({ ...(adoption && { adoption }) })
    expect(textOf(plan, 'old-files')).toBe('/opt/shop/a.yaml\t-\n/srv/shop/more.yaml\t-\n/srv/shop/prod.yaml\tlink\n')
    expect(textOf(plan, 'reload')).toBe('proxy\n')
    const said = judge(both, plan, options).notices.join('\n')
    expect(said).toMatch(/\/srv\/both.yaml is left, because another project was started from it too/)
    expect(said).not.toContain('plain.json')
  })
})

describe('data stays where it is', () => {
  test('a volume that the file calls otherwise is refused, with both names', () => {
    const other = byHand('shop', { db: { mounted: [{ ...dbMount, source: 'compose_pg' }] } })
    const [refused] = judge(other, planShop(), options).refusals
    expect(refused?.code).toBe('DA-ADOPT-DATA')
    expect(refused?.message).toMatch(/"compose_pg".*new, empty volume "/)
  })

  test('a volume of that name that is there already was made on purpose', () => {
    const other = byHand('shop', { db: { mounted: [{ ...dbMount, source: 'compose_pg' }] } })
    const named = /volume "([^"]*)"$/.exec(judge(other, planShop(), options).refusals[0]?.message ?? '')?.[1] ?? ''
    expect(judge({ ...other, volumes: [{ name: named, project: 'shop' }] }, planShop(), options).refusals).toEqual([])
  })

  const withData = {
    ...model('shop'),
    services: {
      ...model('shop').services,
      db: { ...model('shop').services.db, volumes: [{ type: 'bind', source: '/tmp/upload/data', target: '/data' }] },
    },
  }
  const folder = byHand('shop', { db: { mounted: [{ type: 'bind', source: '/srv/shop/data', target: '/data', writable: true }] } })

  test('relative paths begin where the project was started', () => {
    const plan = planShop({ model: withData, dataDirectory: '/srv/shop' })
    expect(jsonOf(plan, 'base.json').services.db.volumes[0].source).toBe('/srv/shop/data')
    expect(textOf(plan, 'settings')).toContain('data_directory=/srv/shop\n')
    expect(judge(folder, plan, options).refusals).toEqual([])
  })

  test('another folder than the one that is mounted now is refused', () => {
    expect(codes(judge(folder, planShop({ model: withData }), options).refusals)).toEqual(['DA-ADOPT-DATA'])
  })

  test('a project of several folders is refused where that makes a difference', () => {
    const several = byHand('shop', { db: {}, worker: { directory: '/srv/other' } })
    expect(codes(judge(several, planShop({ model: withData }), options).refusals)).toContain('DA-ADOPT-FOLDERS')
  })

  test('a file of a base service with the same bytes is mounted from there, and again by the next release; a changed one is not', () => {
    const mounted = (source: string) => ({ type: 'bind', source, target: '/etc/x', read_only: true })
    const { services } = model('shop')
    const both = {
      ...services,
      db: { ...services.db, volumes: [mounted('/tmp/upload/conf/token')] },
      web: { ...services.web, volumes: [mounted('/tmp/upload/conf/token')] },
    }
    const token = shop().files.find(({ path }) => path === 'conf/token')?.bytes ?? ''
    const source = (kept: Record<string, string>, service = 'db') =>
      jsonOf(planShop({ model: { ...model('shop'), services: both } as never, dataDirectory: '/srv/shop', kept }), 'plain.json').services[
        service
      ].volumes[0].source
    const kept = { 'conf/token': sha256(token) }
    expect(source(kept)).toBe('/srv/shop/conf/token')
    expect(source({ 'conf/token': 'other' })).toMatch(/^\/opt\/shop\/files\//)
    expect(source(kept, 'web')).toMatch(/^\/opt\/shop\/files\//)
    // What lies beside it there is seen by who mounts the folder, and by nobody who mounts the file.
    const folder = { ...services, db: { ...services.db, volumes: [mounted('/tmp/upload/conf')] } }
    const beside = (all: object) =>
      jsonOf(
        planShop({ model: { ...model('shop'), services: all } as never, dataDirectory: '/srv/shop', kept, mixed: ['conf'] }),
        'plain.json',
      ).services.db.volumes[0].source
    expect(beside(both)).toBe('/srv/shop/conf/token')
    expect(beside(folder)).toMatch(/^\/opt\/shop\/files\//)
    const record = JSON.parse(
      textOf(planShop({ model: { ...model('shop'), services: both } as never, dataDirectory: '/srv/shop', kept }), 'release.json'),
    )
    expect(record.kept).toEqual(kept)
  })
})

describe('which project it is', () => {
  const key = Object.keys(model('shop').volumes ?? {})[0] as string
  const owner = Object.entries(model('shop').services).find(([, { volumes = [] }]) =>
    volumes.some(({ source }) => source === key),
  )?.[0] as string
  const old = (image: string) =>
    byHand('compose', {
      web: { image },
      [owner]: { mounted: [{ type: 'volume', source: `compose_${key}`, target: '/data', writable: true }] },
    })
  const question = { project: 'shop', appGiven: false, switched: ['web'], images: new Map([['web', 'ghcr.io/acme/web@sha256:ab']]) }
  const own = { ...model('shop'), volumes: { [key]: {} } }

  test('the one that runs the same image, where nobody gave a name', () => {
    expect(findProject(old('ghcr.io/acme/web:v1'), own, question)).toEqual({ project: 'compose', refusals: [] })
  })
  test.each([
    ['another image', 'web:latest', undefined, false],
    ['a name in the file', 'ghcr.io/acme/web:v1', 'file' as const, false],
    ['an app of its own name, such as staging', 'ghcr.io/acme/web:v1', undefined, true],
  ])('with %s it is refused, with both volumes', (_what, image, namedBy, appGiven) => {
    const { project, refusals } = findProject(old(image), own, { ...question, namedBy, appGiven })
    expect([project, codes(refusals)]).toEqual(['shop', ['DA-ADOPT-PROJECT']])
    expect(refusals[0]?.message).toContain(`"compose_${key}"`)
    expect(refusals[0]?.message).toContain(`"shop_${key}"`)
    expect(refusals[0]?.hint).toContain('`project-name: compose`')
  })
  test.each([
    ['project-name says so', old('ghcr.io/acme/web:v1'), 'input' as const],
    ['the file has a name, and the other one runs another image', old('blog'), 'file' as const],
    ['nothing like it runs', byHand('blog', { app: {} }), undefined],
    ['it runs under that name', byHand('shop', { web: {} }), undefined],
  ])('its own, because %s', (_what, host, namedBy) => {
    expect(findProject(host, own, { ...question, namedBy })).toEqual({ project: 'shop', refusals: [] })
  })
})
