import { type Change, changeHosts, type OpenHost, openHosts, reopen } from '@deploy-actions/agent'
import { FakeHost, type FakeHostOptions, FakeLog } from '@deploy-actions/testing'
import { describe, expect, test } from '@jest/globals'

const OLD = '20260130T090000Z-0000000-76.1'
const NEW = '20260131T090000Z-1a2b3c4-77.1'
const signal = new AbortController().signal

/** Three hosts on which OLD is live, with what is special of each. */
const fleet = (...special: FakeHostOptions[]): FakeHost[] =>
  ['a', 'b', 'c'].map((name, at) => new FakeHost(name, { live: OLD, ...special[at] }))

async function change(hosts: readonly FakeHost[], changes: Partial<Change> = {}) {
  const log = new FakeLog()
  const options = { mode: 'deploy', directory: '/opt/shop', lockTimeoutMs: 1000, who: 'a run', log, signal } as const
  const open = await openHosts(
    hosts.map(({ place }) => place),
    options,
  )
  const end = await changeHosts({
    ...{ release: NEW, hosts: open, single: hosts.length === 1, canary: 1, soakMs: 0, log },
    prepare: ({ agent }: OpenHost) => agent.prepare('deploy', NEW),
    reopen: (host, decision) => reopen(host, decision, options),
    ...changes,
  })
  return { end, log, of: end.hosts.map(({ host, settlement }) => `${host.name} ${settlement}`) }
}

const lives = (hosts: readonly FakeHost[]) => hosts.map(({ live }) => live)
/** The commands of the first session. */
const heard = ({ heard: all }: FakeHost) => all.slice(1, all.indexOf('(session)', 1) < 0 ? undefined : all.indexOf('(session)', 1))

describe('a release that is right everywhere', () => {
  test('comes to all hosts; each is told that it is one of several, and asked once more before the end', async () => {
    const hosts = fleet()
    const { end } = await change(hosts)
    expect(end.settlement).toBe('deployed')
    for (const host of hosts) expect(heard(host)).toEqual(['fleet 3', `prepare deploy ${NEW}`, 'switch', 'confirm', 'commit'])
    expect(lives(hosts)).toEqual([NEW, NEW, NEW])
  })

  test('a single host is asked nothing besides', async () => {
    const [host] = fleet() as [FakeHost]
    await change([host])
    expect(heard(host)).toEqual([`prepare deploy ${NEW}`, 'switch', 'commit'])
  })

  test('the canary is watched before anybody follows', async () => {
    const hosts = fleet()
    const order: string[] = []
    for (const host of hosts) host.heard.push = (...lines) => order.push(...lines.map((line) => `${host.name} ${line}`))
    await change(hosts, { soakMs: 60_000 })
    const steps = order.filter((line) => /watch|switch|confirm|commit/.test(line))
    expect(steps).toEqual([
      ...['a switch', 'a watch 60000', 'b switch', 'c switch'],
      ...['a confirm', 'b confirm', 'c confirm', 'a commit', 'b commit', 'c commit'],
    ])
  })

  test('one follows when the one before it serves, and not before', async () => {
    const [a, b] = [new FakeHost('a', { live: OLD, fates: { switch: [] } }), new FakeHost('b', { live: OLD })]
    const done = change([a, b], { canary: 0 })
    while (heard(a).at(-1) !== 'switch') await new Promise((resolve) => setImmediate(resolve))
    expect(heard(b).at(-1)).toBe(`prepare deploy ${NEW}`)
    a.say(`= switched release=${NEW} slot=blue`)
    while (heard(b).at(-1) !== 'switch') await new Promise((resolve) => setImmediate(resolve))
    a.say(`= verified release=${NEW}`)
    expect((await done).end.settlement).toBe('deployed')
  })
})

test('many follow in few turns: two wait for one', async () => {
  const hosts = ['a', 'b', 'c', 'd'].map((name) => new FakeHost(name, { live: OLD, ...(name === 'b' && { fates: { switch: [] } }) }))
  const done = change(hosts, { canary: 0 })
  const [, b, c, d] = hosts as [FakeHost, FakeHost, FakeHost, FakeHost]
  while (heard(c).at(-1) !== 'switch') await new Promise((resolve) => setImmediate(resolve))
  expect([heard(b).at(-1), heard(d).at(-1)]).toEqual(['switch', `prepare deploy ${NEW}`]) // d waits for b
  b.say(`= switched release=${NEW} slot=blue`)
  b.say(`= verified release=${NEW}`)
  expect((await done).end.settlement).toBe('deployed')
})

const NO = (code: string) => [`! ${code} it is not right`, '= settled']

