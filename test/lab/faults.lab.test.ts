import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Box } from '../../lab/box.ts'
import { full } from '../../lab/of-the-day.mjs'
import { Consumer, directory, type Step } from '../../lab/scenarios/consumer.ts'
import { expectSettled, expectStatus } from '../../lab/scenarios/settled.ts'
import { openStage, type Stage } from '../../lab/scenarios/stage.ts'
import { sleep } from '../../lab/scenarios/under-load.ts'
import { home } from './ground.ts'

let stage: Stage
let consumer: Consumer
/** The version that the last test left, where it was content. */
let live: string | undefined

beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  consumer?.close()
  await stage.box.reset()
})

// What one fault broke must not be blamed on the next.
beforeEach(async () => {
  if (live === undefined) await startOver()
})

async function startOver(): Promise<void> {
  await stage.box.reset()
  consumer?.close()
  consumer = new Consumer(stage, { inputs: { 'verify-for': '2s', 'stream-drain-timeout': '1s', 'health-timeout': '20s' } })
  expectStatus(await consumer.deploy('v1'), 'deployed')
  live = 'v1'
}

/** What the step writes as each phase begins. */
const PHASES = {
  plan: '::group::Plan',
  prepare: 'creating the containers of',
  boot: 'to become healthy',
  switch: ' serves 2',
  finish: 'draining ',
} as const
type Phase = keyof typeof PHASES

/** v1 … v6, round and round. */
const after = (tag: string): string => `v${(Number(tag.slice(1)) % 6) + 1}`

/** A deploy in which something happens to the host as soon as the phase begins. */
async function deployWhile(
  phase: Phase,
  tag: string,
  fault: (box: Box) => Promise<unknown>,
  inputs: Record<string, string>,
): Promise<Step> {
  let struck: Promise<unknown> | undefined
  const step = await consumer.deploy(tag, {
    inputs,
    watch: (stdout) => {
      if (stdout.includes(PHASES[phase])) struck ??= fault(stage.box)
    },
  })
  if (struck === undefined) throw new Error(`the phase never came:\n${step.stdout.slice(-2000)}`)
  await struck
  return step
}

/** What serves: web and api of one release. */
async function served(): Promise<string> {
  for (let tries = 0; tries < 150; tries++) {
    const answer = (await home(stage.url).catch(() => ({}))) as { version?: string; api?: { version?: string } }
    if (answer.version !== undefined && answer.version === answer.api?.version) return answer.version
    await sleep(200)
  }
  throw new Error('no complete release serves')
}

/** The step said the truth: what serves is the new release where it says so, and the old one where not. */
async function expectTruth(step: Step, { was, tag }: { was: string; tag: string }): Promise<void> {
  const now = await served()
  expect(['deployed', 'failed', 'aborted', 'reverted', 'none']).toContain(step.status)
  const told = { deployed: tag, failed: step.outputs['release-id'] === '' ? was : now, aborted: was, reverted: was }[step.status]
  if (told !== undefined) expect([step.status, now]).toEqual([step.status, told])
  else expect([was, tag]).toContain(now)
}

interface FaultOptions {
  mend?: (box: Box) => Promise<unknown>
  inputs?: Record<string, string>
}

async function faultIn(
  phase: Phase,
  fault: (box: Box) => Promise<unknown>,
  { mend = async () => undefined, inputs = {} }: FaultOptions = {},
) {
  const was = live as string
  live = undefined
  const tag = after(was)
  const step = await deployWhile(phase, tag, fault, inputs)
  await mend(stage.box)
  await stage.box.ready()
  await expectTruth(step, { was, tag })
  await stage.box.exec(`${directory}/bin/release doctor`)
  await expectSettled(stage.box)
  live = await served()
  return { step, was, tag }
}

const phases: Phase[] = ['plan', 'prepare', 'boot', 'switch', 'finish']
const some = (all: Phase[], few: Phase[]): Phase[] => (full ? all : few)

test.each(some(phases, ['prepare', 'switch']))('a Docker daemon that is killed and comes back leaves one release: %s', async (phase) => {
  await faultIn(phase, (box) => box.killDockerd({ downForMs: 2000 }))
})

test.each(some(phases, ['boot', 'finish']))('a disk that is full leaves one release, and is mended with room again: %s', async (phase) => {
  // The app's folder alone, on a disk that can be filled.
  await stage.box.reset()
  await stage.box.exec('mount -t tmpfs -o size=80m tmpfs /opt')
  try {
    await startOver()
    const fill = 'dd if=/dev/zero of=/opt/fill bs=64k 2>/dev/null; true'
    await faultIn(phase, (box) => box.exec(fill), { mend: (box) => box.exec('rm -f /opt/fill') })
  } finally {
    live = undefined
    await stage.box.reset()
    await stage.box.exec('umount /opt')
  }
})

test.each(some(phases.slice(0, 4), ['boot']))('an edge that is killed comes back, and the deploy goes on: %s', async (phase) => {
  const kill = "kill -9 $(docker inspect -f '{{.State.Pid}}' sample-edge-edge-1)"
  const { step } = await faultIn(phase, (box) => box.exec(kill))
  expectStatus(step, 'deployed')
})

test('a new slot that the edge cannot reach any more is taken back', async () => {
  const cut = `docker network disconnect sample_default sample-$(cat ${directory}/journal | sed -n 's/^slot=//p')-web-$(sed -n 's/^slot=//p' ${directory}/journal)-1`
  const { step } = await faultIn('switch', (box) => box.exec(cut))
  expectStatus(step, 'reverted')
})

test.each(some(phases, ['boot']))(
  'a person who runs compose in the folder in the middle of a deploy changes nothing: %s',
  async (phase) => {
    const up = `cd ${directory} && docker compose up -d`
    const { step } = await faultIn(phase, (box) => box.exec(up))
    expectStatus(step, 'deployed')
  },
)

test.each(some(phases, ['boot', 'switch']))('a connection that is cut is made anew, and the deploy comes to its end: %s', async (phase) => {
  const { step } = await faultIn(phase, (box) => box.killSessions())
  expectStatus(step, 'deployed')
  expect(step.stdout).toContain('connecting again')
})

/** It is decided which release is to serve. */
const decided = phases.filter((phase) => phase !== 'switch')

test.each(some(decided, ['boot']))('a host that loses its power is waited for, and the deploy comes to its end: %s', async (phase) => {
  const { step } = await faultIn(phase, (box) => box.restart())
  expectStatus(step, 'deployed')
})

// It may be the new release that took the host down, so it is not tried again.
test('a host that loses its power before the new release is verified goes back to the old one, and the run says so', async () => {
  const { step } = await faultIn('switch', (box) => box.restart(), { inputs: { 'verify-for': '20s' } })
  expectStatus(step, 'reverted')
  expect(step.annotations.filter(({ level }) => level === 'error').map(({ title }) => title)).toEqual(['DA-AGENT-LOST'])
})
