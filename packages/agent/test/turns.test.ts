import type { Balancer } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import { FakeClock, FakeHost, type FakeHostOptions, FakeLog } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { changeHosts, type OpenHost, openHosts, reopen, Turns } from '../src/index.ts'

const OLD = '20260130T090000Z-0000000-76.1'
const NEW = '20260131T090000Z-1a2b3c4-77.1'
const BALANCER = '0a1b2c3d-0000-4000-8000-000000000000'

/** A balancer in front of hosts a, b, c, whose droplets are 1, 2, 3; `order` has all that happened, with what was slept in seconds. */
function scene(special: readonly FakeHostOptions[], changes: Partial<Balancer> & { members?: never; behind?: number[] } = {}) {
  const hosts = ['a', 'b', 'c'].map((name, at) => new FakeHost(name, { live: OLD, inTurn: 'cache', ...special[at] }))
  const order: string[] = []
  for (const host of hosts)
    host.heard.push = (...lines) =>
      order.push(
        ...lines
          .filter((line) => /^(commit|finish|health|aside|drain|base|back|returned|over|quit)/.test(line))
          .map((line) => `${host.name} ${line}`),
      )
  const behind = new Set(changes.behind ?? [1, 2, 3])
  const clock = new FakeClock()
  const sleep = clock.sleep.bind(clock)
  clock.sleep = (ms, signal) => {
    order.push(`${ms / 1000} s`)
    return sleep(ms, signal)
  }
  const put = (how: 'add' | 'remove', droplet: number) => {
    order.push(`${how} ${droplet}`)
    how === 'add' ? behind.add(droplet) : behind.delete(droplet)
  }
  const balancer: Balancer = {
    ...{ id: BALANCER, name: 'shop', check: { port: 80, path: '/up' }, noticesBadMs: 56_000, noticesGoodMs: 31_000 },
    dropletAt: (address) => 'abc'.indexOf(address[0] as string) + 1,
    members: async () => [...behind],
    change: async (how, droplet) => put(how, droplet),
    putBack: async ({ droplet }) => put('add', droplet),
    ...changes,
  }
  return { hosts, order, behind, clock, balancer }
}

async function changed({ hosts, clock, balancer }: ReturnType<typeof scene>, signal = new AbortController().signal) {
  const log = new FakeLog()
  const options = { mode: 'deploy', directory: '/opt/shop', lockTimeoutMs: 1000, who: 'a run', log, signal, more: ['turns'] } as const
  const open = await openHosts(
    hosts.map(({ place }) => place),
    options,
  )
  const turns = new Turns({ balancer, hosts: open, clock, signal })
  await turns.begin()
  const end = await changeHosts({
    ...{ release: NEW, hosts: open, single: false, canary: 1, soakMs: 0, log, turns },
    prepare: ({ agent }: OpenHost) => agent.prepare('deploy', NEW),
    reopen: (host, decision) => reopen(host, decision, options),
  })
  return { end, log, of: end.hosts.map(({ host, settlement }) => `${host.name} ${settlement}`) }
}

const turnOf = (name: string, droplet: number, asked: string) => [
  `${asked} health 80 /up`,
  `${name} aside ${BALANCER} ${droplet} 80 /up`,
  '56 s',
  `${name} drain`,
  `remove ${droplet}`,
  ...[`${name} base`, `${name} back`],
  `add ${droplet}`,
  `${name} returned`,
  '31 s',
]

test('the release is final on all; then each host in its turn: path, wait, removal, services, path, adding, wait', async () => {
  const stage = scene([])
  const { of, end } = await changed(stage)
  expect(end.failure).toBeUndefined()
  expect(of).toEqual(['a deployed', 'b deployed', 'c deployed'])
  expect(stage.order).toEqual([
    ...['a commit turn', 'b commit turn', 'c commit turn'],
    ...[...turnOf('a', 1, 'b'), ...turnOf('b', 2, 'a'), ...turnOf('c', 3, 'a')],
    ...['a over', 'b over', 'c over'],
  ])
})

test('a host that makes nothing anew which requests need, or that is not behind it, is not taken out', async () => {
  const stage = scene([{ inTurn: '' }], { behind: [1, 2] })
  const { of } = await changed(stage)
  expect(of).toEqual(['a deployed', 'b deployed', 'c deployed'])
  expect(stage.order.filter((line) => /remove|aside/.test(line))).toEqual([`b aside ${BALANCER} 2 80 /up`, 'remove 2'])
  expect(stage.order.filter((line) => / base/.test(line))).toEqual(['a base', 'b base', 'c base'])
})

test('nobody is taken out where no other host behind it is well', async () => {
  const stage = scene([{}, { health: 500 }, {}], { behind: [1, 2] })
  const { of, end } = await changed(stage)
  expect(end.failure).toMatchObject({ code: 'DA-BALANCER-LAST', message: expect.stringContaining('b answers /up at port 80 with 500') })
  expect(of).toEqual(['a failed', 'b failed', 'c failed'])
  expect(stage.order.filter((line) => /aside|remove|base/.test(line))).toEqual([])
  expect(stage.hosts.map(({ live }) => live)).toEqual([NEW, NEW, NEW]) // the release itself is there
})

