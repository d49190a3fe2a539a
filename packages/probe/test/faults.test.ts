import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { type Fault, FaultyShop } from './faulty-shop.ts'
import { type Trial, trial } from './try-checks.ts'

let shop: FaultyShop
beforeAll(async () => {
  shop = await FaultyShop.open()
})
afterEach(() => {
  shop.fault = 'none'
  shop.asked.length = 0
})
afterAll(() => shop.close())

const CHECKS = `
- get: /
  time-limit: 10s
  expect: { status: 200, body: Add to cart }
- get: /api/items
  expect: { header: { content-type: { contains: json } }, json: { $.total: 2, '$.items[0].price': { type: number } } }
- health: { path: /health, parts: [database, redis] }
`
const tried = (fault: Fault, more: Partial<Trial> = {}) => {
  shop.fault = fault
  return trial({ url: shop.url, checks: CHECKS, version: 'v2', ...more })
}

test('a shop that is well passes, each check asked once', async () => {
  const { verdict, rollbackRecommended, results, waits } = await tried('none', { inARow: 3 })
  expect({ verdict, rollbackRecommended }).toEqual({ verdict: 'passed', rollbackRecommended: false })
  expect(results.map(({ state, attempts }) => [state, attempts])).toEqual([
    ['passed', 1],
    ['passed', 1],
    ['passed', 1],
  ])
  expect(waits[0]).toMatchObject({ ready: true, attempts: 3, version: 'v2', relapses: 0 })
})

const short = { timeoutMs: 1_000 }
const impatient = { checks: CHECKS.replace('10s', '150ms') }
const follow = { checks: '- { get: /a, follow: true }' }
const going = true

test.each<[Fault, string, RegExp, boolean, Partial<Trial>]>([
  ['old-version', 'not-rolled-out', /version v1 answers, not v2/, false, short],
  ['no-version', 'not-rolled-out', /does not say its version/, false, short],
  ['status-503', 'unhealthy', /the status is 503/, going, short],
  ['status-404', 'unhealthy', /the status is 404/, false, short],
  [
    'flapping',
    'unhealthy',
    /comes and goes: \d+ of \d+ answers were right, and never 3 in a row; the last wrong one: the status is 502/,
    going,
    { ...short, inARow: 3 },
  ],
  ['error-page', 'assertion', /the body does not contain "Add to cart"/, going, {}],
  ['wrong-type', 'assertion', /`content-type` does not contain "json": "text\/plain"/, going, {}],
  ['bad-json', 'assertion', /the body is no JSON \(application\/json\): "{\\"items\\": \["/, going, {}],
  ['slow', 'slow', /no answer within 150 ms/, going, impatient],
  ['silent', 'slow', /no answer within 150 ms/, going, impatient],
  ['slow-body', 'slow', /had begun, but not ended within 150 ms/, going, impatient],
  ['truncated', 'unhealthy', /broke off after 4 bytes of 1000/, going, {}],
  ['reset', 'unhealthy', /was cut before the whole answer had come/, going, {}],
  ['reset-in-body', 'unhealthy', /broke off after 4 bytes/, going, {}],
  ['no-http', 'unhealthy', /is no HTTP/, going, {}],
  ['redirect-loop', 'assertion', /the redirects go round in a circle: .*\/a → .*\/b → .*\/a/, going, follow],
  ['redirect-chain', 'assertion', /more than 10 redirects/, going, follow],
  ['huge', 'assertion', /longer than 2 MB/, going, { checks: '- get: /' }],
  ['database-down', 'unhealthy', /`database` is not well: {"status":"down"}/, going, {}],
  ['no-socket', 'assertion', /the status is 400, not 101/, going, { checks: '- websocket: /live' }],
  [
    'cors-closed',
    'assertion',
    /`access-control-allow-origin` is missing/,
    going,
    { checks: '- cors: { path: /api/items, origin: "https://a.example", method: PUT }' },
  ],
])('the fault %s gives the verdict %s and says why', async (fault, verdict, message, recommended, more) => {
  const result = await tried(fault, more)
  expect({ verdict: result.verdict, recommended: result.rollbackRecommended, first: result.first }).toEqual({
    verdict,
    recommended,
    first: expect.stringMatching(message),
  })
})

