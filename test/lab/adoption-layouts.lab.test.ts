import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { layouts } from '../../lab/adoption/layouts.ts'
import { playAdoption } from '../../lab/adoption/play.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.box.reset())

// PostgreSQL, Redis, FastAPI or Django: as people run them, started as people do, deployed as the guide says.
test.each(layouts.map((layout) => [layout.title, layout] as const))(
  'taken over with its data, certificates and env files, and nothing lost outside of the handover: %s',
  async (_title, layout) => {
    const { first, second, problems } = await playAdoption(stage, layout)
    expect(problems).toEqual([])
    expect(first.sent).toBeGreaterThan(0)
    expect(second.lost).toBe(0)
  },
)
