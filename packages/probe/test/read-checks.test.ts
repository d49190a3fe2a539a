import { Mistake } from '@deploy-actions/kit'
import { readChecks } from '@deploy-actions/probe'
import { expect, test } from '@jest/globals'

const files = {
  read(path: string) {
    if (path === 'broken.json') return Buffer.from('{')
    if (path === 'photo.jpg') return Buffer.from('jpg')
    throw new Mistake(`the file ${path} is not there`)
  },
  whyNotWritable: () => undefined,
  write: (path: string) => path,
}
const read = (text: string, names: string[] = []) =>
  readChecks({ text, base: new URL('https://shop.example.com/health'), files, names: new Set(names) })
const problemsOf = (text: string, names?: string[]) =>
  read(text, names).problems.map(({ place, message }) => `${place.line}:${place.column} ${message}`)

test('short and long forms are the same check', () => {
  const [short, long] = read(
    "- { get: /, expect: 200 }\n- { get: /, expect: { status: ['200'] }, severity: critical, recheck: true, follow: false, time-limit: 10s }",
  ).flows
  expect({ ...short?.steps[0], place: 0, at: 0 }).toEqual({ ...long?.steps[0], place: 0, at: 0 })
  expect(short?.steps[0]).toMatchObject({ name: 'GET /', severity: 'critical', request: { method: 'GET', follow: 0, timeLimitMs: 10_000 } })
})

test('a check knows the lines of its parts', () => {
  const check = read('- get: /\n  expect:\n    json:\n      $.a: 1\n      $.b: 2').flows[0]?.steps[0]
  expect(check?.place).toEqual({ line: 1, column: 3 })
  expect(check?.at('expect', 'json', '$.b')).toEqual({ line: 5, column: 7 })
  expect(check?.at('expect', 'header')).toEqual({ line: 2, column: 3 })
})

test('ready-made checks say in ordinary words what they ask', () => {
  const flows = read(
    '- https-redirect: /\n- security-headers: /\n- websocket: /live\n- health: /health\n- cors: { path: /api, origin: https://a.example }',
  ).flows
  const steps = flows.map(({ steps }) => steps[0])
  expect(steps.map((step) => [step?.request.method, step?.request.url, step?.severity, step?.expect.statuses.join()])).toEqual([
    ['GET', 'http://shop.example.com/', 'critical', '301,302,307,308'],
    ['GET', '/', 'warn', '2xx'],
    ['GET', '/live', 'critical', '101'],
    ['GET', '/health', 'critical', '2xx'],
    ['OPTIONS', '/api', 'critical', '2xx'],
  ])
  expect([...(steps[1]?.expect.headers.keys() ?? [])]).toContain('strict-transport-security')
})

test('what a flow says holds for its steps, unless they say otherwise', () => {
  const [flow] = read('- flow: order\n  severity: warn\n  steps:\n    - get: /a\n    - { get: /b, severity: critical }').flows
  expect([flow?.name, flow?.steps.map(({ severity }) => severity)]).toEqual(['order', ['warn', 'critical']])
})

