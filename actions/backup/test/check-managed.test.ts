import { Transport } from '@deploy-actions/digitalocean'
import { createOutputs, createSecrets, createSummary, type UserError } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { checkManaged } from '../src/check-managed.ts'
import { checkInputs, inputs } from '../src/inputs.ts'

const ID = '9cc10173-e9ea-4176-9dbc-a4cee4c4ff30'
const HOUR = 3_600_000

let fake: FakeDigitalOcean
const clock = new FakeClock({ now: Date.parse('2026-06-30T12:00:00Z') })
beforeEach(async () => {
  fake = await FakeDigitalOcean.open({ now: () => clock.now() })
})
afterEach(async () => {
  await fake.close()
  expect(fake.violations).toEqual([])
})

/** A cluster with backups that are so many hours old. */
const cluster = (...ages: number[]) =>
  fake.infrastructure.databases.set(
    ID,
    ages.map((age) => ({ createdAt: clock.now() - age * HOUR, gigabytes: 0.5 })),
  )

async function check(given: Readonly<Record<string, string>> = {}) {
  const values = inputsOf('backup', inputs, {
    ...{ operation: 'check-managed', 'database-id': ID, 'digitalocean-token': 'do-token', 'api-url': fake.url },
    ...given,
  })
  const runner = new FakeRunner()
  const secrets = createSecrets()
  const log = new FakeLog()
  const transport = new Transport({ clock, fetch, url: values.apiUrl, token: values.digitaloceanToken ?? '' })
  const summary = createSummary(runner, secrets)
  await checkManaged(values, { transport, clock, log, summary, outputs: createOutputs(runner, secrets) })
  summary.write()
  return { outputs: Object.fromEntries(runner.outputs), log: log.text(), summary: runner.summary }
}

test('a backup that is young enough is named, the newest whatever the order, and nothing but it is asked for', async () => {
  cluster(90, 17, 41)
  const { outputs, log, summary } = await check()
  expect(outputs).toEqual({ status: 'fresh', newest: '2026-06-29T19:00:00Z' })
  expect(log).toContain('2026-06-29T19:00:00Z, 17.0 h old')
  expect(summary).toContain('2026-06-29T19:00:00Z')
  expect(fake.heard.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /v2/databases/{id}/backups'])
})

test.each([
  ['of two days', [51, 75], {}, 'is of 2026-06-28T09:00:00Z, 51.0 h old, and may be 26 h'],
  ['just too old', [13.01], { 'max-age-hours': '13' }, '13.0 h old, and may be 13 h'],
  ['that was never made', [], {}, 'has no backup at all'],
])('a backup %s is an error, which says when DigitalOcean makes them', async (_what, ages, given, words) => {
  cluster(...ages)
  const failure = (await check(given).catch((error: unknown) => error)) as UserError
  expect([failure.code, failure.message]).toEqual(['DA-BACKUP-STALE', expect.stringContaining(words)])
  expect(failure.hint).toContain('20:40 UTC, every 24 h')
})

test('the limit itself is young enough, and so is a backup from a clock that is ahead', async () => {
  cluster(26)
  expect((await check()).outputs.status).toBe('fresh')
  cluster(-0.1)
  expect((await check()).log).toContain('0.0 h old')
})

test('a cluster that is not there and a token that may not look are told', async () => {
  await expect(check()).rejects.toMatchObject({ code: 'DA-DO-DATABASE', hint: expect.stringContaining('doctl databases list') })
  fake.tokens.set('little', ['app:read'])
  await expect(check({ 'digitalocean-token': 'little' })).rejects.toMatchObject({
    code: 'DA-DO-SCOPE',
    hint: expect.stringContaining('`database:read`'),
  })
})

test('it needs the database and a token, and neither a host nor a key; everything else needs both', () => {
  const problems = (given: Readonly<Record<string, string>>) =>
    checkInputs(inputsOf('backup', inputs, given), 'acme/shop', 'shop').map(({ input }) => input)
  expect(problems({ operation: 'check-managed' })).toEqual(['database-id', 'digitalocean-token'])
  expect(problems({ operation: 'check-managed', 'database-id': ID, 'digitalocean-token': 'x' })).toEqual([])
  expect(problems({})).toEqual(['host', 'ssh-key', 'known-hosts'])
  expect(problems({ host: 'one', 'ssh-key': 'x', 'known-hosts': 'x', 'database-id': ID })).toContain('database-id')
})
