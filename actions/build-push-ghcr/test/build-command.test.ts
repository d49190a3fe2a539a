import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { type BuildSurroundings, buildCommand } from '../src/build-command.ts'
import { inputs } from '../src/inputs.ts'
import { targetsOf } from '../src/targets.ts'
import { factsOf } from './facts.ts'

function command(texts: Record<string, string> = {}, more: Partial<BuildSurroundings> = {}) {
  const given = inputsOf('build-push-ghcr', inputs, texts)
  const about = {
    inputs: given,
    builder: { name: 'b', platforms: ['linux/amd64', 'linux/386'] },
    provenance: true,
    readOnlyCache: false,
    gitToken: 'ghs_git',
    metadataFile: 'm.json',
    dockerfile: undefined,
    localTag: 'local:1',
  }
  return targetsOf(given, factsOf()).map((target) => buildCommand(target, { ...about, ...more }))
}
const line = (texts: Record<string, string> = {}, more: Partial<BuildSurroundings> = {}) => command(texts, more)[0]?.args.join(' ') ?? ''

test('nothing is pushed under a name: by digest only', () => {
  expect(line()).toContain(
    '--output type=image,name=ghcr.io/acme/shop,push-by-digest=true,name-canonical=true,push=true,oci-mediatypes=true',
  )
  expect(line()).not.toMatch(/--tag|-t /)
})

test('every input of the build reaches buildx', () => {
  const texts = {
    context: 'src',
    file: 'src/Dockerfile.web',
    target: 'prod',
    platforms: 'linux/amd64,linux/arm64',
    'build-args': 'A=1\nB=x y',
    'build-contexts': 'base=docker-image://alpine:3',
    labels: 'team=web',
    'no-cache': 'true',
    pull: 'true',
    'no-cache-filters': 'deps,build',
    'add-hosts': 'db:10.0.0.1',
    network: 'host',
    'shm-size': '256m',
    ulimit: 'nofile=1024:1024',
    'cgroup-parent': 'x',
    allow: 'network.host',
    outputs: 'type=local,dest=out',
    'extra-args': '--build-arg=Z=9',
    ssh: 'default',
    'secret-files': 'f=path',
    'secret-envs': 'e=NAME',
    builder: 'b',
  }
  const text = line(texts)
  for (const part of [
    '--builder b',
    '--file src/Dockerfile.web',
    '--target prod',
    '--platform linux/amd64,linux/arm64',
    '--build-arg A=1 --build-arg B=x y',
    '--build-context base=docker-image://alpine:3',
    '--label team=web',
    '--no-cache',
    '--pull',
    '--no-cache-filter deps --no-cache-filter build',
    '--add-host db:10.0.0.1',
    '--network host',
    '--shm-size 256m',
    '--ulimit nofile=1024:1024',
    '--cgroup-parent x',
    '--allow network.host',
    '--output type=local,dest=out',
    '--build-arg=Z=9',
    '--ssh default',
    '--secret id=f,src=path',
    '--secret id=e,env=NAME',
    '--provenance mode=min',
    '--sbom false',
  ])
    expect(text).toContain(part)
  expect(text.endsWith(' src')).toBe(true)
})

test('values of secrets stand in the environment and in no command line', () => {
  const [one] = command({ secrets: 'npm=hunter2\n"pem=a\nb"' })
  expect(one?.args.join(' ')).toContain('--secret id=npm,env=DEPLOY_ACTIONS_SECRET_0 --secret id=pem,env=DEPLOY_ACTIONS_SECRET_1')
  expect(one?.args.join(' ')).not.toContain('hunter2')
  expect(one?.env).toEqual({ DEPLOY_ACTIONS_SECRET_0: 'hunter2', DEPLOY_ACTIONS_SECRET_1: 'a\nb' })
})

test("a git repository as context gets the workflow's token, unless another is given; a folder gets none", () => {
  const context = 'https://github.com/acme/shop.git#main:web'
  expect(command({ context })[0]?.env).toEqual({ DEPLOY_ACTIONS_GIT_TOKEN: 'ghs_git' })
  expect(command({ context, secrets: 'GIT_AUTH_TOKEN=own' })[0]?.env).toEqual({ DEPLOY_ACTIONS_SECRET_0: 'own' })
  expect(command()[0]?.env).toEqual({})
})

