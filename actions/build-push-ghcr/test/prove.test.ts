import { type Answer, FakeClock, FakeExec, FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { dockerOf } from '../src/docker.ts'
import { Engine } from '../src/engine.ts'
import { startsOf } from '../src/platform-starts.ts'
import { prove } from '../src/prove.ts'
import type { Built, Target } from '../src/target.ts'
import { verifyText } from '../src/verify-spec.ts'
import type { WorkFolder } from '../src/work-folder.ts'

const machine = { builder: { platforms: ['linux/amd64', 'linux/386', 'linux/arm64'] }, native: 'linux/amd64' }
const target = (platforms: string[], verify = 'auto') =>
  ({
    name: 'web',
    reference: { registry: 'ghcr.io', repository: 'acme/web' },
    wanted: { platforms, verify: verifyText.read(verify) },
    tags: { all: ['sha-1'] },
  }) as unknown as Target

test.each<[string[], string, { native: boolean; emulated: string[]; left: string[] }]>([
  [[], 'auto', { native: true, emulated: [], left: [] }],
  [['linux/amd64', 'linux/arm64/v8'], 'auto', { native: true, emulated: ['linux/arm64/v8'], left: [] }],
  [['linux/arm64'], 'auto', { native: false, emulated: ['linux/arm64'], left: [] }],
  [['linux/amd64', 'linux/s390x'], 'auto', { native: true, emulated: [], left: ['linux/s390x'] }],
  [['linux/amd64', 'linux/arm64'], 'emulated: false', { native: true, emulated: [], left: ['linux/arm64'] }],
  [['linux/s390x'], 'off', { native: false, emulated: [], left: ['linux/s390x'] }],
])('platforms %j with `verify: %s`: %j', (platforms, verify, expected) => {
  expect(startsOf(target(platforms, verify), machine)).toEqual(expected)
})

test.each([
  [['linux/s390x'], 'auto'],
  [['linux/arm64'], 'emulated: false'],
])('%j with `verify: %s` could not be proven', (platforms, verify) => {
  expect(() => startsOf(target(platforms, verify), machine)).toThrow(/is built for .*, and this machine starts linux\/amd64/)
})

/** An index of both platforms in the registry. @param arm what the container of arm64 does */
function run(platforms: string[], arm: { running: boolean; said: string }) {
  const digest = (platform: string) => `sha256:${platform.split('/')[1]}`
  const children = ['linux/amd64', 'linux/arm64'].map((platform) => ({ platform, digest: digest(platform) }))
  const store = {
    manifest: async ({ digest: one }: { digest?: string }) => ({ digest: one ?? 'sha256:index' }),
    contents: (_: unknown, { digest: one }: { digest: string }) =>
      one === 'sha256:index' ? { kind: 'index', children } : { kind: 'manifest', children: [], layers: [], config: undefined },
  }
  const state = (running: boolean): Answer => ({ stdout: JSON.stringify([{ State: { Running: running, ExitCode: running ? 0 : 1 } }]) })
  const exec = new FakeExec({
    'docker pull': {},
    'docker network create': {},
    'docker run': {},
    'docker container inspect key-web-linux-arm64': state(arm.running),
    'docker container inspect key-web': state(true),
    'docker logs': { stdout: arm.said },
  })
  const work = { dockerConfig: '/work', buildxConfig: '/buildx', write: (name: string) => `/kept/${name}` } as unknown as WorkFolder
  const docker = dockerOf({ exec, env: {}, work })
  const log = new FakeLog()
  const built = { target: target(platforms), digest: 'sha256:index' } as unknown as Built
  const ports = { engine: new Engine({ docker, steady: docker, work }, 'key'), log, clock: new FakeClock(), fetch, store: store as never }
  return { exec, log, done: prove([built], { inputs: { push: true }, machine }, { ...ports, signal: new AbortController().signal }) }
}

const both = ['linux/amd64', 'linux/arm64']
const cannot = { running: false, said: 'exec /server: exec format error\n' }

test('an emulated platform is started from its own digest, after the own one, and both are told', async () => {
  const { exec, done } = run(both, { running: true, said: '' })
  expect((await done)[0]?.verified?.how).toMatch(/^linux\/amd64: it runs for 3 s .*; linux\/arm64, emulated: it runs for 3 s/)
  const started = exec.ran.filter((line) => line.startsWith('docker run'))
  expect(started.map((line) => /(?:--platform (\S+) )?--health-interval 1s (\S+)$/.exec(line)?.slice(1))).toEqual([
    [undefined, 'ghcr.io/acme/web@sha256:index'],
    ['linux/arm64', 'ghcr.io/acme/web@sha256:arm64'],
  ])
  expect(exec.ran).toContain('docker pull --quiet --platform linux/arm64 ghcr.io/acme/web@sha256:arm64')
})

test('where the builder emulates and this machine does not, it is said that the platform was not started', async () => {
  const { log, done } = run(both, cannot)
  expect((await done)[0]?.verified?.how).toMatch(/^linux\/amd64: .*; not started: linux\/arm64$/)
  expect(JSON.stringify(log.entries)).toContain('[web] linux/arm64: built, and not started')
  await expect(run(['linux/arm64'], cannot).done).rejects.toMatchObject({ code: 'DA-START-PLATFORM' })
})

test('an emulated platform that does not start as it should is a failure, although the own one does', async () => {
  await expect(run(both, { running: false, said: 'no such table\n' }).done).rejects.toMatchObject({
    code: 'DA-START-FAILED',
    message: expect.stringContaining('(ghcr.io/acme/web, linux/arm64 by emulation) does not start as it should'),
  })
})
