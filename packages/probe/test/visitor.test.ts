import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { trial } from './try-checks.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A server that remembers what it was asked; /health is always well. */
async function serve(
  answer: RequestListener = (_, response) => void response.end('{}'),
  { address = '127.0.0.1', port = 0, version = 'v1' } = {},
) {
  const asked: { path: string; method: string; headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    if (request.url === '/health') return void response.setHeader('x-version', version).end(JSON.stringify({ version }))
    asked.push({ path: request.url ?? '', method: request.method ?? '', headers: request.headers, body })
    answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, address, resolve))
  const bound = (server.address() as AddressInfo).port
  return { url: `http://${address}:${bound}`, port: bound, asked }
}

test('a flow is one visitor: cookies are kept, and not given to other flows', async () => {
  const { url, asked } = await serve((request, response) => {
    if (request.url === '/in')
      response.setHeader('set-cookie', ['session=abc; Path=/; HttpOnly', 'gone=1; Max-Age=0', 'deep=1; Path=/deep'])
    response.end('{}')
  })
  const { verdict } = await trial({
    url,
    checks:
      '- flow: a\n  steps:\n    - { get: /in, expect: { cookie: { session: abc } } }\n    - get: /x\n    - get: /deep/er\n- get: /alone',
  })
  expect(verdict).toBe('passed')
  expect(asked.map(({ headers }) => headers.cookie)).toEqual([undefined, 'session=abc', 'deep=1; session=abc', undefined])
})

test('the first critical failure ends a flow; what stands alone goes on', async () => {
  const { url, asked } = await serve((request, response) => void response.writeHead(request.url === '/bad' ? 404 : 200).end('{}'))
  const { results } = await trial({
    url,
    checks: '- flow: a\n  steps:\n    - { get: /warned, expect: 201, severity: warn }\n    - get: /bad\n    - get: /never\n- get: /alone',
  })
  expect(results.map(({ name, state, why }) => [name, state, why])).toEqual([
    ['GET /warned', 'failed', undefined],
    ['GET /bad', 'failed', undefined],
    ['GET /never', 'not-run', '"GET /bad" failed'],
    ['GET /alone', 'passed', undefined],
  ])
  expect(asked.map(({ path }) => path)).toEqual(['/warned', '/bad', '/bad', '/alone'])
})

test('the header of a candidate, passwords and cookies never go to another host, also after a redirect', async () => {
  const other = await serve(undefined, { address: '127.0.0.2' })
  const { url, asked } = await serve((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: `${other.url}/there`, 'set-cookie': 'session=abc' }).end()
    else response.end('{}')
  })
  const checks = `- get: /away\n  follow: true\n  basic: { user: a, password: b }\n  headers: { x-plain: 1 }\n- get: ${other.url}/direct`
  const { verdict } = await trial({ url, checks, headers: { 'x-deploy-candidate': 'secret' } })
  expect(verdict).toBe('passed')
  expect(asked[0]?.headers).toMatchObject({
    'x-deploy-candidate': 'secret',
    authorization: `Basic ${Buffer.from('a:b').toString('base64')}`,
  })
  expect(other.asked.map(({ path }) => path)).toEqual(['/there', '/direct'])
  for (const { headers } of other.asked)
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/candidate|authorization|cookie/)]))
  expect(other.asked[0]?.headers).not.toHaveProperty('x-plain')
})

test('a form that leads on becomes a GET; 307 keeps method and body', async () => {
  const { url, asked } = await serve((request, response) => {
    if (request.url === '/form') response.writeHead(302, { location: '/done' }).end()
    else if (request.url === '/again') response.writeHead(307, { location: '/done' }).end()
    else response.end('{}')
  })
  await trial({ url, checks: '- { post: /form, form: { a: 1 }, follow: 1 }\n- { post: /again, json: { a: 1 }, follow: true }' })
  expect(asked.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
    'POST /form a=1',
    'GET /done ',
    'POST /again {"a":1}',
    'POST /done {"a":1}',
  ])
})

test.each([307, 308])('what a check sends never goes to another origin: %s with a body is a failure', async (status) => {
  const other = await serve(undefined, { address: '127.0.0.2' })
  const { url } = await serve((_, response) => void response.writeHead(status, { location: `${other.url}/there` }).end())
  const { first } = await trial({ url, checks: '- { post: /, json: { key: 1 }, follow: true }' })
  expect(first).toBe(`assertion: ${url}/ leads with ${status} to ${other.url}: what this POST sends is for ${url}, and goes nowhere else`)
  expect(other.asked).toEqual([])
})

