import { readFacts } from '@deploy-actions/agent'
import { expect, test } from '@jest/globals'

const ID = (letter: string) => letter.repeat(64)

// As an agent printed them on a host with Debian's Docker (ids shortened to one letter each).
const lines = [
  ['user', 'deploy'],
  ['directory', '/opt/shop'],
  ['docker', '20.10.24+dfsg1', 'amd64', 'linux'],
  ['compose', '2.26.1-4'],
  ['container', ID('a'), 'shop-blue', 'web-blue', 'running', 'shop-blue-web-blue-1', '8000/tcp', 'shop'],
  [
    'container',
    ID('b'),
    'shop-edge',
    'edge',
    'running',
    'shop-edge-edge-1',
    '0.0.0.0:80->10080/tcp, :::80->10080/tcp, 127.0.0.1:2019->2019/tcp',
    '',
  ],
  ['container', ID('c'), '', '', 'exited', 'by-hand,other', '', '', 'shop_data,/srv/data', 'True'],
  ['container', ID('d'), '', '', 'running', 'range', '0.0.0.0:8000-8002->8000-8002/tcp, 0.0.0.0:53->53/udp, [::]:53->53/udp', ''],
  ['volume', 'shop_data', 'shop'],
  ['volume', 'loose', ''],
  ['network', ID('e'), 'shop_default', 'shop'],
  ['network', ID('f'), 'bridge', ''],
  ['disk', '/var/lib/docker', '1000'],
  ['disk', '/opt/shop', '500'],
  ['disk', '/', '2000'],
  ['memory', '3000', '20'],
  ['listen', '22'],
  ['listen', '8080'],
  ['slot', 'blue'],
  ['slot-memory', '123456', '0'],
  ['current', '20260131T093000Z-1a2b3c4-1.1'],
  ['setting', 'fingerprint', 'f00'],
  ['setting', 'commit', '1'.repeat(40)],
  ['setting', 'commit_time', '1700000000'],
  ['setting', 'run_url', 'https://github.com/a/b=c'],
  ['healthy', 'yes'],
  ['edge-network', 'shop_default', 'web api '],
  ['edge-port', '', '80', '80/tcp'],
  ['edge-port', '127.0.0.1', '8443', '443/tcp'],
  ['edge-port', '0.0.0.0', '', '1/tcp'],
].map((fields) => fields.join('\t'))

const facts = readFacts('shop.example.com', lines)

test('what the host is and has', () => {
  expect(facts).toMatchObject({
    host: 'shop.example.com',
    user: 'deploy',
    arch: 'amd64',
    dockerVersion: '20.10.24+dfsg1',
    composeVersion: '2.26.1-4',
    dockerInstalled: true,
    freeDocker: 1000 * 1024,
    freeOpt: 500 * 1024,
    memoryAvailable: 3000 * 1024,
    swapFree: 20 * 1024,
    slotMemory: { live: 123_456, idle: 0 },
    listening: [{ port: 22 }, { port: 8080 }],
    volumes: [{ name: 'shop_data', project: 'shop' }, { name: 'loose' }],
    networks: ['shop_default', 'bridge'],
  })
  expect(facts).not.toHaveProperty('dockerError')
})

test('a rootless Docker is told by a part that only it has', () => {
  expect(facts).not.toHaveProperty('rootless')
  expect(readFacts('h', ['docker\t28.2.2\tamd64\tlinux\trootless'])).toMatchObject({
    dockerVersion: '28.2.2',
    arch: 'amd64',
    rootless: true,
  })
})

test('containers with their labels and published TCP ports, those of all addresses without one', () => {
  expect(facts.containers).toEqual([
    {
      ...{ id: ID('a'), project: 'shop-blue', service: 'web-blue', app: 'shop' },
      state: 'running',
      names: ['shop-blue-web-blue-1'],
      ports: [],
    },
    {
      ...{ id: ID('b'), project: 'shop-edge', service: 'edge', state: 'running', names: ['shop-edge-edge-1'] },
      ports: [{ published: 80 }, { published: 80 }, { published: 2019, hostIp: '127.0.0.1' }],
    },
    { id: ID('c'), state: 'exited', names: ['by-hand', 'other'], ports: [], mounts: ['shop_data', '/srv/data'], oneOff: true },
    {
      ...{ id: ID('d'), state: 'running', names: ['range'] },
      ports: [{ published: 8000 }, { published: 8001 }, { published: 8002 }],
    },
  ])
})

test('the live release, its slot and the edge', () => {
  expect(facts.current).toEqual({
    id: '20260131T093000Z-1a2b3c4-1.1',
    slot: 'blue',
    fingerprint: 'f00',
    commit: '1'.repeat(40),
    commitTime: 1_700_000_000,
  })
  expect(facts.healthy).toBe(true)
  expect(facts.edge).toEqual({
    networks: ['shop_default'],
    aliases: { shop_default: ['web', 'api'] },
    publishedPorts: [
      { published: 80, target: 80 },
      { published: 8443, hostIp: '127.0.0.1', target: 443 },
    ],
  })
})

test('a host that has nothing yet', () => {
  const empty = readFacts('h', ['user\troot', 'directory\t/opt/new', 'docker-missing', 'disk\t/\t7', 'memory\t', 'slot\tnone'])
  expect(empty).toEqual({
    ...{ host: 'h', user: 'root', arch: '', dockerInstalled: false, healthy: false },
    ...{ freeDocker: 7 * 1024, freeOpt: 7 * 1024, listening: [], containers: [], volumes: [], networks: [] },
  })
})

test('a daemon that does not answer says why, and Docker without its plugin has no Compose', () => {
  expect(readFacts('h', ['docker-error\tpermission denied'])).toMatchObject({ dockerInstalled: true, dockerError: 'permission denied' })
  expect(readFacts('h', ['docker\t26.1.0\tarm64\tlinux', 'compose\t'])).not.toHaveProperty('composeVersion')
})

test("Compose files of people's own in the folder of the app", () => {
  expect(readFacts('box', ['compose-file\t/opt/shop/compose.yaml']).composeFiles).toEqual(['/opt/shop/compose.yaml'])
  expect(facts.composeFiles).toBeUndefined()
})

test('a release without anything switched has no slot', () => {
  expect(readFacts('h', ['slot\tnone', 'current\tR']).current).toEqual({ id: 'R', slot: 'none', fingerprint: '' })
})

test('how containers of Compose projects were made, each with what it mounts', () => {
  const { startedByHand } = readFacts('box', [
    'by-hand\ta\t/srv/shop\t/srv/shop/compose.yaml,/srv/shop/more.yaml\thash\tpostgres:16\tsha256:1',
    'by-hand-mount\ta\tvolume\tshop_pg\t/data\ttrue',
    'by-hand-mount\ta\tbind\t/srv/shop/x.conf\t/etc/x.conf\tfalse',
    'by-hand\tb\t\t\t\tredis:7\tsha256:2',
  ])
  expect(startedByHand).toEqual([
    {
      ...{ id: 'a', directory: '/srv/shop', files: ['/srv/shop/compose.yaml', '/srv/shop/more.yaml'], hash: 'hash' },
      ...{ image: 'postgres:16', imageId: 'sha256:1' },
      mounted: [
        { type: 'volume', source: 'shop_pg', target: '/data', writable: true },
        { type: 'bind', source: '/srv/shop/x.conf', target: '/etc/x.conf', writable: false },
      ],
    },
    { id: 'b', directory: '', files: [], hash: '', image: 'redis:7', imageId: 'sha256:2', mounted: [] },
  ])
  expect(facts.startedByHand).toBeUndefined()
})
