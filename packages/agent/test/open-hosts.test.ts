import { openHosts } from '@deploy-actions/agent'
import { FakeHost, type FakeHostOptions, FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

const OLD = '20260130T090000Z-0000000-76.1'
const NEW = '20260131T090000Z-1a2b3c4-77.1'
const signal = new AbortController().signal

const fleet = (names: string, ...special: FakeHostOptions[]): FakeHost[] =>
  [...names].map((name, at) => new FakeHost(name, { live: OLD, ...special[at] }))

async function open(hosts: readonly FakeHost[], meanwhile: (name: string) => Promise<void> = async () => undefined) {
  const log = new FakeLog()
  const options = { mode: 'deploy', directory: '/opt/shop', lockTimeoutMs: 1000, who: 'a run', log, signal } as const
  const opened = await openHosts(
    hosts.map(({ place }) => place),
    { ...options, meanwhile: ({ name }) => meanwhile(name) },
  )
  return { opened, log }
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

test('hosts come back in the order in which they were given, each with what stands there', async () => {
  const { opened } = await open(fleet('ba', { kept: ['X', OLD] }, { live: NEW }))
  expect(opened.map(({ name, release, kept }) => [name, release, kept])).toEqual([
    ['b', OLD, ['X', OLD]],
    ['a', NEW, [NEW]],
  ])
})

test('lines of several hosts say of which one they are; those of a single one do not', async () => {
  const say = { answers: { facts: ['. hello'] } }
  for (const [hosts, said] of [
    [fleet('ab', say, say), '[a] hello\n[b] hello'],
    [fleet('a', say), 'hello'],
  ] as const) {
    const { opened, log } = await open(hosts)
    for (const { agent } of opened) void agent.block('facts')
    await turns()
    expect(log.text('info')).toBe(said)
  }
})

test('while a host is waited for, those after it in the order of all runs are let go, and those before it are kept', async () => {
  const hosts = fleet('cab', {}, {}, { waitsFor: '/tmp/other' }) // b waits
  const opening = open(hosts)
  await turns()
  const [c, a, b] = hosts as [FakeHost, FakeHost, FakeHost]
  expect([a.heard, b.heard, c.heard]).toEqual([['(session)'], ['(session)'], ['(session)', 'cancel']])
  b.free()
  const { opened } = await opening
  expect(opened.map(({ name }) => name)).toEqual(['c', 'a', 'b'])
  expect(c.heard).toEqual(['(session)', 'cancel', '(session)'])
  // The connection stands; only the session is a new one, with its own folder to upload to.
  expect(c.remotes).toHaveLength(1)
})

test('what is sent ahead is sent again to a host that was let go', async () => {
  const sent: string[] = []
  const hosts = fleet('ab', { waitsFor: '/tmp/other' })
  const opening = open(hosts, async (name) => void sent.push(name))
  await turns()
  hosts[0]?.free()
  await opening
  expect(sent).toEqual(['a', 'b', 'b'])
})

test('the same host under two names is refused, instead of waiting for itself', async () => {
  const hosts = fleet('ab', {}, { waitsFor: '/tmp/a' })
  await expect(open(hosts)).rejects.toMatchObject({ code: 'DA-HOSTS-INVALID', message: 'b and a are the same host' })
  expect(hosts.flatMap(({ remotes }) => remotes.map(({ closed }) => closed))).toEqual([true, true])
})

test('one that cannot be reached is named, and nothing was begun on the others', async () => {
  const hosts = fleet('abc', {}, { logins: 0 })
  await expect(open(hosts)).rejects.toMatchObject({ code: 'DA-SSH-UNREACHABLE', message: 'b does not answer' })
  expect(hosts.map(({ heard }) => heard)).toEqual([[], [], []])
  expect(hosts[0]?.remotes[0]?.closed).toBe(true)
})

test('all that cannot be reached are told in one error', async () => {
  await expect(open(fleet('abc', { logins: 0 }, {}, { logins: 0 }))).rejects.toMatchObject({
    code: 'DA-SSH-UNREACHABLE',
    message: expect.stringMatching(/^2 hosts .*\n- a does not answer .*\n- c does not answer /),
  })
})

test('an undecided release stays where another host has it live', async () => {
  const hosts = fleet('abc', { undecided: NEW }, { live: NEW }, {})
  const { opened } = await open(hosts)
  expect(hosts[0]?.heard).toContain('settle commit')
  expect(opened.map(({ release }) => release)).toEqual([NEW, NEW, OLD])
})

test.each(['a', 'ab'])('a run over %s, where three changed together, decides nothing: the third may have made it final', async (names) => {
  const hosts = fleet(names, { undecided: NEW })
  await expect(open(hosts)).rejects.toMatchObject({
    code: 'DA-FLEET-UNDECIDED',
    message: expect.stringContaining(`${NEW} serves on a and is right, but is not final: a run over 3 hosts died at the very end`),
  })
  expect(hosts.flatMap(({ heard }) => heard).join()).not.toContain('settle')
})

test('where one of those it sees has it live, all is known', async () => {
  const hosts = fleet('ab', { undecided: NEW }, { live: NEW })
  const { opened } = await open(hosts)
  expect(opened.map(({ release }) => release)).toEqual([NEW, NEW])
})

test('an undecided release is taken back where no host has it live, however many are undecided', async () => {
  const hosts = fleet('abc', { undecided: NEW }, { undecided: NEW }, {})
  const { opened } = await open(hosts)
  expect(hosts.slice(0, 2).map(({ heard }) => heard.at(-1))).toEqual(['settle revert', 'settle revert'])
  expect(opened.map(({ release }) => release)).toEqual([OLD, OLD, OLD])
})