test('before anything is touched the same is seen', async () => {
  const { hosts, balancer, clock } = scene([{}, {}, {}], { behind: [1] })
  const signal = new AbortController().signal
  const open = await openHosts(
    hosts.map(({ place }) => place),
    { mode: 'deploy', directory: '/opt/shop', lockTimeoutMs: 1000, who: 'a run', log: new FakeLog(), signal },
  )
  const turns = new Turns({ balancer, hosts: open, clock, signal })
  await expect(turns.foresee(open.slice(0, 1))).rejects.toMatchObject({
    code: 'DA-BALANCER-LAST',
    message: expect.stringContaining('no other host'),
  })
})

test('a health path that does not fail: the host stays behind the balancer, and no further one is touched', async () => {
  const stage = scene([{ fates: { aside: ['= health status=200'] } }])
  const { end } = await changed(stage)
  expect(end.failure).toMatchObject({ code: 'DA-BALANCER-HEALTH', message: expect.stringContaining('answered with 200') })
  expect(stage.order.filter((line) => /aside|back|returned|remove|base/.test(line))).toEqual([
    `a aside ${BALANCER} 1 80 /up`,
    'a back',
    'a returned',
  ])
})

test('what is not well stays out, and no further host is touched', async () => {
  const stage = scene([
    { fates: { base: ['! DA-BASE-START cache does not start', '= based status=no'], over: ['= settled status=failed'] } },
  ])
  const { end, of } = await changed(stage)
  expect(end.failure).toMatchObject({
    code: 'DA-BASE-START',
    message: 'a: cache does not start. It stays out of shop, and no further host is touched',
  })
  expect(of).toEqual(['a failed', 'b failed', 'c failed'])
  expect([...stage.behind]).toEqual([2, 3])
  expect(stage.order.filter((line) => /^[bc] (aside|base)/.test(line))).toEqual([])
})

test('an API that does not remove it is no reason to stop: the balancer has noticed by itself', async () => {
  const stage = scene([])
  const { change } = stage.balancer
  Object.assign(stage.balancer, {
    change: async (how: 'add' | 'remove', droplet: number) => {
      if (how === 'remove') throw new UserError('DA-DO-UNREACHABLE', 'the API is down')
      return change(how, droplet)
    },
  })
  const { of, log } = await changed(stage)
  expect(of).toEqual(['a deployed', 'b deployed', 'c deployed'])
  expect(log.text()).toContain('the API is down')
})

test('a host that is lost while it is out is put back, and no further one is touched', async () => {
  const stage = scene([{ fates: { base: 'lost' } }])
  const { of, end } = await changed(stage)
  expect(of).toEqual(['a failed', 'b failed', 'c failed'])
  expect(end.failure?.code).toBe('DA-AGENT-LOST')
  expect([...stage.behind].toSorted()).toEqual([1, 2, 3])
})

test('a cancelled run puts back the host that is out', async () => {
  const stop = new AbortController()
  const stage = scene([])
  const { change } = stage.balancer
  Object.assign(stage.balancer, {
    change: async (how: 'add' | 'remove', droplet: number) => {
      await change(how, droplet)
      stop.abort(new UserError('DA-CANCELLED', 'the run was stopped'))
    },
  })
  await changed(stage, stop.signal)
  expect([...stage.behind].toSorted()).toEqual([1, 2, 3])
  expect(stage.order.filter((line) => line.startsWith('remove'))).toEqual(['remove 1'])
})

test('what a dead run left comes first: its host is put back, and those that it did not come to have their turn', async () => {
  const stage = scene([{ out: `${BALANCER}:1` }, { unfinished: true }, {}], { behind: [2, 3] })
  const { of } = await changed(stage)
  expect(of).toEqual(['a deployed', 'b deployed', 'c deployed'])
  expect(stage.order.slice(0, stage.order.indexOf('a commit turn'))).toEqual([
    'add 1',
    'a returned',
    'b finish',
    ...turnOf('b', 2, 'a'),
    'b over',
  ])
})

test('a host that has finished what a dead run left, and then has no turn, is left alone', async () => {
  const stage = scene([{ fates: { aside: ['= health status=200'] } }, { unfinished: true }, {}])
  await changed(stage)
  const later = stage.order.slice(stage.order.indexOf('b commit turn'))
  expect(later.filter((line) => line.startsWith('b '))).toEqual(['b commit turn', 'b health 80 /up', 'b quit'])
})

test.each([
  ['when it was told that the release is final', 'killed'],
  ['before, and brings the release once more', 'lost'],
] as const)('a host whose connection is lost %s is not told as deployed while its services wait for their turn', async (_when, fate) => {
  const { of, end } = await changed(scene([{}, { fates: { commit: fate } }, { inTurn: '' }]))
  expect(of).toEqual(['a deployed', 'b failed', 'c deployed'])
  expect(end.failure).toMatchObject({ code: 'DA-BALANCER-UNFINISHED', message: expect.stringContaining('b: the connection was lost') })
})

test('a host whose connection is lost at the very end, and that makes nothing anew which requests need, has it all', async () => {
  const { of } = await changed(scene([{}, { fates: { commit: 'lost' }, inTurn: '' }, {}]))
  expect(of).toEqual(['a deployed', 'b deployed', 'c deployed'])
})
