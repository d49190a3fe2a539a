import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import type { SshProxy } from '../../lab/lab.ts'
import { type Consumer, directory, type Step, type StepOptions } from '../../lab/scenarios/consumer.ts'
import { connectionTo, fleetConsumer, releasesOn, underLoadOnAll } from '../../lab/scenarios/fleet.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStages, type Stage } from '../../lab/scenarios/stage.ts'

const brisk = { 'verify-for': '1s', 'stream-drain-timeout': '1s', 'health-timeout': '30s' }

let stages: Stage[] = []
let consumer: Consumer
/** What all hosts have when a test begins. */
let standing = ''
let wire: SshProxy | undefined

const hostsIn = (step: Step) =>
  JSON.parse(step.outputs.hosts ?? '[]') as { host: string; status: string; release: string; previous: string }[]
const statuses = (step: Step) => hostsIn(step).map(({ status }) => status)
const second = (): Stage => stages[1] as Stage

beforeAll(async () => {
  stages = await openStages(3)
  await Promise.all(stages.map(({ box }) => box.reset()))
  consumer = fleetConsumer(stages, { inputs: brisk })
})
afterEach(async () => {
  await wire?.close()
  wire = undefined
})
afterAll(async () => {
  consumer.close()
  await Promise.all(stages.map(({ box }) => box.reset()))
})

/** A deploy whose second host is reached through a wire; `cut` happens at the first moment that the log has the text. */
async function deployOverWire(tag: string, text: RegExp, cut: () => unknown, options: StepOptions = {}): Promise<Step> {
  wire = await second().lab.sshProxy(second().box)
  const inputs = { ...connectionTo(stages, new Map([[second(), wire]])), ...options.inputs }
  let done: unknown
  const watch = (stdout: string) => {
    if (done === undefined && text.test(stdout)) done = cut() ?? 'done'
  }
  const step = await consumer.deploy(tag, { ...options, inputs, watch })
  await done
  return step
}

async function expectAll(release: string): Promise<void> {
  expect(await releasesOn(stages)).toEqual([release, release, release])
  for (const { box } of stages) await expectSettled(box)
}

test('a host that is added later gets the live release alone, under the same id', async () => {
  const two = await consumer.deploy('v1', { inputs: connectionTo(stages.slice(0, 2)) })
  expectStatus(two, 'deployed')
  const { reports, result } = await underLoadOnAll(stages.slice(0, 2), () => consumer.deploy('v1'))
  expectStatus(result, 'deployed')
  expect(statuses(result)).toEqual(['unchanged', 'unchanged', 'deployed'])
  for (const report of reports) expectNothingLost(report, { versions: ['v1'] })
  standing = two.outputs['release-id'] ?? ''
  await expectAll(standing)
  expectStatus(await consumer.deploy('v1'), 'unchanged')
})

test('a release comes to all, and a rollback takes it from all; nobody notices', async () => {
  const { reports, result } = await underLoadOnAll(stages, async () => {
    const deployed = await consumer.deploy('v2', { inputs: { soak: '1s' } })
    return { deployed, back: await consumer.rollback({ inputs: connectionTo(stages) }) }
  })
  expectStatus(result.deployed, 'deployed')
  expect(new Set(hostsIn(result.deployed).map(({ release }) => release)).size).toBe(1)
  expect(hostsIn(result.deployed).map(({ previous }) => previous)).toEqual([standing, standing, standing])
  expectStatus(result.back, 'rolled-back')
  for (const report of reports) expectNothingLost(report, { versions: ['v1', 'v2'], returns: true })
  await expectAll(standing)
})

test('a canary that is not right is taken back, and nobody follows', async () => {
  const { reports, result } = await underLoadOnAll(stages, () => consumer.deploy('bad-ready'))
  expectStatus(result, 'reverted')
  expect(statuses(result)).toEqual(['reverted', 'aborted', 'aborted'])
  expect(result.stdout).toMatch(/DA-VERIFY-FAILED/)
  for (const [at, report] of reports.entries()) expectNothingLost(report, { ...(at > 0 && { versions: ['v1'] }), returns: true })
  await expectAll(standing)
})

test('a second host that is not right after the canary has switched takes it back on all', async () => {
  const spoil = () => second().box.exec(`sed -i 's/\\t200\\t/\\t418\\t/' ${directory}/releases/2*/verify.tsv`)
  const { reports, result } = await underLoadOnAll(stages, () =>
    deployOverWire('v3', / serves 2/, async () => spoil(), { inputs: { soak: '3s' } }),
  )
  expectStatus(result, 'reverted')
  expect(statuses(result).slice(0, 2)).toEqual(['reverted', 'reverted'])
  expect(result.stdout).toContain('127.0.0.1')
  for (const report of reports) expectNothingLost(report, { returns: true })
  await second().box.exec(`sed -i 's/\\t418\\t/\\t200\\t/' ${directory}/releases/2*/verify.tsv`)
  await expectAll(standing)
})

test.each([
  ['is planned for', /::group::Plan/, 'failed', 'DA-AGENT-LOST'],
  ['gets its containers', /127\.0\.0\.1.*to become healthy/, 'aborted', 'DA-AGENT-LOST'],
  ['waits while the canary is watched', / serves 2/, 'reverted', 'DA-AGENT-LOST'],
  ['has switched', /127\.0\.0\.1.* serves 2/, 'reverted', 'DA-AGENT-LOST'],
])('the connection to a host that %s is lost: all have the old release', async (_when, text, status, code) => {
  const { reports, result } = await underLoadOnAll(stages, () => deployOverWire('v4', text, () => wire?.reset()))
  expectStatus(result, status)
  expect(result.annotations.filter(({ level }) => level === 'error').map(({ title }) => title)).toEqual([code])
  expect(statuses(result)).not.toContain('deployed')
  for (const report of reports) expectNothingLost(report, { returns: true })
  await expectAll(standing)
})

test('the connection to a host is lost while the release becomes final: all have the new one', async () => {
  const { reports, result } = await underLoadOnAll(stages, () => deployOverWire('v5', /::group::Finish/, () => wire?.reset()))
  expectStatus(result, 'deployed')
  expect(statuses(result)).toEqual(['deployed', 'deployed', 'deployed'])
  for (const report of reports) expectNothingLost(report, { versions: ['v1', 'v5'], returns: true })
  standing = result.outputs['release-id'] ?? ''
  await expectAll(standing)
})

test('a host whose agent is killed with the release switched is brought to the same release as the others', async () => {
  const kill = () => second().box.exec(`pkill -KILL -f 'session [d]eploy ${directory}'`)
  const { reports, result } = await underLoadOnAll(stages, () => deployOverWire('v6', /127\.0\.0\.1.* serves 2/, async () => kill()))
  expectStatus(result, 'reverted')
  for (const report of reports) expectNothingLost(report, { returns: true })
  await expectAll(standing)
})
