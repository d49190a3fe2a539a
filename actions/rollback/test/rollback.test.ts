import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import {
  type AgentAnswers,
  agentSession,
  blockOf,
  FakeClock,
  FakeLog,
  FakeRemote,
  FakeRunner,
  inputsOf,
  playAgent,
  type SessionScript,
} from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { outputs as declared, inputs } from '../src/inputs.ts'
import { report } from '../src/report.ts'
import { rollback } from '../src/rollback.ts'

const LIVE = '20260131T093000Z-1a2b3c4-77.1'
const OLD = '20260130T093000Z-0f0f0f0-76.1'
const REPEATED = '20260201T120000Z-0f0f0f0-80.1'

const chosen = (way: string, images: object = { web: 'ghcr.io/acme/web@sha256:ab', db: 'postgres:16' }) => [
  ...[
    `= chosen release=${OLD} way=${way} live=${LIVE} slot=blue`,
    ...blockOf('chosen-record', [JSON.stringify({ schema: 1, id: OLD, images })]),
  ],
]
const wholeWay: AgentAnswers = {
  'choose previous': chosen('stopped'),
  credential: [],
  repeat: ['= repeated release=R of=O'],
  prepare: [`= preparing release=${OLD} slot=green`, `= prepared release=${OLD} slot=green`],
  switch: [`= switched release=${OLD} slot=green`, '= verified release=R'],
  commit: ['= settled status=deployed'],
}

/** `later`: how the host answers in the session behind the first one. */
function sceneOf(given: Record<string, string> = {}, agent: AgentAnswers = {}, ...later: AgentAnswers[]) {
  const plays = [agent, ...later].map((answers) =>
    playAgent({ ...wholeWay, ...answers }, ['= ready run=/tmp/run', `= locked release=${LIVE}`]),
  )
  const session: SessionScript = (end) => (plays.length > 1 ? plays.shift() : plays[0])?.(end)
  const remote = new FakeRemote({}, { sessions: { [agentSession]: session } })
  const log = new FakeLog()
  const request = {
    inputs: inputsOf('rollback', inputs, { host: 'shop.example.com', 'ssh-key': 'key', ...given }),
    ...{ app: 'shop', directory: '/opt/shop' },
    run: {
      run: { id: '80', attempt: 1, url: 'https://github.com/acme/shop/actions/runs/80' },
      who: 'run 80',
      repository: 'acme/shop',
      commit: undefined,
      actor: 'ann',
    },
  }
  const clock = new FakeClock({ now: Date.UTC(2026, 1, 1, 12) })
  const hosts = [{ name: 'shop.example.com', address: 'shop.example.com:22', connect: async () => remote }]
  const ports = { hosts, clock, log, signal: new AbortController().signal }
  return { remote, log, request, ports }
}

async function rolledBack(given: Record<string, string> = {}, agent: AgentAnswers = {}) {
  const scene = sceneOf(given, agent)
  const result = await rollback(scene.request, scene.ports)
  const runner = new FakeRunner()
  const outputs = createOutputs(runner, createSecrets())
  const summary = createSummary(runner, createSecrets())
  const verdict = report(result, scene.request, { log: scene.log, env: {}, outputs, summary, startedAt: 0 })
  summary.write()
  return { ...scene, result, verdict, outputs: Object.fromEntries(outputs.all()), summary: runner.summary }
}

test('the way back: chosen, prepared, switched, committed', async () => {
  const { remote, result, log } = await rolledBack()
  expect(result).toMatchObject({ status: 'rolled-back', release: OLD, way: 'stopped' })
  expect(remote.written).toEqual(['choose previous', `prepare rollback ${OLD}`, 'switch', 'commit'])
  expect(remote.uploads).toEqual([])
  expect(log.text('info')).toContain(`Going back to ${OLD}: its containers are there and start again`)
  expect(remote.closed).toBe(true)
})

test('a dry run says what it would be, and touches nothing', async () => {
  const { remote, outputs, verdict } = await rolledBack({ 'dry-run': 'true' })
  expect(remote.written).toEqual(['choose previous', 'quit'])
  expect(remote.ran[0]).toContain('session plan /opt/shop')
  expect([verdict, outputs.status, outputs['release-id'], outputs['previous-release-id']]).toEqual(['ok', 'planned', OLD, ''])
})

