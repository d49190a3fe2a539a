import { expect, test } from '@jest/globals'
import { directory } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

const scene = ground()

const release = async (command: string, stdin = '') => {
  const { code, stdout, stderr } = await scene.stage.box.exec(command.replace(/^release/, `${directory}/bin/release`), { stdin })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout
}

/** What a visitor gets: status, when to come back, the page. */
async function visit(init?: RequestInit): Promise<string> {
  const response = await fetch(scene.stage.url, init)
  return `${response.status} ${response.headers.get('retry-after')} ${(await response.text()).trim()}`
}

/** The same for somebody else than this machine: a container on the host, by the host's own address. */
const elsewhere = async () =>
  (await release(`docker exec sample-edge-edge-1 sh -c 'wget -S -q -O - http://${scene.stage.box.address}/ 2>&1 || :'`)).trim()

const closed = '503 120 <h1>Back soon</h1>'

test('visitors get the page, whatever they ask; calls by name go on; a deploy and a power cut change nothing of it', async () => {
  const { box, url, workerStats } = scene.stage
  const { consumer } = await scene.given(['v1'])
  await release('cat >/root/soon.html', '<h1>Back soon</h1>\n')
  await fetch(workerStats.replace('/stats', '/reset'))
  expect(await release('release maintenance on --page /root/soon.html')).toBe('visitors get the maintenance page\n')
  expect([await visit(), await visit({ method: 'POST', body: 'x' })]).toEqual([closed, closed])
  expect(await release('release status')).toMatch(/^visitors {2}get the maintenance page: release maintenance off$/m)

  const step = await consumer.deploy('v2')
  expectStatus(step, 'deployed')
  expect(step.stdout).toContain('visitors still get the maintenance page: release maintenance off')
  expect(await visit()).toBe(closed)
  const called = (await (await fetch(workerStats)).json()) as { sent: number; lost: number; versions: Record<string, number> }
  expect([called.lost, Object.keys(called.versions).sort()]).toEqual([0, ['v1', 'v2']])

  await box.restart({ graceful: false })
  await until(async () => (await visit()) === closed)
  await expectSettled(box)

  expect(await release('release maintenance off')).toBe('visitors get the app\n')
  await until(async () => (await home(url)).version === 'v2')
  await expectSettled(box)
})

test('who is let through gets the app, and nobody else; a list that is no list is refused', async () => {
  const { url, box } = scene.stage
  await scene.given(['v1'])
  const { client: us = '' } = await home(url)
  await release(`release maintenance on --allow ${us} --allow 203.0.113.0/24`)
  expect((await home(url)).version).toBe('v1')
  expect(await elsewhere()).toContain('503')
  await release('release maintenance on --allow 203.0.113.7')
  expect(await visit()).toMatch(/^503 120 .*Back soon/)
  await expect(release('release maintenance on --allow everybody')).rejects.toThrow('DA-INPUT-INVALID')
  expect(await visit()).toMatch(/^503 /)
  await release('release maintenance off')
  expect((await home(url)).version).toBe('v1')
  expect(await elsewhere()).toContain('"version":"v1"')
  await expectSettled(box)
})

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (await holds().catch(() => false)) return
    await sleep(200)
  }
  throw new Error('it did not come about within 30 s')
}