test('a login that comes back to where it began, with a cookie, is no circle', async () => {
  const { url, asked } = await serve((request, response) => {
    if (request.url === '/login') response.writeHead(302, { location: '/', 'set-cookie': 'in=1; Path=/' }).end()
    else if (request.headers.cookie === undefined) response.writeHead(302, { location: '/login' }).end()
    else response.end('welcome')
  })
  expect((await trial({ url, checks: '- { get: /, follow: true, expect: { body: welcome } }' })).first).toBeUndefined()
  expect(asked.map(({ path }) => path)).toEqual(['/', '/login', '/'])
})

test('the same way with the same cookies is a circle', async () => {
  const { url } = await serve((request, response) => {
    response.writeHead(302, { location: request.url === '/login' ? '/' : '/login', 'set-cookie': 'in=1; Path=/' }).end()
  })
  expect((await trial({ url, checks: '- { get: /, follow: true }' })).first).toMatch(/round in a circle/)
})

test('a redirect that nobody follows is told with where it leads', async () => {
  const { url } = await serve((_, response) => void response.writeHead(301, { location: 'https://shop.example.com/' }).end())
  expect((await trial({ url, checks: '- get: /' })).first).toBe(
    'assertion: the status is 301 and leads to https://shop.example.com/ (`follow: true` goes there), not 2xx',
  )
})