test('the cache lies beside each image, one for each platform, and its failure never fails the build', () => {
  expect(line()).toContain(
    '--cache-from type=registry,ref=ghcr.io/acme/shop:buildcache-linux-amd64 --cache-to type=registry,ref=ghcr.io/acme/shop:buildcache-linux-amd64,mode=max,image-manifest=true,oci-mediatypes=true,ignore-error=true',
  )
  const both = line({ platforms: 'linux/amd64,linux/arm64' })
  for (const name of ['linux-amd64_linux-arm64', 'linux-amd64', 'linux-arm64'])
    expect(both).toContain(`--cache-from type=registry,ref=ghcr.io/acme/shop:buildcache-${name} `)
  expect(both.match(/--cache-to/g)).toHaveLength(1)
})

test("two images in GitHub's cache do not overwrite each other", () => {
  const [web, api] = command({ cache: 'gha', images: '- name: web\n- name: api' }).map(({ args }) =>
    args.filter((arg) => arg.includes('type=gha')),
  )
  expect(web).toEqual(['type=gha,scope=web-linux-amd64', 'type=gha,scope=web-linux-amd64,mode=max,ignore-error=true'])
  expect(api?.[0]).toBe('type=gha,scope=api-linux-amd64')
})

test('a pull request reads the cache and does not write it; explicit places are used as they are', () => {
  expect(line({}, { readOnlyCache: true })).toMatch(/--cache-from/)
  expect(line({}, { readOnlyCache: true })).not.toMatch(/--cache-to/)
  const own = line({ 'cache-from': 'type=local,src=c', 'cache-to': 'type=local,dest=c\ntype=inline' })
  expect(own).toContain('--cache-from type=local,src=c --cache-to type=local,dest=c,ignore-error=true --cache-to type=inline ')
  expect(own).not.toContain('buildcache')
  expect(line({ cache: 'off' })).not.toContain('--cache')
})

test('annotations stand on the index too where there is one, and only on the manifest where there is none', () => {
  expect(line()).toContain('--annotation index,manifest:org.opencontainers.image.source=https://github.com/Acme/Shop')
  expect(line({}, { provenance: false })).toContain(
    '--annotation manifest:org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567',
  )
  expect(line({ platforms: 'linux/amd64,linux/arm64' }, { provenance: false })).toContain('--annotation index,manifest:')
})

test("labels are of the commit and not of the moment, and the user's own win", () => {
  const text = line({ labels: 'org.opencontainers.image.title=Mine', tags: 'type=raw,value=v7' })
  expect(text).toContain('--label org.opencontainers.image.title=Mine')
  expect(text).toContain('--label org.opencontainers.image.created=2026-01-31T09:30:00.000Z')
  expect(text).toContain('--label org.opencontainers.image.version=v7')
})

test('without a push the image goes into the engine, and nowhere else', () => {
  const text = line({ push: 'false' })
  expect(text).toContain('--output type=docker,name=local:1')
  expect(text).not.toContain('push')
})

test('variants are built with arguments of their own, under one name, with tags that end in theirs', () => {
  const images = `
- name: web
  build-args: { A: 1, B: 2 }
  variants:
    staging: { build-args: { B: 3 } }
    production: { build-args: { B: 4 } }`
  const targets = targetsOf(inputsOf('build-push-ghcr', inputs, { images, tags: 'type=ref,event=branch' }), factsOf())
  expect(
    targets.map(({ name, reference, tags, wanted }) => [name, reference.repository, tags.all[0], tags.all[1], [...wanted.buildArgs]]),
  ).toEqual([
    [
      'web.staging',
      'acme/shop/web',
      'main-staging',
      `sha-${factsOf().commit}-staging`,
      [
        ['A', '1'],
        ['B', '3'],
      ],
    ],
    [
      'web.production',
      'acme/shop/web',
      'main-production',
      `sha-${factsOf().commit}-production`,
      [
        ['A', '1'],
        ['B', '4'],
      ],
    ],
  ])
})
