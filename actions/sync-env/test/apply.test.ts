import { containerHashes, type HostEnvFile } from '@deploy-actions/agent'
import { blockOf, FakeClock, FakeHost, type FakeHostOptions, FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { applyValues } from '../src/apply.ts'

const LIVE = '20260131T093000Z-1a2b3c4-7000.1'
const KEY = 'f'.repeat(64)

/** A host whose service `web` has A from the file, with this value. */
function hostWith(name: string, value: string, options: FakeHostOptions = {}): FakeHost {
  const hash = containerHashes(KEY, 'A', value)[0]
  const told = [
    'file\troot:root\t600\t0:0',
    `key\tA\t${'0'.repeat(64)}`,
    'service\tweb-blue',
    `has\tweb-blue\tA\t${hash}`,
    'origin\tweb-blue\tweb\tA',
  ]
  const answers = { upload: [], '0': [], 'env-look': blockOf('env', told), repeat: ['= repeated'], 'env-apply': ['= env-applied'] }
  return new FakeHost(name, { live: LIVE, ...options, answers: { ...answers, ...options.answers } })
}

async function applied(...hosts: FakeHost[]) {
  const log = new FakeLog()
  const values = new Map([['A', 'new']])
  const wanted = {
    values,
    format: 'compose' as const,
    prune: [],
    key: KEY,
    mode: '600',
    owner: undefined,
    rotated: [],
    rotateAfter: new Map(),
  }
  const ask = async (file: HostEnvFile) => {
    await file.request({ path: 'a.env', format: 'compose', mode: '600', owner: '', keep: 5, key: KEY, names: ['A'], apply: true })
    return file.look()
  }
  const run = {
    run: { id: '7001', attempt: 1, url: 'https://github.com/acme/shop/actions/runs/7001' },
    who: 'a test',
    repository: 'acme/shop',
    commit: undefined,
    actor: 'ann',
  }
  const request = { wanted, directory: '/opt/shop', lockTimeoutMs: 1_000, run, ask }
  const ports = { places: hosts.map(({ place }) => place), clock: new FakeClock(), log, signal: new AbortController().signal }
  return applyValues(request, ports)
}

const verbs = (host: FakeHost) =>
  host.heard.map((line) => line.split(' ')[0]).filter((verb) => !['upload', '0', '(session)'].includes(verb ?? ''))

test('a copy of the live release with the new lines goes the way of a deploy', async () => {
  const host = hostWith('a', 'old')
  const result = await applied(host)
  expect(result).toEqual({ release: expect.stringMatching(/^\d{8}T\d{6}Z-1a2b3c4-7001\.1$/), services: new Map([['web', ['A']]]) })
  expect(verbs(host)).toEqual(['env-look', 'repeat', 'env-apply', 'prepare', 'switch', 'commit'])
  expect(host.heard).toEqual(expect.arrayContaining([`repeat ${LIVE} ${result?.release}`, `prepare deploy ${result?.release}`]))
  expect(host.live).toBe(result?.release)
})

test('what runs with the values already is left alone', async () => {
  const host = hostWith('a', 'new')
  expect(await applied(host)).toBeUndefined()
  expect([verbs(host), host.live]).toEqual([['env-look', 'quit'], LIVE])
})

test('of two hosts one that has the values gets the release too: they go on having the same one', async () => {
  const hosts = [hostWith('a', 'old'), hostWith('b', 'new')] as const
  const result = await applied(...hosts)
  expect(hosts.map(({ live }) => live)).toEqual([result?.release, result?.release])
  expect(hosts.map((host) => verbs(host).includes('env-apply'))).toEqual([true, false])
})

test('a host on which the new values do not get healthy leaves all with the release before', async () => {
  const hosts = [
    hostWith('a', 'old'),
    hostWith('b', 'old', { fates: { prepare: ['! DA-HEALTH-TIMEOUT web is not healthy', '= settled'] } }),
  ] as const
  await expect(applied(...hosts)).rejects.toMatchObject({
    code: 'DA-ENV-APPLY',
    message: expect.stringMatching(/^the file is written, and the services run on with the values before: /),
  })
  expect(hosts.map(({ live }) => live)).toEqual([LIVE, LIVE])
})

test("hosts that serve different releases are a deploy's to bring together", async () => {
  const hosts = [hostWith('a', 'old'), hostWith('b', 'old', { live: '20260201T093000Z-1a2b3c4-7000.2' })] as const
  await expect(applied(...hosts)).rejects.toMatchObject({ code: 'DA-ENV-APPLY', message: expect.stringMatching(/different releases/) })
  expect(verbs(hosts[0])).not.toContain('repeat')
})

test('a host without a release has nothing to restart', async () => {
  const host = hostWith('a', 'old', { live: '' })
  expect(await applied(host)).toBeUndefined()
  expect(verbs(host)).toEqual(['quit'])
})
