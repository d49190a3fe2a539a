import { describe, expect, test } from '@jest/globals'
import {
  type ComposeService,
  currentRelease,
  type HostFacts,
  type JudgeOptions,
  judge,
  type ReleaseRequest,
  strategyLine,
} from '../src/index.ts'
import { fieldsOf } from '../src/service-changes.ts'
import { model, planShop, textOf } from './shop.ts'

const facts: HostFacts = {
  ...{ host: 'box', user: 'deploy', arch: 'x86_64', dockerInstalled: true, dockerVersion: '26.1.5', composeVersion: '2.26.1' },
  ...{ freeDocker: 10e9, freeOpt: 10e9, listening: [], containers: [], volumes: [], networks: [] },
}
const options: JudgeOptions = { app: 'shop', project: 'shop', commit: 'b', commitTime: 200, allowOlder: false, compressedBytes: 1e9 }
const plan = planShop()

describe('a port of a service that the file has no more', () => {
  const left = { id: 'n', project: 'shop', service: 'nginx', state: 'running', names: ['shop-nginx-1'], ports: [{ published: 8090 }] }
  const services = {
    ...model('shop').services,
    proxy: { image: `nginx@sha256:${'a'.repeat(64)}`, ports: [{ target: 80, published: '8090' }] },
  }
  const asked = (more: Partial<JudgeOptions>) =>
    judge({ ...facts, containers: [left] }, planShop({ model: { ...model('shop'), services } as never }), {
      ...options,
      ...more,
    }).refusals.map(({ code }) => code)
  test('is taken until that container goes', () => {
    expect(asked({})).toContain('DA-HOST-PORT-TAKEN')
    expect(asked({ removeOrphans: true })).not.toContain('DA-HOST-PORT-TAKEN')
  })
})

describe('memory', () => {
  const asked = (changes: Partial<HostFacts>, more: Partial<JudgeOptions> = {}, changed = plan) =>
    judge({ ...facts, ...changes }, changed, { ...options, ...more }).refusals
  const full = { memoryAvailable: 200e6, slotMemory: { live: 341e6, idle: 0 } }
  test('a second copy that does not fit is refused, with the figures and the ways out', () => {
    expect(asked(full)).toMatchObject([
      {
        code: 'DA-HOST-MEMORY',
        message:
          'box has 200 MB of memory free (swap included), and the switched services of the live release use 341 MB: for some seconds the new ones need as much besides',
        hint: expect.stringContaining('`memory-check: false`'),
      },
    ])
  })
  test.each<[string, Partial<HostFacts>]>([
    ['swap carries it', { ...full, swapFree: 141e6 }],
    ['a warm slot ends before', { ...full, slotMemory: { live: 341e6, idle: 141e6 } }],
    ['the figures are not known', { memoryAvailable: 1 }],
    ['nothing is live', { memoryAvailable: 1, slotMemory: { live: 0, idle: 0 } }],
  ])('not where %s', (_, changes) => expect(asked(changes)).toEqual([]))
  test('not when it was asked for', () => expect(asked(full, { memoryCheck: false })).toEqual([]))
  test('not when nothing starts', () => {
    expect(asked(full, {}, { ...plan, unchanged: true })).toEqual([])
    expect(asked(full, {}, { ...plan, switched: [] })).toEqual([])
  })
})

/** The shop with another service, in place of its database. */
const renamed = (name: string, more: Partial<ReleaseRequest> = {}) => {
  const { db, ...services } = model('shop').services
  const without = Object.fromEntries(Object.entries(services).map(([key, { depends_on: _, ...service }]) => [key, service]))
  const current = currentRelease(textOf(plan, 'release.json'))
  return planShop({
    model: { ...model('shop'), services: { ...without, ...(db && { [name]: db }) } },
    ...(current && { current }),
    ...more,
  })
}
const left = {
  ...{ id: 'c1', project: 'shop', service: 'db', state: 'running', names: ['shop-db-1'], ports: [] },
  mounts: ['shop_pgdata', '/opt/shop/files/x'],
}

