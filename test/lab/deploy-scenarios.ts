import { describe, expect, test } from '@jest/globals'
import { expectNothingLost } from '../../lab/scenarios/losses.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { underLoad } from '../../lab/scenarios/under-load.ts'
import { ground, home } from './ground.ts'

/** Every way in which a deploy ends, under load. `brief`: the ones that put the edge to the proof, for a second Caddy. */
export function deployScenarios(caddy: 'debian' | 'current', { brief = false } = {}): void {
  const scene = ground(caddy)
  const { given } = scene

  describe(`deploys under load, edge: ${caddy} Caddy`, () => {
    test('five deploys in a row lose nothing', async () => {
      const { consumer } = await given(['v1'])
      const { report, result } = await underLoad(scene.stage, async () => {
        const steps = []
        for (const tag of ['v2', 'v3', 'v4', 'v5', 'v6']) steps.push(await consumer.deploy(tag))
        return steps
      })
      for (const step of result) expectStatus(step, 'deployed')
      expectNothingLost(report, { versions: ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'] })
      await expectSettled(scene.stage.box)
    })

    test('a release that fails its verification is taken back, and nothing is lost', async () => {
      const { consumer } = await given(['v1'])
      const { report, result } = await underLoad(scene.stage, () => consumer.deploy('bad-ready'))
      expectStatus(result, 'reverted')
      expect(result.code).toBe(1)
      expectNothingLost(report, { versions: ['v1', 'bad-ready'], returns: true })
      expect((await home(scene.stage.url)).version).toBe('v1')
      await scene.expectAsGiven()
    })

    if (!brief) {
      unchangedAndChanged(scene)
      abortedReleases(scene)
      cancelledRuns(scene)
    }
  })
}

function unchangedAndChanged(scene: ReturnType<typeof ground>): void {
  test('the same release again changes nothing, not one container', async () => {
    const { consumer } = await scene.given(['v1'])
    const ids = async () => (await scene.stage.box.exec('docker ps -aq --no-trunc | sort')).stdout
    const before = await ids()
    const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v1'))
    expectStatus(result, 'unchanged')
    expect(result.code).toBe(0)
    expect(await ids()).toBe(before)
    expectNothingLost(report, { versions: ['v1'] })
    await scene.expectAsGiven()
  })

  test('a changed environment alone is a new release, and nothing is lost', async () => {
    const { consumer, steps } = await scene.given(['v1'])
    consumer.write('.env', 'GREETING=good evening\n')
    const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v1'))
    expectStatus(result, 'deployed')
    expect(result.outputs['release-id']).not.toBe(steps[0]?.outputs['release-id'])
    expect(await home(scene.stage.url)).toMatchObject({ greeting: 'good evening', release: result.outputs['release-id'] })
    expectNothingLost(report, { versions: ['v1'] })
    await expectSettled(scene.stage.box)
  })
}

function abortedReleases(scene: ReturnType<typeof ground>): void {
  test.each([
    ['never gets healthy', 'unhealthy', { 'health-timeout': '4s' }, 'DA-HEALTH-TIMEOUT', 'answers 503'],
    ['exits at its start', 'exit', {}, 'DA-CONTAINER-EXITED', 'DATABASE_URL has no password'],
  ])('a release that %s is aborted, and nobody notices', async (_what, tag, inputs, code, reason) => {
    const { consumer } = await scene.given(['v1'])
    const { report, result } = await underLoad(scene.stage, () => consumer.deploy(tag, { inputs }))
    expectStatus(result, 'aborted')
    expect(result.code).toBe(1)
    expect(result.annotations.map(({ title }) => title)).toContain(code)
    expect(result.stdout).toContain(reason)
    expectNothingLost(report, { versions: ['v1'] })
    await scene.expectAsGiven()
  })
}

function cancelledRuns(scene: ReturnType<typeof ground>): void {
  test('a run that is cancelled before the switch leaves the old release alone', async () => {
    const { consumer } = await scene.given(['v1'])
    const signalAfter = { text: 'to become healthy', signal: 'SIGINT' } as const
    const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v2', { signalAfter }))
    expectStatus(result, 'aborted')
    expectNothingLost(report, { versions: ['v1'] })
    await scene.expectAsGiven()
  })

  test('a run that is cancelled while it verifies brings the old release back', async () => {
    const { consumer } = await scene.given(['v1'])
    const signalAfter = { text: 'serves', signal: 'SIGINT' } as const
    const inputs = { 'verify-for': '20s' }
    const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v2', { inputs, signalAfter }))
    expectStatus(result, 'reverted')
    expectNothingLost(report, { versions: ['v1', 'v2'], returns: true })
    expect((await home(scene.stage.url)).version).toBe('v1')
    await scene.expectAsGiven()
  })

  test('a run that is cancelled once the release is final goes on to its end', async () => {
    const { consumer } = await scene.given(['v1'])
    const signalAfter = { text: 'draining', signal: 'SIGINT' } as const
    const { report, result } = await underLoad(scene.stage, () => consumer.deploy('v2', { signalAfter }))
    expectStatus(result, 'deployed')
    expectNothingLost(report, { versions: ['v1', 'v2'] })
    await expectSettled(scene.stage.box)
  })
}
