import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '@deploy-actions/kit'
import { createImageStore, type ImageStore } from '@deploy-actions/registry'
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
afterAll(async () => {
  shop.close()
})

const left = async () =>
  `${await docker(['ps', '-aq', '--filter', 'label=deploy-actions.build'])}${await docker(['network', 'ls', '-q', '--filter', 'label=deploy-actions.build'])}`
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
  expect([built.code, built.outputs.status]).toEqual([0, 'pushed'])
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
  expect(await left()).toBe('')
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
