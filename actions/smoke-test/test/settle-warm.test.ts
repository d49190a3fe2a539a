import { UserError } from '@deploy-actions/kit'
import type { SmokeResult } from '@deploy-actions/probe'
import { type AgentAnswers, agentSession, blockOf, FakeClock, FakeLog, FakeRemote, playAgent } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { settleWarm } from '../src/settle-warm.ts'

const LIVE = '20260131T093000Z-1a2b3c4-77.1'
const OLD = '20260130T093000Z-0f0f0f0-76.1'

const chosen = (way: string, live = LIVE) => [
  `= chosen release=${OLD} way=${way} live=${live} slot=blue`,
  ...blockOf('chosen-record', ['{}']),
]
const back: AgentAnswers = {
  'choose previous': chosen('warm'),
  prepare: [`= prepared release=${OLD} slot=green`],
  switch: [`= verified release=${OLD}`],
  commit: ['= settled status=deployed'],
}

async function settled(
  verdict: SmokeResult['verdict'],
  agent: AgentAnswers,
  { rollbackRecommended = verdict !== 'passed', releaseId = LIVE as string | undefined } = {},
) {
  const remote = new FakeRemote({}, { sessions: { [agentSession]: playAgent(agent) } })
  const smoke = { verdict, rollbackRecommended } as SmokeResult
  const request = { directory: '/opt/shop', who: 'run 80', releaseId, lockTimeoutMs: 1_000 }
  const warm = await settleWarm(smoke, request, {
    connect: async () => remote,
    clock: new FakeClock(),
    log: new FakeLog(),
    signal: new AbortController().signal,
  })
  return { warm, remote }
}

test.each(['rotated=KEY', 'returning=worker:KEY', 'lacking=web:KEY'])(
  'red does not switch to a warm release with old values: %s',
  async (keys) => {
    const [told, ...record] = chosen('warm')
    const { warm, remote } = await settled('assertion', { ...back, 'choose previous': [`${told} ${keys}`, ...record] })
    expect(warm).toMatchObject({ did: 'none', told: expect.stringContaining(`still has the old ${keys.split('=')[1]}.`) })
    expect(remote.written).toEqual(['choose previous', 'quit'])
  },
)

test.each([
  ['stopped', '', /The action rollback can bring it back, and says so where it may not: .*`DA-ROLLBACK-SCHEMA`/],
  ['warm', 'rotated=KEY', /can bring it back with the values of now, and says so/],
  ['stopped', 'returning=worker:KEY', /refuses it, because worker:KEY would come back \(`DA-ROLLBACK-ROTATED`\): deploy the older commit/],
  ['warm', 'lacking=web:KEY', /refuses it as it is, because web:KEY would come back .*; with `env: current` it leaves that out/],
  ['warm', 'rotated=A returning=worker:B lacking=web:C', /refuses it, because worker:B, web:C would come back/],
])('what is said of the action rollback is what that would do: %s, %s', async (way, keys, told) => {
  const [choice, ...record] = chosen(way)
  const { warm } = await settled('assertion', { ...back, 'choose previous': [`${choice} ${keys}`, ...record] })
  expect(warm).toMatchObject({ did: 'none', told: expect.stringMatching(told) })
})

test('green ends the warm release, and leaves a candidate alone', async () => {
  const { warm, remote } = await settled('passed', { cool: [`= cooled release=${OLD} live=${LIVE}`] })
  expect(warm).toMatchObject({ did: 'ended', told: expect.stringContaining(OLD) })
  expect(remote.written).toEqual([`cool ${LIVE}`, 'quit'])
  expect(remote.ran[0]).toContain(' session candidate ')
  expect(remote.closed).toBe(true)
})

test('green with nothing warm, or with something else live, ends nothing', async () => {
  expect((await settled('passed', { cool: [`= cooled release= live=${LIVE}`] })).warm).toMatchObject({ did: 'none' })
  const other = await settled('passed', { cool: ['= cooled release= live=NEWER'] })
  expect(other.warm).toMatchObject({ did: 'superseded', told: expect.stringMatching(/`NEWER` is live by now/) })
})

test('red switches back: chosen, prepared, switched, committed', async () => {
  const { warm, remote } = await settled('unhealthy', back)
  expect(warm).toMatchObject({ did: 'rolled-back' })
  expect(remote.written).toEqual(['choose previous', `prepare rollback ${OLD}`, 'switch', 'commit'])
})

test.each([
  ['the one before is not warm any more', 'none', chosen('stopped'), /not warm any more/],
  ['somebody has deployed since', 'superseded', chosen('warm', 'NEWER'), /`NEWER` is live by now/],
])(
  'red leaves the host alone when %s, and says by a value of its own whether a rollback may follow: %s',
  async (_why, did, choice, told) => {
    const { warm, remote } = await settled('assertion', { ...back, 'choose previous': choice })
    expect(warm).toMatchObject({ did, told: expect.stringMatching(told) })
    expect(remote.written).toEqual(['choose previous', 'quit'])
  },
)

test('a verdict that going back would not mend does not even connect', async () => {
  const { warm, remote } = await settled('tls', {}, { rollbackRecommended: false })
  expect(warm).toMatchObject({ did: 'kept' })
  expect(remote.ran).toEqual([])
})

test('a switch back that does not succeed is a failure with its code', async () => {
  const { warm } = await settled('slow', { ...back, switch: ['! DA-VERIFY-FAILED the old one is wrong too', '= settled status=reverted'] })
  expect(warm).toMatchObject({ did: 'none', failure: { code: 'DA-VERIFY-FAILED' } })
})

test('a host that does not answer leaves the verdict as it is, and tells why', async () => {
  const denied = new UserError('DA-SSH-AUTH', 'no key fits')
  const smoke = { verdict: 'passed', rollbackRecommended: false } as SmokeResult
  const ports = { connect: () => Promise.reject(denied), clock: new FakeClock(), log: new FakeLog(), signal: new AbortController().signal }
  const warm = await settleWarm(smoke, { directory: '/opt/shop', who: 'run 80', releaseId: undefined, lockTimeoutMs: 1_000 }, ports)
  expect(warm).toMatchObject({ did: 'none', failure: { code: 'DA-SSH-AUTH' } })
})

test('a connection that is lost on the way back is made anew, and the host says that it went back', async () => {
  const outcome = [`= outcome state=live release=${OLD} live=${OLD} slot=green`]
  const { warm } = await settled('unhealthy', { ...back, commit: 'lost', [`outcome ${OLD}`]: outcome, facts: blockOf('facts', []) })
  expect(warm).toMatchObject({ did: 'rolled-back' })
})
