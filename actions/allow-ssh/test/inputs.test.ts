import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'

const read = (given: Record<string, string>) =>
  inputsOf('allow-ssh', inputs, { host: 'droplet-tag:web', 'digitalocean-token': 'do-token', ...given })

test('hosts are written as for the other actions', () => {
  expect(read({ host: '203.0.113.7\nann@web.example.com:2222\n[2001:db8::7]\nload-balancer:shop' }).host).toHaveLength(4)
})

test.each([
  [{ host: '' }, '`host` is required'],
  [{ host: 'ssh://web' }, 'has a scheme'],
  [{ host: 'droplet-tag:a b' }, 'a tag that DigitalOcean does not take'],
  [{ host: 'web\nweb' }, 'the same host as an earlier line'],
  [{ address: '10.0.0.7' }, '`address` must be one public'],
  [{ address: '203.0.113.0/24' }, '`address` must be one public'],
  [{ address: '203.0.113.7, 203.0.113.8' }, '`address` must be one public'],
  [{ address: 'fe80::1%eth0' }, '`address` must be one public'],
  [{ address: '100.64.1.1' }, '`address` must be one public'],
  [{ address: '::1' }, '`address` must be one public'],
  [{ 'address-url': 'http://checkip.example.com' }, '`address-url` must be an https address'],
  [{ 'api-url': 'http://api.example.com' }, '`api-url`'],
  [{ port: '0' }, '`port`'],
])('wrong: %j', (given, words) => {
  expect(() => read(given as Record<string, string>)).toThrow(words)
})
