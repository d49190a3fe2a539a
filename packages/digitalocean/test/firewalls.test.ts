import { expect, test } from '@jest/globals'
import { covers, type Firewall, letsEverybodyIn, letsIn } from '../src/index.ts'

const firewall = (more: Partial<Firewall> = {}): Firewall => ({
  ...{ id: 'f', name: 'web', status: 'succeeded', createdAt: 0, dropletIds: [], tags: [], pending: [], inbound: [] },
  ...more,
})
const rule = (ports: string, addresses: string[], protocol = 'tcp') => firewall({ inbound: [{ protocol, ports, addresses }] })
const droplet = { id: 7, name: 'web-1', status: 'active', tags: ['web'], addresses: { public: [], private: [] } }

test.each([
  ['its id', { dropletIds: [7] }, true],
  ['a tag', { tags: ['db', 'web'] }, true],
  ['neither', { dropletIds: [8], tags: ['db'] }, false],
  ['an id that is being taken off', { dropletIds: [7], pending: [{ dropletId: 7, removing: true }] }, false],
  ['an id that is being put on', { dropletIds: [7], pending: [{ dropletId: 7, removing: false }] }, true],
  ['an id, while another one is taken off', { dropletIds: [7], pending: [{ dropletId: 8, removing: true }] }, true],
])('a firewall is on a droplet by %s', (_by, more, is) => {
  expect(covers(firewall(more), droplet)).toBe(is)
})

test.each([
  [rule('22', ['198.51.100.9']), true],
  [rule('22', ['198.51.100.9/32']), true],
  [rule('22', ['18.0.0.0/8', '198.51.100.0/24']), true],
  [rule('22', ['198.51.101.0/24']), false],
  [rule('22', ['198.51.100.8']), false],
  [rule('0', ['0.0.0.0/0']), true],
  [rule('20-22', ['0.0.0.0/0']), true],
  [rule('23-80', ['0.0.0.0/0']), false],
  [rule('2', ['0.0.0.0/0']), false],
  [rule('22', ['0.0.0.0/0'], 'udp'), false],
  [rule('22', ['::/0']), false],
  [rule('22', ['198.51.100.0/x', '198.51.100.0/33', 'everybody', '']), false],
  [firewall(), false],
])('%#: whether a rule lets an address in is a matter of protocol, port and network', (one, is) => {
  expect(letsIn(one, '198.51.100.9', 22)).toBe(is)
})

test('networks of IPv6 are read in any spelling', () => {
  expect(letsIn(rule('22', ['2001:DB8:0::/32']), '2001:db8::9', 22)).toBe(true)
  expect(letsIn(rule('22', ['2001:db9::/32', '198.51.100.0/24']), '2001:db8::9', 22)).toBe(false)
})

test('everybody is everybody of IPv4, or of IPv6', () => {
  expect(
    [['0.0.0.0/0'], ['::/0'], ['198.51.100.0/24', '10.0.0.0/8']].map((addresses) => letsEverybodyIn(rule('22', addresses), 22)),
  ).toEqual([true, true, false])
  expect(letsEverybodyIn(rule('443', ['0.0.0.0/0']), 22)).toBe(false)
})
