import { describe, expect, test } from '@jest/globals'
import { type CurrentRelease, currentRelease, type HostFacts, type JudgeOptions, judge, switchLine } from '../src/index.ts'
import { codes, model, planShop, textOf } from './shop.ts'

const facts: HostFacts = {
  host: 'box',
  user: 'deploy',
  arch: 'x86_64',
  dockerInstalled: true,
  dockerVersion: '20.10.24+dfsg1',
  composeVersion: 'v2.26.1-4',
  freeDocker: 10e9,
  freeOpt: 10e9,
  listening: [],
  containers: [],
  volumes: [],
  networks: [],
}
const options: JudgeOptions = { app: 'shop', project: 'shop', commit: 'b', commitTime: 200, allowOlder: false, compressedBytes: 1e9 }
const plan = planShop()
const judged = (changes: Partial<HostFacts> = {}, more: Partial<JudgeOptions> = {}) =>
  judge({ ...facts, ...changes }, plan, { ...options, ...more })
const without = (...keys: (keyof HostFacts)[]) =>
  Object.fromEntries(Object.entries(facts).filter(([key]) => !keys.includes(key as keyof HostFacts))) as unknown as HostFacts
const container = { id: 'c1', project: 'other', service: 'nginx', state: 'running', names: ['other-nginx-1'], ports: [{ published: 80 }] }

test('a fit host has nothing against it', () => expect(judged()).toEqual({ refusals: [], notices: [] }))

describe('Docker', () => {
  test.each<[string, HostFacts, string]>([
    ['none', { ...without('dockerVersion', 'composeVersion'), dockerInstalled: false }, 'DA-HOST-DOCKER-MISSING'],
    ['not allowed', { ...without('dockerVersion'), dockerError: 'permission denied while trying to connect' }, 'DA-HOST-DOCKER-PERMISSION'],
    ['stopped', { ...without('dockerVersion'), dockerError: 'Cannot connect to the Docker daemon' }, 'DA-HOST-DOCKER-PERMISSION'],
    ['too old', { ...facts, dockerVersion: '19.03.15' }, 'DA-HOST-DOCKER-OLD'],
    ['just too old', { ...facts, dockerVersion: '20.9.9' }, 'DA-HOST-DOCKER-OLD'],
    ['of an ordinary user', { ...facts, rootless: true }, 'DA-HOST-ROOTLESS'],
    ['without Compose', without('composeVersion'), 'DA-HOST-COMPOSE-OLD'],
    ['with an old Compose', { ...facts, composeVersion: '2.19.1' }, 'DA-HOST-COMPOSE-OLD'],
    ['with Compose 1', { ...facts, composeVersion: '1.29.2' }, 'DA-HOST-COMPOSE-OLD'],
  ])('%s, and nothing else is said', (_, broken, code) => {
    expect(codes(judge({ ...broken, freeDocker: 0 }, plan, options).refusals)).toEqual([code])
  })
  test.each(['20.10.0', '26.1.5', '28.2.2'])('Engine %s will do', (dockerVersion) => expect(judged({ dockerVersion }).refusals).toEqual([]))
  test.each(['2.20.0', 'v2.26.1', '5.5.1'])('Compose %s will do', (composeVersion) =>
    expect(judged({ composeVersion }).refusals).toEqual([]),
  )
})

describe('disk', () => {
  test('images need twice what is pulled', () => {
    expect(judged({ freeDocker: 1.999e9 }).refusals).toMatchObject([
      { code: 'DA-HOST-DISK', message: 'box has 1999 MB free for images; this release needs 2000 MB' },
    ])
    expect(judged({ freeDocker: 2e9 }).refusals).toEqual([])
  })
  test('files need some in /opt', () => expect(codes(judged({ freeOpt: 1e6 }).refusals)).toEqual(['DA-HOST-DISK']))
  test('unknown space is no reason', () => expect(judge(without('freeDocker', 'freeOpt'), plan, options).refusals).toEqual([]))
})

