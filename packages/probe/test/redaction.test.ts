import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSecrets } from '@deploy-actions/kit'
import { htmlOf, reportOf } from '@deploy-actions/probe'
import { afterEach, expect, test } from '@jest/globals'
import { trial } from './try-checks.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => (request.url === '/health' ? void response.end('{}') : answer(request, response)))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const SECRET = `hunter2-${'0123456789abc'.repeat(15)}`

test.each([
  ['a value of JSON', `{"echo":"${SECRET}"}`, '{ json: { $.echo: other } }'],
  ['a body', `x${SECRET}`, '{ body: other }'],
  ['a header', '{}', '{ header: { x-echo: other } }'],
  ['a value that is wanted', '{}', "{ json: { $.echo: '${KEY}' } }"],
  ['a part of a health answer', `{"database":{"status":"${SECRET}"}}`, undefined],
  ['a text that is no JSON', `Bearer ${SECRET}`, '{ json: { $.a: 1 } }'],
  ['the end of the excerpt', `${'x'.repeat(380)}${SECRET}`, '201'],
  ['the end of what the excerpt is made of', `${'token=abcdefghijklmnopqrst '.repeat(58)}${SECRET}`, '201'],
])('a long secret is not cut into a part that nobody would know: %s', async (_where, body, expected) => {
  const url = await serve((_, response) => void response.writeHead(200, { 'content-type': 'text/plain', 'x-echo': SECRET }).end(body))
  const checks = expected === undefined ? '- health: { path: /, parts: [database] }' : `- { get: /, expect: ${expected} }`
  const { results } = await trial({ url, checks, variables: { KEY: SECRET }, masked: [SECRET] })
  expect(results[0]?.state).toBe('failed')
  expect(JSON.stringify(results[0])).not.toContain('hunter2')
})

test.each([
  ['at once', ''],
  ['while it is waited for', ', poll: { until: { json: { $.done: true } }, every: 20ms, for: 100ms }'],
])('what a check captures as a secret is masked also when the answer is wrong: %s', async (_when, more) => {
  const url = await serve((_, response) => void response.end('{"key":"sesame-open","all":["apple-pie-1"],"done":false}'))
  const capture = '{ k: { json: $.key, secret: true }, none: $.none, l: { json: "$.all[*]", secret: true } }'
  const expected = more === '' ? ', expect: { body: apple-tart }' : ''
  const { results } = await trial({ url, checks: `- { get: /, capture: ${capture}${expected}${more} }` })
  expect(results[0]?.state).toBe('failed')
  expect(results[0]?.failure?.excerpt).toContain('"done":false')
  expect(JSON.stringify(results[0])).not.toMatch(/sesame|pie/)
})

test('a secret in an address, and what looks like one, is in no report', async () => {
  const url = await serve((_, response) => void response.end('{}'))
  const key = 'a b+c/d?e#f&g=%h!~*üx'
  const checks = "- { get: /q, query: { k: '${KEY}' } }\n- get: /p/${KEY}\n- { name: t, get: '/t?access_token=not-told&x=1' }"
  const tried = await trial({ url, checks, variables: { KEY: key }, masked: [key] })
  const masked = createSecrets()
  masked.add(key)
  const report = reportOf(url, tried, (text) => masked.redactForeign(text))
  expect(report.checks.flatMap(({ exchanges }) => exchanges.map((one) => one.url.replace(url, '')))).toEqual([
    '/q?k=***',
    '/p/***',
    '/t?access_token=***&x=1',
  ])
  expect(htmlOf(report)).not.toMatch(/not-told|a(?:%20|\+)b/)
})
