import { expect, test } from '@jest/globals'
import { parseChallenges } from '../src/challenge.ts'
import { endpointOf } from '../src/endpoint.ts'

test.each([
  ['ghcr.io', [], 'https://ghcr.io'],
  ['docker.io', [], 'https://registry-1.docker.io'],
  ['localhost:5000', [], 'http://localhost:5000'],
  ['127.0.0.9:5000', [], 'http://127.0.0.9:5000'],
  ['[::1]:5000', [], 'http://[::1]:5000'],
  ['10.1.2.3:5000', [], 'https://10.1.2.3:5000'],
  ['10.1.2.3:5000', ['10.0.0.0/8'], 'http://10.1.2.3:5000'],
  ['11.1.2.3:5000', ['10.0.0.0/8'], 'https://11.1.2.3:5000'],
  ['10.1.2.3:5000', ['10.1.2.3:5000'], 'http://10.1.2.3:5000'],
  ['10.1.2.3:5001', ['10.1.2.3:5000'], 'https://10.1.2.3:5001'],
  ['registry.lan:5000', ['registry.lan'], 'http://registry.lan:5000'],
  ['registry.lan', ['10.0.0.0/8', 'nonsense/x'], 'https://registry.lan'],
  ['[fd00::5]:5000', ['fd00::/8'], 'http://[fd00::5]:5000'],
])('%s with %j listed as insecure is at %s', (registry, insecure, endpoint) => {
  expect(endpointOf(registry, insecure)).toBe(endpoint)
})

test.each([
  [
    'Bearer realm="https://a/t",service="s, x",scope=repository:a:pull',
    [['bearer', { realm: 'https://a/t', service: 's, x', scope: 'repository:a:pull' }]],
  ],
  [
    'Basic realm="x", Bearer Realm="y"',
    [
      ['basic', { realm: 'x' }],
      ['bearer', { realm: 'y' }],
    ],
  ],
  ['basic', [['basic', {}]]],
  ['', []],
])('the challenge %s is read', (header, expected) => {
  expect(parseChallenges(header).map(({ scheme, parameters }) => [scheme, parameters])).toEqual(expected)
})
