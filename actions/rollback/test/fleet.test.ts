import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { blockOf, FakeClock, FakeHost, type FakeHostOptions, FakeLog, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'
import { report } from '../src/report.ts'
import { rollback } from '../src/rollback.ts'

const OLD = '20260129T093000Z-0f0f0f0-75.1'
const LIVE = '20260130T093000Z-1a2b3c4-76.1'
const NEW = '20260131T093000Z-2b3c4d5-77.1'

/** A host on which `live` serves and that would go back to `chosen`. */
const host = (name: string, live: string, chosen: string, options: FakeHostOptions = {}): FakeHost =>
  new FakeHost(name, {
    live,
    kept: [OLD, live],
    ...options,
    answers: {
      'choose previous': choice(chosen, live),
      [`choose ${LIVE}`]: choice(LIVE, live),
      credential: [],
      repeat: ['= repeated release=R of=O'],
      ...options.answers,
    },
  })

const choice = (release: string, live: string): string[] =>
  release === live
    ? [`= chosen release=${release} way=live live=${live} slot=blue`]
    : [`= chosen release=${release} way=stopped live=${live} slot=blue`, ...blockOf('chosen-record', ['{}'])]

async function rolledBack(hosts: readonly FakeHost[], given: Record<string, string> = {}) {
  const log = new FakeLog()
  const request = {
    inputs: inputsOf('rollback', inputs, { host: 'a', 'ssh-key': 'key', ...given }),
    ...{ app: 'shop', directory: '/opt/shop' },
    run: { run: undefined, who: 'run 80', repository: 'acme/shop', commit: undefined, actor: 'ann' },
  }
  const clock = new FakeClock({ now: Date.UTC(2026, 1, 1, 12) })
  const signal = new AbortController().signal
  const result = await rollback(request, { hosts: hosts.map(({ place }) => place), clock, log, signal })
  const runner = new FakeRunner()
  const outputs = createOutputs(runner, createSecrets())
  const summary = createSummary(runner, createSecrets())
  const verdict = report(result, request, { log, env: {}, outputs, summary, startedAt: 0 })
  summary.write()
  const all = Object.fromEntries(outputs.all())
  const told = JSON.parse(all.hosts ?? '[]') as { host: string; status: string; release: string; previous: string }[]
  return { result, verdict, outputs: all, told, summary: runner.summary, log }
}

const commands = ({ heard }: FakeHost) => heard.filter((line) => !line.startsWith('('))
const lives = (hosts: readonly FakeHost[]) => hosts.map(({ live }) => live)

test('all hosts go back to the same release, together and without a canary', async () => {
  const hosts = [host('a', LIVE, OLD), host('b', LIVE, OLD)]
  const { told, verdict, outputs, summary } = await rolledBack(hosts)
  expect([verdict, outputs.status, outputs['release-id'], outputs['previous-release-id']]).toEqual(['ok', 'rolled-back', OLD, LIVE])
  expect(told).toMatchObject(['a', 'b'].map((name) => ({ host: name, status: 'rolled-back', release: OLD, previous: LIVE })))
  for (const one of hosts)
    expect(commands(one)).toEqual(['choose previous', 'fleet 2', `prepare rollback ${OLD}`, 'switch', 'confirm', 'commit'])
  expect(summary).toContain(`| a | rolled-back | \`${OLD}\``)
})

test('where one of them is not right with it, all have what they had', async () => {
  const hosts = [host('a', LIVE, OLD), host('b', LIVE, OLD, { fates: { switch: ['! DA-VERIFY-FAILED no', '= settled'] } })]
  const { verdict, outputs } = await rolledBack(hosts)
  expect([verdict, outputs.status]).toEqual(['failed', 'reverted'])
  expect(lives(hosts)).toEqual([LIVE, LIVE])
})

test('hosts that would go back to different releases are told apart, with what each has', async () => {
  const hosts = [host('a', LIVE, OLD), host('b', LIVE, NEW)]
  await expect(rolledBack(hosts)).rejects.toMatchObject({
    code: 'DA-ROLLBACK-DIFFERENT',
    message: expect.stringMatching(new RegExp(`a: ${OLD} \\(it keeps ${OLD}, ${LIVE}\\); b: ${NEW} `)),
  })
  expect(hosts.flatMap(commands).join()).not.toContain('prepare')
})

test('a host that has nothing to go back to is named', async () => {
  const none = { answers: { 'choose previous': ['! DA-ROLLBACK-NO-TARGET there is no release to go back to', '= settled status=failed'] } }
  await expect(rolledBack([host('a', LIVE, OLD), host('b', LIVE, OLD, none)])).rejects.toMatchObject({
    code: 'DA-ROLLBACK-NO-TARGET',
    message: 'b: there is no release to go back to',
  })
})

test('where a run ended in between and left two releases, all go to the newest that each of them keeps', async () => {
  const hosts = [host('a', NEW, LIVE, { kept: [OLD, LIVE, NEW] }), host('b', LIVE, OLD, { alone: true })]
  const { told, log } = await rolledBack(hosts)
  expect(told.map(({ status, release }) => [status, release])).toEqual([
    ['rolled-back', LIVE],
    ['unchanged', LIVE],
  ])
  expect(lives(hosts)).toEqual([LIVE, LIVE])
  expect(commands(hosts[1] as FakeHost)).toEqual([`choose ${LIVE}`, 'agreed', 'quit'])
  expect(log.text('notice')).toContain(`the hosts do not have the same release (a: ${NEW}; b: ${LIVE})`)
  expect(log.text('info')).toContain(`${LIVE} is the newest that all of them can go back to`)
})

test('with the present environment all get a copy under one new id', async () => {
  const hosts = [host('a', LIVE, OLD), host('b', LIVE, OLD)]
  const { told } = await rolledBack(hosts, { env: 'current' })
  expect(told.map(({ release }) => release)).toEqual(['20260201T120000Z-0f0f0f0-local', '20260201T120000Z-0f0f0f0-local'])
})
