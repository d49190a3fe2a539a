import { UserError } from '@deploy-actions/kit'
import { expect, test } from '@jest/globals'
import { deployed, failing, found, NEW, OLD, played } from './fake-parts.ts'

test('the parts follow each other: env, backup, migrations, candidate, switch, smoke test, and what is warm is ended', async () => {
  const { heard, ends, status } = await played()
  expect(heard).toEqual([
    ...['env', 'backup', 'migrate 20260131T092900Z', 'deploy prepare'],
    ...[`smoke open sesame ${NEW}`, 'deploy switch', `smoke ${NEW}`, `cool ${NEW}`],
  ])
  expect(ends).toEqual([
    'env done',
    'backup done',
    'migrations done',
    'deploy done',
    'candidate done',
    'deploy done',
    'smoke done',
    'warm done',
  ])
  expect(status).toBe('deployed')
})

test('parts that were not asked for are left out', async () => {
  const { heard, status } = await played({ env: undefined, backup: undefined, migrate: undefined, smoke: undefined, candidate: 'unwanted' })
  expect([heard, status]).toEqual([['deploy all'], 'deployed'])
})

test.each([
  ['env', 'DA-ENV-WRITE', ['env']],
  ['backup', 'DA-BACKUP-FAILED', ['env', 'backup']],
  ['migrate', 'DA-MIGRATION-TIMEOUT', ['env', 'backup', 'migrate 20260131T092900Z']],
] as const)('when %s fails nothing after it is begun', async (part, code, begun) => {
  const { heard, ends, released, status } = await played({ [part]: failing(code) })
  expect(heard).toEqual(begun)
  expect(status).toBe('failed')
  expect(ends.at(-1)).toMatch(/ failed$/)
  expect(released.ends.at(-1)?.told).toBe(`${code}: it does not work`)
})

test('migrations that end with a failure of their own stop the release, and what they applied is known', async () => {
  const failure = new UserError('DA-MIGRATION-APPLY', 'the second one is wrong')
  const half = { status: 'failed', before: 'a', after: 'b', applied: ['b'], pending: ['c'], planned: [], backup: '', failure } as const
  const { heard, results, status } = await played({ migrate: async () => half })
  expect(heard.at(-1)).toBe('migrate 20260131T092900Z')
  expect([results.migrate?.applied, results.deploy, status]).toEqual([['b'], undefined, 'failed'])
})

test.each(['aborted', 'reverted', 'failed'] as const)('a deploy that ends %s is not tested, and is no release', async (status) => {
  const { heard, status: ended } = await played({ candidate: 'unwanted', deploy: async () => deployed(status) })
  expect(heard.at(-1)).toBe('deploy all')
  expect(ended).toBe(status)
})

test('a red candidate is dropped before anybody sees it', async () => {
  const { heard, ends, status } = await played({}, { verdicts: ['unhealthy'] })
  expect(heard.slice(-3)).toEqual(['deploy prepare', `smoke open sesame ${NEW}`, 'deploy abort'])
  expect([ends.at(-1), status]).toEqual(['candidate failed', 'aborted'])
})

test('a candidate that cannot be asked is dropped too, and one that cannot be dropped stays the host to end', async () => {
  const deploy = async (phase: string) => (phase === 'abort' ? failing('DA-SSH-LOST')() : deployed('prepared'))
  const { ends, status, released } = await played({ smoke: failing('DA-CANCELLED'), deploy })
  expect([ends.at(-1), status]).toEqual(['candidate failed', 'aborted'])
  expect(released.ends.at(-1)?.told).toContain('DA-CANCELLED')
})

test.each([
  ['is not there any more', 'DA-CANDIDATE-NONE'],
  ['could not be looked at', 'DA-HOST-DOCKER-PERMISSION'],
] as const)('a candidate that %s at its switch is dropped: the old release serves', async (_what, code) => {
  const deploy = async (phase: string) => {
    if (phase === 'switch') return failing(code)()
    return deployed(phase === 'prepare' ? 'prepared' : 'aborted')
  }
  const { heard, ends, status } = await played({ deploy })
  expect(heard.slice(-2)).toEqual(['deploy switch', 'deploy abort'])
  expect([ends.at(-1), status]).toEqual(['deploy failed', 'aborted'])
})

test('a run that is told to stop before the switch takes its candidate along', async () => {
  const stop = new AbortController()
  const smoke = async () => {
    stop.abort(new UserError('DA-CANCELLED', 'the run was cancelled (SIGTERM)'))
    return found('passed')
  }
  const { heard, status } = await played({ smoke }, { signal: stop.signal })
  expect([heard.at(-1), status]).toEqual(['deploy abort', 'aborted'])
})

test('of a switch whose connection was lost for good nobody knows what became: nothing is dropped', async () => {
  const deploy = async (phase: string) => (phase === 'switch' ? failing('DA-AGENT-LOST')() : deployed('prepared'))
  const { heard, released, status } = await played({ deploy })
  expect(heard.at(-1)).toBe('deploy switch')
  expect([status, released.unknown]).toEqual(['failed', true])
})

test.each([
  ['a deploy', { candidate: 'unwanted', deploy: failing('DA-SSH-LOST') }, true],
  ['the way back', { goBack: failing('DA-AGENT-LOST') }, true],
  ['what comes before the switch', { deploy: failing('DA-AGENT-LOST') }, false],
  ['the smoke test', { smoke: failing('DA-SSH-LOST'), candidate: 'unwanted' }, false],
] as const)('when %s is lost for good, is it unknown what serves? (%#)', async (_what, changes, unknown) => {
  const { released } = await played(changes, { verdicts: ['passed', 'unhealthy'] })
  expect(released.unknown).toBe(unknown)
})

