import { beforeAll, expect, test } from '@jest/globals'
import { startLab } from '../../lab/lab.ts'
import type { Consumer } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { sleep, underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

// The edge's Caddy is exchanged for another one: Debian's 2.6.2 and a current one, in both directions.

const scene = ground()
const images = { debian: '', current: '' }
beforeAll(async () => {
  images.debian = scene.stage.lab.edgeImage
  images.current = (await startLab({ caddy: 'current' })).edgeImage
})

async function must(command: string): Promise<string> {
  const { code, stdout, stderr } = await scene.stage.box.exec(command, { timeoutMs: 120_000 })
  if (code !== 0) throw new Error(`\`${command}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout.trim()
}

const release = (command: string) => must(`/opt/sample/bin/release ${command} 2>&1`)
const edgeId = () => must('docker ps -q --no-trunc --filter name=sample-edge-edge')
/** The programs that serve, by their paths in the container. */
const programs = () =>
  must(`docker exec sample-edge-edge-1 sh -c 'for one in $(pidof caddy); do readlink /proc/$one/exe; done | tr "\\n" " "'`)
const putThere = '/etc/caddy/program/caddy'

/** An edge of one image, and the host told of the other. */
async function given(from: keyof typeof images, to: keyof typeof images): Promise<Consumer> {
  // Streams of the load would keep the old one for as long as they may.
  const { consumer } = await scene.given(['v1'], { inputs: { 'edge-image': images[from], 'drain-timeout': '5s' } })
  const step = await consumer.deploy('v1', { inputs: { 'edge-image': images[to] } })
  expectStatus(step, 'unchanged')
  expect(step.stdout).toContain(`\`edge-image\` is ${images[to]} now`)
  return consumer
}

test('a newer Caddy takes over: the container stays, and no request is lost but what Go drops as a server stops', async () => {
  const consumer = await given('debian', 'current')
  const before = [await edgeId(), await programs()]
  expect(before[1]).toBe('/usr/bin/caddy')
  const { report, result } = await underLoad(scene.stage, () => release('edge upgrade'))
  expect(result).toMatch(/^Caddy v2\S+ took over from 2\.6\.2 without a gap/m)
  expectNothingLost(report, { versions: ['v1'], reloads: 1 })
  expect([await edgeId(), await programs()]).toEqual([before[0], putThere])
  expect(await release('edge upgrade')).toContain('already')
  await expectSettled(scene.stage.box)

  // The next deploy loads other routes into it, also under load.
  const next = await underLoad(scene.stage, () =>
    consumer.deploy('v2', { inputs: { 'edge-image': images.current, caddyfile: 'header X-From-The-Edge v2' } }),
  )
  expectStatus(next.result, 'deployed')
  expectNothingLost(next.report, { versions: ['v1', 'v2'], reloads: 1 })
  expect((await fetch(scene.stage.url)).headers.get('x-from-the-edge')).toBe('v2')

  await scene.stage.box.restart()
  await untilServes('v2')
  expect(await programs()).toBe(putThere)
  await must("docker exec sample-edge-edge-1 sh -c 'kill -KILL $(pidof caddy)'")
  await untilServes('v2')

  expect(await release('edge upgrade --recreate')).toMatch(/edge recreated; it did not answer for at most \d+ ms/)
  expect(await programs()).toBe('/usr/bin/caddy')
  expect(await must("docker inspect -f '{{.Config.Image}}' sample-edge-edge-1")).toBe(images.current)
  await expectSettled(scene.stage.box)
})

test('a Caddy that needs what the image of the container lacks is refused, and the edge serves on', async () => {
  await given('current', 'debian')
  const { report, result } = await underLoad(scene.stage, () => scene.stage.box.exec('/opt/sample/bin/release edge upgrade'))
  expect([result.code, result.stderr]).toEqual([1, expect.stringMatching(/cannot take over in the container.*DA-EDGE-UPGRADE/)])
  expectNothingLost(report, { versions: ['v1'] })
  expect(await programs()).toBe('/usr/bin/caddy')
  await expectSettled(scene.stage.box)
})

test.each([
  ['before the program is in its place', '/opt/sample/edge/upgrading', '/usr/bin/caddy'],
  ['when the program is in its place', '/opt/sample/edge/config/program/caddy', putThere],
])(
  'an upgrade that is killed %s is settled by the next command: one Caddy serves, and nothing is lost but what Go drops',
  async (_when, file, serves) => {
    await given('debian', 'current')
    const { report } = await underLoad(scene.stage, async () => {
      await must(`setsid sh /opt/sample/bin/release edge upgrade >/tmp/upgrade 2>&1 </dev/null & pid=$!
      tries=0; until [ -e ${file} ] || [ $tries -gt 300 ]; do tries=$((tries + 1)); sleep 0.05; done
      [ -e ${file} ] && kill -KILL $pid`)
      await release('doctor')
    })
    expect(await programs()).toBe(serves)
    expectNothingLost(report, { versions: ['v1'], reloads: 1 })
    await expectSettled(scene.stage.box)
    expect(await release('edge upgrade')).toContain(serves === putThere ? 'already' : 'took over')
    expect(await programs()).toBe(putThere)
  },
)

async function untilServes(version: string): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if ((await home(scene.stage.url).catch(() => undefined))?.version === version) return
    await sleep(100)
  }
  throw new Error(`${version} does not serve`)
}
