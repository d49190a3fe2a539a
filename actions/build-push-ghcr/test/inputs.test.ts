import { UserError } from '@deploy-actions/kit'
import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { check } from '../src/check-inputs.ts'
import { wantedImages } from '../src/image-list.ts'
import { inputs } from '../src/inputs.ts'
import { looksSecret } from '../src/secret-names.ts'
import { targetsOf } from '../src/targets.ts'
import { factsOf } from './facts.ts'

const about = { repository: 'Acme/Shop', env: { SET: 'x', EMPTY: '' } }
const given = (texts: Record<string, string>) => inputsOf('build-push-ghcr', inputs, texts, (values) => check(values, about))
const names = (texts: Record<string, string>) =>
  targetsOf(given(texts), factsOf()).map(({ name, reference }) => [name, `${reference.registry}/${reference.repository}`])

function errorOf(texts: Record<string, string>): UserError {
  try {
    targetsOf(given(texts), factsOf())
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('it was taken')
}

test.each<[string, Record<string, string>, string[][]]>([
  ['one image is named like the repository, in lower case', {}, [['shop', 'ghcr.io/acme/shop']]],
  ["the repository's own capitals may stand in a name", { image: 'ghcr.io/Acme/Shop-api' }, [['shop', 'ghcr.io/acme/shop-api']]],
  [
    'a name without a registry belongs to `registry`',
    { image: 'team/api', registry: 'registry.digitalocean.com', username: 't', password: 't' },
    [['shop', 'registry.digitalocean.com/team/api']],
  ],
  [
    'a list has names below the repository',
    { images: '- name: web\n- { name: api, image: ghcr.io/acme/other }' },
    [
      ['web', 'ghcr.io/acme/shop/web'],
      ['api', 'ghcr.io/acme/other'],
    ],
  ],
])('%s', (_, texts, expected) => {
  expect(names(texts)).toEqual(expected)
})

test('an entry takes what it lacks from the inputs, and YAML lists and mappings mean lines', () => {
  const images = `
- name: web
  build-args: { A: 1, B: "two words" }
  platforms: [linux/amd64, linux/arm64]
  verify: off
- name: api
  context: api`
  const [web, api] = wantedImages(given({ images, context: 'src', 'build-args': 'A=0', verify: 'port: 80' }), 'shop')
  expect([web?.context, [...(web?.buildArgs ?? [])], web?.platforms, web?.verify]).toEqual([
    'src',
    [
      ['A', '1'],
      ['B', 'two words'],
    ],
    ['linux/amd64', 'linux/arm64'],
    'off',
  ])
  expect([api?.context, [...(api?.buildArgs ?? [])], api?.verify]).toEqual(['api', [['A', '0']], expect.objectContaining({ port: 80 })])
})

test('secrets have values of several lines and quotes', () => {
  const secrets = 'one=a b\n"two=x\ny ""z"""\nthree="p\nq"\nfour=k=v'
  expect(Object.fromEntries(given({ secrets }).secrets)).toEqual({ one: 'a b', two: 'x\ny "z"', three: 'p\nq', four: 'k=v' })
})

const digest = `sha256:${'a'.repeat(64)}`

// Each is refused before anything is contacted, in one error that names the input.
test.each<[string, Record<string, string>, string, string?]>([
  [
    'a tag rule that does not exist',
    { tags: 'type=semvr,pattern=x' },
    'input `tags` line "type=semvr,pattern=x" has the unknown type "semvr". Did you mean `type=semver`?',
  ],
  [
    'rules that give no tag',
    { tags: 'type=semver,pattern={{version}}' },
    'none of the rules in `tags` gives a tag for this run',
    'DA-TAGS-NONE',
  ],
  [
    'an unknown platform',
    { platforms: 'linux/amd46' },
    'input `platforms` has the unknown platform "linux/amd46". Did you mean `linux/amd64`?',
  ],
  ['a platform without its system', { platforms: 'arm64' }, 'Did you mean `linux/arm64`?'],
  ['a platform twice', { platforms: 'linux/amd64,linux/amd64' }, 'has the platform "linux/amd64" twice'],
  [
    'capitals in a name',
    { image: 'ghcr.io/acme/MyApp' },
    'input `image` has capitals in "ghcr.io/acme/MyApp". Write `ghcr.io/acme/myapp`.',
  ],
  ['a tag in a name', { image: 'ghcr.io/acme/shop:latest' }, 'input `image` has a tag or digest'],
  ['a name with a blank', { image: 'ghcr.io/acme/my shop' }, 'is not an image name'],
  ['a registry with a scheme', { registry: 'https://ghcr.io' }, 'input `registry` must be a registry host such as `ghcr.io`'],
  [
    'a build argument that looks like a secret',
    { 'build-args': 'NPM_TOKEN=abc' },
    'input `build-args` has NPM_TOKEN, which looks like a secret',
    'DA-BUILD-ARG-SECRET',
  ],
  [
    'the same in a list',
    { images: '- { name: web, build-args: { DB_PASSWORD: x } }' },
    'has the image "web", whose `build-args` has DB_PASSWORD',
    'DA-BUILD-ARG-SECRET',
  ],
  ['a build argument without a value', { 'build-args': 'A' }, 'input `build-args` has a line without key=value: "A"'],
  ['images that are no YAML', { images: '- name: [' }, 'input `images` is no YAML'],
  ['images that are no list', { images: 'web' }, 'input `images` must be a list of images'],
  ['an image without a name', { images: '- context: web' }, 'input `images` is wrong in line 1: an image needs a `name`'],
  [
    'an unknown key in an image, with its line',
    { images: '- name: web\n  contxt: web' },
    'is wrong in line 2: there is no `contxt` for an image. Did you mean `context`?',
  ],
  [
    'a wrong value in an image, with its line',
    { images: '- name: web\n  cache: redis' },
    'is wrong in line 2: `cache` must be one of auto, gha, off',
  ],
  ['two images with one name', { images: '- name: web\n- name: web' }, 'has the name "web" twice'],
  [
    'two images that would share their tags',
    { images: '- { name: a, image: ghcr.io/acme/x }\n- { name: b, image: ghcr.io/acme/x }' },
    'gives two images the name ghcr.io/acme/x',
  ],
  [
    'a key of verify that does not exist',
    { verify: 'prot: 80' },
    'input `verify` has the unknown key "prot", got "prot: 80". Did you mean `port`?',
  ],
  ['a path to ask without a port', { verify: 'path: /health' }, 'input `verify` has a `path` without a `port`'],
  ['a port beyond all ports', { verify: 'port: 80000' }, 'has "80000" as a port of it'],
  ['a log pattern that is none', { verify: 'log: "("' }, 'has a `log` that is no regular expression'],
  ['a timeout without a unit', { verify: 'timeout: 30' }, 'has the timeout "30", got "timeout: 30". Write it with a unit'],
  ['a companion without an image', { verify: 'with: { db: { port: 5432 } }' }, 'has the companion db without an `image`'],
  ['a secret without an id', { secrets: 'abc' }, 'input `secrets` has a line that is not `id=value`'],
  ['a secret that is empty', { secrets: 'npm=' }, 'input `secrets` has no value for `npm`. GitHub makes a secret empty'],
  [
    'a secret by a variable that is empty',
    { 'secret-envs': 'npm=EMPTY' },
    'input `secret-envs` names EMPTY, which this step does not have, or has empty',
    'DA-ENV-KEY-MISSING',
  ],
  ['one secret twice', { secrets: 'npm=x', 'secret-envs': 'npm=SET' }, 'both give the secret `npm`'],
  [
    'a user without a password',
    { registry: 'registry.example.com', username: 'ann' },
    'input `password` is empty, although `username` is given',
  ],
  ['two Dockerfiles', { file: 'a', dockerfile: 'FROM scratch' }, 'input `dockerfile` and `file` are both given'],
  [
    'several platforms into an engine',
    { platforms: 'linux/amd64,linux/arm64', load: 'true' },
    'input `load` is true with several platforms',
  ],
  ['several platforms without a push', { platforms: 'linux/amd64,linux/arm64', push: 'false' }, 'has several platforms with `push: false`'],
  ['an argument of ours in extra-args', { 'extra-args': '--push' }, 'input `extra-args` has "--push". This action sets it itself'],
  ['a value alone in extra-args', { 'extra-args': 'x' }, 'Write the value behind `=`'],
  ['a phase without its platform', { phase: 'build' }, 'input `platforms` must name exactly one platform with `phase: build`'],
  ['a phase without a push', { phase: 'merge', push: 'false' }, 'input `push` is false with `phase: merge`'],
  ['a limit that is none', { ulimit: 'nofile' }, 'input `ulimit` line "nofile" must be like `nofile=1024:1024`'],
  ['a network that is none', { network: 'bridge' }, 'input `network` must be one of default, none, host'],
  ['a flavor that is none', { flavor: 'latest=yes' }, 'must be latest=true, latest=auto or latest=false'],
  [
    'a line to protect that protects nothing',
    { 'cleanup-protect': 'v1.2.3' },
    'input `cleanup-protect` has a line that is neither a digest nor a build record',
  ],
  ['cleaning alone that is off', { phase: 'cleanup' }, 'input `cleanup` is off with `phase: cleanup`'],
  ['cleaning alone that is dry', { phase: 'cleanup', cleanup: 'plan', 'dry-run': 'true' }, 'input `dry-run` is set with `phase: cleanup`'],
  ['deployments that nobody may read', { cleanup: 'plan', 'github-token': '' }, 'input `cleanup-deployments` needs `github-token`'],
  [
    'a push to DigitalOcean without a login',
    { registry: 'registry.digitalocean.com', image: 'acme/web' },
    'input `digitalocean-token` is required to push to registry.digitalocean.com',
  ],
  [
    'a collection of garbage beside a push',
    { 'collect-garbage': 'true', cleanup: 'apply', 'digitalocean-token': 't' },
    'input `collect-garbage` is set, and the registry takes no push while it collects',
  ],
  [
    'a collection of garbage that cannot see other runs',
    {
      'collect-garbage': 'true',
      phase: 'cleanup',
      cleanup: 'apply',
      'github-token': '',
      'cleanup-deployments': '0',
      'digitalocean-token': 't',
      image: 'registry.digitalocean.com/acme/shop',
    },
    'input `collect-garbage` needs `digitalocean-token`, and `github-token`',
  ],
  [
    'a collection of garbage where none of the images is',
    { 'collect-garbage': 'true', phase: 'cleanup', cleanup: 'apply', 'digitalocean-token': 't' },
    'input `collect-garbage` is set, and no image is at registry.digitalocean.com: ghcr.io/acme/shop',
  ],
  ['a number that is none', { 'cleanup-keep': 'all' }, 'input `cleanup-keep` must be a whole number'],
])('%s is refused', (_, texts, message, code = 'DA-INPUT-INVALID') => {
  const error = errorOf(texts)
  expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)])
})

