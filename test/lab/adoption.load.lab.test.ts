import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import type { KillPoint } from '../../lab/kill-matrix/points.ts'
import { strike } from '../../lab/kill-matrix/strike.ts'
import type { LoadReport } from '../../lab/lab.ts'
import type { Step } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep, underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

const scene = ground()

/** The sample project as somebody runs it by hand: a published port, data at a relative path, a file that is mounted, values in a .env. */
const byHand = (sample: string): string =>
  sample
    .replace('name: sample\n', '')
    .replace('    depends_on:\n      api:', '    ports:\n      - "80:8000"\n    depends_on:\n      api:')
    .replace(
      '      - store-data:/data\n',
      '      - store-data:/data\n      - ./uploads:/uploads\n      - ./store.conf:/etc/store.conf:ro\n',
    )

const inputs = { routes: '', switch: 'web:8000\napi:9000' }
const folder = '/srv/sample'

/** A host on which the project was started by hand, and a repository that has the same. */
async function startedByHand(
  place = folder,
  changes: { proxy?: string; files?: Record<string, string>; inputs?: Record<string, string> } = {},
) {
  const { stage } = scene
  const text = byHand(readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8'))
  const compose =
    changes.proxy === undefined ? text : text.replace('    ports:\n      - "80:8000"\n', '').replace('\nvolumes:', changes.proxy)
  const files: Record<string, string> = { 'store.conf': 'cache 1\n', ...changes.files }
  await stage.box.reset()
  await must(`mkdir -p ${place}/uploads && printf 'GREETING=from the host\n' >${place}/.env && echo picture >${place}/uploads/a`)
  for (const [name, content] of Object.entries({ 'compose.yaml': compose, ...files })) await must(`cat >${place}/${name}`, content)
  await must(`cd ${place} && docker compose up -d --wait`)
  return scene.consumer({ compose, files, inputs: { ...inputs, ...changes.inputs } })
}

async function must(command: string, stdin = ''): Promise<string> {
  const { code, stdout, stderr } = await scene.stage.box.exec(command, { stdin, timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stderr}`)
  return stdout.trim()
}

/** The app takes its time to boot. */
async function untilServes(version: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await home(scene.stage.url).catch(() => undefined))?.version === version) return
    await sleep(100)
  }
  throw new Error(`${version} does not serve`)
}

const idsOf = (...services: string[]) =>
  must(`for one in ${services.join(' ')}; do docker ps -q --no-trunc --filter label=com.docker.compose.service=$one; done`)
const volumes = () => must('docker volume ls -q | sort')

/** When failures were noticed, in milliseconds since the load began: the first one, and the last one. */
function failures({ kinds }: LoadReport): [number, number] | undefined {
  const at = Object.values(kinds).flatMap(({ errors }) => errors.map(({ at_ms, took_ms }) => at_ms + took_ms))
  return at.length === 0 ? undefined : [Math.min(...at), Math.max(...at)]
}

const printed = (step: Step, pattern: RegExp): number => Number(pattern.exec(step.stdout)?.[1])

test('a project started by hand is taken over: data and other containers stay, and the port is away for as long as was printed', async () => {
  const consumer = await startedByHand()
  const before = { kept: await idsOf('store', 'worker'), volumes: await volumes(), all: await must('docker ps -aq --no-trunc | sort') }

  const dry = await consumer.deploy('v2', { inputs: { 'dry-run': 'true' } })
  expectStatus(dry, 'planned')
  for (const words of ['started by hand in /srv/sample', 'sample-web-1', 'Port 80 is handed over', 'sample-store-1'])
    expect(dry.stdout).toContain(words)
  expect(dry.stdout).toMatch(/store +keep/)
  expect(await must('docker ps -aq --no-trunc | sort')).toBe(before.all)

  const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v2'), { worker: false })
  expectStatus(result, 'deployed')
  const away = printed(result, /port 80 did not answer for at most (\d+) ms/)
  const [first, last] = failures(report) ?? [0, 0]
  // The load looks every few milliseconds; what it adds is the way there and back on a busy machine.
  expect(last - first).toBeLessThan(away + 500)
  expect(report.longest_gap_ms).toBeLessThan(away + 500)
  expect(report.versions.map(({ version }) => version)).toEqual(['v1', 'v2'])
  expect(report.mixed.count).toBe(0)

  expect({ kept: await idsOf('store', 'worker'), volumes: await volumes() }).toEqual({ kept: before.kept, volumes: before.volumes })
  expect(await home(scene.stage.url)).toMatchObject({ version: 'v2', greeting: 'from the host' })
  expect(await idsOf('web', 'api')).toBe('')
  await expectSettled(scene.stage.box)

  const next = await underLoad(scene.stage, () => consumer.deploy('v3'))
  expectStatus(next.result, 'deployed')
  expectNothingLost(next.report, { versions: ['v2', 'v3'] })
  expect(await home(scene.stage.url)).toMatchObject({ version: 'v3', greeting: 'from the host' })
  expect(await idsOf('store', 'worker')).toBe(before.kept)
  expectStatus(await consumer.deploy('v3'), 'unchanged')

  await must('/opt/sample/bin/release uninstall')
  expect(await must("docker ps --format '{{.Names}}' | sort | tr '\\n' ' '")).toBe(
    'sample-api-1 sample-store-1 sample-web-1 sample-worker-1',
  )
  expect([await idsOf('store', 'worker'), await volumes()]).toEqual([before.kept, before.volumes])
  await untilServes('v3')

  // Back once more: what the releases had made of the base is known, and so is where its data lies.
  expectStatus(await consumer.deploy('v4'), 'deployed')
  expect([await idsOf('store', 'worker'), await volumes(), await must('cat /srv/sample/uploads/a')]).toEqual([
    before.kept,
    before.volumes,
    'picture',
  ])
  expect(await home(scene.stage.url)).toMatchObject({ version: 'v4', greeting: 'from the host' })
  await expectSettled(scene.stage.box)
})

test('a release that is wrong is found beside what was started by hand: nobody notices', async () => {
  const consumer = await startedByHand()
  const before = await must('docker ps -aq --no-trunc | sort')
  const { report, result } = await underLoad(scene.stage, () => consumer.deploy('bad-ready'))
  expectStatus(result, 'reverted')
  expectNothingLost(report, { versions: ['v1'] })
  expect(await must('docker ps -aq --no-trunc | sort')).toBe(before)
})

const handover: KillPoint = { part: 'switch', name: 'the handover', operation: 'deploy', when: { text: 'handing over' }, serves: 'either' }

test('a run that dies in the handover is settled: the very containers run again, and the next deploy takes them over', async () => {
  const consumer = await startedByHand()
  const before = await must("docker ps --no-trunc --format '{{.ID}} {{.Names}}' | sort")
  const struck = await strike(scene.stage, consumer, 'v2', handover, 'agent and helpers')
  expect([struck.reached, struck.journal]).toEqual([true, expect.stringContaining('phase=switching')])
  await scene.stage.box.exec('/opt/sample/bin/release doctor')
  expect(await must("docker ps --no-trunc --format '{{.ID}} {{.Names}}' | sort")).toBe(before)
  expect(await must("docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' sample-web-1")).toBe('unless-stopped')
  await untilServes('v1')
  expectStatus(await consumer.deploy('v2'), 'deployed')
  expect((await home(scene.stage.url)).version).toBe('v2')
  await expectSettled(scene.stage.box)
})

const proxy = `
  proxy:
    image: \${REGISTRY:-172.31.250.2:5000}/caddy:2
    command: caddy run --config /etc/caddy/Caddyfile --adapter caddyfile
    ports:
      - "8080:8080"
    volumes:
      - ./Caddyfile:/etc/caddy/Caddyfile:ro

volumes:`

test("behind the user's own Caddy names change hands without a gap; the proxy is the same container", async () => {
  const files = { Caddyfile: '{\n\tadmin off\n}\n:8080 {\n\treverse_proxy web:8000\n}\n' }
  const consumer = await startedByHand(folder, { proxy, files, inputs: { verify: '' } })
  const before = await idsOf('proxy', 'store')
  const url = `http://${scene.stage.box.address}:8080`
  const { report, result } = await underLoad({ ...scene.stage, url }, () => consumer.deploy('v2'))
  expectStatus(result, 'deployed')
  expect(result.stdout).not.toContain('did not answer')
  const [first, last] = failures(report) ?? [0, 0]
  const stopped = printed(result, /has stopped, after (\d+) ms/)
  // The sample dies at once when it is told to stop: what it had in flight is cut, and nothing else.
  expect(last - first).toBeLessThan(stopped + 500)
  expect(report.longest_gap_ms).toBeLessThan(1000)
  expect(await idsOf('proxy', 'store')).toBe(before)
  expect((await home(url)).version).toBe('v2')
  const next = await underLoad({ ...scene.stage, url }, () => consumer.deploy('v3'))
  expectNothingLost(next.report, { versions: ['v2', 'v3'] })
  expect(await idsOf('proxy', 'store')).toBe(before)
})

test('under another project name it is found by its labels, or refused with both volumes', async () => {
  const consumer = await startedByHand('/srv/compose')
  const found = await consumer.deploy('v2', { inputs: { 'dry-run': 'true', app: '' } })
  expectStatus(found, 'planned')
  expect(found.stdout).toContain('The Compose project "compose" runs on')
  // Whoever chose the app's name may mean another deployment of the same images.
  expect((await consumer.deploy('v2', { inputs: { 'dry-run': 'true' } })).annotations.at(-1)).toMatchObject({ title: 'DA-ADOPT-PROJECT' })
  consumer.write('compose.yaml', `name: sample\n${byHand(readFileSync(`${scene.stage.lab.sample}/compose.yaml`, 'utf8'))}`)
  const refused = await consumer.deploy('v2', { inputs: { 'dry-run': 'true' } })
  expect(refused.annotations.at(-1)).toMatchObject({ title: 'DA-ADOPT-PROJECT' })
  for (const words of ['"compose_store-data"', '"sample_store-data"']) expect(refused.annotations.at(-1)?.message).toContain(words)
})