describe('ports', () => {
  test('taken by a container: it is named', () => {
    expect(judged({ containers: [container] }).refusals).toMatchObject([
      { code: 'DA-HOST-PORT-TAKEN', message: 'port 80 on box is taken by the container other-nginx-1 of project other' },
    ])
  })
  test('taken by the edge of another app: it is named, with the way for both', () => {
    const [refused] = judged({
      containers: [{ ...container, project: 'blog-edge', service: 'edge', app: 'blog', names: ['blog-edge-edge-1'] }],
    }).refusals
    expect(refused?.message).toBe(
      'port 80 on box is taken by the edge of the app "blog" (the container blog-edge-edge-1 of project blog-edge)',
    )
    expect(refused?.hint).toContain('172.17.0.1:8081:8000')
  })
  test('taken by a program', () =>
    expect(judged({ listening: [{ port: 8080 }] }).refusals[0]?.message).toContain('a program outside of Docker'))
  test('a stopped container takes none', () => expect(judged({ containers: [{ ...container, state: 'exited' }] }).refusals).toEqual([]))
  test('another address is another port', () => {
    const local = {
      ...plan,
      switched: ['web'],
      edge: { image: 'caddy:2', networks: [], published: [{ published: '80', hostIp: '127.0.0.1', listen: 10_080 }] },
    }
    expect(judge({ ...facts, listening: [{ port: 80, address: '10.0.0.1' }] }, local, options).refusals).toEqual([])
    expect(codes(judge({ ...facts, listening: [{ port: 80, address: '0.0.0.0' }] }, local, options).refusals)).toEqual([
      'DA-HOST-PORT-TAKEN',
    ])
  })
  const edge = { networks: [], publishedPorts: [{ published: 80 }, { published: 8080, hostIp: '0.0.0.0' }] }
  test('our own edge has them already', () => expect(judged({ edge, listening: [{ port: 80 }, { port: 8080 }] }).refusals).toEqual([]))
  test('an edge that lacks one is not recreated', () => {
    expect(judged({ edge: { ...edge, publishedPorts: [{ published: 80 }] } }).refusals).toMatchObject([
      {
        code: 'DA-EDGE-PORTS',
        message: 'the edge on box does not publish port 8080, which this release newly needs',
        hint: expect.stringContaining('`release uninstall`'),
      },
    ])
  })
  test('an edge that has it on one address only lacks it, and is nobody else who took it', () => {
    const publishedPorts = [{ published: 80, hostIp: '127.0.0.1' }, { published: 8080 }]
    const own = { ...container, project: 'shop-edge', service: 'edge', app: 'shop', ports: publishedPorts }
    const current = { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'b' } as const
    const listening = [{ port: 80 }, { port: 8080 }]
    expect(codes(judged({ current, edge: { ...edge, publishedPorts }, containers: [own], listening }).refusals)).toEqual(['DA-EDGE-PORTS'])
  })
  test('an edge that has it on all addresses has it on each', () => {
    const local = { ...plan, edge: { ...plan.edge, published: [{ published: '80', hostIp: '127.0.0.1', listen: 10_080 }] } }
    expect(judge({ ...facts, edge }, local, options).refusals).toEqual([])
  })
  test('an edge that publishes it to another listener is refused: requests would lead nowhere, and verification would not see it', () => {
    const { web } = model('shop').services
    const on = (...addresses: string[]) => {
      const ports = addresses.map((host_ip) => ({ target: 8000, published: '80', host_ip }))
      const given = { ...model('shop'), services: { ...model('shop').services, web: { ...web, ports } } }
      return planShop({ model: given, routes: [], switch: [switchLine.read('web')] })
    }
    const both = on('10.0.0.5', '127.0.0.1')
    const publishedPorts = both.edge.published.map(({ published, hostIp = '', listen }) => ({
      published: Number(published),
      hostIp,
      target: listen,
    }))
    const refused = (asked: typeof plan) => judge({ ...facts, edge: { networks: [], publishedPorts } }, asked, options).refusals
    expect(refused(both)).toEqual([])
    expect(refused(on('10.0.0.5'))).toEqual([])
    const message =
      'the edge on box publishes port 127.0.0.1:80 to its listener 10580, and this release would listen at 10080: requests would lead nowhere'
    expect(refused(on('127.0.0.1'))).toMatchObject([
      { code: 'DA-EDGE-PORTS', message, hint: expect.stringContaining('`release uninstall`') },
    ])
    const added = refused(on('10.0.0.1', '10.0.0.5', '127.0.0.1')).map(({ message: said }) => said)
    expect(added).toContainEqual(expect.stringContaining('does not publish port 10.0.0.1:80'))
    expect(added).toContainEqual(expect.stringContaining('10.0.0.5:80 to its listener 10080'))
  })
  test('nothing switched, nothing needed', () => {
    expect(judge({ ...facts, containers: [container] }, { ...plan, switched: [] }, options).refusals).toEqual([])
  })
})

