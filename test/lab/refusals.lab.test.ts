import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce, servedVersion, type Variant, withRelease } from './projects.ts'
import { expectRefused } from './refused.ts'

// What the consumer wrote is wrong. A release is live meanwhile, and stays so.
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
  await withRelease(stage)
})
afterAll(async () => {
  expect(await servedVersion(stage)).toBe('v1')
  await stage.box.reset()
})

type Case = [fact: string, code: string, says: (string | RegExp)[], variant: () => Variant]
const given = (inputs: Record<string, string>) => () => ({ inputs })
const web = (image: string, inputs: Record<string, string> = {}) => ({
  inputs: { images: `web=${image}\napi=${stage.lab.image('api', 'v2')}`, ...inputs },
})
const record = (committedAt: string, commit: string, tag: 'v1' | 'v2') => {
  const image = (name: 'web' | 'api') => {
    const [ref, digest] = stage.lab.image(name, tag).split('@')
    return { ref, digest, platforms: ['linux/amd64'] }
  }
  return JSON.stringify({ schema: 1, commit: commit.repeat(40), committedAt, images: { web: image('web'), api: image('api') } })
}

const inputs: Case[] = [
  [
    'several bad inputs are told together, each with its fix',
    'DA-INPUT-INVALID',
    [
      /^6 inputs are wrong/,
      '`routes` line "web:8000" is not a route',
      '`verify-for` must be a duration, got "5". Write it with a unit',
      '`keep-releases` must be a whole number from 2',
      '"ssh://x" has a scheme: leave `ssh://` out',
      'the private one is the file without `.pub`',
      '`known-hosts` is missing',
    ],
    given({
      host: 'ssh://x',
      'ssh-key': 'ssh-ed25519 AAAAC3',
      'known-hosts': '',
      'verify-for': '5',
      routes: 'web:8000',
      'keep-releases': '1',
    }),
  ],
  ['no host key is given', 'DA-INPUT-INVALID', ['`known-hosts` is missing', '`ssh-keyscan HOST`'], given({ 'known-hosts': '' })],
  [
    'the secret with the key is empty',
    'DA-INPUT-INVALID',
    ['`ssh-key` is required', 'GitHub makes a secret empty'],
    given({ 'ssh-key': '' }),
  ],
  [
    'a public key is given',
    'DA-SSH-KEY-INVALID',
    ['is a public key', '`cat ~/.ssh/id_ed25519`'],
    given({ 'ssh-key': 'ssh-ed25519 AAAAC3' }),
  ],
  [
    'the key is cut',
    'DA-SSH-KEY-INVALID',
    ['is cut: the line `-----END'],
    () => ({ inputs: { 'ssh-key': stage.box.privateKey.slice(0, 200) } }),
  ],
  [
    'the key is garbled',
    'DA-SSH-KEY-INVALID',
    ['is damaged', 'whole text'],
    () => ({
      inputs: { 'ssh-key': stage.box.privateKey.replace(/[A-Za-z]{20}/, 'x') },
    }),
  ],
  [
    'names of `env-keys` are not in the step',
    'DA-ENV-KEY-MISSING',
    ['DATABASE_URL, API_KEY', 'DATABASE_URL: ${{ secrets.DATABASE_URL }}'],
    given({ 'env-keys': 'DATABASE_URL, API_KEY' }),
  ],
  [
    'the build arrives empty',
    'DA-INPUT-EMPTY-UPSTREAM',
    ['`build` is empty', 'job output that contains a masked value'],
    given({ build: '' }),
  ],
  [
    'build and images are both given',
    'DA-INPUT-INVALID',
    ['`images` and `build` are both given', 'Give one of them'],
    () => ({
      inputs: { build: record('2026-01-31T09:30:00Z', 'a', 'v2') },
    }),
  ],
  [
    'the time to become healthy is too short',
    'DA-INPUT-INVALID',
    ['`health-timeout` must be at least 1s, got "500ms"'],
    given({ 'health-timeout': '500ms' }),
  ],
]

const images: Case[] = [
  [
    'the registry does not have the image',
    'DA-REGISTRY-NOT-FOUND',
    ['service "web"', '000000 does not exist', 'was pushed'],
    () => web(stage.lab.image('web', 'v2').replace(/.{6}$/, '000000')),
  ],
  [
    'the image is for another processor',
    'DA-IMAGE-PLATFORM',
    ['not built for linux/amd64; it is there for linux/arm64', '`platforms: linux/amd64`'],
    () => web(stage.lab.image('web', 'arm64')),
  ],
  [
    'an image is given by its tag',
    'DA-IMAGE-TAG',
    [/sample\/web:v2, which is a tag/, /Today it means \S+@sha256:/],
    () => web(`${stage.lab.registry.address}/sample/web:v2`),
  ],
  [
    'the registry wants a login and gets none',
    'DA-REGISTRY-AUTH',
    ['refuses anonymous access', '`registry-username` and `registry-password`'],
    () => web(stage.lab.privateImage('v2')),
  ],
  [
    'the registry refuses the password',
    'DA-REGISTRY-AUTH',
    ['does not accept the password of user "lab"', '`registry-password`'],
    () => web(stage.lab.privateImage('v2'), { 'registry-username': 'lab', 'registry-password': 'wrong-password' }),
  ],
  [
    'a password comes without its user',
    'DA-REGISTRY-AUTH',
    ['of user ""', 'as `registry-username`'],
    () => web(stage.lab.privateImage('v2'), { 'registry-password': 'wrong-password' }),
  ],
  [
    '`images` names a service that is not there',
    'DA-IMAGES-SERVICE-UNKNOWN',
    ['"wbe"', 'has api, store, web, worker'],
    () => ({
      inputs: { images: `wbe=${stage.lab.image('web', 'v2')}` },
    }),
  ],
]

test.each([...inputs, ...images])('refused, and nothing is touched: %s', async (_fact, code, says, variant) => {
  await expectRefused(stage.box, () => deployOnce(stage, variant()), { code, says })
})

test('an older commit over a newer one is refused, unless it is allowed', async () => {
  const build = (committedAt: string, commit: string, tag: 'v1' | 'v2') => ({ images: 'none', build: record(committedAt, commit, tag) })
  const newer = await deployOnce(stage, { inputs: build('2026-02-01T00:00:00Z', 'b', 'v2') })
  expect(newer.status).toBe('deployed')
  const older = build('2026-01-01T00:00:00Z', 'a', 'v1')
  await expectRefused(stage.box, () => deployOnce(stage, { inputs: older }), {
    code: 'DA-RELEASE-OLDER',
    says: [`older than that of the live release ${newer.outputs['release-id']}`, '`allow-older: true`'],
  })
  expect((await deployOnce(stage, { inputs: { ...older, 'allow-older': 'true' } })).status).toBe('deployed')
})
