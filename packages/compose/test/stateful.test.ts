import { describe, expect, test } from '@jest/globals'
import { type ComposeService, chooseStrategies, currentRelease, planRelease, strategyLine } from '../src/index.ts'
import { fieldsOf } from '../src/service-changes.ts'
import { databasesOf } from '../src/stateful.ts'
import { codes, model, planShop, shop, textOf } from './shop.ts'

const data = [{ type: 'volume', source: 'data', target: '/data' }]
const postgres: ComposeService = { image: 'postgres:16', volumes: data }

/** What is refused when `after` takes the place of `before`, which is live. */
function changed(before: ComposeService, after: ComposeService, lines: readonly string[] = []) {
  const options = { routes: [], switch: [], health: [], images: new Map(), strategy: lines.map((line) => strategyLine.read(line)) }
  const request = (service: ComposeService) => ({ ...shop(), ...options, model: { ...model('shop'), services: { db: service } } })
  const current = currentRelease(textOf(planRelease(request(before)), 'release.json'))
  const plan = planRelease({ ...request(after), ...(current && { current }) })
  return { refusals: plan.refusals, line: plan.lines[0], plan }
}

describe('a changed service that keeps data', () => {
  test('is refused, with what changed, how long it would be away, and both ways out', () => {
    const after = { ...postgres, image: 'postgres:16.4', command: ['postgres', '-c', 'x=1'], environment: { PASSWORD: 'hidden', B: 'c' } }
    const { refusals } = changed({ ...postgres, environment: { PASSWORD: 'known' } }, after)
    expect(refusals).toEqual([
      {
        code: 'DA-STATEFUL-RECREATE',
        message:
          '"db" keeps data, and this release would stop it and make its container anew (changed: `image` postgres:16 → postgres:16.4; `command`; variables B, PASSWORD). It would be away from its stop (at most 10s, Docker\'s default) until it runs again; the old one ends before the new one starts',
        hint: 'Undo that change. Or, with a backup and at a quiet moment, deploy with `db=recreate` in `strategy`, and take the line out afterwards.',
      },
    ])
  })
  test('is let through with its line, and the plan says what changes', () => {
    const { refusals, line } = changed(postgres, { ...postgres, environment: { A: 'b' } }, ['db=recreate'])
    expect(refusals).toEqual([])
    expect(line).toMatchObject({ strategy: 'recreate', reason: 'its definition changed: variable A' })
  })
  test('no value of a variable is written down', () => {
    const { plan } = changed(postgres, { ...postgres, environment: { PASSWORD: 'correct-horse' } })
    expect(textOf(plan, 'release.json')).not.toContain('correct-horse')
  })
  test('where nothing changed nothing is refused', () => expect(changed(postgres, postgres).refusals).toEqual([]))
  test('a release of an earlier version does not tell what it consisted of', () => {
    const live = { db: { hash: 'other', image: 'postgres:16' } }
    const options = { routes: [], switch: [], strategy: [], health: [], images: new Map(), live }
    expect(chooseStrategies({ services: { db: postgres } }, options).refusals).toMatchObject([
      { code: 'DA-STATEFUL-RECREATE', message: expect.stringContaining('(its definition changed)') },
    ])
  })
})