describe('a project that runs already', () => {
  const web = { ...container, project: 'shop', service: 'web', names: ['shop_web'], ports: [] }
  test('beside a live release, with a switched service: what to do now', () => {
    const current = { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'b' } as const
    const [refused] = judged({ containers: [web], current }).refusals
    expect(refused).toMatchObject({ code: 'DA-ADOPT-BESIDE', hint: expect.stringContaining('docker compose -p shop rm -sf web') })
  })
  test('with base services alone: fine', () => expect(judged({ containers: [{ ...web, service: 'db' }] }).refusals).toEqual([]))
  test('another project may have a service of that name', () =>
    expect(judged({ containers: [{ ...web, project: 'blog' }] }).refusals).toEqual([]))
  test('our slots are other projects', () =>
    expect(
      judged({
        current: { id: 'r1', slot: 'blue', fingerprint: 'f' },
        containers: [{ ...web, project: 'shop-blue', service: 'web-blue', app: 'shop' }],
      }).refusals,
    ).toEqual([]))
})

describe('a project under another name', () => {
  const db = { ...container, project: 'old', service: 'db', names: ['old-db-1'], ports: [{ published: 5432 }] }
  test('that runs on a volume of this one is refused: two databases on one destroy each other', () => {
    const volumes = [{ name: 'old_uploads', project: 'old' }]
    expect(judged({ volumes, containers: [db] }).refusals).toMatchObject([
      {
        code: 'DA-VOLUME-TAKEN',
        message: 'the volume "old_uploads" on box belongs to the Compose project "old", which runs (old-db-1)',
        hint: expect.stringContaining('project-name: old'),
      },
    ])
    expect(judged({ volumes, containers: [{ ...db, state: 'exited' }] }).refusals).toEqual([])
    expect(judged({ volumes: [{ name: 'old_uploads', project: 'shop' }], containers: [db] }).refusals).toEqual([])
  })
  test('that runs on a volume of an app that is live is told: it was so before', () => {
    const current = { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'b' } as const
    const volumes = [{ name: 'old_uploads', project: 'old' }]
    const told = expect.stringContaining('the volume "old_uploads" on box belongs to the Compose project "old"')
    expect(judged({ volumes, containers: [db], current })).toEqual({ refusals: [], notices: [told] })
  })
  test('with the same service and volume of its own is told before the first release, and never again', () => {
    const volumes = [{ name: 'old_pgdata', project: 'old' }]
    const told = expect.stringContaining('also has a service "db" with a volume "pgdata"')
    expect(judged({ volumes, containers: [db] })).toEqual({ refusals: [], notices: [told] })
    expect(judged({ volumes, containers: [{ ...db, service: 'mail' }] }).notices).toEqual([])
    const current = { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'b' } as const
    expect(judged({ volumes, containers: [db], current }).notices).toEqual([])
  })
  test('that has the port of a new base service is named; the own project may have it', () => {
    const given = model('shop')
    const ports = [{ target: 5432, published: '5432', protocol: 'tcp' }]
    const open = planShop({ model: { ...given, services: { ...given.services, db: { ...given.services.db, ports } } } })
    const refusals = (changes: object) => judge({ ...facts, containers: [{ ...db, ...changes }] }, open, options).refusals
    expect(refusals({})).toMatchObject([
      {
        code: 'DA-HOST-PORT-TAKEN',
        message: 'port 5432 on box, which "db" publishes, is taken by the container old-db-1 of project old',
      },
    ])
    expect(codes(refusals({ project: 'blog-edge', app: 'blog' }))).toEqual(['DA-HOST-PORT-TAKEN'])
    expect(refusals({ project: 'shop' })).toEqual([])
  })
})

describe('a service that the file no longer has', () => {
  const old = { ...container, project: 'shop', service: 'mailer', names: ['shop-mailer-1'], ports: [] }
  test('runs on, and is told with the command that removes it', () => {
    expect(judged({ containers: [old, { ...old, service: 'db', names: ['shop-db-1'] }] })).toEqual({
      refusals: [],
      notices: [expect.stringMatching(/^mailer of project "shop" still runs.*`docker stop shop-mailer-1 && docker rm shop-mailer-1`/)],
    })
  })
  test('stopped, or of somebody else, is nothing to tell', () => {
    const containers = [
      { ...old, state: 'exited' },
      { ...old, project: 'blog' },
      { ...old, project: 'shop-blue', app: 'shop' },
    ]
    expect(judged({ containers, current: { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'b' } }).notices).toEqual([])
  })
})

