import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '@deploy-actions/kit'
import { createImageStore, dockerConfig, type ImageStore } from '@deploy-actions/registry'
import { parseBuildRecord } from '@deploy-actions/release'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { BuildStage, reachesLoopback } from '../../lab/build/build-stage.ts'
import { goProgram } from '../../lab/golang.ts'
import { Consumer } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { docker } from '../../lab/shell.ts'
import { ensureStack } from '../../lab/stack/stack.ts'
import { labFolder } from '../../lab/state.ts'
import { atLoopback, ensureTokenRegistry, type TokenRegistry } from '../../lab/token-registry/token-registry.ts'

let stage: Stage
let open: string
let closed: TokenRegistry
let shop: BuildStage
const store = (login?: TokenRegistry['login']): ImageStore =>
  createImageStore({ fetch, clock: systemClock, logins: login === undefined ? [] : [{ registry: closed.address, ...login }] })

/** The sample program as an image: `web` at 8000, which needs half a second. */
const dockerfile = (more = '') =>
  `FROM scratch\nCOPY server /server\nENV ROLE=web VERSION=v1 MODE=ok BOOT_SECONDS=0.5\n${more}\nENTRYPOINT ["/server"]\n`
const health = '{ port: 8000, path: /health }'
/** A new name for each test: tags of another test, or of yesterday, prove nothing. */
let count = 0
const fresh = () => {
  count += 1
  return `t${Date.now()}-${count}`
}

beforeAll(async () => {
  stage = await openStage()
  open = await atLoopback('registry')
  closed = await ensureTokenRegistry()
  const server = readFileSync(await goProgram('apps', () => {}))
  shop = await BuildStage.open({
    'good/Dockerfile': dockerfile(),
    'good/server': server,
    'dies/Dockerfile': dockerfile('ENV MODE=exit'),
    'dies/server': server,
    'broken/Dockerfile': dockerfile('COPY nothing /nothing'),
    'broken/server': server,
  })
})
/** A configuration of docker that may pull there. */
let config: string
function loggedIn(): string {
  config ??= mkdtempSync(path.join(tmpdir(), 'lab-docker-'))
  writeFileSync(path.join(config, 'config.json'), JSON.stringify(dockerConfig([{ registry: closed.address, ...closed.login }])))
  return config
}
afterAll(async () => {
  if (config) rmSync(config, { recursive: true })
  shop.close()
})

/** Of the images of these tests: another suite may build at the same time. */
const left = async () => {
  const label = ['--filter', 'label=deploy-actions.build']
  const names = await Promise.all([
    docker(['ps', '-a', '--format', '{{.Names}}', ...label]),
    docker(['network', 'ls', '--format', '{{.Name}}', ...label]),
  ])
  return names.join('\n').match(/^.*-(?:good|dies|one|two)$/gm) ?? []
}
const tagsOf = (repository: string, login?: TokenRegistry['login']) =>
  store(login).tags({ registry: login === undefined ? open : closed.address, repository })
const onlyCache = (tags: string[]) => tags.filter((tag) => !tag.startsWith('buildcache-'))

