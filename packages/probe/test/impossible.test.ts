import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { judgeGiven, readChecks } from '@deploy-actions/probe'
import { afterEach, expect, test } from '@jest/globals'
import { filesOf, trial } from './try-checks.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => (request.url === '/health' ? void response.end('{}') : answer(request, response)))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const problemsOf = (text: string, given: Record<string, unknown>) => {
  const base = new URL('https://shop.example.com/health')
  const { flows, problems } = readChecks({ text, base, files: filesOf(), names: new Set(Object.keys(given)) })
  return [...problems, ...judgeGiven(flows, base, new Map(Object.entries(given)))].map(
    ({ place, message }) => `${place.line}:${place.column} ${message}`,
  )
}

test.each<[string, string, Record<string, unknown>, RegExp]>([
  [
    'a header with a line end',
    '- get: /\n  headers: { x-key: "${K}" }',
    { K: 'a\nb' },
    /^2:3 the header `x-key` has a line end in its value/,
  ],
  [
    'a header with a character that none can hold',
    '- { get: /, headers: { x: "a→b" } }',
    {},
    /has a character in its value that no header can hold/,
  ],
  ['a name that no header can have', '- { get: /, headers: { "x y": 1 } }', {}, /the header "x y" has a name that no header can have/],
  ['an address that is none', '- get: "${K}"', { K: 'http://a b/' }, /^1:3 "\$\{K\}" is no http address with the values/],
  ['an address of another kind', '- get: "${K}"', { K: 'ftp://shop/' }, /is no http address/],
  ['a pattern', '- get: /\n  expect: { body: { matches: "${K}" } }', { K: '(a' }, /^2:3 `matches: \$\{K\}` is no regular expression/],
  ['an empty text to find', '- get: /\n  expect: { body: "${K}" }', { K: '' }, /^2:3 `contains: \$\{K\}` is an empty text/],
  ['a `when` with a name that nobody gives', '- get: /\n  when: { stge: production }', { stage: 'production' }, /`stge`.*would never run/],
  [
    'a pattern to wait for',
    '- { get: /, poll: { until: { json: { $.a: { not-matches: "[${K}" } } } } }',
    { K: 'a' },
    /no regular expression/,
  ],
  ['a pattern to capture with', "- { get: /, capture: { a: { pattern: '(${K})' } } }", { K: 'a' }, /no regular expression/],
  [
    'a reference of a schema',
    '- { get: /, expect: { schema: { properties: { a: { $ref: "#/$defs/none" } } } } }',
    {},
    /\$ref "#\/\$defs\/none" leads nowhere/,
  ],
  ['a reference to elsewhere', '- { get: /, expect: { schema: { items: { $ref: "https://a.example/b" } } } }', {}, /leads nowhere/],
  [
    'a pattern of a schema',
    '- { get: /, expect: { schema: { properties: { a: { pattern: "(" } } } } }',
    {},
    /is no JSON Schema that can be used/,
  ],
])('what the given values make impossible is told at its line, before anything is asked: %s', (_what, text, given, message) => {
  expect(problemsOf(text, given)).toEqual([expect.stringMatching(message)])
})

test('a reference inside the schema is followed', () => {
  const text = '- { get: /, expect: { schema: { $defs: { id: { type: number } }, properties: { a: { $ref: "#/$defs/id" } } } } }'
  expect(problemsOf(text, {})).toEqual([])
})

test.each<[string, string, RegExp]>([
  ['an address', '- get: "${x}"', /"\$\{x\}" is no http address with the values that it has here/],
  ['a header', '- { get: /b, headers: { x-a: "${x}" } }', /the header `x-a` has a line end/],
  ['a pattern', '- { get: /b, expect: { body: { matches: "${x}" } } }', /cannot be judged: .* is no regular expression/],
])('the same of a captured value is a failure of its check, and shows no value: %s', async (_what, check, message) => {
  const url = await serve((_, response) => void response.end(JSON.stringify({ x: 'http://[sesame\n(' })))
  const { results } = await trial({ url, checks: `- { get: /a, capture: { x: { json: $.x, secret: true } } }\n${check}` })
  expect(results.map(({ state }) => state)).toEqual(['passed', 'failed'])
  expect(results[1]?.failure?.message).toMatch(message)
  expect(JSON.stringify(results)).not.toContain('sesame')
})

test('a schema that cannot judge says so', async () => {
  const url = await serve((_, response) => void response.end('{"a":1}'))
  const { first } = await trial({ url, checks: '- { get: /, expect: { schema: { required: 5 } } }' })
  expect(first).toMatch(/the schema cannot judge it/)
})

test.each([
  ['of the body', 'expect: { body: { matches: "(a+)+!?x$" } }'],
  ['that is captured with', "capture: { x: { pattern: '(a+)+!?x' } }"],
  ['in a JSONPath', 'expect: { json: { "$[?search(@, \'(a+)+!?x$\')]": { length: 1 } } }'],
  ['of a schema', 'expect: { schema: { items: { pattern: "^(a+)+$" } } }'],
  ['to wait for', 'poll: { until: { body: { matches: "(a+)+!?x$" } }, every: 10ms, for: 20ms }'],
])('a pattern that takes for ever does not hold the step up: %s', async (_where, expected) => {
  const url = await serve((_, response) => void response.end(JSON.stringify([`${'a'.repeat(60)}!`])))
  const { verdict, rollbackRecommended, results } = await trial({ url, checks: `- get: /\n  time-limit: 500ms\n  ${expected}` })
  expect({ verdict, rollbackRecommended }).toEqual({ verdict: 'assertion', rollbackRecommended: false })
  expect(results[0]?.failure?.message).toMatch(/could not be judged within \d+ ms: a pattern of this check takes too long/)
})

test('of an answer that came when the time for everything was nearly over it is not said that it was wrong', async () => {
  const url = await serve((_, response) => void response.end(JSON.stringify([`${'a'.repeat(60)}!`])))
  const checks = '- { get: /, time-limit: 20s, expect: { body: { matches: "(a+)+!?x$" } } }'
  const { verdict, rollbackRecommended, first } = await trial({ url, checks, timeoutMs: 300 })
  expect({ verdict, rollbackRecommended }).toEqual({ verdict: 'slow', rollbackRecommended: false })
  expect(first).toMatch(/the time for everything \(`timeout`\) was over before its answer was judged/)
})

test('a pattern of the version that takes for ever ends with the time for everything', async () => {
  const server = createServer((_, response) => void response.end(`${'a'.repeat(60)}!`))
  closers.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { first, rollbackRecommended } = await trial({ url, version: 'v1', versionFrom: 'pattern (a+)+x', timeoutMs: 300 })
  expect(first).toMatch(/the pattern .* takes too long on the answer/)
  expect(rollbackRecommended).toBe(false)
})
