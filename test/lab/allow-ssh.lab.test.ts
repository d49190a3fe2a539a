import { connect } from 'node:net'
import { runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../lab/digitalocean/fake.ts'
import { WEB } from '../../lab/digitalocean/firewalls.ts'
import type { DropletRecord } from '../../lab/digitalocean/infrastructure.ts'
import { Consumer } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'

/** As DigitalOcean sees this machine; the box sees another address, as behind any gateway. */
const RUNNER = '198.51.100.9'
const JOB = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '1', RUNNER_ENVIRONMENT: 'github-hosted' }

let stage: Stage
let cloud: FakeDigitalOcean
let droplet: DropletRecord
let timer: NodeJS.Timeout
let obeying = Promise.resolve()
let isClosed = false

beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  cloud = await FakeDigitalOcean.open()
  droplet = cloud.infrastructure.addDroplet('web-1', ['web'], { public: stage.box.address })
  cloud.infrastructure.firewalls.create({ name: 'web', ...WEB, tags: ['web'] })
  timer = setInterval(() => {
    obeying = obeying.then(obey)
  }, 50)
})
afterAll(async () => {
  clearInterval(timer)
  await obeying
  if (isClosed) await door('-D')
  await cloud.close()
  await stage.box.reset()
  expect(cloud.violations).toEqual([])
})

/** New connections to SSH are dropped on their way; those that stand go on, as with a firewall of DigitalOcean's. */
async function door(how: '-I' | '-D'): Promise<void> {
  const { code, stderr } = await stage.box.exec(`iptables ${how} INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j DROP`)
  if (code !== 0) throw new Error(stderr)
}

/** What the fake says of the droplet's firewalls is made true on the box. */
async function obey(): Promise<void> {
  const shouldBeClosed = !cloud.infrastructure.firewalls.admits(droplet, RUNNER, 22)
  if (shouldBeClosed === isClosed) return
  isClosed = shouldBeClosed
  await door(shouldBeClosed ? '-I' : '-D')
}

/** Whether SSH of the box takes a connection. */
async function isOpen(): Promise<boolean> {
  await obeying.then(obey)
  return new Promise((resolve) => {
    const socket = connect({ host: stage.box.address, port: 22, timeout: 2_000 })
    const end = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket
      .on('connect', () => end(true))
      .on('timeout', () => end(false))
      .on('error', () => end(false))
  })
}

const allowSsh = (state: Readonly<Record<string, string>> = {}) =>
  runBundle('allow-ssh', {
    state,
    env: JOB,
    inputs: { host: 'droplet-tag:web', 'digitalocean-token': 'do-token', address: RUNNER, 'api-url': cloud.url },
  })

test('SSH is closed, opens for the job by the time its next step logs in, and is closed again after it', async () => {
  // Longer than a look at the door takes: who did not wait would find it closed.
  cloud.infrastructure.firewalls.lag = 5
  expect(await isOpen()).toBe(false)
  const step = await allowSsh()
  expect([step.code, step.outputs.status]).toEqual([0, 'allowed'])
  expect(await isOpen()).toBe(true)
  const consumer = new Consumer(stage)
  try {
    expectStatus(await consumer.deploy('v1', { inputs: { 'dry-run': 'true' } }), 'planned')
  } finally {
    consumer.close()
  }
  const post = await allowSsh(step.state)
  expect([post.code, post.annotations]).toEqual([0, []])
  expect(await isOpen()).toBe(false)
})