test('two images of an example are built, started, tagged, and deployed from the build record alone', async () => {
  const stack = await ensureStack()
  const repository = path.join(labFolder, '../examples/build-and-deploy')
  const example = await BuildStage.open(repository)
  const base = (name: string) =>
    `docker-image://${stack.image(name as 'nginx', name === 'nginx' ? '1.22' : 'v1').replace('172.31.250.2:5000', open)}`
  const built = await example.run({
    inputs: {
      registry: open,
      images: `
- { name: backend, context: backend, build-args: { COMMIT: seven }, verify: { port: 8000, path: /health } }
- { name: frontend, context: frontend, verify: { port: 80, path: / } }`,
      'build-contexts': `python:3.13-slim=${base('backend')}\nnginx:1.29=${base('nginx')}`,
      tags: 'type=ref,event=branch',
    },
    env: { GITHUB_REPOSITORY: `acme/${fresh()}` },
  })
  example.close()
  if (built.code !== 0) throw new Error(built.stdout)
  const record = parseBuildRecord(built.outputs.build as string)
  expect(Object.keys(record.images)).toEqual(['backend', 'frontend'])

  await stage.box.reset()
  const undo = await reachesLoopback(stage.box, open, '172.31.250.2:5000')
  const consumer = new Consumer(stage, { repository })
  consumer.write(
    'compose.yaml',
    readFileSync(`${repository}/compose.yaml`, 'utf8').replaceAll(
      'ghcr.io/acme/two-images',
      record.images.backend?.ref.replace('/backend', '') as string,
    ),
  )
  try {
    const deployed = await consumer.deploy('v1', {
      inputs: {
        build: built.outputs.build as string,
        images: 'none',
        routes: ':80 -> frontend:80',
        switch: 'backend:8000',
        health: 'backend: http :8000/health\nfrontend: http :80/',
        verify: `${stage.url}/api/health 200`,
        'verify-for': '0s',
      },
    })
    expectStatus(deployed, 'deployed')
    expect(await (await fetch(`${stage.url}/api/version`)).json()).toEqual({ commit: 'seven' })
    const running = await stage.box.exec(
      "docker ps --format '{{.ID}}' | xargs docker inspect --format '{{.Image}}' | xargs docker image inspect --format '{{join .RepoDigests \" \"}}'",
    )
    for (const { digest } of Object.values(record.images)) expect(running.stdout).toContain(digest)
  } finally {
    consumer.close()
    await stage.box.reset()
    await undo()
  }
})

test('of two images one does not start: neither is tagged, both digests are in the error, and nothing is left', async () => {
  const repository = `acme/${fresh()}`
  const { code, outputs, annotations, stdout } = await shop.run({
    inputs: {
      registry: open,
      images: `- { name: good, context: good, verify: ${health} }\n- { name: dies, context: dies, verify: ${health} }`,
    },
    env: { GITHUB_REPOSITORY: repository },
  })
  expect([code, outputs.status, outputs.build]).toEqual([1, 'failed', undefined])
  const [error] = annotations.filter(({ level }) => level === 'error')
  expect(error?.title).toBe('DA-START-FAILED')
  expect(error?.message).toMatch(/image "dies".*ended by itself with code 3/)
  const digests = error?.message.match(new RegExp(`${open}/${repository}/(?:good|dies)@sha256:[0-9a-f]{64}`, 'g')) ?? []
  expect(digests).toHaveLength(2)
  expect(onlyCache([...(await tagsOf(`${repository}/good`)), ...(await tagsOf(`${repository}/dies`))])).toEqual([])
  expect(stdout).toContain('last lines of')
  expect(await left()).toEqual([])
  expect(readdirSync(shop.temp)).toEqual([])
})

test('a broken Dockerfile is told with its image and its line, and the good image beside it gets no tag', async () => {
  const repository = `acme/${fresh()}`
  const { annotations, code } = await shop.run({
    inputs: { registry: open, images: '- { name: good, context: good }\n- { name: broken, context: broken }' },
    env: { GITHUB_REPOSITORY: repository },
  })
  const errors = annotations.filter(({ level }) => level === 'error')
  expect([code, errors]).toEqual([1, [expect.objectContaining({ title: 'DA-BUILD-FAILED', file: 'broken/Dockerfile', line: 4 })]])
  expect(errors[0]?.message).toMatch(/^the image "broken" cannot be built at broken\/Dockerfile:4: .*"\/nothing": not found/)
  expect(onlyCache(await tagsOf(`${repository}/good`))).toEqual([])
})

test('at a registry with bearer tokens: pushed with the login of the inputs, which lies in no file of the user and is gone afterwards', async () => {
  const repository = `acme/${fresh()}`
  const { code, outputs, stdout, summary } = await shop.run({
    inputs: {
      registry: closed.address,
      image: `${closed.address}/${repository}`,
      context: 'good',
      verify: health,
      ...closed.login,
      tags: 'type=raw,value=stable',
    },
  })
  expect([code, outputs.status]).toEqual([0, 'pushed'])
  expect(onlyCache(await tagsOf(repository, closed.login)).toSorted()).toEqual([expect.stringMatching(/^sha-[0-9a-f]{40}$/), 'stable'])
  expect(`${stdout.replace(/^::add-mask::.*$/gm, '')}${summary}${JSON.stringify(outputs)}`).not.toContain(closed.login.password)
  expect(readdirSync(shop.temp)).toEqual([])
})