describe('age', () => {
  const live = { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'a', commitTime: 300 } as const
  test('older than the live release: refused', () => expect(codes(judged({ current: live }).refusals)).toEqual(['DA-RELEASE-OLDER']))
  test('allowed when asked for', () => expect(judged({ current: live }, { allowOlder: true })).toEqual({ refusals: [], notices: [] }))
  test('the same commit is not older', () => expect(judged({ current: { ...live, commit: 'b' } }).refusals).toEqual([]))
  test('newer is fine', () => expect(judged({ current: { ...live, commitTime: 100 } }).refusals).toEqual([]))
  test('unknown time: a notice', () => {
    const { commitTime: _, ...unknown } = live
    expect(judged({ current: unknown })).toMatchObject({ refusals: [], notices: [expect.stringContaining('r1')] })
  })
})

describe('names of Compose projects', () => {
  const other = { ...container, service: 'web', names: ['x'], ports: [] }
  test('another app whose name is that of our slot keeps its containers', () => {
    const refused = judged({ containers: [{ ...other, project: 'shop-blue' }] }).refusals
    expect(refused).toMatchObject([{ code: 'DA-PROJECT-NAME-TAKEN', message: expect.stringContaining('"shop-blue"') }])
  })
  test("an app whose name is that of another app's slot is refused", () => {
    const refused = judged({ containers: [{ ...other, project: 'shop', service: 'api', app: 'sh' }] }).refusals
    expect(refused).toMatchObject([{ code: 'DA-PROJECT-NAME-TAKEN', message: expect.stringContaining('the app "sh"') }])
  })
  test('our own slots and edge are ours', () => {
    const own = ['shop-blue', 'shop-green', 'shop-edge'].map((project) => ({ ...other, project, app: 'shop' }))
    expect(judged({ current: { id: 'r1', slot: 'blue', fingerprint: 'f' }, containers: own }).refusals).toEqual([])
  })
})

describe('changed definitions of networks', () => {
  const networks = (definition: object) =>
    planShop({
      model: { ...model('shop'), networks: { default: { name: 'shop_default', ...definition }, front: { name: 'public_front' } } },
      current: currentRelease(textOf(plan, 'release.json')) as CurrentRelease,
    })
  const refused = (changed: object, host: Partial<HostFacts> = { networks: ['shop_default', 'public_front'] }) =>
    judge({ ...facts, ...host }, networks(changed), options).refusals
  test('are refused with the name and the fields', () => {
    expect(refused({ internal: true, ipam: { config: [{ subnet: '10.9.0.0/24' }] } })).toMatchObject([
      {
        code: 'DA-NETWORK-CHANGED',
        message: '`internal` and `ipam` of the network "shop_default", which exists on box, changed since the live release',
        hint: expect.stringContaining('docker compose -p shop down'),
      },
    ])
  })
  test('another way to write the same is none', () => expect(refused({ internal: false, attachable: false })).toEqual([]))
  test('a network that is not there is made as it is wanted', () => expect(refused({ internal: true }, {})).toEqual([]))
  test('a live release that does not tell its networks says nothing', () => {
    const { networks: _, ...current } = currentRelease(textOf(plan, 'release.json')) as CurrentRelease
    const changed = { ...model('shop'), networks: { default: { name: 'shop_default', internal: true } } }
    expect(planShop({ model: changed, current }).changedNetworks).toEqual([])
  })
})

describe('the names of slots', () => {
  const theirs = { ...container, project: 'shop-api-blue', service: 'web-blue', app: 'shop-api', names: ['x'], ports: [] }
  const named = (service: string, changes: object = {}) =>
    judge({ ...facts, containers: [{ ...theirs, ...changes }] }, { ...plan, switched: [service] }, options).refusals
  test('that another app has too are refused: one would get the requests of the other', () => {
    const message = expect.stringContaining('"shop-api-web-blue" is the name of a slot of the app "shop-api"')
    expect(named('api-web')).toMatchObject([{ code: 'DA-SLOT-NAME-TAKEN', message }])
  })
  test('of an app that is live are told: it serves beside the other', () => {
    const current = { id: 'r1', slot: 'blue', fingerprint: 'f', commit: 'b' } as const
    const told = expect.stringContaining('"shop-api-web-blue" is the name of a slot of the app "shop-api"')
    const asked = { ...plan, switched: ['api-web'] }
    expect(judge({ ...facts, containers: [theirs], current }, asked, options)).toEqual({ refusals: [], notices: [told] })
  })
  test('that differ are none', () => expect(named('web')).toEqual([]))
  test('of our own are ours', () =>
    expect(
      judge(
        { ...facts, current: { id: 'r1', slot: 'blue', fingerprint: 'f' }, containers: [{ ...theirs, project: 'shop-blue', app: 'shop' }] },
        plan,
        options,
      ).refusals,
    ).toEqual([]))
})