test('all mistakes are told together, and no secret among them', () => {
  const error = errorOf({ platforms: 'linux/foo', image: 'ghcr.io/acme/A', secrets: 'hunter2', verify: 'port: x' })
  expect(error.message).toMatch(/^4 inputs are wrong:/)
  expect(error.message).not.toContain('hunter2')
})

test('digests, references and build records can be protected', () => {
  const record = JSON.stringify({
    schema: 1,
    commit: 'a'.repeat(40),
    images: { web: { ref: 'ghcr.io/acme/shop', digest, platforms: ['linux/amd64'] } },
  })
  expect(given({ 'cleanup-protect': `${digest}\nghcr.io/acme/shop@${digest}\n${record}` }).cleanupProtect).toHaveLength(3)
})

test.each([
  'NPM_TOKEN',
  'token',
  'DB_PASSWORD',
  'API_KEY',
  'APIKEY',
  'AWS_SECRET_ACCESS_KEY',
  'SENTRY_DSN',
  'DATABASE_URL',
  'PRIVATE_KEY',
  'GITHUB_AUTH',
  'db_pwd',
])('the build argument %s looks like a secret', (name) => expect(looksSecret(name)).toBe(true))

test.each([
  'NEXT_PUBLIC_API_KEY',
  'VITE_TOKEN_NAME',
  'REACT_APP_SENTRY_DSN',
  'VERSION',
  'COMMIT',
  'NODE_ENV',
  'API_URL',
  'TOKEN_URL',
  'PASSWORD_MIN_LENGTH',
  'KEYBOARD',
  'AUTHOR',
  'TOKENIZER',
  'SECRETARY',
  'MONKEY',
])('the build argument %s does not', (name) => expect(looksSecret(name)).toBe(false))
