import { createHash } from 'node:crypto'
import { deploymentsOf } from '@deploy-actions/deployments'
import { octokitApi } from '@deploy-actions/github'
import { createImageStore } from '@deploy-actions/registry'
import { FakeClock, FakeLog, FakeRepository, MemoryRegistry } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { cleanup } from '../src/cleanup.ts'
import { graphOf, reachable, type Version } from '../src/cleanup-graph.ts'
import { planCleanup, rootsOf } from '../src/cleanup-plan.ts'
import { type Deployed, deployedLast } from '../src/deployed.ts'
import { githubVersions } from '../src/github-versions.ts'
import { FakePackages } from './fake-packages.ts'

const REPOSITORY = 'acme/shop/web'
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const NOW = Date.parse('2026-06-30T00:00:00Z')
const DAY = 86_400_000

let registry: MemoryRegistry
let packages: FakePackages
const clock = new FakeClock({ now: NOW })
beforeEach(async () => {
  registry = new MemoryRegistry()
  packages = new FakePackages('acme', 'shop%2Fweb')
  await Promise.all([registry.start(), packages.start()])
})
afterEach(() => Promise.all([registry.stop(), packages.stop()]))

/** Pushes one, `daysAgo` days before now, and returns its digest. */
function push(content: object, daysAgo: number, tags: string[] = []): string {
  const digest = registry.keep(REPOSITORY, content)
  for (const tag of tags) registry.repository(REPOSITORY).tags.set(tag, digest)
  packages.versions.push({ id: packages.versions.length + 1, digest, tags, at: new Date(NOW - daysAgo * DAY).toISOString() })
  return digest
}

let serial = 0
function image(daysAgo: number, tags: string[] = [], more: object = {}): string {
  serial += 1
  return push({ mediaType: MANIFEST, serial, config: registry.keepBlob(REPOSITORY, '{}'), layers: [], ...more }, daysAgo, tags)
}

/** Two platforms with an attestation each, and, when asked for, a signature under a tag made of the digest. */
function index(daysAgo: number, tags: string[], signed = false): { all: string[]; digest: string } {
  const children = ['amd64', 'arm64'].flatMap((architecture) => {
    const digest = image(daysAgo)
    const proof = image(daysAgo)
    return [
      { digest, size: 1, mediaType: MANIFEST, platform: { os: 'linux', architecture } },
      {
        digest: proof,
        size: 1,
        mediaType: MANIFEST,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.digest': digest },
      },
    ]
  })
  const digest = push({ mediaType: INDEX, manifests: children }, daysAgo, tags)
  const signature = signed ? [image(daysAgo, [`${digest.replace(':', '-')}.sig`])] : []
  return { digest, all: [digest, ...children.map((child) => child.digest), ...signature] }
}

interface Wanted {
  cleanup?: 'plan' | 'apply'
  keep?: number
  days?: number
  protect?: string[]
  built?: string[]
  deployed?: Deployed
  /** Happens after the first list was read, and before the second. */
  meanwhile?: () => unknown
}

function sourceWith({ meanwhile = () => undefined }: Wanted) {
  const source = githubVersions(
    { registry: 'ghcr.io', repository: REPOSITORY },
    { api: packages.api, token: 'ghs_token' },
    { fetch, clock, signal: new AbortController().signal },
  )
  let lists = 0
  const list = () => {
    lists += 1
    if (lists > 1) meanwhile()
    return source.list()
  }
  return { ...source, list }
}

const run = (more: Wanted = {}) =>
  cleanup(
    { registry: registry.host, repository: REPOSITORY },
    { cleanup: more.cleanup ?? 'apply', cleanupKeep: more.keep ?? 5, cleanupDays: more.days ?? 14, cleanupProtect: more.protect ?? [] },
    more.built ?? [],
    more.deployed ?? { digests: new Set(), commits: new Set() },
    {
      store: createImageStore({ fetch, clock, random: () => 0 }),
      source: sourceWith(more),
      log: new FakeLog(),
      clock,
    },
  )
const there = () => packages.versions.map(({ digest }) => digest).sort()

/** 200 manifests as years of builds leave them; those that have to stay, and a line that protects one. */
function years(): { stay: string[]; protect: string } {
  const stay: string[] = []
  // 30 signed builds, the newest first: 5 are among the newest, one is deployed.
  const builds = Array.from({ length: 30 }, (_, at) =>
    index(20 + at, [`sha-${String(at).padStart(40, '0')}`, ...(at === 0 ? ['main', 'latest'] : [])], true),
  )
  for (const one of [...builds.slice(0, 5), builds[20]]) stay.push(...(one?.all ?? []))
  // An image of one platform that two tags share, old; and the cache.
  image(60, ['v1', '1.0'])
  stay.push(image(300, ['buildcache-linux-amd64']))
  // Platforms without an index: the young one may be of a build that is just running.
  for (let at = 0; at < 12; at += 1) image(100 + at)
  stay.push(image(2))
  // A signature of a kept image and one of a loose image, by `subject`.
  const kept = builds[0]?.digest as string
  stay.push(image(90, [], { subject: { mediaType: INDEX, digest: kept, size: 1 } }))
  image(90, [], { subject: { mediaType: INDEX, digest: builds[29]?.digest, size: 1 } })
  while (packages.versions.length < 200) image(200)
  const protect = `ghcr.io/${REPOSITORY}@${builds[20]?.digest}`
  return { stay: [...new Set(stay)].sort(), protect }
}

