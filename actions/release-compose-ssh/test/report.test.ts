import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { outputs as declared } from '../src/inputs.ts'
import { deployInputs } from '../src/part-inputs.ts'
import { report } from '../src/report.ts'
import { deployed, failing, NEW, OLD, played } from './fake-parts.ts'
import { given, run } from './ground.ts'

const url = 'http://203.0.113.7/health'
async function reported(...scene: Parameters<typeof played>) {
  const { released } = await played(...scene)
  const inputs = given({ url, host: '203.0.113.7' })
  const request = { inputs, deploy: deployInputs(inputs), app: 'shop', directory: '/opt/shop', run, commit: undefined, values: new Map() }
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const summary = createSummary(runner, secrets)
  const log = new FakeLog()
  const world = {
    ...{ log, secrets, summary, runner, env: {}, clock: new FakeClock(), startedAt: 0, hosts: [{ name: '203.0.113.7' }] },
    outputs: createOutputs(runner, secrets),
  }
  const files = { read: () => Buffer.from(''), write: (path: string) => path, whyNotWritable: () => undefined }
  const verdict = report(released, request as never, { ...world, files } as never)
  summary.write()
  return { verdict, outputs: Object.fromEntries(runner.outputs), summary: runner.summary, log }
}

test('a release that went well: what each part did first, then the parts in their own words', async () => {
  const { verdict, outputs, summary } = await reported()
  expect(verdict).toBe('ok')
  expect(outputs).toMatchObject({
    ...{ status: 'deployed', 'failed-part': '', 'release-id': NEW, 'previous-release-id': OLD, verdict: 'passed' },
    ...{ backup: '20260131T092900Z', applied: '["b"]', 'env-changed': '["TOKEN"]' },
  })
  expect(Object.keys(outputs).filter((name) => !declared.includes(name))).toEqual([])
  expect(summary.split('\n')[0]).toBe('## ✅ Released — shop on `203.0.113.7`')
  expect(summary).toMatch(/\| ✅ \| env \| .*TOKEN.*\| ✅ \| backup \|.*\| ✅ \| migrations \|.*\| ✅ \| warm \|/s)
  expect(summary).not.toContain('What stands')
})

test('rolled back: the outputs say what serves again and what was left, and the checks that failed stand in the summary', async () => {
  const { verdict, outputs, summary } = await reported({}, { verdicts: ['passed', 'assertion'] })
  expect([verdict, outputs.status, outputs['failed-part'], outputs['release-id']]).toEqual(['failed', 'rolled-back', 'smoke', OLD])
  expect(summary).toContain(`What stands: /opt/shop/env/web.env has the new values`)
  expect(summary).toContain(`the migrations \`b\`; \`${OLD}\` serves.`)
  expect(summary).toContain('Rolled back')
})

test('a part that failed is an annotation with its code, and what stands is told', async () => {
  const { verdict, outputs, summary, log } = await reported({ migrate: failing('DA-MIGRATION-TIMEOUT') })
  expect([verdict, outputs.status, outputs['failed-part']]).toEqual(['failed', 'failed', 'migrations'])
  expect(log.entries.find(({ level }) => level === 'error')?.title).toBe('DA-MIGRATION-TIMEOUT')
  expect(summary).toContain('backup `20260131T092900Z`; what served before serves on.')
  expect(summary).toContain('docs/errors.md, entry DA-MIGRATION-TIMEOUT')
})

test('a red candidate: the old release serves, and nobody noticed', async () => {
  const { outputs, summary } = await reported({}, { verdicts: ['unhealthy'] })
  expect([outputs.status, outputs['failed-part'], outputs.verdict]).toEqual(['aborted', 'candidate', 'unhealthy'])
  expect(summary).toContain(`\`${OLD}\` serves.`)
})

const lost = failing('DA-AGENT-LOST')
test.each([
  ['in the switch after the candidate', { deploy: async (phase: string) => (phase === 'switch' ? lost() : deployed('prepared')) }],
  ['in a deploy in one go', { candidate: 'unwanted', deploy: lost }],
  ['on the way back', { goBack: lost }],
] as const)('a connection that is lost for good %s: the summary does not say what serves, but who does', async (_where, changes) => {
  const { outputs, summary } = await reported(changes, { verdicts: ['passed', 'unhealthy'] })
  expect(outputs.status).toBe('failed')
  expect(summary).toMatch(/What stands: .*; nobody knows here what serves, .* `\/opt\/shop\/bin\/release status` says it\./)
  expect(summary).not.toMatch(/What stands: .*`\S+` serves|Prepared:/)
})

test('lost before the switch: what served before serves on', async () => {
  expect((await reported({ deploy: lost })).summary).toContain('; what served before serves on.')
})

test('the release of somebody else that is live by now is the one that serves', async () => {
  const { summary } = await reported({ goBack: async () => ({ live: 'NEWER' }) }, { verdicts: ['passed', 'unhealthy'] })
  expect(summary).toContain('; `NEWER` serves.')
})

test.each([
  ['aborted', NEW],
  ['reverted', NEW],
  ['failed', OLD],
] as const)('after a way back that was %s `%s` serves', async (status, serves) => {
  const hosts = [{ name: 'one', status, live: { release: NEW, slot: 'green' }, events: [] }]
  const goBack = async () => ({ status, hosts, release: OLD, way: 'warm', of: OLD, record: '' }) as never
  const { summary } = await reported({ goBack }, { verdicts: ['passed', 'unhealthy'] })
  expect(summary).toContain(`; \`${serves}\` serves.`)
})

test('a host that could not be asked any more is named', async () => {
  const hosts = [
    { name: 'one', status: 'reverted', live: { release: OLD, slot: 'blue' }, events: [] },
    { name: 'two', status: 'lost', live: { release: OLD, slot: 'blue' }, events: [] },
  ] as const
  const { summary } = await reported({ candidate: 'unwanted', deploy: async () => deployed('reverted', { hosts }) })
  expect(summary).toContain(`\`${OLD}\` serves; two could not be asked any more: there \`/opt/shop/bin/release status\` says what serves.`)
})

test('a green release stays green when what is warm could not be stopped', async () => {
  const { verdict, outputs, summary } = await reported({ cool: lost })
  expect([verdict, outputs.status, outputs['failed-part']]).toEqual(['ok', 'deployed', ''])
  expect(summary).toMatch(/\| ⚠️ \| warm \|/)
})

test('a bug of ours is told as one', async () => {
  const { log, verdict } = await reported({
    env: async () => {
      throw new TypeError('undefined is no function')
    },
  })
  expect([verdict, log.entries.find(({ level }) => level === 'error')?.title]).toEqual(['failed', 'DA-UNEXPECTED'])
})
