import { expect, test } from '@jest/globals'
import { unwellPart } from '../src/health-parts.ts'

test.each<[string, unknown]>([
  ['flat words', { database: 'ok', redis: 'up' }],
  ['true', { database: true, redis: true }],
  ['checks with a status each', { checks: { database: { status: 'healthy' }, redis: { status: 'UP' } } }],
  ['Spring', { status: 'UP', components: { database: { status: 'UP', details: {} }, redis: { status: 'UP' } } }],
  ['the RFC draft', { checks: { database: [{ status: 'pass', observedValue: 3 }], redis: [{ status: 'pass' }] } }],
  [
    'a list',
    {
      checks: [
        { name: 'Database', healthy: true },
        { name: 'redis', status: 'ok' },
      ],
    },
  ],
  ['django-health-check', { Database: 'working', Redis: 'working' }],
  ['another spelling', { data_base: 'connected', 'Redis ': 'ok' }],
])('parts that are well are found in %s', (_form, json) => {
  expect(unwellPart(json, ['database', 'redis'], String)).toBeUndefined()
})

test.each<[unknown, RegExp]>([
  [{ redis: 'ok' }, /says nothing of `database`/],
  [{ database: 'error' }, /`database` is not well: "error"/],
  [{ database: { status: 'down' } }, /is not well/],
  [{ database: null }, /is not well/],
  [{ database: {} }, /is not well/],
  [{ database: 0 }, /is not well/],
  [{ database: 'not ok' }, /is not well/],
  ['ok', /says nothing/],
])('%j is not well', (json, message) => {
  expect(unwellPart(json, ['database'], String)).toMatch(message)
})
