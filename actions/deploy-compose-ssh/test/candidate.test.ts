import type { UserError } from '@deploy-actions/kit'
import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { type AgentAnswers, blockOf, FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { deploy } from '../src/deploy.ts'
import { report } from '../src/report.ts'
import { digest, FACTS, PREPARED, type Scene, SERVING, sceneOf, WEB } from './ground.ts'

const ID = '20260131T093000Z-1a2b3c4-77.1'
const URL = 'https://github.com/acme/shop/actions/runs/77'
const found = (words: string): NonNullable<Scene['agent']> => ({ candidate: [`= candidate ${words}`] })
const later = { files: {}, registry: {} }

async function played(phase: string, { inputs, ...scene }: Scene = {}) {
  const stage = sceneOf({ ...scene, inputs: { phase, images: 'none', routes: '', health: '', ...inputs } })
  const result = await deploy(stage.request, stage.ports)
  const runner = new FakeRunner()
  const secrets = createSecrets((form) => runner.mask(form))
  const outputs = createOutputs(runner, secrets)
  const summary = createSummary(runner, secrets)
  const verdict = report(result, stage.request, { log: stage.log, env: {}, outputs, summary, startedAt: 0 })
  summary.write()
  return { ...stage, result, verdict, secrets, outputs: Object.fromEntries(outputs.all()), summary: runner.summary }
}

const refused = (phase: string, scene: Scene): Promise<UserError> =>
  played(phase, scene).then(
    () => Promise.reject(new Error('it was not refused')),
    (error: UserError) => error,
  )

test('prepare stops before the switch, and hands on a masked header that works as it is', async () => {
  const switched = { images: `web=${WEB}`, routes: ':80 -> web:8000', health: 'web: http :8000/health' }
  const { remote, verdict, outputs, summary, secrets, log } = await played('prepare', {
    inputs: { ...switched, 'candidate-timeout': '30m' },
  })
  expect(remote.written).toEqual(['facts', 'resolve', `prepare deploy ${ID}`, `hold ${URL} 1800`])
  expect(outputs).toMatchObject({ status: 'prepared', 'release-id': ID, 'candidate-header': 'X-Deploy-Candidate: s3cret-of-the-app' })
  expect(secrets.redact('s3cret-of-the-app')).toBe('***')
  expect([verdict, log.text(), summary].join('\n')).not.toContain('s3cret')
  expect(summary).toContain(`| Prepared | \`${ID}\` in blue |`)
})

test('a release in which nothing is switched cannot be prepared', async () => {
  const error = await refused('prepare', { inputs: { images: `web=${WEB}` } })
  expect(error).toMatchObject({ code: 'DA-CANDIDATE-NOTHING' })
})

test('switch goes on with what is prepared: no checkout, no registry, nothing decided anew', async () => {
  const { remote, verdict, outputs } = await played('switch', later)
  expect(remote.ran[0]).toContain('session candidate /opt/shop')
  expect(remote.uploads).toEqual([])
  expect(remote.written).toEqual([`candidate ${URL} -`, 'resume', 'switch', 'commit'])
  expect([verdict, outputs]).toMatchObject([
    'ok',
    {
      status: 'deployed',
      'release-id': PREPARED,
      'previous-release-id': SERVING,
      images: JSON.stringify({ web: WEB }),
      'candidate-header': '',
    },
  ])
  expect(JSON.parse(outputs.hosts ?? '')).toMatchObject([{ release: PREPARED, slot: 'green' }])
})

test('switch may name the release of another run', async () => {
  const { remote } = await played('switch', { ...later, inputs: { 'release-id': PREPARED } })
  expect(remote.written[0]).toBe(`candidate ${URL} ${PREPARED}`)
})

test('a switch that is repeated has nothing to do', async () => {
  const { remote, outputs, verdict } = await played('switch', {
    agent: found(`state=live release=${SERVING} by= gone= live=${SERVING} slot=blue`),
  })
  expect([verdict, outputs.status, outputs['release-id']]).toEqual(['ok', 'unchanged', SERVING])
  expect(remote.written.at(-1)).toBe('quit')
})

test.each([
  ['none', 'by= gone= live=L slot=blue', {}, 'DA-CANDIDATE-NONE', 'nothing is prepared.*L serves$'],
  ['none', 'by= gone=2026-01-31T08:00:00Z live= slot=none', {}, 'DA-CANDIDATE-NONE', 'dropped at 2026-01-31T08:00:00Z.*nothing is live$'],
  ['other', 'release=Q by=https://x/9 gone= live=L slot=blue', {}, 'DA-CANDIDATE-OTHER', 'Q is there, prepared by https://x/9$'],
  ['other', 'release=Q by=- gone= live=L slot=blue', {}, 'DA-CANDIDATE-OTHER', 'by somebody at a terminal$'],
])('with a candidate that is %s (%s) a switch is refused, and nothing is touched', async (state, words, inputs, code, said) => {
  const stage = { agent: found(`state=${state} ${words}`), inputs }
  const error = await refused('switch', stage)
  expect(error).toMatchObject({ code, message: expect.stringMatching(said) })
})

test('other images than those that were tested are refused', async () => {
  const images = `web=${WEB.replaceAll('a'.repeat(64), 'b'.repeat(64))}`
  expect(await refused('switch', { inputs: { images } })).toMatchObject({
    code: 'DA-CANDIDATE-OTHER',
    message: expect.stringContaining(digest('b')),
  })
  expect((await played('switch', { inputs: { images: `web=${WEB}` } })).outputs.status).toBe('deployed')
})

test('a candidate that is not well any more is aborted, and the step is red', async () => {
  const { verdict, outputs } = await played('switch', { agent: { resume: ['! DA-HEALTH-TIMEOUT no', '= settled status=aborted'] } })
  expect([verdict, outputs.status, outputs['release-id']]).toEqual(['failed', 'aborted', SERVING])
})

const outcome = (state: string): AgentAnswers => ({ outcome: [`= outcome release=${PREPARED} state=${state} slot=green`] })

test.each([
  ['live and whole', { ...outcome('live'), facts: blockOf('facts', [...FACTS, 'healthy\tyes']) }, 'deployed', PREPARED],
  ['live beside a service that is not well', outcome('live'), 'failed', PREPARED],
  ['taken back', outcome('reverted'), 'reverted', SERVING],
  ['removed', outcome('aborted'), 'aborted', SERVING],
])('after a connection that was lost in the switch the host is asked: what is %s is told as that', async (_what, then, status, serves) => {
  const { remote, outputs, connections, log } = await played('switch', { agent: { switch: 'lost' }, later: [then] })
  expect([outputs.status, outputs['release-id']]).toEqual([status, serves])
  expect([connections(), remote.written.slice(-3)]).toEqual([2, [`outcome ${PREPARED}`, 'facts', 'quit']])
  // Whoever asks drops nothing.
  expect(remote.ran.every((command) => command.includes('session candidate '))).toBe(true)
  expect(log.text('warning')).toContain('connecting again')
})

test.each([
  ['was not begun', { resume: 'lost' }, outcome('none')],
  ['was not looked at yet', { candidate: 'lost' }, { outcome: ['= outcome release=- state=none slot=blue'] }],
] as const)('a switch that %s when the connection was lost is made then', async (_what, agent, then) => {
  const { remote, outputs } = await played('switch', { agent, later: [then, {}] })
  expect(outputs.status).toBe('deployed')
  expect(remote.written.slice(-4)).toEqual([`candidate ${URL} -`, 'resume', 'switch', 'commit'])
})

test('what goes wrong when the host is asked is told, and that it was because of the loss', async () => {
  const facts = ['! DA-HOST-DOCKER-PERMISSION no', '= settled status=aborted']
  const error = await refused('switch', { agent: { switch: 'lost' }, later: [{ ...outcome('live'), facts }] })
  expect(error).toMatchObject({ code: 'DA-HOST-DOCKER-PERMISSION', cause: { code: 'DA-AGENT-LOST' } })
})

test('abort drops it and is green', async () => {
  const { remote, verdict, outputs } = await played('abort', later)
  expect(remote.written).toEqual([`candidate ${URL} -`, 'drop'])
  expect([verdict, outputs.status, outputs['release-id']]).toEqual(['ok', 'aborted', SERVING])
})

test.each(['none release= by= gone=', 'other release=Q by=https://x/9 gone=', 'live release=L by= gone='])(
  'abort with %s leaves everything alone, says so, and is green',
  async (state) => {
    const { remote, verdict, outputs, log } = await played('abort', { agent: found(`state=${state} live=L slot=blue`) })
    expect(remote.written.at(-1)).toBe('quit')
    expect([verdict, outputs.status]).toEqual(['ok', 'unchanged'])
    expect(log.text('notice')).toMatch(/^nothing is dropped: /)
  },
)

test.each(['switch', 'abort'])('%s as a dry run only looks', async (phase) => {
  const { remote, outputs } = await played(phase, { inputs: { 'dry-run': 'true' } })
  expect(remote.ran[0]).toContain('session plan /opt/shop')
  expect(remote.written).toEqual([`candidate ${URL} -`, 'quit'])
  expect([outputs.status, outputs['release-id']]).toEqual(['planned', PREPARED])
})
