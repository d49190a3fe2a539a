import { expect, test } from '@jest/globals'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

const scene = ground()

test('of two deploys at once one waits, says for whom, and both lose nothing', async () => {
  const { consumer } = await scene.given(['v1'])
  const other = scene.consumer()
  const { report, result } = await underLoad(scene.stage, async () => {
    let second: ReturnType<typeof other.deploy> | undefined
    // The first has the lock for certain once its release is being prepared.
    const watch = (stdout: string) => {
      if (second === undefined && stdout.includes('to become healthy')) second = other.deploy('v3')
    }
    const first = await consumer.deploy('v2', { watch })
    return { first, second: await second }
  })
  expectStatus(result.first, 'deployed')
  expect(result.second?.stdout).toMatch(/waiting for another run: .*lab\/sample.*runs\/7002/)
  expect(result.second?.status).toBe('deployed')
  expectNothingLost(report, { versions: ['v1', 'v2', 'v3'] })
  expect((await home(scene.stage.url)).version).toBe('v3')
  await expectSettled(scene.stage.box)
})