describe('services that the release does not have', () => {
  test('a database under a new name is not started beside the old one on its files', () => {
    expect(judge({ ...facts, containers: [left] }, renamed('postgres'), options).refusals).toEqual([
      {
        code: 'DA-STATEFUL-TWICE',
        message:
          '"postgres" would start on "shop_pgdata", and "db", which this release does not have, still runs on it: two databases on the same files destroy them',
        hint: 'If "db" was renamed, name it "db" again. Or, at a quiet moment: `docker stop shop-db-1 && docker rm shop-db-1` on the host (the data stay; what needs it fails meanwhile), then deploy again.',
      },
    ])
  })
  test.each<[string, Partial<typeof left>]>([
    ['that is stopped', { state: 'exited' }],
    ['with other files', { mounts: ['shop_other'] }],
    ['of another project', { project: 'blog' }],
    ['that this release has', { service: 'postgres' }],
  ])('beside one %s it is', (_, changes) =>
    expect(judge({ ...facts, containers: [{ ...left, ...changes }] }, renamed('postgres'), options).refusals).toEqual([]),
  )
  const liveAs = (service: ComposeService) => ({ live: { db: { hash: 'x', image: service.image ?? '', fields: fieldsOf(service) } } })
  const pgdata = { type: 'volume', source: 'pgdata', target: '/var/lib/postgresql/data' }
  test.each<[string, ComposeService, string[]]>([
    ['another database', { image: 'postgres:16', volumes: [pgdata] }, ['DA-STATEFUL-TWICE']],
    ['a backup by another program', { image: 'offen/docker-volume-backup:v2', volumes: [pgdata] }, []],
    ['a backup that only reads', { image: 'postgres:16', volumes: [{ ...pgdata, read_only: true }] }, []],
  ])('what is left was, as the live release tells, %s', (_, service, expected) => {
    const { refusals } = judge({ ...facts, containers: [left] }, renamed('postgres'), { ...options, ...liveAs(service) })
    expect(refusals.map(({ code }) => code)).toEqual(expected)
  })
  test.each(['/etc/localtime', '/etc/timezone', '/var/run/docker.sock', '/run/docker.sock', '/dev/shm', '/proc', '/sys/fs/cgroup'])(
    '%s of the host is no data that two share',
    (path) => {
      const { services } = model('shop')
      const db = { ...services.db, volumes: [...(services.db?.volumes ?? []), { type: 'bind', source: path, target: path }] }
      const containers = [{ ...left, service: 'old-worker', mounts: [path] }]
      const changed = planShop({ model: { ...model('shop'), services: { ...services, db } } })
      expect(judge({ ...facts, containers }, changed, options).refusals).toEqual([])
    },
  )
  test('two workers may share a folder for uploads', () => {
    const { services } = model('shop')
    const jobs = { image: 'ghcr.io/acme/jobs:1', volumes: [{ type: 'volume', source: 'uploads', target: '/uploads' }] }
    const uploads = { ...left, service: 'old-jobs', mounts: ['old_uploads'] }
    const asked = (strategy: string[]) =>
      judge(
        { ...facts, containers: [uploads] },
        planShop({
          model: { ...model('shop'), services: { ...services, jobs } },
          strategy: strategy.map((line) => strategyLine.read(line)),
        }),
        options,
      ).refusals.map(({ code }) => code)
    expect(asked([])).toEqual([])
    expect(asked(['jobs=keep'])).toEqual(['DA-STATEFUL-TWICE'])
  })
  test('one that may be only renamed is told, and what becomes of it', () => {
    const note = 'postgres is new, with the image of db, which is not in this release. If db was only renamed: '
    expect(renamed('postgres').notes).toContain(`${note}both run until db is removed (\`remove-orphans: true\`)`)
    expect(renamed('postgres', { removeOrphans: true }).notes).toContain(
      `${note}db is removed after the switch, and both may run until then`,
    )
    expect(planShop().notes.filter((one) => one.includes('renamed'))).toEqual([])
  })
  test('what is left is removed when that is asked for, stopped or not, and told once', () => {
    const containers = [left, { ...left, id: 'c2', state: 'exited' }, { ...left, service: 'run', oneOff: true }]
    const { notices } = judge({ ...facts, containers }, renamed('other'), { ...options, removeOrphans: true })
    expect(notices.filter((one) => !one.includes('not known whether'))).toEqual([
      'db is not in this release: after the switch it is stopped and its containers are removed (volumes stay).',
    ])
  })
})