test('what is warm and cannot be stopped ends by itself: the release is good', async () => {
  const { ends, log, released, status } = await played({ cool: failing('DA-AGENT-LOST') })
  expect([ends.at(-1), status]).toEqual(['warm warned', 'deployed'])
  expect(released.ends.at(-1)?.told).toBe(`DA-AGENT-LOST: it does not work; \`${OLD}\` is stopped when its time to be warm is over`)
  expect(log.text('warning')).toContain('DA-AGENT-LOST')
})

test('a release that is live already has no candidate, and a red smoke test of it takes nothing back', async () => {
  const { heard, status, released } = await played({ deploy: async () => deployed('unchanged') }, { verdicts: ['unhealthy'] })
  expect(heard.slice(-2)).toEqual(['deploy prepare', `smoke ${NEW}`])
  expect([status, released.note]).toEqual(['failed', expect.stringContaining('changed nothing')])
})

test('the takeover of a project that people started goes without a candidate, and says so', async () => {
  const deploy = async (phase: string) => (phase === 'prepare' ? failing('DA-ADOPT-PHASE')() : deployed('deployed'))
  const { heard, log, status } = await played({ deploy })
  expect(heard).toEqual(expect.arrayContaining(['deploy prepare', 'deploy all']))
  expect(log.text('notice')).toContain('takes over a project')
  expect(status).toBe('deployed')
})

test('another failure of the first phase is a failure', async () => {
  const { heard, status } = await played({ deploy: failing('DA-PORT-TAKEN') })
  expect([heard.at(-1), status]).toEqual(['deploy prepare', 'failed'])
})

test('where a candidate cannot be tested the deploy goes all the way, with a note', async () => {
  const { heard, log } = await played({ candidate: { why: 'nothing is switched' } }, { verdicts: ['passed'] })
  expect(heard).toContain('deploy all')
  expect(log.text('notice')).toContain('nothing is switched')
})

test('after a red smoke test the old release serves again, by itself', async () => {
  const { heard, ends, status } = await played({}, { verdicts: ['passed', 'assertion'] })
  expect(heard.slice(-2)).toEqual([`smoke ${NEW}`, `goBack ${NEW}`])
  expect(ends.slice(-2)).toEqual(['smoke failed', 'rollback done'])
  expect(status).toBe('rolled-back')
})

test('what an earlier release would have too is no reason to go back', async () => {
  const { heard, released, status } = await played({}, { verdicts: ['passed', found('tls', false)] })
  expect(heard.at(-1)).toBe(`smoke ${NEW}`)
  expect([status, released.note]).toEqual(['failed', expect.stringContaining(`\`${OLD}\` stays warm`)])
})

test('from a first release there is nowhere to go back to', async () => {
  const first = deployed('deployed', { hosts: [{ name: 'one', status: 'deployed', live: { release: '', slot: '' }, events: [] }] })
  const { heard, released } = await played({ candidate: 'unwanted', deploy: async () => first }, { verdicts: ['unhealthy'] })
  expect(heard.at(-1)).toBe(`smoke ${NEW}`)
  expect(released.note).toContain('no release before')
})

test('without a verdict nobody goes back', async () => {
  const { heard, released, status } = await played({ candidate: 'unwanted', smoke: failing('DA-CANCELLED') })
  expect(heard.at(-1)).toBe(`smoke ${NEW}`)
  expect([status, released.note]).toEqual(['failed', expect.stringContaining('no verdict')])
})

test('a way back that does not succeed is told, and the release is no rolled back one', async () => {
  const { ends, status } = await played({ goBack: failing('DA-ROLLBACK-SCHEMA') }, { verdicts: ['passed', 'unhealthy'] })
  expect([ends.at(-1), status]).toEqual(['rollback failed', 'failed'])
})

test('when another release serves by now it is left alone', async () => {
  const { released, status } = await played({ goBack: async () => ({ live: 'NEWER' }) }, { verdicts: ['passed', 'unhealthy'] })
  expect(released.ends.at(-1)?.told).toContain('`NEWER` is live by now')
  expect(status).toBe('failed')
})

test('a run that is told to stop between two parts begins no other', async () => {
  const stop = new AbortController()
  const env = async () => {
    stop.abort(new UserError('DA-CANCELLED', 'the run was cancelled (SIGTERM)'))
    return { status: 'unchanged', name: 'x', places: [] } as const
  }
  const { heard, released } = await played({ env }, { signal: stop.signal })
  expect(heard).toEqual(['env'])
  expect(released.ends.at(-1)?.told).toContain('DA-CANCELLED')
})

test('a dry run goes through all parts and asks for no way back', async () => {
  const planned = { status: 'planned', name: 'x', places: [] } as const
  const { heard, ends, status } = await played({
    ...{ env: async () => planned, backup: async () => ({ status: 'planned', id: '', size: '', sha256: '', stored: '' }) as const },
    migrate: async () => ({ status: 'planned', before: '', after: '', applied: [], pending: ['a'], planned: [], backup: '' }) as const,
    ...{ deploy: async () => deployed('planned'), candidate: 'unwanted', smoke: async () => undefined },
  })
  expect(heard).toEqual(['env', 'backup', 'migrate planned', 'deploy all', `smoke ${NEW}`])
  expect(ends.every((end) => end.endsWith(' planned'))).toBe(true)
  expect(status).toBe('planned')
})
