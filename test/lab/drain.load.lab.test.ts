import { expect, test } from '@jest/globals'
import { lossesIn } from '../../lab/scenarios/losses.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground } from './ground.ts'

const scene = ground()

test('without draining slow requests are lost, and the load sees it', async () => {
  const { consumer } = await scene.given(['v1'])
  const inputs = { 'drain-timeout': '0s', 'stream-drain-timeout': '0s', 'verify-for': '0s' }
  const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v2', { inputs }))
  expectStatus(result, 'deployed')
  expect(report.kinds.slow?.lost).toBeGreaterThan(0)
  expect(report.events.cut).toBeGreaterThan(0)
  expect(lossesIn(report)).not.toEqual([])
})