describe('who keeps data', () => {
  const bind = [{ type: 'bind', source: '/srv/data', target: '/data' }]
  const uploaded = [{ type: 'bind', source: `/opt/shop/files/${'a'.repeat(64)}/redis.conf`, target: '/etc/redis.conf' }]
  const asked = (service: ComposeService, lines: string[] = []) => codes(changed(service, { ...service, hostname: 'x' }, lines).refusals)
  test.each<[string, ComposeService]>([
    ['a database', postgres],
    ['a database without a named volume: its data are in one without a name', { image: 'postgres:16' }],
    ['a database of somebody else’s make', { image: 'docker.io/bitnami/postgresql:16@sha256:ab', volumes: bind }],
    ['a registry with a port', { image: 'localhost:5000/mysql' }],
    ['a cache with a volume', { image: 'redis:7', volumes: data }],
    ['a cache with a folder of the host', { image: 'valkey/valkey', volumes: bind }],
    ['one with options', { ...postgres, command: ['-c', 'max_connections=200'] }],
    ['one with its program named', { ...postgres, command: ['postgres', '-c', 'fsync=off'] }],
    [
      'one that a shell starts',
      { image: 'redis:7', volumes: data, command: ['sh', '-c', 'mkdir -p /data/a && exec redis-server --save 60 1'] },
    ],
    ['one with a file of settings', { image: 'redis:7', volumes: data, command: ['/etc/redis/redis.conf'] }],
    ['one by the image’s own entrypoint', { image: 'mysql:8.4', entrypoint: ['docker-entrypoint.sh'], command: ['mysqld'] }],
    ['one by a script that hands over', { ...postgres, entrypoint: ['/wrap.sh'], command: ['postgres'] }],
    ['one by tini', { image: 'valkey/valkey', volumes: data, entrypoint: ['tini', '--', '/usr/bin/valkey-server'] }],
    ['an object store', { image: 'minio/minio', volumes: data, command: ['server', '/data', '--console-address', ':9001'] }],
    [
      'one by a script that tells nothing, where its files are mounted',
      { image: 'postgres:16', entrypoint: ['/wrap.sh'], volumes: [{ type: 'volume', source: 'pg', target: '/var/lib/postgresql/data' }] },
    ],
    ...[
      '/var/lib/postgresql/data',
      '/var/lib/mysql/',
      '/var/lib/clickhouse',
      '/var/lib/kafka/data',
      '/usr/share/elasticsearch/data',
      '/var/opt/mssql',
      '/bitnami/kafka',
    ].map((target): [string, ComposeService] => [
      `an image of one’s own with ${target}`,
      { image: 'ghcr.io/acme/our-own:3', volumes: [{ type: 'volume', source: 'files', target }] },
    ]),
    ['a broker with a volume', { image: 'redpandadata/redpanda:v24', volumes: data, command: ['redpanda', 'start', '--smp', '1'] }],
    ['a queue with its journal', { image: 'nats:2', volumes: data, command: ['-js'] }],
    ['a vault', { image: 'hashicorp/vault:1.17', volumes: data, command: ['server'] }],
  ])('%s', (_, service) => expect(asked(service)).toEqual(['DA-STATEFUL-RECREATE']))
  test.each<[string, ComposeService]>([
    ['a worker with a folder for uploads', { image: 'ghcr.io/acme/worker:1', volumes: data }],
    ['a proxy with its certificates', { image: 'caddy:2', volumes: data }],
    ['a cache without a volume', { image: 'redis:7' }],
    ['a cache that only reads', { image: 'redis:7', volumes: [{ ...data[0], type: 'volume', target: '/data', read_only: true }] }],
    ['a cache with an uploaded file', { image: 'redis:7', volumes: uploaded }],
    [
      'a client that dumps',
      { image: 'postgres:16', volumes: bind, command: ['sh', '-c', 'while pg_dump -h postgres shop; do sleep 1d; done'] },
    ],
    ['a client by its entrypoint', { image: 'mysql:8.4', volumes: bind, entrypoint: ['/backup.sh'], command: ['--host', 'mysqld'] }],
    ['a client of a store', { image: 'redis:7', volumes: bind, command: ['redis-cli', '-h', 'redis-server', '--rdb', '/data/dump.rdb'] }],
    ['an entrypoint that is taken away', { image: 'postgres:16', entrypoint: [], command: ['psql', '-h', 'db'] }],
    ['an exporter', { image: 'prometheuscommunity/postgres-exporter:v1', volumes: data }],
    [
      'a program of one’s own with files in /data/db',
      { image: 'ghcr.io/acme/web:1', volumes: [{ type: 'volume', source: 'x', target: '/data/db' }] },
    ],
    ['a queue that keeps nothing', { image: 'nats:2', command: ['-js'] }],
    [
      'a backup that reads a database’s files',
      { image: 'offen/docker-volume-backup:v2', volumes: [{ type: 'volume', source: 'db', target: '/var/lib/mysql', read_only: true }] },
    ],
  ])('not: %s', (_, service) => expect(asked(service)).toEqual([]))
  test('whom `strategy` names with keep', () =>
    expect(asked({ image: 'ghcr.io/acme/store:1', volumes: data }, ['db=keep'])).toEqual(['DA-STATEFUL-RECREATE']))
})