test('nothing listens: unhealthy, no check is made, and it may be the address as well: no reason to go back', async () => {
  const gone = await FaultyShop.open()
  await gone.close()
  const result = await trial({ url: 'http://127.0.0.1:9', checks: CHECKS, timeoutMs: 1_000 })
  expect(result).toMatchObject({
    verdict: 'unhealthy',
    rollbackRecommended: false,
    first: expect.stringMatching(/nothing listens at 127.0.0.1:9/),
  })
  expect(result.results.map(({ state }) => state)).toEqual(['not-run', 'not-run', 'not-run'])
})

test('a name that nobody knows is no reason to go back', async () => {
  const result = await trial({ url: 'http://no-such-shop.invalid', timeoutMs: 1_000 })
  expect(result).toMatchObject({ verdict: 'unhealthy', rollbackRecommended: false })
})

test('whatever is wrong before the release answers is "not yet", told once and counted', async () => {
  const nextAsked = async () => {
    for (const before = shop.asked.length; shop.asked.length === before; ) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const waiting = tried('status-503', { version: 'v2' })
  await nextAsked()
  shop.fault = 'old-version'
  await nextAsked()
  shop.fault = 'none'
  const { verdict, waits, notYet } = await waiting
  expect(verdict).toBe('passed')
  expect(notYet).toEqual([expect.stringMatching(/503/), 'version v1 answers, not v2'])
  expect([...(waits[0]?.problems.values() ?? [])].every((count) => count >= 1)).toBe(true)
})

test('a check that fails once and is right at the second look passes, and says so', async () => {
  const { verdict, results } = await tried('once')
  expect(verdict).toBe('passed')
  expect(results[0]).toMatchObject({ state: 'passed', attempts: 2, failedAttempts: ['the status is 503, not 200'] })
})

test('a candidate that is wrong is no reason to take back what is live', async () => {
  expect(await tried('database-down', { live: false })).toMatchObject({ verdict: 'unhealthy', rollbackRecommended: false })
})

test('right answers that are too few for the time are no success', async () => {
  const { verdict, rollbackRecommended, results, first } = await tried('none', { timeoutMs: 400, inARow: 90 })
  expect({ verdict, rollbackRecommended, first, states: results.map(({ state }) => state) }).toEqual({
    verdict: 'slow',
    rollbackRecommended: false,
    first: expect.stringMatching(/all of \d+ answers were right, but the time was over before there were 90/),
    states: ['not-run', 'not-run', 'not-run'],
  })
})

test('with `recheck: false` and for warnings there is no second look', async () => {
  const { results } = await tried('once', { checks: '- { get: /, recheck: false }' })
  expect(results[0]).toMatchObject({ state: 'failed', attempts: 1 })
  const warned = await tried('once', { checks: '- { get: /, severity: warn }' })
  expect(warned).toMatchObject({ verdict: 'passed', rollbackRecommended: false })
  expect(warned.results[0]).toMatchObject({ state: 'failed', severity: 'warn', attempts: 1 })
})

test('the one deadline holds for checks too', async () => {
  const { results, verdict, rollbackRecommended } = await tried('silent', {
    timeoutMs: 300,
    checks: '- { get: /, time-limit: 10s }\n- get: /api/items',
  })
  expect({ verdict, rollbackRecommended }).toEqual({ verdict: 'slow', rollbackRecommended: false })
  for (const { failure } of results) expect(failure?.message).toMatch(/the time for everything/)
})

test('a check that failed once, and had no time for a second look, is no reason to go back', async () => {
  const checks = '- { get: /api/items, expect: { json: { $.total: 3 } } }'
  const result = await trial({ url: shop.url, checks, timeoutMs: 5_000, intervalMs: 6_000 })
  expect(result).toMatchObject({ verdict: 'assertion', rollbackRecommended: false, results: [{ attempts: 1 }] })
})

test('an app that goes away after a right answer is a reason to go back', async () => {
  const going = await FaultyShop.open()
  const waiting = trial({ url: going.url, timeoutMs: 1_500, inARow: 90 })
  while (going.asked.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await going.close()
  expect(await waiting).toMatchObject({ verdict: 'unhealthy', rollbackRecommended: true })
})