test('a login that may only read is told before anything is built', async () => {
  const { code, annotations, stdout } = await shop.run({
    inputs: { registry: closed.address, image: `${closed.address}/acme/${fresh()}`, context: 'good', ...closed.reader },
  })
  expect([code, annotations.map(({ title }) => title)]).toEqual([1, ['DA-REGISTRY-PUSH']])
  expect(annotations[0]?.message).toMatch(/refuses user "reader" to push acme\//)
  expect(stdout).not.toContain('::group::Build')
})

// What kills a step: at each line that tells where it is. The job's own clean-up then runs, as GitHub starts it after any step that began.
test.each([
  ['SIGKILL', '::group::Build'],
  ['SIGKILL', 'importing cache'],
  ['SIGKILL', '::group::Start'],
  ['SIGKILL', '::group::Tag'],
  ['SIGINT', 'importing cache'],
  ['SIGINT', '::group::Start'],
  ['SIGINT', '::group::Tag'],
] as const)('%s at "%s" leaves no tag that is not proven, no login and no container', async (signal, at) => {
  const repository = `acme/${fresh()}`
  const images = ['one', 'two']
    .map((name) => `- { name: ${name}, image: ${closed.address}/${repository}/${name}, context: good, verify: ${health} }`)
    .join('\n')
  const inputs = { registry: closed.address, images, ...closed.login, tags: 'type=raw,value=stable' }
  const { state, code } = await shop.run({ inputs, signalAfter: { text: at, signal } })
  if (signal === 'SIGKILL') expect(code).toBe(null)
  else expect(readdirSync(shop.temp)).toEqual([])
  const post = await shop.run({ inputs, state })
  expect([post.code, post.stderr]).toEqual([0, ''])
  expect(readdirSync(shop.temp)).toEqual([])
  expect(await left()).toEqual([])
  const tags = await Promise.all(['one', 'two'].map(async (name) => onlyCache(await tagsOf(`${repository}/${name}`, closed.login)).length))
  // Where tags began to move all images were proven; a step that is asked to end then moves them all.
  if (at !== '::group::Tag') expect(tags).toEqual([0, 0])
  else if (signal === 'SIGINT') expect(new Set(tags).size).toBe(1)
})

test('an index with provenance has one digest in the output, in the registry, and after a promotion by its bytes; so has a single manifest', async () => {
  const repository = `acme/${fresh()}`
  const both = await shop.run({
    inputs: {
      registry: closed.address,
      images: `- { name: index, image: ${closed.address}/${repository}, context: good, platforms: "linux/amd64,linux/arm64", verify: ${health} }`,
      ...closed.login,
    },
  })
  const single = await shop.run({
    inputs: {
      registry: closed.address,
      images: `- { name: single, image: ${closed.address}/${repository}/single, context: good, verify: ${health} }`,
      attest: 'off',
      ...closed.login,
    },
  })
  expect([both.code, single.code]).toEqual([0, 0])
  const reads = store(closed.login)
  for (const [step, from, kind] of [
    [both, repository, 'index'],
    [single, `${repository}/single`, 'manifest'],
  ] as const) {
    const address = { registry: closed.address, repository: from }
    const tagged = await reads.manifest({
      ...address,
      tag: (await tagsOf(from, closed.login)).find((tag) => tag.startsWith('sha-')) as string,
    })
    expect(tagged?.digest).toBe(step.outputs.digest)
    const { kind: found, children } = reads.contents(address, tagged as never)
    expect([found, children.filter(({ attests }) => attests !== undefined)]).toEqual([
      kind,
      kind === 'index' ? [expect.anything(), expect.anything()] : [],
    ])
    const promoted = await reads.copy({ ...address, digest: step.outputs.digest as string }, { ...address, tag: 'production' })
    const elsewhere = await reads.copy(
      { ...address, tag: 'production' },
      { registry: closed.address, repository: `${from}-production`, tag: 'v1' },
    )
    const there = await reads.manifest({ registry: closed.address, repository: `${from}-production`, tag: 'v1' })
    expect([promoted.digest, elsewhere.digest, there?.digest]).toEqual(Array(3).fill(step.outputs.digest))
    await docker(['--config', loggedIn(), 'pull', '-q', `${closed.address}/${from}-production@${step.outputs.digest}`])
  }
  const record = parseBuildRecord(both.outputs.build as string)
  expect(record.images.index?.platforms).toEqual(['linux/amd64', 'linux/arm64'])
})

test('platforms that two jobs built and started become one index, which carries the attestations of both', async () => {
  const image = `${open}/acme/${fresh()}`
  const inputs = { registry: open, image, context: 'good', digests: `digests-${count}` }
  const first = await shop.run({ inputs: { ...inputs, phase: 'build', platforms: 'linux/amd64', verify: health } })
  const second = await shop.run({ inputs: { ...inputs, phase: 'build', platforms: 'linux/arm64', verify: 'off' } })
  expect([first.outputs.status, second.outputs.status, first.outputs.build]).toEqual(['built', 'built', undefined])
  expect(onlyCache(await tagsOf(image.replace(`${open}/`, '')))).toEqual([])
  const merged = await shop.run({ inputs: { ...inputs, phase: 'merge', tags: 'type=raw,value=stable' } })
  expect([merged.code, merged.outputs.status]).toEqual([0, 'pushed'])
  const address = { registry: open, repository: image.replace(`${open}/`, ''), tag: 'stable' }
  const index = await store().manifest(address)
  const { children } = store().contents(address, index as never)
  expect(children.map(({ platform, attests }) => platform || (attests === undefined ? '?' : 'attestation'))).toEqual([
    'linux/amd64',
    'linux/arm64',
    'attestation',
    'attestation',
  ])
  expect(parseBuildRecord(merged.outputs.build as string).images.shop?.digest).toBe(index?.digest)
})

// With real parts, where fakes would only repeat what we believe.
const mistakes: [string, () => Record<string, string>, string, RegExp][] = [
  [
    'an expired login',
    () => ({ registry: closed.address, image: `${closed.address}/acme/x`, username: 'lab', password: 'expired-token' }),
    'DA-REGISTRY-AUTH',
    /does not accept the password of user "lab"/,
  ],
  [
    'a registry that is not there',
    () => ({ registry: '127.0.0.1:50999', image: '127.0.0.1:50999/acme/x' }),
    'DA-REGISTRY-UNREACHABLE',
    /ECONNREFUSED/,
  ],
  [
    'a registry without https',
    () => ({ registry: '172.31.250.2:5000', image: '172.31.250.2:5000/acme/x' }),
    'DA-REGISTRY-UNREACHABLE',
    /does not speak https/,
  ],
  ['no Dockerfile', () => ({ registry: open, context: 'nothing' }), 'DA-BUILD-CONTEXT', /path "nothing" not found/],
  ['a Dockerfile elsewhere', () => ({ registry: open, file: 'good/Dockerfil' }), 'DA-BUILD-NO-DOCKERFILE', /failed to read dockerfile/],
  ['a stage that does not exist', () => ({ registry: open, target: 'prod' }), 'DA-BUILD-TARGET', /target stage "prod"/],
  [
    'a base image that does not exist',
    () => ({ registry: open, dockerfile: `FROM ${open}/nobody/knows:1` }),
    'DA-BUILD-BASE',
    /nobody\/knows:1: not found/,
  ],
  [
    'an unknown instruction',
    () => ({ registry: open, dockerfile: 'FROM scratch\nRUNN x' }),
    'DA-BUILD-FAILED',
    /unknown instruction: RUNN/,
  ],
  ['a builder that does not exist', () => ({ registry: open, builder: 'nobody' }), 'DA-BUILDER', /"nobody" does not work/],
  ['a secret file that does not exist', () => ({ registry: open, 'secret-files': 'npm=nowhere' }), 'DA-BUILD-CONTEXT', /nowhere/],
  [
    'a platform that cannot be started here',
    // Not arm64: another suite lets this machine emulate it.
    () => ({ registry: open, platforms: 'linux/s390x' }),
    'DA-START-PLATFORM',
    /is built for linux\/s390x/,
  ],
  [
    'nothing that listens',
    () => ({ registry: open, verify: '{ port: 81, timeout: 2s }' }),
    'DA-START-FAILED',
    /not ready after 2 s: nothing listens at 81/,
  ],
  [
    'another answer',
    () => ({ registry: open, verify: '{ port: 8000, path: /nowhere, timeout: 3s }' }),
    'DA-START-FAILED',
    /GET \/nowhere at 8000 is 404/,
  ],
  [
    'a log without the line',
    () => ({ registry: open, verify: '{ log: "never said", timeout: 2s }' }),
    'DA-START-FAILED',
    /no line of its log matches \/never said\//,
  ],
  ['a program that does not end', () => ({ registry: open, verify: '{ exit: 0, timeout: 2s }' }), 'DA-START-FAILED', /it still runs/],
  [
    'a command that the image does not have',
    () => ({ registry: open, dockerfile: 'FROM scratch\nCOPY server /server\nENTRYPOINT ["/nope"]' }),
    'DA-START-FAILED',
    /cannot be started/,
  ],
  ['digests of nobody', () => ({ registry: open, phase: 'merge', digests: 'none' }), 'DA-DIGESTS', /has no digests of builds/],
]
test.each([0, 6, 12])(
  'mistakes that only show on the way are told with one clear error each, and leave no tag (%i and those after it)',
  async (from) => {
    const told = await Promise.all(
      mistakes.slice(from, from + 6).map(async ([what, inputs, code, message]) => {
        const image = `${open}/acme/${fresh()}`
        const run = await shop.run({ inputs: { context: 'good', ...inputs(), image: inputs().image ?? image } })
        const errors = run.annotations.filter(({ level }) => level === 'error')
        const isTold = message.test(errors[0]?.message ?? '') ? 'told' : errors[0]?.message
        const tags = onlyCache(await tagsOf(image.replace(`${open}/`, '')))
        return [
          { what, code: run.code, errors: errors.map(({ title }) => title), isTold, tags },
          { what, code: 1, errors: [code], isTold: 'told', tags: [] },
        ]
      }),
    )
    expect(told.map(([seen]) => seen)).toEqual(told.map(([, wanted]) => wanted))
  },
)

test('a cache that cannot be written is no failure', async () => {
  const { code, outputs } = await shop.run({
    inputs: {
      registry: open,
      image: `${open}/acme/${fresh()}`,
      context: 'good',
      verify: health,
      'cache-to': 'type=registry,ref=127.0.0.1:50999/no/cache',
    },
  })
  expect([code, outputs.status]).toEqual([0, 'pushed'])
})

test('push: false builds and starts, for pull requests, and nothing reaches the registry', async () => {
  const image = `${open}/acme/${fresh()}`
  const { code, outputs } = await shop.run({
    inputs: { registry: open, image, context: 'good', verify: health, push: 'false' },
    env: { GITHUB_EVENT_NAME: 'pull_request' },
  })
  expect([code, outputs.status, outputs.digest]).toEqual([0, 'built', undefined])
  expect(await tagsOf(image.replace(`${open}/`, ''))).toEqual([])
})

test('a companion is there by its name, and secrets reach RUN but no image, log or command line', async () => {
  const image = `${open}/acme/${fresh()}`
  const { code, stdout } = await shop.run({
    inputs: {
      registry: open,
      image,
      context: 'good',
      verify: `{ port: 8000, path: /health, env: { API_URL: "http://db:9000/" }, with: { db: { image: "${open}/sample/api:v1", port: 9000, path: /health, env: { PASSWORD: "companion-secret" } } } }`,
      secrets: 'npm=hunter2-very-secret',
    },
  })
  expect(code).toBe(0)
  expect(stdout).toContain('started: GET /health at 8000 is 200')
  expect(stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain('hunter2-very-secret')
})
