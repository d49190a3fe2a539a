import { generateKeyPairSync } from 'node:crypto'
import { Mistake } from '@deploy-actions/kit'
import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { check, writesEnv } from '../src/check.ts'
import { inputs } from '../src/inputs.ts'
import { deployInputs, migrationInputs, smokeInputs } from '../src/part-inputs.ts'

const key = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey
const files = {
  read(path: string): Buffer {
    throw new Mistake(`the file ${path} is not there`)
  },
  whyNotWritable: () => undefined,
  write: (path: string) => path,
}
const connection = { host: '203.0.113.7', 'ssh-key': key, 'host-fingerprint': `SHA256:${'A'.repeat(43)}` }
const read = (given: Record<string, string>, connected: Record<string, string> = connection) =>
  inputsOf('release-compose-ssh', inputs, { ...connected, ...given }, (values) =>
    check(values, { repository: 'acme/shop', files: files as never, env: { PASSWORD: 'x', EMPTY: '' } }),
  )

test('with a connection everything else has a default, and no part but the deploy is asked for', () => {
  const given = read({})
  expect(given).toMatchObject({ tool: undefined, url: undefined, backup: 'before', smokeCandidate: true, smokeTimeout: 300_000 })
  expect(writesEnv(given)).toBe(false)
})

test('mistakes of several parts are told together, each once, by the names that they have here', () => {
  const given = {
    ...{ keys: 'TOKEN', tool: 'django', service: 'we b', 'apply-command': 'x', routes: 'nonsense' },
    ...{ url: 'ftp://x', 'smoke-timeout': 'soon', 'migration-timeout': '1s' },
  }
  const wrong = () => read(given, { host: '203.0.113.7', 'ssh-key': key })
  for (const name of ['path', 'service', 'apply-command', 'routes', 'url', 'smoke-timeout', 'migration-timeout', 'known-hosts'])
    expect(wrong).toThrow(`input \`${name}\` `)
  const told = (() => {
    try {
      return wrong() && ''
    } catch (error) {
      return (error as Error).message
    }
  })()
  expect(told.match(/input `known-hosts`/g)).toHaveLength(1)
})

test('rules of the smoke test name its inputs as they are called here', () => {
  const url = 'https://shop.example.com/health'
  expect(() => read({ url, 'smoke-env-keys': 'NOBODY' })).toThrow('input `smoke-env-keys` names NOBODY')
  expect(() => read({ url, checks: 'smoke.yaml' })).toThrow('smoke.yaml')
})

test.each([
  [{ checks: '- get: /' }, 'input `checks` is given without `url`'],
  [{ service: 'web' }, 'input `service` is given without `tool`'],
  ...['prune', 'rotated', 'allow-empty'].map(
    (name) => [{ [name]: 'TOKEN' }, `input \`${name}\` is given without \`keys\`, \`values\` or`] as const,
  ),
  [{ owner: 'app:app' }, 'input `owner` is given without `keys`, `values` or `env-file`'],
  ...['verify-command', 'plan-command', 'working-directory'].map(
    (name) => [{ [name]: '/app/check' }, `input \`${name}\` is given without \`tool\``] as const,
  ),
  [{ entrypoint: 'true' }, 'input `entrypoint` is given without `tool`'],
  [{ variables: 'A=1' }, 'input `variables` is given without `url`'],
  [{ 'smoke-env-keys': 'PASSWORD' }, 'input `smoke-env-keys` is given without `url`'],
  [{ resolve: 'shop.example.com=203.0.113.7' }, 'input `resolve` is given without `url`'],
  [{ 'tls-ca': 'ca.pem' }, 'input `tls-ca` is given without `url`'],
  [{ 'report-directory': 'reports' }, 'input `report-directory` is given without `url`'],
  [{ template: '.env.example', path: 'env/web.env' }, 'there is nothing to write'],
  [{ build: '' }, 'although the workflow passed something on'],
])('%j is refused: it would be passed over', (given, message) => {
  expect(() => read(given as unknown as Record<string, string>)).toThrow(message)
})

test('the old release stays warm for as long as the smoke test may take, and only for one', () => {
  expect(deployInputs(read({})).warmPrevious).toBe(0)
  const given = read({ url: 'http://203.0.113.7/health', 'smoke-timeout': '1m' })
  expect(deployInputs(given)).toMatchObject({ phase: 'all', warmPrevious: 180_000, candidateTimeout: 180_000 })
})

test('what has another name here has its own in its part', () => {
  const given = read({
    url: 'http://203.0.113.7/health',
    'smoke-env-keys': 'PASSWORD',
    'env-keys': 'COLOR',
    tool: 'django',
    'migration-timeout': '2m',
  })
  expect(smokeInputs(given, given.url as URL)).toMatchObject({ envKeys: ['PASSWORD'], timeout: 300_000, settleWarm: false })
  expect(migrationInputs(given, 'django')).toMatchObject({
    envKeys: ['COLOR'],
    timeout: 120_000,
    backup: 'before',
    operation: 'apply',
    phase: 'expand',
  })
  expect(migrationInputs({ ...given, backup: 'none' }, 'django').backup).toBe('none')
})
