import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { systemClock } from '@deploy-actions/kit'
import { createImageStore } from '@deploy-actions/registry'
import { parseBuildRecord } from '@deploy-actions/release'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { BuildStage } from '../../lab/build/build-stage.ts'
import { type DriverEngine, ensureDriverEngine } from '../../lab/builder/container-driver.ts'
import { emulateArm64, whyNoEmulation } from '../../lab/emulation/emulation.ts'
import { goProgram } from '../../lab/golang.ts'
import { startLab } from '../../lab/lab.ts'
import { must, run } from '../../lab/shell.ts'
import { atLoopback } from '../../lab/token-registry/token-registry.ts'
import { testUnless } from '../needs-tool.ts'

const BUILDER = 'lab-driver'
let engine: DriverEngine
/** As after docker/setup-buildx-action: a folder of builders, and none chosen but by name. */
let env: { BUILDX_CONFIG: string; BUILDX_BUILDER: string }
let registry: string
let stage: BuildStage

beforeAll(async () => {
  await startLab({ hosts: 1 })
  engine = await ensureDriverEngine()
  env = { ...(await engine.create(BUILDER)), BUILDX_BUILDER: '' }
  registry = await atLoopback('registry')
  const [amd64, arm64, s390x] = await Promise.all(
    (['amd64', 'arm64', 's390x'] as const).map(async (arch) => readFileSync(await goProgram('processor', () => {}, arch))),
  )
  stage = await BuildStage.open({
    Dockerfile: `ARG TARGETARCH
FROM scratch AS for-amd64
FROM scratch AS for-s390x
FROM scratch AS for-arm64
ARG DIES=
ENV DIES=$DIES
FROM for-$TARGETARCH
ARG TARGETARCH
COPY processor-$TARGETARCH /processor
RUN ["/processor", "write", "/built-on"]
ENTRYPOINT ["/processor"]
`,
    'processor-amd64': amd64 as Buffer,
    'processor-arm64': arm64 as Buffer,
    'processor-s390x': s390x as Buffer,
    'copied/Dockerfile': 'FROM scratch\nARG TARGETARCH\nCOPY processor-$TARGETARCH /processor\nENTRYPOINT ["/processor"]\n',
  })
})
afterAll(async () => {
  stage.close()
  await engine.remove(BUILDER)
})

let count = 0
const fresh = () => {
  count += 1
  return `acme/t${Date.now()}-${count}`
}
const step = (repository: string, inputs: Record<string, string>) =>
  stage.run({ inputs: { registry, builder: BUILDER, images: `- { name: shop, image: ${registry}/${repository} }`, ...inputs }, env })
const store = createImageStore({ fetch, clock: systemClock, logins: [] })
const tagsOf = async (repository: string) => (await store.tags({ registry, repository })).filter((tag) => !tag.startsWith('buildcache-'))
/** What runs is of the processor for which it was built. */
const verify = '{ port: 8000, log: "runs on (.*), built on \\\\1$" }'

test("a person's builder of the driver docker-container builds, pushes by digest and keeps its cache in the registry; it stays", async () => {
  const repository = fresh()
  const first = await step(repository, { verify, 'build-args': 'NOTE=first' })
  expect([first.code, first.outputs.status]).toEqual([0, 'pushed'])
  expect(first.stdout).toContain(`builder ${BUILDER}, docker-container, for linux/amd64`)
  const [tag = ''] = await tagsOf(repository)
  const manifest = await store.manifest({ registry, repository, tag })
  expect(manifest?.digest).toBe(first.outputs.digest)
  expect(parseBuildRecord(first.outputs.build as string).images.shop?.platforms).toEqual(['linux/amd64'])

  await must('docker', ['buildx', 'prune', '--builder', BUILDER, '--all', '--force'], { env })
  const second = await step(repository, { verify, 'build-args': 'NOTE=first' })
  const [, cached, steps] = /(\d+) of (\d+) steps from the cache/.exec(second.stdout) ?? []
  expect([second.code, Number(steps) > 0, cached]).toEqual([0, true, steps])
  expect((await run('docker', ['buildx', 'inspect', BUILDER], { env })).stdout).toMatch(/Status:\s+running/)
})

