import { type AgentAnswers, blockOf, FakeClock, FakeHost, type FakeHostOptions, FakeLog, inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'
import { OthersServe, rollback } from '../src/rollback.ts'

// Back from one certain release: the one-step action leaves its own, and nobody else's.

const OLD = '20260129T093000Z-0f0f0f0-75.1'
const OURS = '20260130T093000Z-1a2b3c4-76.1'
const THEIRS = '20260131T093000Z-2b3c4d5-77.1'

const choice = (release: string, live: string): string[] => [
  `= chosen release=${release} way=stopped live=${live} slot=blue`,
  ...blockOf('chosen-record', ['{}']),
]
const answers: AgentAnswers = {
  'choose previous': choice(OLD, OURS),
  outcome: [`= outcome release=${OLD} state=aborted slot=blue`],
  facts: blockOf('facts', []),
}
const host = (name: string, options: FakeHostOptions = {}): FakeHost => new FakeHost(name, { live: OURS, answers, ...options })

/** @param connecting called before each log-in with its number */
function left(hosts: readonly FakeHost[], connecting: (login: number) => void = () => undefined) {
  const request = {
    inputs: inputsOf('rollback', inputs, { host: 'a', 'ssh-key': 'key' }),
    ...{ from: OURS, app: 'shop', directory: '/opt/shop' },
    run: { run: undefined, who: 'run 80', repository: 'acme/shop', commit: undefined, actor: 'ann' },
  }
  let logins = 0
  const places = hosts.map(({ place }) => ({
    ...place,
    connect: (...words: Parameters<typeof place.connect>) => {
      logins += 1
      connecting(logins)
      return place.connect(...words)
    },
  }))
  return rollback(request, { hosts: places, clock: new FakeClock(), log: new FakeLog(), signal: new AbortController().signal })
}
const prepared = ({ heard }: FakeHost) => heard.filter((line) => line.startsWith('prepare'))

test('from the release that is live it goes back', async () => {
  const one = host('a')
  expect(await left([one])).toMatchObject({ status: 'rolled-back', release: OLD })
})

test.each(['b', 'a'])('where %s has another one, nothing is chosen anywhere', async (name) => {
  const hosts = ['a', 'b'].map((each) => host(each, { live: each === name ? THEIRS : OURS }))
  await expect(left(hosts)).rejects.toEqual(new OthersServe(THEIRS))
  for (const one of hosts) expect(one.heard).toEqual(['(session)', 'quit'])
})

test('after a lost connection it is looked at again: what another run has brought meanwhile stays', async () => {
  const one = host('a', { fates: { prepare: 'lost' } })
  const meanwhile = (login: number) => {
    if (login === 3) one.live = THEIRS
  }
  await expect(left([one], meanwhile)).rejects.toMatchObject({ live: THEIRS })
  expect([one.live, prepared(one)]).toEqual([THEIRS, [`prepare rollback ${OLD}`]])
})
