import type { Workspace } from '@deploy-actions/compose'
import { octokitApi } from '@deploy-actions/github'
import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { FakeClock, FakeGitHub, FakeLog, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { github } from '../src/github.ts'
import { check, inputs } from '../src/inputs.ts'
import { report } from '../src/report.ts'
import { readySeal } from '../src/sealed-box.ts'
import { sync } from '../src/sync.ts'

let hub: FakeGitHub
beforeEach(async () => {
  hub = await FakeGitHub.open()
})
afterEach(() => hub.close())

const workspace: Workspace = { read: async () => undefined, list: async () => [], stat: async () => undefined }

async function synced(env: Readonly<Record<string, string>>, given: Readonly<Record<string, string>> = {}) {
  const log = new FakeLog()
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const read = inputsOf(
    'sync-env',
    inputs,
    { target: 'github', 'github-token': hub.token, environment: 'production', keys: Object.keys(env).join(' '), ...given },
    (values) => check(values, 'acme/shop'),
  )
  const api = octokitApi({ token: read.githubToken ?? '', url: hub.url, clock: new FakeClock() })
  const { environment = '', variables, prune, dryRun } = read
  const target = github({ owner: 'acme', repo: 'shop', environment, variables, prune, dryRun }, { log, api, seal: readySeal })
  const result = await sync(read, target, { env, workspace, secrets, log })
  const outputs = createOutputs(runner, secrets)
  const summary = createSummary(runner, secrets)
  report(result, { outputs, summary })
  summary.write()
  return { result, log, outputs: Object.fromEntries(outputs.all()), summary: runner.summary }
}

const writes = () => hub.asked.filter((one) => !one.startsWith('GET '))

const ODD = {
  PEM: '-----BEGIN-----\nabc+/=\n-----END-----\n',
  QUOTES: `it's "quoted" $HOME \\ # ünï 漢字 🎉`,
  SPACES: '  x\t ',
  CRLF: 'a\r\nb',
}

test('secrets arrive byte for byte in boxes that the environment alone opens; what is no secret becomes a variable', async () => {
  const there = hub.add('acme/shop', 'production', {
    secrets: { QUOTES: 'old', OTHER: 'kept' },
    variables: { PUBLIC_URL: 'old', STAYS: '1' },
  })
  const { result, outputs } = await synced({ ...ODD, PUBLIC_URL: 'https://shop', PUBLIC_NEW: 'a b' }, { variables: 'PUBLIC_*' })
  expect(Object.fromEntries(there.secrets)).toEqual({ ...ODD, OTHER: 'kept' })
  expect(Object.fromEntries(there.variables)).toEqual({ PUBLIC_URL: 'https://shop', PUBLIC_NEW: 'a b', STAYS: '1' })
  expect(result.status).toBe('written')
  expect([outputs.added, outputs.changed, outputs.unchanged]).toEqual([
    '["PEM","SPACES","CRLF","PUBLIC_NEW"]',
    '["QUOTES","PUBLIC_URL"]',
    '[]',
  ])
})

test('no value of a secret is in a request, the log, the summary or an output', async () => {
  hub.add('acme/shop', 'production')
  const { log, outputs, summary } = await synced({ KEY: 's3cret-value' })
  expect([...hub.heard, log.text(), JSON.stringify(outputs), summary].filter((text) => text.includes('s3cret'))).toEqual([])
})

test('variables that are right already are not written; a secret always is, because nobody can see what it is', async () => {
  hub.add('acme/shop', 'production', { secrets: { KEY: 'same' }, variables: { A: '1' } })
  const { outputs } = await synced({ A: '1', KEY: 'same' }, { variables: 'A' })
  expect([outputs.unchanged, outputs.changed, writes()]).toEqual(['["A"]', '["KEY"]', [expect.stringMatching(/^PUT .*\/secrets\/KEY$/)]])
  const second = await synced({ A: '1' }, { variables: 'A' })
  expect(second.outputs.status).toBe('unchanged')
})

test('small letters are capitals for GitHub', async () => {
  hub.add('acme/shop', 'production', { variables: { API_URL: 'x' } })
  expect((await synced({ api_url: 'x' }, { variables: 'api_url' })).outputs.status).toBe('unchanged')
})

test('a dry run asks and writes nothing', async () => {
  hub.add('acme/shop', 'production')
  const { outputs, log } = await synced({ KEY: 'x', A: '1' }, { 'dry-run': 'true', variables: 'A' })
  expect([outputs.status, outputs.added, writes()]).toEqual(['planned', '["KEY","A"]', []])
  expect(log.text()).toContain('environment production of acme/shop: added KEY, A; 0 unchanged')
})

test('keys go only by name or prefix, after everything else was written', async () => {
  const there = hub.add('acme/shop', 'production', { secrets: { OLD_A: '1', KEEP: '2' }, variables: { OLD_B: '3' } })
  const { outputs } = await synced({ KEY: 'x' }, { prune: 'OLD_*' })
  expect([[...there.secrets.keys()], [...there.variables.keys()], outputs.removed]).toEqual([['KEEP', 'KEY'], [], '["OLD_A","OLD_B"]'])
  expect(writes().map((one) => one.split(' ')[0])).toEqual(['PUT', 'DELETE', 'DELETE'])
})

test('more than a page of each is seen', async () => {
  const many = (prefix: string) => Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`${prefix}${at}`, 'v']))
  hub.add('acme/shop', 'production', { secrets: many('S'), variables: many('V') })
  const { outputs } = await synced({ S69: 'x', V69: 'v', NEW: 'y' }, { variables: 'V69' })
  expect([outputs.added, outputs.changed, outputs.unchanged]).toEqual(['["NEW"]', '["S69"]', '["V69"]'])
})