describe('another major version of PostgreSQL on the same data', () => {
  const to = (before: string, after: string, more: Partial<ComposeService> = {}) =>
    changed({ ...postgres, image: before }, { ...postgres, image: after, ...more }, ['db=recreate']).refusals
  test.each([
    ['postgres:15', 'postgres:16-alpine'],
    ['postgres:16.2', 'postgres:15.8'],
    ['postgis/postgis:15-3.4', 'postgis/postgis:16-3.4'],
    ['pgvector/pgvector:pg15', 'pgvector/pgvector:0.7.4-pg16'],
    ['timescale/timescaledb:2.14.2-pg15', 'timescale/timescaledb:2.14.2-pg16'],
    ['postgres:9.5', 'postgres:9.6'],
  ])('%s → %s is refused, also with its line', (before, after) => expect(codes(to(before, after))).toEqual(['DA-STATEFUL-MAJOR']))
  test.each([
    ['postgres:16.2', 'postgres:16.4'],
    ['postgres:16', 'postgres:16-alpine'],
    ['timescale/timescaledb:2.14.2-pg16', 'timescale/timescaledb:2.15.0-pg16'],
    ['timescale/timescaledb:2.14.2', 'timescale/timescaledb:3.0.0'],
    ['mysql:5.7', 'mysql:8.0'],
    ['postgres@sha256:ab', 'postgres:16'],
  ])('%s → %s is not', (before, after) => expect(to(before, after)).toEqual([]))
  test('a new volume has no files of the old one', () =>
    expect(to('postgres:15', 'postgres:16', { volumes: [{ type: 'volume', source: 'data16', target: '/data' }] })).toEqual([]))

  const files = { type: 'volume', source: 'pg', target: '/var/lib/postgresql/data' }
  const script = (letter: string) => ({ type: 'bind', source: `/opt/shop/files/${letter.repeat(64)}/init.sql`, target: '/init.sql' })
  const before = { image: 'postgres:15', volumes: [files, script('a')] }
  const line = ['db=recreate']
  test.each<[string, ComposeService['volumes']]>([
    ['another script', [files, script('b')]],
    ['a folder for backups besides', [files, script('a'), { type: 'bind', source: '/backups', target: '/backups' }]],
  ])('%s is no other data', (_, volumes) => {
    expect(codes(changed(before, { image: 'postgres:16', volumes: volumes ?? [] }, line).refusals)).toEqual(['DA-STATEFUL-MAJOR'])
  })
  test('another volume for the data is, whatever stays beside it', () => {
    const moved = { image: 'postgres:16', volumes: [{ ...files, source: 'pg16' }, script('a')] }
    expect(changed(before, moved, line).refusals).toEqual([])
  })
  test('a release that did not write down where its data are is asked for its volumes', () => {
    const { data: _, ...fields } = fieldsOf(before)
    const asked = (volumes: NonNullable<ComposeService['volumes']>) =>
      codes(
        chooseStrategies(
          { services: { db: { image: 'postgres:16', volumes } } },
          {
            ...{ routes: [], switch: [], health: [], images: new Map(), strategy: line.map((one) => strategyLine.read(one)) },
            live: { db: { hash: 'x', image: 'postgres:15', fields } },
          },
        ).refusals,
      )
    expect([asked(before.volumes), asked([files])]).toEqual([['DA-STATEFUL-MAJOR'], []])
  })
  test('where its data are is no change of its own beside the volumes', () => {
    const { refusals } = changed(postgres, { ...postgres, volumes: [{ ...files, source: 'other' }] })
    expect(refusals[0]?.message).toContain('(changed: `volumes`)')
  })
  test('a client may be of any version', () => {
    const dump = { command: ['pg_dump', '-h', 'db'], volumes: [] }
    expect(changed({ ...dump, image: 'postgres:15' }, { ...dump, image: 'postgres:16' }, ['db=keep']).refusals).toMatchObject([
      { code: 'DA-STATEFUL-RECREATE' },
    ])
  })
})

describe('the settings name databases and their versions, for a way back that must not lead to an older one', () => {
  const named = (service: ComposeService) => databasesOf({ services: { db: service } }).join()
  test('with those of the shop', () => expect(textOf(planShop(), 'settings')).toContain('\ndatabases=db:postgres-16\n'))
  test.each([
    ['postgres:16.4-alpine', 'db:postgres-16'],
    ['pgvector/pgvector:pg16', 'db:postgres-16'],
    ['postgis/postgis:16-3.4', 'db:postgres-16'],
    ['mysql:8.0.36', 'db:mysql-8.0'],
    ['mysql:8', 'db:mysql-8'],
    ['mongo:7.0-jammy', 'db:mongo-7.0'],
  ])('%s: %s', (image, expected) => expect(named({ image, volumes: data })).toBe(expected))
  test.each<[string, ComposeService]>([
    ['a cache without a volume', { image: 'redis:8-alpine' }],
    ['a client', { image: 'postgres:16', volumes: data, command: ['pg_dumpall', '-h', 'db'] }],
    ['one without a version', { image: 'postgres' }],
    [
      'an image of one’s own, whose version is not the database’s',
      { image: 'ghcr.io/acme/our-own:3', volumes: [{ type: 'volume', source: 'pg', target: '/var/lib/postgresql/data' }] },
    ],
  ])('not: %s', (_, service) => expect(named(service)).toBe(''))
})

test('several that change start when the last of them has ended, and each is told so', () => {
  const live = { hash: 'x', image: 'w' }
  const services = {
    jobs: { image: 'w', stop_grace_period: '1m30s' },
    beat: { image: 'w', stop_grace_period: '5s' },
    mail: { image: 'w' },
  }
  const options = { routes: [], switch: [], strategy: [], health: [], images: new Map(), live: { jobs: live, beat: live, mail: live } }
  const { byService } = chooseStrategies({ services }, options)
  const after = 'until it runs again; the old one ends before the new one starts'
  expect([...byService.values()].map(({ downtime }) => downtime)).toEqual([
    `away from its stop (at most 1m30s) ${after}`,
    `away from its stop (at most 5s) and jobs has ended too (at most 1m30s) ${after}`,
    `away from its stop (at most 10s, Docker's default) and jobs has ended too (at most 1m30s) ${after}`,
  ])
})
