import { generateKeyPairSync } from 'node:crypto'
import { Mistake } from '@deploy-actions/kit'
import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { read as readText } from '../../../test/repository.ts'
import { check, checksOf } from '../src/check-inputs.ts'
import { inputs } from '../src/inputs.ts'

const key = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
}).privateKey
const files = {
  read(path: string) {
    if (path === 'smoke.yaml') return Buffer.from('- get: /\n')
    if (/\.(jpg|json)$/.test(path)) return Buffer.from('{}')
    throw new Mistake(`the file ${path} is not there`)
  },
  whyNotWritable: (path: string) => (path === 'a-folder' ? 'is a folder, and has to be a file' : undefined),
  write: (path: string) => path,
}
const connection = { host: 'shop.example.com', 'ssh-key': key, 'host-fingerprint': `SHA256:${'A'.repeat(43)}` }
const read = (given: Record<string, string>, repository: string | undefined = 'acme/shop') =>
  inputsOf('smoke-test', inputs, { url: 'https://shop.example.com/health', ...given }, (values) =>
    check(values, { repository, files, env: { PASSWORD: 'x', EMPTY: '', LINES: 'a\nb' } }),
  )

test('with an address everything else has a default', () => {
  expect(read({})).toMatchObject({
    ...{ expectVersion: undefined, inARow: 3, timeout: 300_000, interval: 1_000, tlsMinDays: 14, tlsWarnDays: 30 },
    ...{ settleWarm: false, dryRun: false, host: undefined, sshKey: undefined, candidate: undefined, versionFrom: { kind: 'json' } },
  })
})

test('the header of a candidate is taken apart', () => {
  expect(read({ candidate: 'X-Deploy-Candidate: abc123' }).candidate).toEqual({ name: 'x-deploy-candidate', value: 'abc123' })
})

test('checks come as text or from a file', () => {
  expect(checksOf(read({ checks: 'smoke.yaml' }), files)).toMatchObject({ file: 'smoke.yaml', flows: [{ steps: [{ name: 'GET /' }] }] })
  expect(checksOf(read({ checks: '- get: /a' }), files).flows).toMatchObject([{ steps: [{ name: 'GET /a' }] }])
})