test('the release that is live is left alone', async () => {
  const { remote, outputs, verdict } = await rolledBack(
    { to: LIVE },
    { [`choose ${LIVE}`]: [`= chosen release=${LIVE} way=live live=${LIVE} slot=blue`] },
  )
  expect(remote.written).toEqual([`choose ${LIVE}`, 'quit'])
  expect([verdict, outputs.status, outputs['release-id']]).toEqual(['ok', 'unchanged', LIVE])
})

test('a host that serves another release than the one that is to be left is left alone', async () => {
  const { remote, outputs, verdict, log } = await rolledBack({ from: '20260131T080000Z-3c4d5e6-70.1' })
  expect(remote.written).toEqual(['quit'])
  expect([verdict, outputs.status, outputs['release-id']]).toEqual(['ok', 'superseded', LIVE])
  expect(log.text('warning')).toContain(`${LIVE} serves by now, not 20260131T080000Z-3c4d5e6-70.1`)
  expect((await rolledBack({ from: LIVE })).result.status).toBe('rolled-back')
})

test('where there is nothing to go back to the host says so, and nothing is prepared', async () => {
  const answers = { 'choose -9': ['! DA-ROLLBACK-NO-TARGET there is no release to go back to', '| kept: one', '= settled status=failed'] }
  const { request, ports, remote } = sceneOf({ to: '-9' }, answers)
  await expect(rollback(request, ports)).rejects.toMatchObject({ code: 'DA-ROLLBACK-NO-TARGET' })
  expect(remote.written).toEqual(['choose -9'])
  expect(remote.closed).toBe(true)
})

test('keys that were rotated since then stay as they are, in a release of its own, and are named', async () => {
  const [told, ...record] = chosen('warm')
  const answers = { 'choose previous': [`${told} rotated=API_KEY,DB_PASSWORD`, ...record] }
  const { remote, result, log } = await rolledBack({}, answers)
  expect(remote.written.slice(1)).toEqual([`repeat ${OLD} ${REPEATED} rotated`, `prepare rollback ${REPEATED}`, 'switch', 'commit'])
  expect(result).toMatchObject({ status: 'rolled-back', release: REPEATED })
  expect(log.text('info')).toContain('Rotated since then, and kept as they are now: API_KEY, DB_PASSWORD')
  const dry = await rolledBack({ 'dry-run': 'true' }, answers)
  expect([dry.remote.written, dry.log.text('info')]).toEqual([['choose previous', 'quit'], expect.stringContaining('API_KEY, DB_PASSWORD')])
})

test('what a rollback would bring back of rotated keys is refused, and goes with force; a dry run says so', async () => {
  const [told, ...record] = chosen('warm')
  const answers = { 'choose previous': [`${told} returning=worker:KEY,secret:db lacking=web:OLD`, ...record] }
  const { request, ports, remote } = sceneOf({}, answers)
  const refused = { code: 'DA-ROLLBACK-ROTATED', message: expect.stringContaining('secret:db, web:OLD, worker:KEY') }
  await expect(rollback(request, ports)).rejects.toMatchObject(refused)
  expect(remote.written).toEqual(['choose previous'])
  const dry = await rolledBack({ 'dry-run': 'true' }, answers)
  expect([dry.result.status, dry.log.text('warning')]).toEqual(['planned', expect.stringContaining('worker:KEY, and will be refused')])
  const forced = await rolledBack({ force: 'true' }, { ...answers, 'force-schema': [] })
  expect([forced.result.status, forced.log.text('warning')]).toEqual([
    'rolled-back',
    expect.stringContaining('worker:KEY, as it was asked for'),
  ])
})

test('a rotated key that the live service has no more does not come back with the present environment', async () => {
  const [told, ...record] = chosen('warm')
  const answers = { 'choose previous': [`${told} lacking=web:OLD`, ...record] }
  expect((await rolledBack({ env: 'current' }, answers)).result.status).toBe('rolled-back')
  const { request, ports } = sceneOf({}, answers)
  await expect(rollback(request, ports)).rejects.toMatchObject({ hint: expect.stringContaining('`env: current` leaves these keys out') })
})

test('with the present environment it is a release of its own, with the commit of the old one', async () => {
  const { remote, result } = await rolledBack({ env: 'current' })
  expect(remote.written.slice(1)).toEqual([`repeat ${OLD} ${REPEATED}`, `prepare rollback ${REPEATED}`, 'switch', 'commit'])
  expect(result).toMatchObject({ status: 'rolled-back', release: REPEATED })
})