test('of 200 manifests exactly those stay that are new, young, deployed, cache, or a part of one of these', async () => {
  const { stay, protect } = years()
  expect(packages.versions).toHaveLength(200)
  const { removed } = await run({ protect: [protect] })
  expect(there()).toEqual(stay)
  expect(removed).toBe(200 - stay.length)
  expect(packages.unknown).toEqual([])
})

test('a plan deletes nothing and says the same', async () => {
  const { stay, protect } = years()
  const { plan, removed } = await run({ cleanup: 'plan', protect: [protect] })
  expect([plan.kept, plan.remove.length, removed, packages.versions.length]).toEqual([stay.length, 200 - stay.length, 0, 200])
  expect(packages.asked.filter((one) => !one.startsWith('GET'))).toEqual([])
})

test('it stops anywhere, and nothing that is left is broken: an index goes before its parts', async () => {
  index(100, ['old'])
  index(101, ['older'], true)
  image(99, ['newest'])
  const { plan } = await run({ cleanup: 'plan', keep: 1 })
  const contents = new Map(plan.remove.map(({ digest }, at) => [digest, at]))
  for (const [from, ends] of plan.graph)
    for (const end of ends) expect(contents.get(from) ?? -1).toBeLessThan(contents.get(end) ?? Number.POSITIVE_INFINITY)
})

test.each<[string, () => void, string]>([
  ['a part of an index is not there', () => packages.versions.splice(0, 1), 'are not listed'],
  [
    'the registry does not have one that is listed',
    () => registry.repository(REPOSITORY).manifests.delete(packages.versions[0]?.digest as string),
    'the registry does not have it',
  ],
  [
    'the registry cannot be read',
    () => {
      registry.fault = (question) => (question.startsWith('GET') ? { status: 500 } : undefined)
    },
    'cannot be read',
  ],
])('when %s, nothing is deleted', async (_, spoil, message) => {
  index(100, ['old'])
  image(99, ['newest'])
  spoil()
  const before = packages.versions.length
  await expect(run({ keep: 1 })).rejects.toMatchObject({ code: 'DA-CLEANUP-PARTIAL', message: expect.stringContaining(message) })
  expect(packages.versions).toHaveLength(before)
})

test('what got a tag between plan and deletion stays, and all else with it', async () => {
  const loose = image(100)
  image(99, ['newest'])
  const list = packages.versions
  let lists = 0
  Object.defineProperty(packages, 'versions', {
    configurable: true,
    get: () => {
      lists += 1
      return lists > 2 ? list.map((one) => (one.digest === loose ? { ...one, tags: ['rescued'] } : one)) : list
    },
    set: () => {
      throw new Error('something was deleted')
    },
  })
  await expect(run({ keep: 1 })).rejects.toMatchObject({
    code: 'DA-CLEANUP-PARTIAL',
    message: expect.stringContaining('changed meanwhile'),
  })
})

test.each([
  ['pushed while it runs', 0],
  ['that the first list had lost between two pages', 40],
])('an index %s keeps the old platforms that it leads to', async (_, daysAgo) => {
  const [loose, platform] = [image(100), image(100)]
  const newest = image(39, ['newest'])
  let live = ''
  const meanwhile = () => {
    if (live === '') live = push({ mediaType: INDEX, manifests: [{ digest: platform, size: 1, mediaType: MANIFEST }] }, daysAgo, ['live'])
  }
  expect((await run({ keep: 2, meanwhile })).removed).toBe(1)
  expect(there()).toEqual([platform, newest, live].sort())
  expect(there()).not.toContain(loose)
})

test('where something is pushed all the time nothing is deleted', async () => {
  image(100)
  image(99, ['newest'])
  await expect(run({ keep: 1, meanwhile: () => image(0) })).rejects.toMatchObject({
    code: 'DA-CLEANUP-PARTIAL',
    message: expect.stringContaining('was pushed meanwhile'),
  })
  expect(packages.asked.filter((one) => one.startsWith('DELETE'))).toEqual([])
})

test('what is still there, although GitHub answered that it does not have it, is an error with what the token needs', async () => {
  image(100)
  image(99, ['newest'])
  packages.mayDelete = false
  await expect(run({ keep: 1 })).rejects.toMatchObject({
    code: 'DA-CLEANUP-API',
    message: expect.stringContaining('1 manifests are still there'),
    hint: expect.stringContaining('role Admin'),
  })
})

test('an index that GitHub does not delete keeps its parts', async () => {
  const old = index(100, ['old'])
  const newest = image(99, ['newest'])
  packages.kept.add(packages.versions.find(({ digest }) => digest === old.digest)?.id as number)
  const { removed } = await run({ keep: 1 })
  expect([removed, there()]).toEqual([0, [...old.all, newest].sort()])
})

