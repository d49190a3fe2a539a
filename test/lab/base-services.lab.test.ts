import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { Consumer } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { deployOnce, whileBroken } from './projects.ts'
import { expectRefused } from './refused.ts'

// What happens to the services that are not switched: a worker with work in hand, a scheduler of which there must be one, a store with data.
let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.box.reset())

/** At SIGTERM it has five seconds of work left, and says when it is done. */
const WORKER = "echo begun >>/log/jobs; trap 'sleep 5; echo finished >>/log/jobs; exit 0' TERM; while :; do sleep 0.1; done"
/** Says `twice` when another one is there, or was killed. */
const SCHEDULER =
  "mkdir /log/there || echo twice >>/log/scheduler; echo begun >>/log/scheduler; trap 'rmdir /log/there; echo ended >>/log/scheduler; exit 0' TERM; while :; do sleep 0.1; done"

const sample = () => readFileSync(`${stage.lab.sample}/compose.yaml`, 'utf8')
const service = (name: string, script: string, more = '') => `
  ${name}:
    image: ${stage.lab.edgeImage}
    command: ["sh", "-c", "${script}"]
    environment:
      ROUND: \${ROUND:-1}
    volumes:
      - log:/log
${more}`
const withJobs = () =>
  sample().replace(
    '\nvolumes:\n',
    `${service('jobs', WORKER, '    stop_grace_period: 30s\n')}${service('scheduler', SCHEDULER)}\nvolumes:\n  log:\n`,
  )
const brisk = { 'verify-for': '0s', 'stream-drain-timeout': '1s', 'health-timeout': '20s' }

async function inLog(name: string): Promise<string[]> {
  const { stdout } = await stage.box.exec(`cat /var/lib/docker/volumes/sample_log/_data/${name}`)
  return stdout.trim().split('\n')
}

test('a changed worker ends its work before it goes, and there are never two schedulers: forward and back', async () => {
  await stage.box.reset()
  const consumer = new Consumer(stage, { compose: withJobs(), inputs: brisk })
  try {
    expectStatus(await consumer.deploy('v1'), 'deployed')
    consumer.write('.env', 'ROUND=2\n')
    const step = await consumer.deploy('v2')
    expectStatus(step, 'deployed')
    expect(step.stdout).toMatch(
      /jobs +recreate .*variable ROUND.*away from its stop \(at most 30s\) until it runs again; the old one ends before/,
    )
    expect(step.stdout).toMatch(/scheduler +recreate .*and jobs has ended too \(at most 30s\)/)
    expect(await inLog('jobs')).toEqual(['begun', 'finished', 'begun'])
    expect(await inLog('scheduler')).toEqual(['begun', 'ended', 'begun'])
    await expectSettled(stage.box)
    expectStatus(await consumer.rollback(), 'rolled-back')
    expect(await inLog('jobs')).toEqual(['begun', 'finished', 'begun', 'finished', 'begun'])
    expect(await inLog('scheduler')).toEqual(['begun', 'ended', 'begun', 'ended', 'begun'])
    await expectSettled(stage.box)

    consumer.write('compose.yaml', sample())
    const left = await consumer.deploy('v3')
    expectStatus(left, 'deployed')
    expect(left.stdout).toMatch(/jobs of project "sample" still runs.*`remove-orphans: true`/)
    expect(await runs('jobs')).toBe(true)

    // The same release once more: what is left is reason enough.
    const removed = await consumer.deploy('v3', { inputs: { 'remove-orphans': 'true' } })
    expectStatus(removed, 'deployed')
    expect(removed.stdout).toContain('jobs is not in this release: after the switch it is stopped')
    expect([await runs('jobs'), await runs('scheduler'), await runs('worker')]).toEqual([false, false, true])
    expect((await inLog('jobs')).at(-1)).toBe('finished')
    expectStatus(await consumer.deploy('v3', { inputs: { 'remove-orphans': 'true' } }), 'unchanged')
    await expectSettled(stage.box)
  } finally {
    consumer.close()
  }
})

const runs = async (name: string) =>
  (await stage.box.exec(`docker ps -aq --filter label=com.docker.compose.project=sample --filter label=com.docker.compose.service=${name}`))
    .stdout !== ''

type Case = [fact: string, code: string, says: (string | RegExp)[], change: (compose: string) => string, inputs?: Record<string, string>]

const cases: Case[] = [
  [
    'a service that keeps data would be made anew',
    'DA-STATEFUL-RECREATE',
    ['"store" keeps data', '(changed: variable TUNED)', 'at most 10s', '`store=recreate` in `strategy`'],
    (compose) =>
      compose.replace('    volumes:\n      - store-data', '    environment:\n      TUNED: secret-value\n    volumes:\n      - store-data'),
    { strategy: 'store=keep' },
  ],
  [
    'a service that keeps data is there twice, under its old name and a new one',
    'DA-STATEFUL-TWICE',
    ['"data" would start on "sample_store-data"', '"store", which this release does not have', '`docker stop sample-store-1'],
    (compose) => compose.replace('  store:\n', '  data:\n').replace('      - store\n', '      - data\n'),
    { strategy: 'data=keep' },
  ],
  [
    'the port of a database would be open to everybody',
    'DA-PORT-PUBLIC',
    ['"worker" publishes port 6379 (Redis) on all addresses', 'write `127.0.0.1:16379:6379`', '`allow-public-ports: 16379`'],
    (compose) => compose.replace('"9100:9100"', '"16379:6379"'),
  ],
]

beforeEach(async () => {
  if ((await stage.box.exec('readlink /opt/sample/current')).stdout === '') expectStatus(await deployOnce(stage, { tag: 'v1' }), 'deployed')
})

test.each(cases)('refused, and nothing is touched: %s', async (_fact, code, says, change, inputs = {}) => {
  const step = await expectRefused(stage.box, () => deployOnce(stage, { compose: change, inputs }), { code, says })
  expect(step.stdout).not.toContain('secret-value')
})

test('refused, and nothing is touched: the memory does not suffice for a second copy', async () => {
  const little = {
    by: "sed -e 's/^MemAvailable: .*/MemAvailable: 100 kB/' -e 's/^SwapFree: .*/SwapFree: 0 kB/' /proc/meminfo >/run/meminfo && mount --bind /run/meminfo /proc/meminfo",
    mend: 'umount /proc/meminfo; rm /run/meminfo',
  }
  await expectRefused(stage.box, () => whileBroken(stage, little, () => deployOnce(stage)), {
    code: 'DA-HOST-MEMORY',
    says: [/has 0 MB of memory free .* use \d+ MB/, '`memory-check: false`'],
  })
})