describe('what goes wrong before the end takes it back everywhere', () => {
  test.each([
    [
      'the canary does not become healthy',
      [{ fates: { prepare: NO('DA-HEALTH-TIMEOUT') } }],
      'aborted',
      'aborted,aborted,aborted',
      'a: it is not right',
    ],
    [
      'another one does not become healthy',
      [{}, { fates: { prepare: NO('DA-HEALTH-TIMEOUT') } }],
      'aborted',
      'aborted,aborted,aborted',
      'b: it is not right',
    ],
    ['the canary is not right', [{ fates: { switch: NO('DA-VERIFY-FAILED') } }], 'aborted', 'aborted,aborted,aborted', 'a: '],
    [
      'the second is not right after the canary has switched',
      [{}, { fates: { switch: ['= switched release=R slot=blue', ...NO('DA-VERIFY-FAILED')] } }],
      'reverted',
      'reverted,aborted,reverted',
      'b: ',
    ],
    [
      'the canary is not right any more while it is watched',
      [{ fates: { watch: NO('DA-VERIFY-ERRORS') } }],
      'reverted',
      'reverted,aborted,aborted',
      'a: ',
    ],
    ['one says no at the end', [{}, {}, { fates: { confirm: NO('DA-VERIFY-ERRORS') } }], 'reverted', 'reverted,reverted,reverted', 'c: '],
  ] as [string, FakeHostOptions[], string, string, string][])('%s', async (_what, special, settlement, ends, said) => {
    const hosts = fleet(...special)
    const { end } = await change(hosts, { soakMs: 1000 })
    expect([end.settlement, end.hosts.map((one) => one.settlement).join()]).toEqual([settlement, ends])
    expect(end.failure?.message).toContain(said)
    expect(lives(hosts)).toEqual([OLD, OLD, OLD])
    expect(hosts.flatMap(heard)).not.toContain('commit')
  })

  test('nobody follows a canary that was not right', async () => {
    const hosts = fleet({ fates: { switch: NO('DA-VERIFY-FAILED') } })
    await change(hosts)
    expect(hosts.slice(1).flatMap(heard)).not.toContain('switch')
  })
})

describe('a host that is lost', () => {
  test.each([
    ['prepare', 'lost'],
    ['switch', 'lost'],
    ['confirm', 'lost'],
    ['prepare', 'killed'],
    ['switch', 'killed'],
    ['confirm', 'killed'],
  ] as const)('at %s (%s) before the end: all have the old release, and it says so when it is asked again', async (command, fate) => {
    const hosts = fleet({}, { fates: { [command]: fate } })
    const { end, of } = await change(hosts)
    expect(end.failure?.code).toBe('DA-AGENT-LOST')
    expect(end.failure?.message).toContain('b')
    expect(of.join()).not.toContain('lost')
    expect(lives(hosts)).toEqual([OLD, OLD, OLD])
    expect(hosts.map(({ undecided }) => undecided)).toEqual(['', '', ''])
  })

  test('and cannot be reached again is told as lost; the others have the old release', async () => {
    const hosts = fleet({}, { fates: { switch: 'lost' }, logins: 1 })
    const { end, of } = await change(hosts)
    expect([end.settlement, of]).toEqual(['reverted', ['a reverted', 'b lost', 'c aborted']])
  })

  test('while the others are told to go on to the end, and that went on itself, has it', async () => {
    const hosts = fleet({}, { fates: { commit: 'lost behind' } })
    const { end } = await change(hosts)
    expect([end.settlement, lives(hosts)]).toEqual(['deployed', [NEW, NEW, NEW]])
  })

  test.each([
    ['commit', 'lost'],
    ['confirm', 'lost behind'],
  ] as const)('before it heard that (%s: %s), and took the release back, gets it once more', async (command, fate) => {
    const hosts = fleet({}, { fates: { [command]: fate } })
    const { end } = await change(hosts)
    expect([end.settlement, lives(hosts)]).toEqual(['deployed', [NEW, NEW, NEW]])
    expect(hosts[1]?.heard.slice(-4)).toEqual(['(session)', `prepare deploy ${NEW}`, 'switch', 'commit'])
  })

  test('and was the only one of several that had work: it is asked again, whatever it was lost at', async () => {
    const one = (fates: FakeHostOptions['fates']) => [new FakeHost('a', { live: OLD, ...(fates && { fates }) })]
    const [before, after] = [one({ switch: 'lost' }), one({ commit: 'lost behind' })]
    const early = await change(before, { single: false })
    expect([early.end.settlement, early.end.failure?.code, lives(before)]).toEqual(['aborted', 'DA-AGENT-LOST', [OLD]])
    const late = await change(after, { single: false })
    expect([late.end.settlement, lives(after)]).toEqual(['deployed', [NEW]])
  })

  test('because its agent was killed, with the release switched, is told that it stays', async () => {
    const hosts = fleet({}, { fates: { commit: 'killed' } })
    const { end } = await change(hosts)
    expect([end.settlement, lives(hosts)]).toEqual(['deployed', [NEW, NEW, NEW]])
    expect(hosts[1]?.heard.slice(-3)).toEqual(['(session)', 'settle commit', 'quit'])
  })

  test('at the very end for good: the report says where the release is final and where not', async () => {
    const hosts = fleet({}, { fates: { commit: 'lost' }, logins: 1 })
    const { end, of } = await change(hosts)
    expect([end.settlement, of]).toEqual(['failed', ['a deployed', 'b lost', 'c deployed']])
    expect(end.failure).toMatchObject({
      code: 'DA-FLEET-SPLIT',
      message: expect.stringMatching(/final on a, c, but not on b: b does not answer/),
    })
  })

  test('all of them: nobody here knows what serves now', async () => {
    const gone: FakeHostOptions = { fates: { commit: 'lost' }, logins: 1 }
    await expect(change(fleet(gone, gone, gone))).rejects.toMatchObject({ code: 'DA-SSH-UNREACHABLE' })
  })
})

test('a service beside the release that is not well on one host is a failure, and the release stays on all', async () => {
  const hosts = fleet({}, { fates: { commit: ['! DA-BASE-START db does not start', '= settled status=failed'] } })
  const { end, of } = await change(hosts)
  expect([end.settlement, of]).toEqual(['failed', ['a deployed', 'b failed', 'c deployed']])
  expect(end.failure?.code).toBe('DA-BASE-START')
})
