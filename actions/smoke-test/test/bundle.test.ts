import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'

let server: Server
let url: string
const asked: string[] = []
let repository: string
beforeAll(async () => {
  repository = mkdtempSync(join(tmpdir(), 'smoke-repository-'))
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`)
    const json = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/health') return void json(200, { version: 'v2', database: 'ok' })
    if (request.url === '/login') return void json(200, { token: 'captured-token-1234' })
    if (request.url === '/private') return void json(200, { said: request.headers.authorization })
    json(500, { error: 'hunter2-secret and ::error::gotcha' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`
})
afterAll(async () => {
  rmSync(repository, { recursive: true, force: true })
  await new Promise((resolve) => server.close(resolve))
})

const run = (inputs: Record<string, string>, env: Record<string, string> = {}) =>
  runBundle('smoke-test', {
    inputs: { url, 'in-a-row': '1', interval: '100ms', timeout: '20s', ...inputs },
    env: { GITHUB_REPOSITORY: 'acme/shop', ...env },
    cwd: repository,
  })

test('all bad inputs and all bad checks are told in one annotation, and nobody is asked', async () => {
  asked.length = 0
  const { code, annotations, outputs } = await run({
    ...{
      url: 'shop',
      'expect-version': '',
      'in-a-row': '0',
      timeout: '5',
      resolve: 'shop=here',
      candidate: 'secret',
      'tls-min-days': 'many',
    },
    ...{ variables: '1a=b', 'env-keys': 'NOWHERE', 'tls-ca': 'no.pem', 'settle-warm': 'true', 'version-from': 'somewhere' },
  })
  expect({ code, status: outputs.status, count: annotations.length }).toEqual({ code: 1, status: 'failed', count: 1 })
  const told = annotations[0]?.message
  for (const input of [
    'url',
    'expect-version',
    'in-a-row',
    'timeout',
    'resolve',
    'candidate',
    'tls-min-days',
    'variables',
    'env-keys',
    'tls-ca',
    'host',
    'ssh-key',
    'version-from',
  ])
    expect(told).toContain(`input \`${input}\` `)
  expect(told).not.toContain('"secret"')
  expect(asked).toEqual([])
})

test('mistakes in a file of checks are pinned to the first of their lines', async () => {
  writeFileSync(join(repository, 'smoke.yaml'), '- get: /\n- get: /x\n  expects: 200\n- post: y\n')
  const { annotations } = await run({ checks: 'smoke.yaml' })
  expect(annotations).toMatchObject([{ title: 'DA-CHECKS-INVALID', file: 'smoke.yaml', line: 3 }])
  expect(annotations[0]?.message).toMatch(
    /smoke.yaml, line 3, column 3: `expects` is no word of a check; did you mean `expect`\?[\s\S]*smoke.yaml, line 4, column 3/,
  )
})

test('a dry run shows what would be asked, and asks nothing', async () => {
  asked.length = 0
  const { code, outputs, summary, stdout } = await run({ 'dry-run': 'true', checks: '- get: /private' })
  expect({ code, status: outputs.status, asked }).toEqual({ code: 0, status: 'planned', asked: [] })
  expect(stdout).toContain('would ask  GET /private')
  expect(summary).toContain('nothing was asked')
})

test('a green test: outputs, summary, report; a captured secret is nowhere', async () => {
  mkdirSync(join(repository, 'out'), { recursive: true })
  const checks = `
- flow: log in
  steps:
    - post: /login
      json: { password: '\${PASSWORD}' }
      capture: { token: { json: $.token, secret: true } }
    - get: /private
      headers: { authorization: 'Bearer \${token}' }
      expect: { json: { $.said: 'Bearer \${token}' } }
`
  const { code, outputs, stdout, summary, masks, annotations } = await run(
    { checks, 'expect-version': 'v2', 'env-keys': 'PASSWORD', 'report-directory': 'out/report', junit: 'out/smoke.xml' },
    { PASSWORD: 'hunter2-secret' },
  )
  expect({ code, annotations }).toEqual({ code: 0, annotations: [] })
  expect(outputs).toMatchObject({
    status: 'passed',
    verdict: 'passed',
    'rollback-recommended': 'false',
    warm: 'none',
    report: expect.stringMatching(/out\/report$/),
  })
  expect(asked).toContain('GET /private Bearer captured-token-1234')
  expect(masks).toEqual(expect.arrayContaining(['hunter2-secret', 'captured-token-1234']))
  expect(summary).toMatch(/Smoke test passed[\s\S]*version v2[\s\S]*log in: GET \/private/)
  const shown = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  const files = ['report/report.json', 'report/report.html', 'report/junit.xml', 'smoke.xml'].map((file) =>
    readFileSync(join(repository, 'out', file), 'utf8'),
  )
  for (const text of [...shown, summary, ...files]) {
    expect(text).not.toContain('captured-token')
    expect(text).not.toContain('hunter2')
  }
})

test('a red test: annotations at the lines, outputs and report all the same, nothing foreign is obeyed', async () => {
  writeFileSync(
    join(repository, 'red.yaml'),
    '- get: /private\n- get: /broken\n  expect:\n    status: 200\n- { get: /gone, severity: warn }\n',
  )
  const { code, outputs, annotations, summary, stdout } = await run(
    { checks: 'red.yaml', 'env-keys': 'PASSWORD', 'report-directory': 'red' },
    { PASSWORD: 'hunter2-secret' },
  )
  expect(code).toBe(1)
  expect(outputs).toMatchObject({ status: 'failed', verdict: 'unhealthy', 'rollback-recommended': 'true' })
  expect(annotations).toMatchObject([
    {
      level: 'error',
      title: 'DA-SMOKE-UNHEALTHY',
      file: 'red.yaml',
      line: 4,
      message: expect.stringMatching(/GET \/broken: the status is 500, not 200/),
    },
    { level: 'warning', file: 'red.yaml', line: 5 },
  ])
  expect(summary).toMatch(/Smoke test failed[\s\S]*A rollback is recommended/)
  expect(stdout).toContain('| {"error":"*** and ::error::gotcha"}')
  expect(readFileSync(join(outputs.report ?? '', 'junit.xml'), 'utf8')).toContain('failures="1"')
})

test('a version that never comes: not-rolled-out, no rollback, no check made', async () => {
  asked.length = 0
  const { outputs, annotations } = await run({ 'expect-version': 'v3', timeout: '1s', checks: '- get: /private' })
  expect(outputs).toMatchObject({ verdict: 'not-rolled-out', 'rollback-recommended': 'false' })
  expect(annotations).toMatchObject([{ title: 'DA-SMOKE-NOT-ROLLED-OUT' }])
  expect(asked.filter((one) => !one.startsWith('GET /health'))).toEqual([])
})

test('a cancelled run ends at once and says so', async () => {
  const { code, annotations, outputs } = await runBundle('smoke-test', {
    inputs: { url, 'expect-version': 'v9', timeout: '10m' },
    env: { GITHUB_REPOSITORY: 'acme/shop' },
    signalAfter: { text: 'not yet', signal: 'SIGTERM' },
  })
  expect({ code, status: outputs.status }).toEqual({ code: 1, status: 'failed' })
  expect(annotations.map(({ title }) => title)).toContain('DA-CANCELLED')
})