test.each<[string, Record<string, string>, RegExp]>([
  ['url', { url: '' }, /is required/],
  ['url', { url: 'shop.example.com' }, /must be an http or https address, got "shop.example.com"/],
  ['url', { url: 'ssh://shop.example.com' }, /must be an http or https address/],
  ['url', { url: 'https://me:pw@shop.example.com' }, /a user or a fragment/],
  ['checks', { checks: 'none.yaml' }, /the file none.yaml is not there/],
  ['checks', { checks: '- get' }, /is wrong at line 1, column 3: must be a mapping/],
  ['checks', { checks: '- get: /${who}' }, /`\$\{who}` is not known here/],
  [
    'checks',
    { checks: '- { get: /, headers: { x: "${LINES}" } }', 'env-keys': 'LINES' },
    /line 1, column 13: the header `x` has a line end/,
  ],
  ['junit', { junit: 'a-folder' }, /is a folder, and has to be a file/],
  ['candidate', { candidate: 'x-candidate: →' }, /has a character in its value/],
  ['variables', { variables: 'no' }, /a line without key=value/],
  ['variables', { variables: 'a-b=1' }, /"a-b" is no name of a variable/],
  ['variables', { variables: 'unique=1' }, /"unique", which is built in/],
  ['variables', { variables: 'PASSWORD=1', 'env-keys': 'PASSWORD' }, /both give PASSWORD/],
  ['env-keys', { 'env-keys': 'NOWHERE' }, /names NOWHERE, which this step does not have/],
  ['env-keys', { 'env-keys': 'PASSWORD\nEMPTY' }, /names EMPTY, which this step does not have, or has empty/],
  ['expect-version', { 'expect-version': '' }, /is empty, although the workflow passed something on/],
  ['expect-version', { 'expect-version': 'same' }, /`resolve` gives no two addresses/],
  ['version-from', { 'version-from': 'body' }, /`header NAME`, `json PATH` or `pattern REGEX`/],
  ['version-from', { 'version-from': 'json $.a[' }, /is no JSONPath/],
  ['version-from', { 'version-from': 'pattern abc' }, /a group in parentheses/],
  ['in-a-row', { 'in-a-row': '0' }, /from 1 up to 100/],
  ['timeout', { timeout: '60' }, /must be a duration/],
  ['timeout', { timeout: '5h' }, /at most 7200s/],
  ['interval', { interval: '1ms' }, /at least 0.1s/],
  ['resolve', { resolve: 'shop.example.com' }, /a line without key=value/],
  ['resolve', { resolve: 'shop.example.com=other.example.com' }, /"other.example.com" for shop.example.com, which is no address/],
  ['candidate', { candidate: 'abc' }, /must be a header/],
  ['candidate', { url: 'http://shop.example.com/', candidate: 'X-A: b' }, /over http to a public name/],
  ['tls-min-days', { 'tls-min-days': '-1' }, /from 0 up to 365/],
  ['tls-ca', { 'tls-ca': 'no.pem' }, /the file no.pem is not there/],
  ['tls-ca', { 'tls-ca': '-----BEGIN CERTIFICATE-----\nabc' }, /holds no certificate/],
  ['release-id', { 'release-id': 'v1' }, /must be a release id/],
  ['release-id', { 'release-id': '20260131T093000Z-1a2b3c4-77.1' }, /without `settle-warm`/],
  ['settle-warm', { 'settle-warm': 'yes' }, /must be true or false/],
  ['host', { 'settle-warm': 'true', 'ssh-key': key, 'known-hosts': '' }, /is required with `settle-warm: true`/],
  ['ssh-key', { 'settle-warm': 'true', host: 'a.example.com' }, /is required with `settle-warm: true`/],
  ['known-hosts', { 'settle-warm': 'true', host: 'a.example.com', 'ssh-key': key }, /cannot prove itself/],
  ['candidate', { ...connection, 'settle-warm': 'true', candidate: 'X-A: b' }, /nothing is warm before the switch/],
])('%s is refused: %j', (input, given, message) => {
  expect(() => read(given)).toThrow(message)
  expect(() => read(given)).toThrow(`input \`${input}\` `)
})

test('a secret is never repeated', () => {
  expect(() => read({ candidate: 'hunter2-and-more' })).not.toThrow(/hunter2/)
})

test('settling needs a connection, and is taken with one', () => {
  const deployment = '0f8fad5b-d9cb-469f-a165-70867728950e'
  expect(read({ token: 'ghs', environment: 'production', 'release-id': deployment }).releaseId).toBe(deployment)
  expect(read({ ...connection, 'settle-warm': 'true', 'release-id': '20260131T093000Z-1a2b3c4-77.1' }).settleWarm).toBe(true)
})

/** Every list of checks in the README: blocks of their own, and `checks:` of a step. */
function shownChecks(): string[] {
  const blocks = [...readText('actions/smoke-test/README.md').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] as string)
  return blocks.flatMap((block) => {
    const [first] = (parseAllDocuments(block)[0] as { toJS(): unknown }).toJS() as Record<string, unknown>[]
    const steps = (parseAllDocuments(block)[0] as { toJS(): unknown }).toJS() as { with?: { checks?: string } }[]
    const given = steps.flatMap((step) => (step.with?.checks?.startsWith('- ') ? [step.with.checks] : []))
    return first !== undefined && ('uses' in first || 'id' in first) ? given : [block]
  })
}

test.each(shownChecks())('what the README shows can be pasted: %j', (text) => {
  const names = { variables: 'export=1\nstage=production', 'env-keys': 'PASSWORD' }
  expect(() => read({ checks: text, ...names })).not.toThrow()
})
