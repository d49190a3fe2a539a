import { describe, expect, test } from '@jest/globals'
import { full } from '../../lab/of-the-day.mjs'
import { directory } from '../../lab/scenarios/consumer.ts'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

/** Every way back, under load: by the action, and by the agent alone on the host. */
export function rollbackScenarios(caddy: 'debian' | 'current', { brief = false } = {}): void {
  const scene = ground(caddy)

  describe(`rollbacks under load, edge: ${caddy} Caddy`, () => {
    test('back to a release whose containers are stopped, and nothing is lost', async () => {
      const { consumer, steps } = await scene.given(['v1', 'v2'])
      const { report, result } = await underLoad(scene.stage, () => consumer.rollback())
      expectStatus(result, 'rolled-back')
      expect(result.outputs['release-id']).toBe(steps[0]?.outputs['release-id'])
      expect(result.outputs['previous-release-id']).toBe(steps[1]?.outputs['release-id'])
      expectNothingLost(report, { versions: ['v2', 'v1'] })
      await expectSettled(scene.stage.box)
    })

    if (!brief) {
      byTheAction(scene)
      onTheHost(scene)
    }
  })
}

function byTheAction(scene: ReturnType<typeof ground>): void {
  test('back to a release that is still warm starts nothing, and nothing is lost', async () => {
    const { consumer } = await scene.given(['v1', 'v2'], { inputs: { 'warm-previous': '120s' } })
    const started = async () => (await scene.stage.box.exec("docker inspect -f '{{.State.StartedAt}}' $(docker ps -aq) | sort")).stdout
    const before = await started()
    const { report, result } = await underLoad(scene.stage, () => consumer.rollback())
    expectStatus(result, 'rolled-back')
    expect(await started()).toBe(before)
    expectNothingLost(report, { versions: ['v2', 'v1'] })
    await expectSettled(scene.stage.box)
  })

  test('two releases back, made again from the images that were kept, and nothing is lost', async () => {
    const { consumer, steps } = await scene.given(['v1', 'v2', 'v3'])
    const { report, result } = await underLoad(scene.stage, () => consumer.rollback({ inputs: { to: '-2' } }))
    expectStatus(result, 'rolled-back')
    expect(result.outputs['release-id']).toBe(steps[0]?.outputs['release-id'])
    expectNothingLost(report, { versions: ['v3', 'v1'] })
    await expectSettled(scene.stage.box)
  })

  if (!full) return
  test('a release that was rolled back from is never chosen again by `previous`', async () => {
    const { consumer, steps } = await scene.given(['v1', 'v2', 'v3'])
    expectStatus(await consumer.rollback(), 'rolled-back')
    const second = await consumer.rollback()
    expectStatus(second, 'rolled-back')
    expect(second.outputs['release-id']).toBe(steps[0]?.outputs['release-id'])
  })
}

function onTheHost(scene: ReturnType<typeof ground>): void {
  const release = async (words: string) => {
    const ran = await scene.stage.box.exec(`${directory}/bin/release ${words}`)
    if (ran.code !== 0) throw new Error(`release ${words} ended with ${ran.code}:\n${ran.stdout}${ran.stderr}`)
    return ran.stdout
  }

  test('the agent alone rolls back on the host, and nothing is lost', async () => {
    await scene.given(['v1', 'v2'])
    const { report } = await underLoad(scene.stage, () => release('rollback --to previous'))
    expectNothingLost(report, { versions: ['v2', 'v1'] })
    await expectSettled(scene.stage.box)
  })

  test('the agent alone brings back old images with the environment of today', async () => {
    const { consumer } = await scene.given(['v1'])
    consumer.write('.env', 'GREETING=good evening\n')
    expectStatus(await consumer.deploy('v2'), 'deployed')
    const { report } = await underLoad(scene.stage, () => release('rollback --env current'))
    expect(await home(scene.stage.url)).toMatchObject({ version: 'v1', greeting: 'good evening' })
    expectNothingLost(report, { versions: ['v2', 'v1'] })
    await expectSettled(scene.stage.box)
  })
}