test("where the engine's own builder is the current one, a builder is made for the step and gone afterwards", async () => {
  const builders = mkdtempSync(path.join(tmpdir(), 'lab-buildx-'))
  const own = { DOCKER_HOST: engine.host, BUILDX_CONFIG: builders, BUILDX_BUILDER: '' }
  const left = async () =>
    (await run('docker', ['ps', '-a', '--format', '{{.Names}}', '--filter', 'name=buildx_buildkit_'], { env: own })).stdout
  const before = await left()
  try {
    const { code, stdout, outputs } = await stage.run({ inputs: { registry, push: 'false', verify: '{ log: runs on }' }, env: own })
    expect([code, outputs.status]).toEqual([0, 'built'])
    expect(stdout).toMatch(/cannot push by digest: one is made for this step/)
    expect(stdout).toContain('started: its log has /runs on/')
    expect(await left()).toBe(before)
    expect((await run('docker', ['buildx', 'ls'], { env: own })).stdout).not.toContain('docker-container')
  } finally {
    rmSync(builders, { recursive: true })
  }
})

test('a platform that nothing here runs is built where nothing of it has to run, and it is said that it was not started', async () => {
  const repository = fresh()
  const platforms = 'linux/amd64,linux/s390x'
  const built = await step(repository, { platforms, file: 'copied/Dockerfile', verify: '{ port: 8000 }' })
  expect([built.code, built.outputs.status]).toEqual([0, 'pushed'])
  expect(built.annotations.map(({ message }) => message)).toContainEqual(
    expect.stringContaining('linux/s390x: built, and not started, because this machine starts linux/amd64'),
  )
  expect(built.summary).toContain('not started: linux/s390x')
  const broken = await step(fresh(), { platforms, verify: '{ port: 8000 }' })
  expect([broken.code, broken.annotations.at(-1)?.title]).toEqual([1, 'DA-BUILD-PLATFORM'])
})

testUnless(whyNoEmulation(), 'with QEMU one job builds, starts and pushes two platforms as one index', async () => {
  const end = await emulateArm64()
  const builder = `${BUILDER}-qemu`
  try {
    // After the emulation, as setup-buildx-action comes after setup-qemu-action: one that looked before would not look again at once.
    await engine.create(builder)
    const both = { builder, platforms: 'linux/amd64,linux/arm64', verify }
    const repository = fresh()
    const built = await step(repository, both)
    if (built.code !== 0) throw new Error(built.stdout)
    expect(built.stdout).toContain('[shop, linux/arm64] started: it listens at 8000')
    expect(built.summary).toMatch(/linux\/amd64: it listens at 8000 \([^)]*\); linux\/arm64, emulated: it listens at 8000/)
    const [tag = ''] = await tagsOf(repository)
    const index = await store.manifest({ registry, repository, tag })
    expect(index?.digest).toBe(built.outputs.digest)
    const { kind, children } = store.contents({ registry, repository, tag }, index as never)
    expect([kind, children.map(({ platform }) => platform).filter(Boolean)]).toEqual(['index', ['linux/amd64', 'linux/arm64']])
    expect(parseBuildRecord(built.outputs.build as string).images.shop?.platforms).toEqual(['linux/amd64', 'linux/arm64'])

    const alone = await step(fresh(), { ...both, platforms: 'linux/arm64' })
    expect([alone.code, alone.summary]).toEqual([0, expect.stringContaining('linux/arm64, emulated: it listens at 8000')])

    const other = fresh()
    const dies = await step(other, { ...both, 'build-args': 'DIES=yes' })
    expect([dies.code, dies.annotations.at(-1)?.title]).toEqual([1, 'DA-START-FAILED'])
    expect(dies.annotations.at(-1)?.message).toMatch(/linux\/arm64 by emulation\) does not start as it should/)
    expect(await tagsOf(other)).toEqual([])
    const spared = await step(other, {
      platforms: 'linux/amd64,linux/arm64',
      verify: '{ port: 8000, emulated: false }',
      'build-args': 'DIES=yes',
    })
    expect([spared.code, spared.summary]).toEqual([0, expect.stringContaining('not started: linux/arm64')])
  } finally {
    await engine.remove(builder)
    await end()
  }
})
