import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../lab/digitalocean/fake.ts'
import type { Consumer } from '../../lab/scenarios/consumer.ts'
import { connectionTo, fleetConsumer, releasesOn } from '../../lab/scenarios/fleet.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { openStages, type Stage } from '../../lab/scenarios/stage.ts'

let stages: Stage[] = []
let consumer: Consumer
let cloud: FakeDigitalOcean
let found: Record<string, string> = {}

beforeAll(async () => {
  stages = await openStages(2)
  cloud = await FakeDigitalOcean.open()
  await Promise.all(stages.map(({ box }) => box.reset()))
  // The second box first: the order is that of the names.
  const [first, second] = stages.map(({ box }) => box)
  cloud.infrastructure.addDroplet('web-2', ['web'], { public: second?.address as string })
  cloud.infrastructure.addDroplet('web-1', ['web'], { public: first?.address as string })
  cloud.infrastructure.addDroplet('web-3', ['web'], { public: '203.0.113.9' }).status = 'off'
  found = { host: 'droplet-tag:web', 'digitalocean-token': 'do-token', 'api-url': cloud.url }
  consumer = fleetConsumer(stages, { inputs: { ...found, 'verify-for': '1s' } })
})
afterAll(async () => {
  await cloud.close()
  consumer.close()
  await Promise.all(stages.map(({ box }) => box.reset()))
  expect(cloud.violations).toEqual([])
})

test('a droplet whose key is not known stops the run before any of them is touched, with the line to add', async () => {
  const [first, second] = stages.map(({ box }) => box)
  const step = await consumer.deploy('v1', { inputs: { 'known-hosts': first?.knownHosts.trim() as string } })
  expectStatus(step, 'failed')
  const [error] = step.annotations.filter(({ level }) => level === 'error')
  expect(error?.title).toBe('DA-SSH-HOST-KEY-UNKNOWN')
  const shown = [...(error?.message.matchAll(/^\S+ (?:ssh-|ecdsa-)\S+ AAAA\S+$/gm) ?? [])].map(([line]) => line)
  expect(shown).toHaveLength(1)
  expect(shown[0]).toContain(`${second?.address} `)
  for (const { box } of stages) expect((await box.exec('ls /opt')).stdout).not.toContain('sample')
  // That very line is all that was missing.
  const added = `${first?.knownHosts.trim()}\n${shown[0]}`
  expectStatus(await consumer.deploy('v1', { inputs: { 'known-hosts': added, 'dry-run': 'true' } }), 'planned')
})

test('all active droplets of a tag get a release and go back together, in the order of their names', async () => {
  const step = await consumer.deploy('v1')
  expectStatus(step, 'deployed')
  const hosts = (JSON.parse(step.outputs.hosts ?? '[]') as { host: string }[]).map(({ host }) => host)
  expect(hosts).toEqual(stages.map(({ box }, at) => `web-${at + 1} (${box.address})`))
  expect(step.summary).toContain('web-1 (')
  expect(step.stdout).toContain('web-3 (off) left out')
  const release = step.outputs['release-id'] ?? ''
  expect(await releasesOn(stages)).toEqual([release, release])
  expectStatus(await consumer.deploy('v2'), 'deployed')
  expectStatus(await consumer.rollback({ inputs: { ...connectionTo(stages), ...found } }), 'rolled-back')
  expect(await releasesOn(stages)).toEqual([release, release])
})

test('the same hosts written out are the same hosts: nothing is deployed anew', async () => {
  expectStatus(await consumer.deploy('v1', { inputs: connectionTo(stages) }), 'unchanged')
})
