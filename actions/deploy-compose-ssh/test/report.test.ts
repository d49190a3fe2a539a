import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { FakeLog, FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { deploy } from '../src/deploy.ts'
import { outputs as declared } from '../src/inputs.ts'
import { report } from '../src/report.ts'
import { type Scene, sceneOf, WEB } from './ground.ts'

const ID = '20260131T093000Z-1a2b3c4-77.1'
const LIVE = '20260130T093000Z-0000000-76.1'

async function reported(scene: Scene = {}) {
  const { request, ports } = sceneOf(scene)
  const result = await deploy(request, ports)
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const log = new FakeLog()
  const outputs = createOutputs(runner, secrets)
  const summary = createSummary(runner, secrets)
  const verdict = report(result, request, { log, env: {}, outputs, summary, startedAt: 0 })
  summary.write()
  return { verdict, log, outputs: Object.fromEntries(outputs.all()), summary: runner.summary }
}

const live = (slot: string) => {
  const facts = ['user\troot', 'directory\t/opt/shop', 'docker\t26.1.0\tamd64\tlinux', 'compose\t2.27.0', 'disk\t/\t99999999']
  return ['= facts', ...[...facts, `slot\t${slot}`, `current\t${LIVE}`].map((line) => `| ${line}`), '= end']
}
const record = ['= record', '| {}', '= end']
const overLive = (agent: Scene['agent'] = {}): Scene => ({ agent: { facts: live('green'), record, ...agent } })

test.each([
  ['deployed', {}, 'ok', ID, ''],
  ['deployed', overLive(), 'ok', ID, LIVE],
  ['planned', { inputs: { 'dry-run': 'true' } }, 'ok', ID, ''],
  ['aborted', overLive({ prepare: ['! DA-HEALTH-TIMEOUT no', '= settled status=aborted'] }), 'failed', LIVE, ''],
  ['aborted', { agent: { prepare: ['! DA-HEALTH-TIMEOUT no', '= settled status=aborted'] } }, 'failed', '', ''],
  ['reverted', overLive({ switch: ['! DA-VERIFY-FAILED no', '= settled status=reverted'] }), 'failed', LIVE, ''],
  ['failed', overLive({ commit: ['! DA-BASE-START no', '= settled status=failed'] }), 'failed', ID, LIVE],
] as [string, Scene, string, string, string][])(
  '%s: every output is set and says what serves now',
  async (status, scene, verdict, release, before) => {
    const { outputs, ...told } = await reported(scene)
    expect(Object.keys(outputs).sort()).toEqual([...declared].sort())
    expect(told.verdict).toBe(verdict)
    expect(outputs).toMatchObject({ status, 'release-id': release, 'previous-release-id': before, images: JSON.stringify({ web: WEB }) })
    expect(JSON.parse(outputs.hosts ?? '')).toEqual([
      {
        host: 'shop.example.com',
        status,
        release,
        previous: before,
        slot: slotAfter(status, scene),
        timings: JSON.parse(outputs.timings ?? ''),
      },
    ])
  },
)

/** The new release went to blue (as the scripted host says); what was live is in green. */
const slotAfter = (status: string, { agent }: Scene): string =>
  ['deployed', 'failed'].includes(status) ? 'blue' : status === 'planned' || agent?.facts === undefined ? '' : 'green'

test('a secret in the log of the new release is a warning, and its answers stand in the summary', async () => {
  const commit = ['= secret-in-log service=web name=API_TOKEN', '= settled status=deployed']
  const watched = [
    '= switched release=R slot=blue',
    '= answers all=160 bad=2 p95= before-all=400 before-bad=1 before-p95=',
    '= verified release=R',
  ]
  const { log, summary } = await reported({ agent: { switch: watched, commit } })
  expect(log.text('warning')).toContain('the log of web has the value of API_TOKEN')
  expect(summary).toContain('160 answers, 2 of them 5xx (before the switch: 1 of 400)')
})

test('moments are told in milliseconds', async () => {
  const { outputs } = await reported()
  const timings = JSON.parse(outputs.timings ?? '') as Record<string, number>
  expect(Object.keys(timings)).toEqual(['connected', 'planned', 'prepared', 'serves', 'verified', 'finished'])
})

test('the summary says what serves, what happened to each service and how to go back', async () => {
  const { summary } = await reported(overLive())
  for (const part of [
    '✅ Deployed — shop on `shop.example.com`',
    `\`${ID}\` in blue`,
    `\`${LIVE}\``,
    '| web | switch |',
    'mermaid',
    'release rollback',
  ])
    expect(summary).toContain(part)
})

test('a failure is one annotation with its code, and the summary names the entry to read', async () => {
  const { log, summary } = await reported(overLive({ switch: ['! DA-VERIFY-FAILED it says 500', '= settled status=reverted'] }))
  expect(log.entries.filter(({ level }) => level === 'error')).toEqual([
    { level: 'error', title: 'DA-VERIFY-FAILED', message: expect.stringContaining('it says 500') },
  ])
  expect(summary).toContain('↩️ Reverted')
  expect(summary).toContain('docs/errors.md, entry DA-VERIFY-FAILED')
})

test('what was cut while draining is said, and nothing when nothing was', async () => {
  const drained = (requests: number) => [
    `= drained slot=green milliseconds=30000 requests-cut=${requests} streams-cut=0`,
    '= settled status=deployed',
  ]
  expect((await reported({ agent: { commit: drained(3) } })).summary).toContain('3 requests and 0 streams were cut')
  expect((await reported({ agent: { commit: drained(0) } })).summary).not.toContain('were cut')
})
