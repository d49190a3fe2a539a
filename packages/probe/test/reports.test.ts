import { htmlOf, junitOf, reportOf, type SmokeResult } from '@deploy-actions/probe'
import { expect, test } from '@jest/globals'
import { percentile } from '../src/repeat.ts'

const place = { line: 3, column: 1 }
const exchange = {
  method: 'GET',
  url: 'http://shop/?q=<b>&token=sesame-open',
  start: 5,
  ms: 12,
  status: 200,
  bytes: 3,
  phases: { dns: 1, connect: 2, wait: 8, download: 1 },
}
const base = { flow: '', severity: 'critical', place, attempts: 1, failedAttempts: [], ms: 12.345, exchanges: [exchange] } as const
const smoke: SmokeResult = {
  verdict: 'assertion',
  rollbackRecommended: true,
  startedAt: Date.UTC(2026, 0, 1),
  ms: 1_234,
  waits: [{ ready: true, attempts: 3, relapses: 0, problems: new Map([['the status is 502', 2]]), version: 'v2', ms: 400, exchanges: [] }],
  results: [
    { ...base, name: 'good', state: 'passed' },
    {
      ...base,
      name: 'bad "quoted" <b> & \u0000\ud800',
      state: 'failed',
      failure: { cause: 'assertion', message: 'the body is "</failure>" ]]> sesame-open', excerpt: '<script>alert(1)</script>' },
    },
    { ...base, name: 'only a warning', severity: 'warn', state: 'failed', failure: { cause: 'slow', message: 'late' } },
    { ...base, flow: 'buy', name: 'unsteady', state: 'passed', attempts: 2, failedAttempts: ['the status is 503'] },
    { ...base, flow: 'buy', name: 'left out', state: 'skipped', why: '`stage` is "test"' },
  ],
}
const data = reportOf('http://shop/health', smoke, (text) => text.replaceAll('sesame-open', '***'))

/** Whether every element is closed in order, and nothing stands bare. */
function isWellFormed(xml: string): boolean {
  const open: string[] = []
  for (const [, close, name, inside, alone] of xml
    .replace(/^<\?.*?\?>/, '')
    .matchAll(/<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g)) {
    if (inside === undefined) return false
    if (close === '/') {
      if (open.pop() !== name) return false
    } else if (alone !== '/') open.push(name as string)
  }
  const text = xml.replace(/^<\?.*?\?>/, '').replace(/<\/?[a-z-]+(?:\s+[a-z]+="[^"<]*")*\s*\/?>/g, '')
  return open.length === 0 && !/[<>]|&(?!(amp|lt|gt|quot);)/.test(text)
}

test('JUnit is well-formed whatever an app says, and a warning fails nothing there', () => {
  const xml = junitOf(data)
  expect(isWellFormed(xml)).toBe(true)
  expect(xml).toContain('<testsuite name="checks" tests="3" failures="1" errors="0" skipped="0">')
  expect(xml).toContain('<testsuite name="buy" tests="2" failures="0" errors="0" skipped="1">')
  expect(xml).toContain('<failure type="assertion" message="the body is &quot;&lt;/failure&gt;&quot; ]]&gt; ***">&lt;script&gt;')
  expect(xml).toContain('<system-out>warning: late</system-out>')
  expect(xml).toContain('<system-out>an attempt failed: the status is 503</system-out>')
  expect([xml.includes('\u0000'), xml.isWellFormed()]).toEqual([false, true])
})

test('the page is one file, shows every request in the waterfall, and runs nothing', () => {
  const html = htmlOf(data)
  expect(html).not.toMatch(/<script|src=|href=/)
  expect(html.match(/class="bars"/g)).toHaveLength(5)
  expect(html).toContain('title="wait 8 ms"')
  expect(html).toContain('a rollback is recommended')
})

test('no secret is in any file', () => {
  for (const text of [junitOf(data), htmlOf(data), JSON.stringify(data)]) expect(text).not.toContain('sesame')
})

test('the JSON says what the verdict rests on', () => {
  expect(data).toMatchObject({
    schema: 1,
    verdict: 'assertion',
    rollbackRecommended: true,
    startedAt: '2026-01-01T00:00:00.000Z',
    waits: [{ problems: { 'the status is 502': 2 } }],
  })
  expect(data.checks.map(({ unsteady }) => unsteady)).toEqual([false, false, false, true, false])
})

test.each([
  [[], 95, 0],
  [[7], 50, 7],
  [[1, 2, 3, 4], 50, 2],
  [Array.from({ length: 100 }, (_, at) => at + 1), 95, 95],
  [Array.from({ length: 10 }, (_, at) => at + 1), 99, 10],
])('of %j the percentile %d is %d', (sorted, share, value) => {
  expect(percentile(sorted, share)).toBe(value)
})
