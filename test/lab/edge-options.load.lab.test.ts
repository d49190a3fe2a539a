import { expect, test } from '@jest/globals'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground } from './ground.ts'

// Debian's Caddy 2.6.2, which does not know the PROXY protocol.
const scene = ground()

const markedBy = async (): Promise<string | null> => (await fetch(scene.stage.url)).headers.get('x-from-the-edge')
const marking = (how: string) => ({ inputs: { caddyfile: `header X-From-The-Edge ${how}\nencode gzip\nlog` } })

test('directives for visitors come and go with their release, and no request is lost over it but what Go drops', async () => {
  const { consumer } = await scene.given(['v1'])
  expect(await markedBy()).toBeNull()
  const { report, result } = await underLoad(scene.stage, async () => {
    const deployed = await consumer.deploy('v2', marking('v2'))
    const marked = await markedBy()
    return { deployed, marked, back: await consumer.rollback() }
  })
  expectStatus(result.deployed, 'deployed')
  expectStatus(result.back, 'rolled-back')
  expect([result.marked, await markedBy()]).toEqual(['v2', null])
  expectNothingLost(report, { versions: ['v1', 'v2'], returns: true, reloads: 2 })

  const { stdout } = await scene.stage.box.exec("cd /opt/sample && stat -c '%a' edge/config/Caddyfile && stat -c '%a' releases/*/Caddyfile")
  expect(new Set(stdout.trim().split('\n'))).toEqual(new Set(['600']))
  await expectSettled(scene.stage.box)
})

test('what this Caddy does not take is told in its words before the switch, and what was there stays', async () => {
  const { consumer } = await scene.given(['v1'])
  expectStatus(await consumer.deploy('v2', marking('v2')), 'deployed')
  for (const [inputs, code, words] of [
    [{ caddyfile: 'hader X-From-The-Edge v3' }, 'DA-EDGE-CONFIG', 'unrecognized directive: hader'],
    [{ 'proxy-protocol': '10.0.0.0/8' }, 'DA-EDGE-OLD', 'needs Caddy 2.7 or newer'],
  ] as const) {
    const step = await consumer.deploy('v3', { inputs: { ...inputs } })
    expectStatus(step, 'aborted')
    expect(step.stdout).toContain(code)
    expect(step.stdout).toContain(words)
    expect(await markedBy()).toBe('v2')
  }
  await expectSettled(scene.stage.box)

  await scene.stage.box.reset()
  const first = await consumer.deploy('v1', { inputs: { caddyfile: 'hader X-From-The-Edge v1' } })
  expectStatus(first, 'aborted')
  expect(first.stdout).toContain('DA-EDGE-CONFIG')
})
