import { expect, test } from '@jest/globals'
import { nameOf, parseHost, parseHosts } from '../src/index.ts'

const defaults = { user: 'root', port: 22 }
const names = (...lines: string[]) => parseHosts(lines, defaults).map(nameOf)

test('user and port come from the line, else from the inputs', () => {
  expect(names('203.0.113.7', 'deploy@Web1.example.com', 'web_2:2222', 'me@10.0.0.1:1')).toEqual([
    'root@203.0.113.7:22',
    'deploy@web1.example.com:22',
    'root@web_2:2222',
    'me@10.0.0.1:1',
  ])
})

test('IPv6 addresses stand in brackets and have one spelling', () => {
  expect(names('[2001:DB8::0:7]', 'me@[fe80::1%eth0]:2222')).toEqual(['root@[2001:db8::7]:22', 'me@[fe80::1%eth0]:2222'])
  expect(() => names('[2001:db8::7]', '[2001:db8:0::7]')).toThrow('same host')
})

test('the same host twice is refused, also by another user; another port is another host', () => {
  expect(() => names('web', 'deploy@WEB:22')).toThrow('"deploy@WEB:22" is the same host')
  expect(names('web', 'web:2222')).toHaveLength(2)
})

test.each([
  ['', 'is not'],
  ['ssh://web', 'leave `ssh://` out'],
  ['2001:db8::7', 'needs brackets around the IPv6 address: [2001:db8::7]'],
  ['[web]', 'no IPv6 address'],
  ['web:0', 'port'],
  ['web:65536', 'port'],
  ['web:', 'port'],
  ['web:2 2', 'port'],
  ['-oProxyCommand=x', 'characters that no host name has'],
  ['a b', 'characters'],
  ['@web', 'user name'],
  ['-l@web', 'user name'],
  ['root;x@web', 'user name'],
  ['web/x', 'characters'],
])('%j is refused: %s', (line, problem) => {
  expect(() => parseHost(line, defaults)).toThrow(
    expect.objectContaining({ code: 'DA-HOSTS-INVALID', message: expect.stringContaining(problem) }),
  )
})

test('all wrong lines are reported together', () => {
  expect(() => names('a b', 'web', 'web:x')).toThrow(/"a b".*"web:x"/)
})
