import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { expectationOf } from '../../actions/deploy-compose-ssh/test/compose-projects.ts'
import { full, ofTheDay } from '../../lab/of-the-day.mjs'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { publishStandIns } from '../../lab/stand-ins.ts'
import { deployable, deployableNames, deployTwiceAndBack, needsOf } from './deployed-projects.ts'
import { inLanes } from './lanes.ts'

// Every Compose project that is planned (actions/deploy-compose-ssh/test/compose-projects) is deployed too, where a host of the lab can run it:
// twice and back, with stand-ins for its images. Several at once, because each has a lock of its own. Fifteen of them a day, all with LAB_FULL=1;
// PROJECTS="big-shop binds" plays only these.
const asked = process.env.PROJECTS?.split(' ')
const all = deployableNames()
const names = asked !== undefined ? all.filter((name) => asked.includes(name)) : full ? all : ofTheDay(all, 15, (name) => name)
const LANES = 3

/** A host has IPv6 and shares its mounts; a box of the lab is a container, and has them switched off. */
const ipv6 = (off: 0 | 1) => `for one in all default lo; do echo ${off} >/proc/sys/net/ipv6/conf/$one/disable_ipv6; done`

let stage: Stage
const outcomes = new Map<string, Promise<void>>()

beforeAll(async () => {
  stage = await openStage()
  await stage.box.reset()
  await stage.box.exec(`${ipv6(0)}; mount --make-rshared /`)
  const images = await publishStandIns()
  const projects = await Promise.all(names.map(deployable))
  const works = projects.map((one) => ({ needs: needsOf(one), run: () => deployTwiceAndBack(one, stage, images) }))
  for (const [at, outcome] of inLanes(works, LANES).entries()) outcomes.set(names[at] as string, outcome)
})
// Images of other names than ours would be found by the suites after this one.
afterAll(async () => {
  await Promise.allSettled(outcomes.values())
  await stage.box.reset()
  await stage.box.exec(
    "docker images --format '{{.Repository}}:{{.Tag}}' | grep -v '^172\\.31\\.250\\.' | grep -v '<none>' | xargs -r docker rmi --no-prune",
  )
})

test.each(names.map((name) => [name, expectationOf(name).about]))('deployed twice and rolled back: %s: %s', async (name) => {
  expect([...outcomes.keys()]).toContain(name)
  await outcomes.get(name)
})

test('there are at least 40 projects that are deployed', () => {
  expect(all.length).toBeGreaterThanOrEqual(40)
})