test('every kind of body and query arrives as it was meant', async () => {
  const { url, asked } = await serve()
  const checks = `
- { post: /json, json: { id: '\${id}', text: 'n \${id} $\${x}' } }
- { post: /form, form: { a: 'x y', b: 'ü&=' } }
- { put: /text, body: 'plain \${id}' }
- { get: /q, query: { a: 'x y', b: '&' } }
- { post: /parts, multipart: { note: 'hällo', file: { file: a.txt, type: text/plain }, made: { bytes: 1KB, name: m.bin } } }
`
  const { verdict } = await trial({ url, checks, variables: { id: 7 }, files: { 'a.txt': 'content of a' } })
  expect(verdict).toBe('passed')
  const [json, form, text, query, parts] = asked
  expect(json).toMatchObject({ body: '{"id":7,"text":"n 7 ${x}"}', headers: { 'content-type': 'application/json' } })
  expect(form?.body).toBe('a=x+y&b=%C3%BC%26%3D')
  expect(text?.body).toBe('plain 7')
  expect(query?.path).toBe('/q?a=x+y&b=%26')
  expect(parts?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
  expect(parts?.body).toMatch(
    /name="note"\r\n\r\nhällo\r\n[\s\S]*filename="a.txt"\r\nContent-Type: text\/plain\r\n\r\ncontent of a[\s\S]*filename="m.bin"/,
  )
})

test('captures come from JSON, headers, cookies and patterns; secret ones are registered', async () => {
  const { url, asked } = await serve(
    (_, response) =>
      void response
        .writeHead(200, { 'x-id': '9', 'set-cookie': 'csrf=ccc' })
        .end('{"token":"ttt","list":[{"n":1},{"n":2}],"html":"<a id=\\"42\\">"}'),
  )
  const checks = `
- get: /a
  capture: { t: { json: $.token, secret: true }, all: '$.list[*].n', h: { header: X-Id }, c: { cookie: csrf, secret: true }, p: { pattern: 'id=."(\\d+)' } }
- { post: /b, json: { t: '\${t}', all: '\${all}', h: '\${h}', c: '\${c}' } }
`
  const tried = await trial({ url, checks })
  expect(tried.first).toBeUndefined()
  expect(JSON.parse(asked[1]?.body ?? '')).toEqual({ t: 'ttt', all: [1, 2], h: '9', c: 'ccc' })
  expect(tried.secrets).toEqual(['ttt', 'ccc'])
})

test('what is not there to capture is a failure, and so is whatever needs it', async () => {
  const { url } = await serve()
  const { results, verdict } = await trial({ url, checks: '- { get: /a, capture: { id: $.id } }\n- get: /b/${id}' })
  expect(verdict).toBe('assertion')
  expect(results.map(({ failure }) => failure?.message)).toEqual([
    'nothing to capture for `id`: the body has no `$.id`',
    'it needs `id`, which no check above has captured',
  ])
})

test('`when` leaves a check out, and says why', async () => {
  const { url, asked } = await serve()
  const { results } = await trial({
    url,
    checks: '- { get: /a, when: { stage: production } }\n- { get: /b, when: { stage: { ne: production } } }',
    variables: { stage: 'test' },
  })
  expect(results.map(({ state, why }) => [state, why])).toEqual([
    ['skipped', '`stage` is "test", not "production"'],
    ['passed', undefined],
  ])
  expect(asked.map(({ path }) => path)).toEqual(['/b'])
})

test.each([
  ['"$.items[?@.name==\'shoes\']": { exists: true }', 'is missing'],
  ['$..error: { exists: false }', undefined],
  ['"$.items[*].id": { length: 0 }', undefined],
  ['$.items: { exists: true }', undefined],
])('a path that can meet several values exists only where it meets one: %s', async (rule, message) => {
  const { url } = await serve((_, response) => void response.end('{"version":"v2","items":[]}'))
  const { results } = await trial({ url, checks: `- { get: /a, expect: { json: { ${rule} } } }` })
  expect(results[0]?.failure?.message).toEqual(message === undefined ? undefined : expect.stringContaining(message))
})

test('every address of a name is waited for and asked; two versions are no rollout', async () => {
  const first = await serve(undefined, { address: '127.0.0.1' })
  const second = await serve(undefined, { address: '127.0.0.2', port: first.port, version: 'v1' })
  const url = `http://shop.test:${first.port}`
  const addresses = { 'shop.test': ['127.0.0.1', '127.0.0.2'] }
  const same = await trial({ url, addresses, version: 'same', checks: '- { get: /x, every-node: true }\n- get: /y' })
  expect(same.verdict).toBe('passed')
  expect(same.results.map(({ name }) => name)).toEqual(['GET /x (at 127.0.0.1)', 'GET /x (at 127.0.0.2)', 'GET /y'])
  expect([first.asked, second.asked].map((asked) => asked.map(({ path, headers }) => `${path} ${headers.host}`))).toEqual([
    [`/x shop.test:${first.port}`, `/y shop.test:${first.port}`],
    [`/x shop.test:${first.port}`],
  ])
  const third = await serve(undefined, { address: '127.0.0.3', port: first.port, version: 'v2' })
  expect(third.port).toBe(first.port)
  const mixed = await trial({ url, addresses: { 'shop.test': ['127.0.0.1', '127.0.0.3'] }, version: 'same' })
  expect(mixed).toMatchObject({
    verdict: 'not-rolled-out',
    rollbackRecommended: false,
    first: 'not-rolled-out: 127.0.0.3 has version v2, and 127.0.0.1 has v1',
  })
})

test.each(['header x-version', 'json $.version', 'pattern "version":"([^"]+)"'])('the version is found by %s', async (versionFrom) => {
  const { url } = await serve(undefined, { version: 'abc' })
  expect((await trial({ url, version: 'abc', versionFrom })).verdict).toBe('passed')
})

test('a small load gives its figures, and its limits decide', async () => {
  let count = 0
  const { url } = await serve((_, response) => {
    count += 1
    response.writeHead(count % 10 === 0 ? 500 : 200).end('{}')
  })
  const good = await trial({ url, checks: '- { get: /, repeat: { times: 40, concurrency: 4, p95: 5s, error-rate: 10% } }' })
  expect(good.results[0]).toMatchObject({ state: 'passed', figures: { samples: 40, failed: 4 } })
  const bad = await trial({ url, checks: '- { get: /, repeat: { times: 40, error-rate: 1% } }' })
  expect(bad).toMatchObject({
    verdict: 'unhealthy',
    first: expect.stringMatching(/4 of 40 answers were wrong \(10 %, allowed 1 %\); the first: the status is 500/),
  })
  const few = await trial({ url, checks: '- { get: /, repeat: { for: 1s, p50: 5s, min-samples: 10000, error-rate: 50% } }' })
  expect(few.first).toMatch(/slow: only \d+ answers came, and fewer than 10000 say nothing/)
})

test('a packed answer is unpacked when a check asks for it', async () => {
  const { gzipSync } = await import('node:zlib')
  const { url } = await serve(
    (request, response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(request.url === '/lie' ? 'no gzip' : gzipSync('hello there')),
  )
  expect(
    (
      await trial({
        url,
        checks: '- { get: /, headers: { accept-encoding: gzip }, expect: { body: hello there, header: { content-encoding: gzip } } }',
      })
    ).verdict,
  ).toBe('passed')
  expect((await trial({ url, checks: '- get: /lie' })).first).toMatch(/is not gzip, as it says/)
})