describe('what is live', () => {
  const current = { id: 'r1', slot: 'blue', fingerprint: 'f', project: 'shop' } as const
  const edge = { publishedPorts: [], networks: ['shop_default'], aliases: { shop_default: ['web'] } }
  const codes = (more: object, asked: object = plan, how: object = {}) =>
    judge({ ...facts, ...more }, { ...plan, ...asked }, { ...options, ...how }).refusals.map(({ code }) => code)
  test('an app that is live from another directory is not taken over', () => {
    const live = { ...container, project: 'shop-blue', service: 'web-blue', app: 'shop', names: ['x'], ports: [] }
    expect(codes({ containers: [{ ...live, state: 'running' }] })).toEqual(['DA-APP-ELSEWHERE'])
  })
  test('another project name would get empty volumes', () => {
    expect(codes({ current: { ...current, project: 'old' } })).toEqual(['DA-PROJECT-RENAMED'])
  })
  test('a live edge is not left without any switched service', () => {
    expect(codes({ current, edge }, { switched: [] })).toContain('DA-SWITCH-GONE')
  })
  test('where a service is misspelt, nothing is said of what that would leave', () => {
    expect(codes({ current, edge }, { switched: [] }, { namesUnknown: true })).not.toContain('DA-SWITCH-GONE')
  })
  test('a service that is not switched any more is refused: calls by its name would go to the edge', () => {
    const lines = plan.lines.map((line) => (line.service === 'api' ? { ...line, strategy: 'start' } : line))
    const both = { ...edge, aliases: { shop_default: ['web', 'api', 'edge'] } }
    const asked = { lines, switched: ['web'], edge: { ...plan.edge, published: [], networks: [], aliases: { shop_default: ['web'] } } }
    expect(judge({ ...facts, current, edge: both }, { ...plan, ...asked }, options).refusals).toMatchObject([
      {
        code: 'DA-SWITCH-LEFT',
        message: expect.stringContaining('"api" was switched'),
        hint: expect.stringContaining('Name it in `switch`'),
      },
    ])
    expect(codes({ current, edge }, asked)).toEqual([])
    expect(codes({ current, edge: both }, { ...asked, lines: lines.filter(({ service }) => service !== 'api') })).toEqual([])
  })
  test('a name that a switched service has besides is not left over, though a base service has it too', () => {
    const live = { ...edge, aliases: { shop_default: ['web', 'api', 'db'] } }
    const aliases = { shop_default: ['web', 'api', 'db'] }
    expect(codes({ current, edge: live }, { edge: { ...plan.edge, published: [], aliases } })).toEqual([])
    const elsewhere = { other: ['web', 'api', 'db'] }
    expect(codes({ current, edge: live }, { edge: { ...plan.edge, published: [], aliases: elsewhere } })).toEqual(['DA-SWITCH-LEFT'])
  })
  test('a name that the running edge does not answer for is refused', () => {
    const asked = { edge: { ...plan.edge, published: [], networks: ['shop_default'], aliases: { shop_default: ['web', 'api'] } } }
    expect(codes({ current, edge }, asked)).toEqual(['DA-EDGE-NAMES'])
    expect(codes({ current, edge: { ...edge, aliases: { shop_default: ['web', 'api', 'id'] } } }, asked)).toEqual([])
  })
})

describe('networks and volumes that others make', () => {
  const shop = model('shop')
  const external = { name: 'proxy', external: true }
  const changed = {
    ...shop,
    networks: { ...shop.networks, default: external, unused: { name: 'nobody', external: true } },
    volumes: { ...shop.volumes, pgdata: { name: 'old', external: true } },
  }
  const codesOf = (found: Partial<HostFacts>) => codes(judge({ ...facts, ...found }, planShop({ model: changed }), options).refusals)
  const there = [{ name: 'old' }, { name: 'old_uploads' }]
  test('must be there', () => {
    expect(codesOf({ networks: ['proxy', 'public_front'], volumes: there })).toEqual([])
    expect(codesOf({})).toEqual(expect.arrayContaining(['DA-NETWORK-MISSING', 'DA-VOLUME-MISSING']))
  })
  test('unless nothing that runs uses them', () => {
    const off = Object.fromEntries(Object.entries(shop.services).map(([name, one]) => [name, { ...one, scale: 0 }]))
    const plan = planShop({ model: { ...changed, services: off }, routes: [], switch: [], health: [] })
    expect(codes(judge(facts, plan, options).refusals)).toEqual([])
  })
})
