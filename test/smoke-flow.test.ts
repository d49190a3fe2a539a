import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runBundle } from '@deploy-actions/testing'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type AppFault, EventsApp } from './events-app.ts'
import { root } from './repository.ts'

const folder = join(root, 'examples/smoke-flow')
const lines = readFileSync(join(folder, 'tests/smoke.yaml'), 'utf8').split('\n')
let app: EventsApp
beforeAll(async () => {
  app = await EventsApp.open()
})
afterAll(() => app.close())

function flow(fault: AppFault, inputs: Record<string, string> = {}) {
  app.fault = fault
  const url = `${app.url}/health/`
  return runBundle('smoke-test', {
    inputs: {
      url,
      checks: 'tests/smoke.yaml',
      'env-keys': 'SMOKE_PASSWORD',
      'in-a-row': '1',
      interval: '100ms',
      timeout: '20s',
      ...inputs,
    },
    env: { GITHUB_REPOSITORY: 'acme/events', SMOKE_PASSWORD: 'correct horse' },
    cwd: folder,
  })
}

test('the flow of the example is green, tidies up, and shows no secret', async () => {
  const { code, outputs, annotations, summary, stdout, stderr } = await flow('none')
  expect({ code, verdict: outputs.verdict, annotations }).toEqual({ code: 0, verdict: 'passed', annotations: [] })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/ok {4}from login to export: the export gets ready {2}\(.*, asked 3 times\)/)
  expect(stdout).toMatch(/40 answers in .* s, 0 wrong, p50 .*\(a look at the times, no load test\)/)
  expect(app.events.size).toBe(0)
  const shown = stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'))
  expect(shown.join('\n') + summary).not.toMatch(/correct horse|ticket-of-the-export/)
})

const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1

test.each<[AppFault, string, string, RegExp]>([
  ['database-down', 'unhealthy', 'health: {', /`database` is not well: "error"/],
  ['error-page', 'assertion', 'body: Events near you', /the body does not contain "Events near you"/],
  ['login-broken', 'assertion', 'body: Your events', /log in: the body does not contain "Your events"/],
  ['no-uploads', 'unhealthy', 'expect: { status: 201, json: { $.bytes', /upload a photo: the status is 500, not 201/],
  [
    'export-fails',
    'assertion',
    'expect: { json: { $.state: { ne: failed',
    /the export gets ready: `\$.state` is "failed", which it must not be/,
  ],
  ['export-never', 'slow', 'poll: {', /it was not there after \d+ looks: `\$.state` is "working", not "ready"/],
  ['empty-export', 'assertion', 'size: { gt: 20', /download it: the size of the body in bytes is 0, not more than 20/],
])('with the fault %s the verdict is %s, at the line of the check', async (fault, verdict, line, message) => {
  const { code, outputs, annotations } = await flow(fault, fault === 'export-never' ? { timeout: '3s' } : {})
  expect({ code, verdict: outputs.verdict, recommended: outputs['rollback-recommended'] }).toEqual({
    code: 1,
    verdict,
    // That there was too little time for it says nothing of the release.
    recommended: String(fault !== 'export-never'),
  })
  const [first] = annotations.filter(({ level }) => level === 'error')
  expect(first).toMatchObject({ file: 'tests/smoke.yaml', message: expect.stringMatching(message) })
  expect(lines[(first?.line ?? 1) - 1]).toContain(fault === 'database-down' ? 'name: the database' : line)
  expect(lineOf(line)).toBeGreaterThan(0)
})
