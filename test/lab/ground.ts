import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import { Consumer, type ConsumerOptions, directory, type Step } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'

/** Short enough for tests, long enough that load meets every phase. */
const brisk = { 'verify-for': '1s', 'stream-drain-timeout': '1s', 'health-timeout': '20s' }

export interface Ground {
  readonly stage: Stage
  /** A bare host, and a repository that has deployed these tags to it, the last one live. */
  given(tags: string[], options?: ConsumerOptions): Promise<{ consumer: Consumer; steps: Step[] }>
  /** The host is settled and has the same release live as `given` gave: a next test that asks for the same may begin here. */
  expectAsGiven(): Promise<void>
  consumer(options?: ConsumerOptions): Consumer
}

/** Where a suite of the lab plays: its own stage, and consumers that go away after each test. */
export function ground(caddy: 'debian' | 'current' = 'debian'): Ground {
  const made: Consumer[] = []
  let stage: Stage | undefined
  let asked: { wanted: string; steps: Step[] } | undefined
  let standing: typeof asked
  beforeAll(async () => {
    stage = await openStage({ caddy })
  })
  afterEach(() => {
    for (const consumer of made.splice(0)) consumer.close()
  })
  // Nothing of a suite goes on behind the next one's back.
  afterAll(() => stage?.box.reset())
  const opened = (): Stage => {
    if (stage === undefined) throw new Error('the stage opens before the first test')
    return stage
  }
  const consumer = (options: ConsumerOptions = {}): Consumer => {
    const one = new Consumer(opened(), { ...options, inputs: { ...brisk, ...options.inputs } })
    made.push(one)
    return one
  }
  return {
    get stage() {
      return opened()
    },
    consumer,
    async given(tags, options) {
      const wanted = JSON.stringify([tags, options])
      const one = consumer(options)
      const steps: Step[] = standing?.wanted === wanted ? standing.steps : []
      standing = undefined
      if (steps.length === 0) {
        await opened().box.reset()
        for (const tag of tags) steps.push(await one.deploy(tag, { inputs: { 'verify-for': '0s' } }))
        for (const step of steps) expectStatus(step, 'deployed')
      }
      asked = { wanted, steps }
      return { consumer: one, steps }
    },
    async expectAsGiven() {
      await expectSettled(opened().box)
      const live = (await opened().box.exec(`readlink ${directory}/current`)).stdout.trim()
      expect(live).toBe(`releases/${asked?.steps.at(-1)?.outputs['release-id']}`)
      standing = asked
    },
  }
}

/** What the live release says about itself: version, greeting, release, how it was asked. */
export async function home(url: string): Promise<Record<string, string>> {
  return (await fetch(url)).json() as Promise<Record<string, string>>
}