test('a name that is a secret and a variable is told', async () => {
  hub.add('acme/shop', 'production', { variables: { KEY: 'open' } })
  expect((await synced({ KEY: 'x' })).log.text()).toContain('KEY: written as a secret, and there is a variable of that name too')
})

const lots = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`K${at}`, 'v']))

test.each<[string, Record<string, string>, RegExp]>([
  ['a reserved name', { GITHUB_X: '1' }, /"GITHUB_X" begins with GITHUB_/],
  ['a name with a hyphen', { 'A-B': '1' }, /"A-B" is not a name of letters/],
  ['a name that begins with a digit', { '1A': '1' }, /"1A" is not a name/],
  ['a value that is too large', { BIG: 'x'.repeat(48 * 1024 + 1) }, /"BIG" has a value of 49153 bytes, more than 49152/],
  ['two names that are one', { key: '1', KEY: '2' }, /"key" and "KEY" are one name for GitHub/],
  ['half a character', { HALF: 'a\ud800' }, /"HALF" is not valid Unicode/],
])('what GitHub would not take is refused before anything is asked: %s', async (_what, env, message) => {
  hub.add('acme/shop', 'production')
  await expect(synced(env)).rejects.toMatchObject({ code: 'DA-GITHUB-LIMIT', message: expect.stringMatching(message) })
  expect(hub.asked).toEqual([])
})

test.each([
  ['secrets', lots(99), {}, ''],
  ['variables', {}, lots(99), 'NEW*'],
])('too many %s are refused before the first is written', async (kind, secrets, variables, given) => {
  hub.add('acme/shop', 'production', { secrets, variables })
  const run = synced({ NEW1: 'a', NEW2: 'b' }, { variables: given })
  await expect(run).rejects.toMatchObject({ code: 'DA-GITHUB-LIMIT', message: expect.stringContaining(`would have 101 ${kind}`) })
  expect(writes()).toEqual([])
  expect((await synced({ NEW1: 'a', NEW2: 'b' }, { variables: given, prune: 'K0' })).outputs.status).toBe('written')
})

test('an environment that does not exist is not made: without its rules any job could have its secrets', async () => {
  hub.add('acme/shop', 'staging')
  await expect(synced({ KEY: 'x' })).rejects.toMatchObject({
    code: 'DA-GITHUB-ENVIRONMENT',
    message: 'acme/shop has no environment production: it has staging',
  })
  expect(writes()).toEqual([])
})

test('a token that may not is told as that', async () => {
  hub.add('acme/shop', 'production')
  await expect(synced({ KEY: 'x' }, { 'github-token': 'other' })).rejects.toMatchObject({ code: 'DA-GITHUB-TOKEN' })
  hub.faults.push({ status: 403, body: { message: 'Resource not accessible by integration' } })
  await expect(synced({ KEY: 'x' })).rejects.toMatchObject({
    code: 'DA-GITHUB-TOKEN',
    message: expect.stringMatching(/403 to PUT .*: Resource not accessible by integration \(written: nothing; not written: KEY\)/),
  })
})

test('what was written until it failed is told; the next run writes the rest', async () => {
  const there = hub.add('acme/shop', 'production')
  hub.faults.push(undefined, { status: 422, body: { message: 'Validation Failed', errors: ['no'] } })
  await expect(synced({ A: '1', B: '2', C: '3' }, { variables: 'A' })).rejects.toMatchObject({
    code: 'DA-GITHUB-API',
    message: expect.stringMatching(/422 .*Validation Failed; no \(written: A; not written: B, C\)/),
  })
  await synced({ A: '1', B: '2', C: '3' }, { variables: 'A' })
  expect([...there.secrets]).toEqual([
    ['B', '2'],
    ['C', '3'],
  ])
})

test.each<[string, FakeGitHub['faults']]>([
  [
    'an outage',
    [
      { status: 502, body: {} },
      { status: 503, body: {} },
    ],
  ],
  ['a limit that ends soon', [{ status: 429, body: { message: 'slow down' }, headers: { 'retry-after': '2' } }]],
  ['a secondary limit', [{ status: 403, body: { message: 'slow down' }, headers: { 'retry-after': '30' } }]],
  ['a cut connection', ['cut']],
])('%s is waited for', async (_what, faults) => {
  const there = hub.add('acme/shop', 'production')
  hub.faults.push(...faults)
  await synced({ KEY: 'x' })
  expect([...there.secrets]).toEqual([['KEY', 'x']])
})

test('a new variable whose answer was lost is not made a second time', async () => {
  hub.add('acme/shop', 'production')
  hub.faults.push('cut')
  await expect(synced({ A: '1' }, { variables: 'A' })).rejects.toMatchObject({ code: 'DA-GITHUB-UNREACHABLE' })
  expect(writes()).toHaveLength(1)
})

test.each<[Record<string, string>, RegExp]>([
  [{ 'github-token': '' }, /`github-token` is required for the target `github`/],
  [{ environment: '' }, /`environment` is required for the target `github`/],
  [{ repository: 'shop' }, /must be `owner\/name`/],
  [{ host: 'shop.example.com' }, /`host` is for the target `compose-ssh`, and this one is `github`/],
  [{ path: 'a.env' }, /`path` is for the target `compose-ssh`/],
  [{ target: 'gitlab' }, /must be one of compose-ssh, github/],
  [{ variables: 'A*B' }, /must be a name, or a prefix with `\*` at its end/],
])('inputs that do not go with the target are told: %j', async (given, message) => {
  await expect(synced({ KEY: 'x' }, given)).rejects.toMatchObject({ message: expect.stringMatching(message) })
})