test.each([
  ['not: a list', '1:1 must be a list of checks, each beginning with `- `'],
  ['', '1:1 must be a list of checks, each beginning with `- `'],
  ['- get: /\n  - x', '2:3 '],
  ['- just text', '1:3 must be a mapping with name, severity'],
  ['- {}', '1:3 says nothing to ask: it needs one of get, post'],
  ['- get: /\n  post: /', '1:3 has `get` and `post`: a check asks one thing'],
  ['- get: /\n  expects: 200', '2:3 `expects` is no word of a check; did you mean `expect`?'],
  ['- get: /\n  expect:\n    staus: 200', '3:5 `staus` is no word of `expect`; did you mean `status`?'],
  ['- get: /\n  expect: 999', '2:3 `expect` must be a status such as 200, 2xx or [200, 302]'],
  ['- get: /\n  expect: { status: [200, ok] }', '2:13 `expect.status` must be a status'],
  ['- get: health', '1:3 asks "health": write a path that begins with /'],
  ['- get: ftp://a/b', '1:3 asks "ftp://a/b"'],
  ['- get: http://[x', '1:3 asks "http://[x", which is no address'],
  ['- get: 7', '1:3 `get` must be a text'],
  ['- get: /\n  json: {}', '1:3 has `json`, but GET sends no body'],
  ['- post: /\n  json: {}\n  form: { a: 1 }', '1:3 has `json` and `form`: a request has one body'],
  ['- post: /\n  form: { a: [1] }', '2:11 `form.a` must be a plain value'],
  ['- post: /\n  multipart: { a: { file: no.jpg } }', '1:3 the file no.jpg is not there'],
  [
    '- post: /\n  multipart: { a: { file: photo.jpg, bytes: 3 } }',
    '1:3 `multipart`: the part `a` is a text, or a mapping with `file` or `bytes`',
  ],
  ['- post: /\n  multipart: { a: { bytes: lots } }', '1:3 must be a size, such as 300, 10KB or 2MB'],
  ["- get: /\n  expect: { json: { '$.a[': 1 } }", '2:13 "$.a[" is no JSONPath'],
  ['- get: /\n  expect: { json: { $.a: { above: 1 } } }', '2:13 `$.a` has the operator `above`, which does not exist'],
  ['- get: /\n  expect: { body: { matches: "(" } }', '2:13 "(" is no regular expression'],
  ['- get: /\n  expect: { time: 800 }', '2:13 `expect.time` must be a duration with its unit'],
  ['- get: /\n  expect: { size: big }', '2:13 `expect.size` must be a size'],
  ['- get: /\n  expect: { schema: broken.json }', '1:3 `schema`: broken.json is no JSON'],
  ['- get: /\n  expect: { schema: { $ref: "#/nowhere" } }', '1:3 is no JSON Schema that can be used'],
  ['- get: /\n  severity: high', '2:3 `severity` must be critical or warn'],
  ['- get: /\n  follow: often', '2:3 `follow` must be true, false, or how many'],
  ['- get: /\n  capture: { 1a: $.a }', '2:3 "1a" is no name of a variable'],
  ['- get: /\n  capture: { a: { jsonpath: $.a } }', '2:3 `a` must be a JSONPath, or a mapping with one of json, header, cookie, pattern'],
  ['- get: /\n  capture: { a: { pattern: abc } }', '2:3 `a` `pattern` needs a group'],
  ['- get: /\n  poll: { every: 2s }', '2:3 `until` is missing in `poll`'],
  ['- get: /\n  repeat: { concurrency: 5 }', '1:3 `repeat` needs `times` or `for`, and not both'],
  ['- get: /\n  repeat: { times: 5, min-samples: 10 }', '1:3 `repeat` asks 5 times, and `min-samples` wants 10'],
  ['- get: /\n  repeat: { times: 5, concurrency: 500 }', '2:23 `repeat.concurrency` must be a whole number from 1 to 50'],
  ['- get: /\n  repeat: { times: 5, error-rate: 3 }', '2:23 `repeat.error-rate` must be a share such as 1%'],
  ['- get: /${who}', '1:3 `${who}` is not known here'],
  ['- flow: a\n  steps: []', '2:3 `steps` needs at least one check'],
  ['- flow: a\n  step: []', '2:3 `step` is no word of a flow; did you mean `steps`?'],
  ['- cors: { path: /a }', '1:3 `origin` is missing in `cors`'],
  ['- get: "unclosed', '1:'],
])('%j is refused at its place', (text, message) => {
  expect(problemsOf(text)).toEqual(expect.arrayContaining([expect.stringContaining(message)]))
})

test('all mistakes come together', () => {
  expect(problemsOf('- get: x\n- { get: /, expects: 1, foo: 2 }\n- flow: f\n  steps:\n    - post: /\n      jsn: {}')).toHaveLength(4)
})

test('a name is known from where it is captured on; `$${` is a plain text', () => {
  const text = '- get: /a\n  capture: { id: $.id }\n- get: /b/${id}?x=$${y}\n- get: /c/${given}'
  expect(problemsOf(text, ['given'])).toEqual([])
  expect(problemsOf(`- get: /b/\${id}\n${text}`, ['given'])).toHaveLength(1)
})
