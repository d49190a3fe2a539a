import { expect, test } from '@jest/globals'
import { type Consumer, directory, type Step } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep, underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

const scene = ground()

/** The steps of one workflow run. */
function runOf(consumer: Consumer, id: string) {
  const env = { GITHUB_RUN_ID: id }
  const step =
    (phase: string) =>
    (tag: string, inputs: Record<string, string> = {}) =>
      consumer.deploy(tag, { env, inputs: { phase, ...inputs } })
  return { prepare: step('prepare'), switchTo: step('switch'), abort: step('abort') }
}

/** What a request with the output of the prepare step gets. */
async function candidate(prepared: Step): Promise<Record<string, unknown>> {
  const [name = '', value = ''] = (prepared.outputs['candidate-header'] ?? '').split(': ')
  const response = await fetch(scene.stage.url, { headers: { [name]: value } })
  return (await response.json()) as Record<string, unknown>
}

const onHost = (command: string) => scene.stage.box.exec(`${directory}/bin/release ${command}`)

test('a prepared release is seen with the secret header alone; its switch loses nothing', async () => {
  const { consumer } = await scene.given(['v1'])
  const run = runOf(consumer, '9001')
  const before = await underLoad(scene.stage, async () => {
    const prepared = await run.prepare('v2')
    expectStatus(prepared, 'prepared')
    expect(await candidate(prepared)).toMatchObject({ version: 'v2', api: { version: 'v2' }, release: prepared.outputs['release-id'] })
    const shown = prepared.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'))
    expect(shown.join('\n')).not.toContain((prepared.outputs['candidate-header'] ?? '').split(': ')[1])
    expect((await onHost('status')).stdout).toMatch(/^candidate \S+ in green until \S+, prepared by .*runs\/9001$/m)
    const doctor = await onHost('doctor')
    expect(doctor.stdout).toContain(`ok      the candidate ${prepared.outputs['release-id']} waits in green`)
    expect([doctor.code, doctor.stdout.match(/WRONG|mended/)]).toEqual([0, null])
    await sleep(1_000)
    return prepared
  })
  expectNothingLost(before.report, { versions: ['v1'] })

  const other = await runOf(consumer, '9002').switchTo('v2')
  expect(other.annotations.map(({ title }) => title)).toContain('DA-CANDIDATE-OTHER')

  const { report, result } = await underLoad(scene.stage, () => run.switchTo('v2'))
  expectStatus(result, 'deployed')
  expect(result.outputs['release-id']).toBe(before.result.outputs['release-id'])
  expectNothingLost(report, { versions: ['v1', 'v2'] })
  expect((await home(scene.stage.url)).version).toBe('v2')
  expectStatus(await run.switchTo('v2'), 'unchanged')
  await expectSettled(scene.stage.box)
})

test('a red flow: the candidate is dropped, nobody saw it, and a late switch is refused', async () => {
  const { consumer } = await scene.given(['v1'])
  const run = runOf(consumer, '9003')
  const { report, result } = await underLoad(scene.stage, async () => {
    expectStatus(await run.prepare('bad-ready'), 'prepared')
    return run.abort('bad-ready')
  })
  expectStatus(result, 'aborted')
  expect(result.code).toBe(0)
  expectNothingLost(report, { versions: ['v1'] })
  await scene.expectAsGiven()
  const late = await run.switchTo('bad-ready')
  expect(late.annotations.map(({ title, message }) => `${title} ${message}`).join()).toMatch(/DA-CANDIDATE-NONE.*dropped at 20/)
  expect((await run.abort('bad-ready')).code).toBe(0)
  await scene.expectAsGiven()
})

test('another deploy drops the candidate, says so, and the late switch is refused', async () => {
  const { consumer } = await scene.given(['v1'])
  const run = runOf(consumer, '9004')
  const { report, result } = await underLoad(scene.stage, async () => {
    expectStatus(await run.prepare('v2'), 'prepared')
    return consumer.deploy('v3')
  })
  expectStatus(result, 'deployed')
  expect(result.stdout).toMatch(/dropping the candidate \S+, which .*runs\/9004 prepared/)
  expectNothingLost(report, { versions: ['v1', 'v3'] })
  expect((await run.switchTo('v2')).annotations.map(({ title }) => title)).toContain('DA-CANDIDATE-NONE')
  expect((await home(scene.stage.url)).version).toBe('v3')
  await expectSettled(scene.stage.box)
})

test('after a power cut the candidate does not run; the doctor drops it, or the switch starts it again', async () => {
  const { consumer } = await scene.given(['v1'])
  const run = runOf(consumer, '9005')
  expectStatus(await run.prepare('v2'), 'prepared')
  await scene.stage.box.restart({ graceful: false })
  await until(async () => (await home(scene.stage.url).catch(() => ({}) as Record<string, string>)).version === 'v1')
  const names = (await scene.stage.box.exec("docker ps --format '{{.Names}}'")).stdout
  expect(names).not.toContain('green')
  expectStatus(await run.switchTo('v2'), 'deployed')
  expect((await home(scene.stage.url)).version).toBe('v2')

  expectStatus(await run.prepare('v3'), 'prepared')
  await scene.stage.box.exec('docker stop sample-blue-web-blue-1')
  expect((await onHost('doctor')).stdout).toMatch(/^mended {2}the candidate .*dropped$/m)
  await expectSettled(scene.stage.box)
})

test('a first release can be tried too; a rollback and `release abort` leave nothing of a candidate', async () => {
  const { box, url } = scene.stage
  await box.reset()
  const consumer = scene.consumer()
  const run = runOf(consumer, '9006')
  const prepared = await run.prepare('v1')
  expectStatus(prepared, 'prepared')
  expect((await candidate(prepared)).version).toBe('v1')
  expect((await fetch(url)).status).toBe(503)
  expect((await onHost('status')).stdout).toMatch(/^live {6}nothing yet\ncandidate /m)
  expect((await onHost('doctor')).code).toBe(0)
  expectStatus(await run.switchTo('v1'), 'deployed')
  expectStatus(await consumer.deploy('v2'), 'deployed')

  expectStatus(await run.prepare('v3'), 'prepared')
  expect((await onHost('rollback')).stdout).toContain('dropping the candidate')
  expect((await home(url)).version).toBe('v1')
  await expectSettled(box)

  expectStatus(await run.prepare('v3'), 'prepared')
  expect((await onHost('abort')).stdout).toContain('dropping the candidate')
  expect((await box.exec(`ls ${directory}/releases | wc -l`)).stdout.trim()).toBe('2')
  await expectSettled(box)
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (await holds()) return
    await sleep(200)
  }
  throw new Error('it did not come about within 30 s')
}