test('a registry is logged in to only where images have to be pulled', async () => {
  const login = { 'registry-token': 'token' }
  expect((await rolledBack(login)).remote.written.join()).not.toContain('credential')
  const { remote } = await rolledBack(login, { 'choose previous': chosen('pull') })
  const auth = Buffer.from('ann:token').toString('base64')
  expect(remote.written[1]).toBe(`credential {"auths":{"ghcr.io":{"auth":"${auth}"}}}`)
  const elsewhere = await rolledBack(login, { 'choose previous': chosen('pull', { web: 'other.example.com/web@sha256:ab' }) })
  expect(elsewhere.remote.written.join()).not.toContain('credential')
})

test.each([
  ['prepare', ['! DA-IMAGE-PULL no', '= settled status=aborted'], 'aborted', 'DA-IMAGE-PULL', LIVE],
  ['switch', ['! DA-VERIFY-FAILED no', '= settled status=reverted'], 'reverted', 'DA-VERIFY-FAILED', LIVE],
  ['commit', ['! DA-BASE-START no', '= settled status=failed'], 'failed', 'DA-BASE-START', OLD],
])('what goes wrong at %s is settled by the host; every output says what serves', async (command, lines, status, code, serves) => {
  const { outputs, verdict, log, summary } = await rolledBack({}, { [command]: lines })
  expect(Object.keys(outputs).sort()).toEqual([...declared].sort())
  expect([verdict, outputs.status, outputs['release-id']]).toEqual(['failed', status, serves])
  expect(log.entries.filter(({ level }) => level === 'error').map(({ title }) => title)).toEqual([code])
  expect(summary).toContain(`**${code}**`)
})

test('after it every output is set, and the summary says what was left and why', async () => {
  const { outputs, verdict, summary } = await rolledBack({ reason: 'checkout is broken' })
  expect(Object.keys(outputs).sort()).toEqual([...declared].sort())
  expect(outputs).toMatchObject({ status: 'rolled-back', 'release-id': OLD, 'previous-release-id': LIVE })
  expect(JSON.parse(outputs.hosts ?? '')).toEqual([
    { host: 'shop.example.com', status: 'rolled-back', release: OLD, previous: LIVE, slot: 'green', timings: expect.anything() },
  ])
  expect(verdict).toBe('ok')
  for (const part of ['✅ Rolled back — shop on `shop.example.com`', `\`${OLD}\``, `\`${LIVE}\``, 'checkout is broken'])
    expect(summary).toContain(part)
})

const outcome = (state: string) => ({ outcome: [`= outcome release=${OLD} state=${state} slot=green`], facts: blockOf('facts', []) })

test.each([
  ['live', 'rolled-back'],
  ['reverted', 'reverted'],
])('after a lost connection the host is asked by the release id: %s is %s', async (state, status) => {
  const { request, ports } = sceneOf({}, { commit: 'lost' }, outcome(state))
  expect(await rollback(request, ports)).toMatchObject({ status, release: OLD })
})

test('a way back that the host has given up after a lost connection is gone again', async () => {
  const { request, ports, remote } = sceneOf({}, { prepare: 'lost' }, outcome('aborted'), {})
  expect(await rollback(request, ports)).toMatchObject({ status: 'rolled-back', release: OLD })
  expect(remote.written.filter((line) => line.startsWith('prepare'))).toHaveLength(2)
})

test('a connection that is lost again and again is an error in the end', async () => {
  const lost = { prepare: 'lost', ...outcome('aborted') } as const
  const { request, ports, remote } = sceneOf({}, lost)
  await expect(rollback(request, ports)).rejects.toMatchObject({ code: 'DA-AGENT-LOST' })
  expect(remote.closed).toBe(true)
})

test.each(['previous', '-1', '-99', LIVE, '20260131T093000Z-1a2b3c4-local'])('to: %s is a target', (to) => {
  expect(inputs.to.read(to)).toBe(to)
})

test.each(['', '-0', '-100', '1', 'Previous', 'latest', '2026', '20260131T093000Z-1a2b3c4', '../etc', 'previous x', `${LIVE}; reboot`])(
  'to: %j is none',
  (to) => {
    expect(() => inputs.to.read(to)).toThrow()
  },
)
