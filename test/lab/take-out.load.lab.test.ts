import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { TcpBalancer } from '../../lab/balancer.ts'
import { FakeDigitalOcean } from '../../lab/digitalocean/fake.ts'
import type { FakeBalancer } from '../../lab/digitalocean/infrastructure.ts'
import { answers, type LoadReport } from '../../lab/lab.ts'
import { type Consumer, directory, type StepOptions } from '../../lab/scenarios/consumer.ts'
import { fleetConsumer, releasesOn } from '../../lab/scenarios/fleet.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStages, type Stage } from '../../lab/scenarios/stage.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'

// `api` is not switched: a release makes it anew in place, and while it is away every request that comes to its host fails.
let stages: Stage[] = []
let consumer: Consumer
let cloud: FakeDigitalOcean
let record: FakeBalancer
let balancer: TcpBalancer
let droplets: number[] = []

const out: Record<string, string> = { 'take-out-of': 'shop', 'digitalocean-token': 'do-token' }

beforeAll(async () => {
  stages = await openStages(3)
  cloud = await FakeDigitalOcean.open()
  await Promise.all(stages.map(({ box }) => box.reset()))
  const made = stages.map(({ box }, at) => cloud.infrastructure.addDroplet(`web-${at + 1}`, ['web'], { public: box.address }))
  droplets = made.map(({ id }) => id)
  const check = { path: '/health', check_interval_seconds: 1, response_timeout_seconds: 1, unhealthy_threshold: 2, healthy_threshold: 2 }
  const rules = [{ entry_protocol: 'tcp', entry_port: 80, target_protocol: 'tcp', target_port: 80 }]
  record = cloud.infrastructure.addBalancer('shop', made, '', { health_check: check, forwarding_rules: rules })
  record.lag = 2
  const brisk = { switch: '', 'verify-for': '1s', 'stream-drain-timeout': '1s', 'health-timeout': '30s', 'api-url': cloud.url }
  consumer = fleetConsumer(stages, { inputs: brisk })
  expectStatus(await consumer.deploy('v1', { inputs: out }), 'deployed')
})
afterAll(async () => {
  consumer.close()
  await cloud.close()
  await Promise.all(stages.map(({ box }) => box.reset()))
  expect(cloud.violations).toEqual([])
})
beforeEach(async () => {
  balancer = await TcpBalancer.open({ record, addressOf: (id) => (stages[droplets.indexOf(id)] as Stage).box.address })
})
afterEach(() => balancer.close())

async function underLoad<T>(work: () => Promise<T>): Promise<{ report: LoadReport; result: T }> {
  const load = await (stages[0] as Stage).lab.load({ url: balancer.url, rate: 90, kinds: ['get', 'get-close', 'post', 'slow'] })
  try {
    await sleep(1_500)
    const result = await work()
    await sleep(1_500)
    return { report: await load.stop(), result }
  } catch (error) {
    await load.stop()
    throw error
  }
}

/** Answers mix two releases here, because `api` follows `web` later; what counts is that each came. */
function lostIn({ kinds }: LoadReport): string[] {
  return Object.entries(kinds).flatMap(([name, { lost, sent, errors }]) =>
    lost === 0
      ? []
      : [
          `${lost} of ${sent} ${name}: ${errors
            .slice(0, 3)
            .map(({ at_ms, reason }) => `at ${at_ms} ms ${reason}`)
            .join('; ')}`,
        ],
  )
}

const deploy = (tag: string, options: StepOptions = {}) => consumer.deploy(tag, { ...options, inputs: { ...out, ...options.inputs } })

/** All hosts have the release and its `api`, are behind the balancer, and nothing of their turns is left. */
async function expectAll(release: string, tag: string): Promise<void> {
  expect(await releasesOn(stages)).toEqual([release, release, release])
  for (const { box, lab } of stages) {
    await expectSettled(box)
    expect((await box.exec(`docker inspect -f '{{.Config.Image}}' sample-api-1`)).stdout.trim()).toBe(lab.image('api', tag))
    expect((await box.exec(`ls -a ${directory} ${directory}/switch`)).stdout).not.toMatch(/taken-out|\.out|closing/)
  }
  expect(record.dropletIds.toSorted()).toEqual(droplets)
}

test('in place requests are lost, and the load sees it', async () => {
  const { report, result } = await underLoad(() => consumer.deploy('v2'))
  expectStatus(result, 'deployed')
  expect(lostIn(report)).not.toEqual([])
  await expectAll(result.outputs['release-id'] ?? '', 'v2')
})

test('each host leaves the balancer while it makes the service anew: nothing is lost, and two others are there all the time', async () => {
  const { report, result } = await underLoad(() => deploy('v3'))
  expectStatus(result, 'deployed')
  expect(lostIn(report)).toEqual([])
  expect(report.sent).toBeGreaterThan(500)
  expect(balancer.seen.filter((line) => !line.startsWith('well'))).toEqual([
    ...droplets.map((id) => `added ${id}`),
    ...droplets.flatMap((id) => [`unwell ${id}`, `removed ${id}`, `added ${id}`]),
  ])
  expect(balancer.fewest).toBe(2)
  await expectAll(result.outputs['release-id'] ?? '', 'v3')
})

test.each<[string, string, (said: string) => boolean]>([
  ['is removed from the balancer', 'v4', () => record.dropletIds.length < 3],
  ['has only left it by its health path', 'v5', () => balancer.seen.some((line) => line.startsWith('unwell'))],
  // The next run waits for this host, which goes on by itself, and lets go of the others meanwhile.
  ['makes the service anew', 'v2', (said) => said.includes('applying the other services')],
])('the runner is killed when a host %s: the next run puts it back and goes on, and nothing is lost', async (_, tag, now) => {
  const { report, result } = await underLoad(async () => {
    let kill: ((signal: NodeJS.Signals) => void) | undefined
    let said = ''
    const watching = setInterval(() => now(said) && kill?.('SIGKILL'), 20)
    const killed = await deploy(tag, {
      watch: (text, end) => {
        said = text
        kill = end
      },
    })
    clearInterval(watching)
    if (killed.signal !== 'SIGKILL') throw new Error(`it was not killed:\n${killed.stdout.slice(-4000)}`)
    const again = await deploy(tag)
    return { killed, again }
  })
  expectStatus(result.again, 'unchanged')
  expect(result.again.stdout).toContain('an earlier run took this host out of the balancer')
  expect(lostIn(report)).toEqual([])
  expect(balancer.fewest).toBe(2)
  const [release] = await releasesOn(stages)
  await expectAll(release ?? '', tag)
})

test('nobody is taken out, and nothing is touched, where the others are not well', async () => {
  const before = await releasesOn(stages)
  const others = stages.slice(1)
  await Promise.all(others.map(({ box }) => box.exec('docker stop -t 0 $(docker ps -q --filter name=sample-edge)')))
  const step = await deploy('v6')
  await Promise.all(others.map(({ box }) => box.exec(`docker start $(docker ps -aq --filter name=sample-edge)`)))
  // Docker has a container started before what runs in it listens.
  for (const { url } of others) await answers(url)
  expect(step.annotations.filter(({ level }) => level === 'error').map(({ title }) => title)).toEqual(['DA-BALANCER-LAST'])
  expect(await releasesOn(stages)).toEqual(before)
  expect(record.dropletIds).toHaveLength(3)
})