test('a person has packages too, and pauses that GitHub asks for are kept', async () => {
  packages.kind = 'users'
  image(100)
  image(99, ['newest'])
  packages.failures.push({ status: 403, headers: { 'retry-after': '30' } }, { status: 502 })
  expect((await run({ keep: 1 })).removed).toBe(1)
})

test('a token that may not is told with what it needs', async () => {
  packages.token = 'another'
  await expect(run()).rejects.toMatchObject({ code: 'DA-CLEANUP-API', hint: expect.stringContaining('role Admin') })
})

test('what the last deployments of each environment brought there stays: by digest, and by the commit where the record has none', async () => {
  const github = await FakeRepository.open('acme/shop')
  try {
    const commit = (name: string) => createHash('sha1').update(name).digest('hex')
    const old = ['first', 'second', 'third', 'staged', 'foreign'].map((name, at) => image(100 + at, [`sha-${commit(name)}`]))
    const newest = image(99, ['newest'])
    const api = octokitApi({ token: 'ghs_fake', url: github.url, clock })
    const deployments = deploymentsOf(api, 'acme/shop')
    const record = async (environment: string, name: string, digest?: string, serves = true) => {
      github.push('main', { sha: commit(name) })
      const images = { web: `ghcr.io/${REPOSITORY}@${digest}` }
      const payload = { 'deploy-actions': 1, release: name, previous: '', app: 'shop', via: 'deploy', serves, images, env: [] }
      await api.request('POST /repos/{owner}/{repo}/deployments', {
        ...{ owner: 'acme', repo: 'shop', ref: commit(name), environment, auto_merge: false, required_contexts: [] },
        payload: digest === undefined ? { theirs: true } : payload,
      })
    }
    await record('staging', 'staged', old[3])
    for (let at = 0; at < 120; at++) await record('preview', `preview ${at}`, `sha256:${'0'.repeat(64)}`)
    await record('production', 'first', old[0])
    await record('production', 'second', old[1])
    await record('production', 'third', old[2])
    for (let at = 0; at < 3; at++) await record('production', `taken back ${at}`, `sha256:${'1'.repeat(64)}`, false)
    for (let at = 0; at < 9; at++) await record('production', `nightly job ${at}`)
    for (let at = 0; at < 9; at++) await record('production', 'third', old[2])
    await record('qa', 'foreign')
    await run({ keep: 1, deployed: await deployedLast(2, () => deployments) })
    expect(there()).toEqual([old[1], old[2], old[3], old[4], newest].sort())
    github.mood = 'denied'
    await expect(deployedLast(2, () => deployments)).rejects.toMatchObject({
      code: 'DA-CLEANUP-PARTIAL',
      hint: expect.stringContaining('`deployments: read`'),
    })
    expect((await deployedLast(0, () => deployments)).digests.size).toBe(0)
  } finally {
    await github.close()
  }
})

/** Numbers that look like chance and are the same each time. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** Any graph without circles: indexes of anything, attestations inside and outside, signatures by tag and by subject, tags shared and moved. */
function anyPackage(random: () => number) {
  const versions: Version[] = []
  const contents = new Map<string, never>()
  const size = 1 + Math.floor(random() * 60)
  const pick = () => versions[Math.floor(random() * versions.length)]?.digest
  for (let at = 0; at < size; at += 1) {
    const digest = digestOf(`${at}`)
    const children = Array.from({ length: random() < 0.4 ? Math.floor(random() * 5) : 0 }, pick).flatMap((child) =>
      child === undefined ? [] : [child],
    )
    const tags = [
      ...(random() < 0.3 ? [`v${at}`] : []),
      ...(random() < 0.1 ? [`buildcache-${at}`] : []),
      ...(random() < 0.2 && pick() !== undefined ? [`${pick()?.replace(':', '-')}${random() < 0.5 ? '.sig' : ''}`] : []),
    ]
    const subject = random() < 0.15 ? pick() : undefined
    contents.set(digest, {
      children: children.map((one) => ({ digest: one, attests: random() < 0.3 ? pick() : undefined })),
      subject,
    } as never)
    versions.push({ id: String(at), digest, tags, pushedAt: Math.floor(random() * 1000) })
  }
  return { versions, graph: graphOf(versions, contents) }
}

test('in any package nothing that a kept root leads to is ever in the plan, and nothing else is kept', () => {
  for (let seed = 1; seed <= 1_000; seed += 1) {
    const random = chance(seed)
    const { versions, graph } = anyPackage(random)
    const rules = {
      newest: Math.floor(random() * 5),
      after: random() * 1200,
      digests: new Set(versions.filter(() => random() < 0.1).map(({ digest }) => digest)),
      commits: new Set<string>(),
    }
    const removed = planCleanup(versions, graph, rules).remove.map(({ digest }) => digest)
    const needed = reachable(graph, rootsOf(versions, rules))
    const wrong = removed.filter((digest) => needed.has(digest))
    const forgotten = versions.filter(({ digest }) => !needed.has(digest) && !removed.includes(digest))
    expect({ seed, wrong, forgotten, twice: removed.length - new Set(removed).size }).toEqual({ seed, wrong: [], forgotten: [], twice: 0 })
  }
})
