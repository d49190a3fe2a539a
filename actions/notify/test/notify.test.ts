import { createOutputs, createSecrets } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'
import { notify } from '../src/notify.ts'
import { openWebhook, type Webhook } from './webhook.ts'

const RELEASE = '20260131T093000Z-aaaaaaa-77.1'
const env = {
  ...{ GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: 'a'.repeat(40), GITHUB_ACTOR: 'ann', GITHUB_RUN_ID: '77' },
}
let webhook: Webhook
beforeEach(async () => {
  webhook = await openWebhook()
})
afterEach(() => webhook.close())

const step = (outputs: Record<string, string>, outcome = 'success') => ({ outputs, outcome, conclusion: outcome })

async function tell(
  given: Record<string, string>,
  steps: Record<string, unknown> = {},
  fetched: typeof fetch = fetch,
  patienceMs = 10_000,
) {
  const [runner, log, clock, secrets] = [new FakeRunner(), new FakeLog(), new FakeClock(), createSecrets()]
  const texts = { url: webhook.url, job: 'success', steps: JSON.stringify(steps), on: 'all', environment: 'production', ...given }
  const ports = {
    log,
    clock,
    secrets,
    env,
    outputs: createOutputs(runner, secrets),
    signal: new AbortController().signal,
    fetch: fetched,
    patienceMs,
  }
  const verdict = await notify(inputsOf('notify', inputs, texts), ports)
  return { verdict, outputs: Object.fromEntries(runner.outputs), warnings: log.text('warning'), slept: clock.slept, secrets }
}
const text = () => webhook.got[0]?.body.text

test('a deploy that was taken back is told with the release that serves, the run and the commit', async () => {
  const { outputs } = await tell({ job: 'failure' }, { deploy: step({ status: 'reverted', 'release-id': RELEASE }, 'failure') })
  expect(outputs).toEqual({ event: 'reverted', status: 'sent' })
  expect(webhook.got[0]?.type).toBe('application/json')
  expect(text()).toBe(
    `*acme/shop → production*: 🟠 failed, and the release before serves again\n• deploy: reverted (${RELEASE})\n` +
      '<https://github.com/acme/shop/actions/runs/77|run 77>, commit aaaaaaa, by ann',
  )
})

test.each<[string, string, Record<string, unknown>]>([
  ['failed', 'failure', { tests: step({}, 'failure') }],
  ['cancelled', 'cancelled', {}],
  ['succeeded', 'success', { deploy: step({ status: 'deployed' }) }],
  ['succeeded', 'success', { rollback: step({ status: 'planned' }) }],
  ['waiting', 'success', { promote: step({ status: 'planned', promotion: '{"schema":1}' }) }],
  ['rolled-back', 'success', { rollback: step({ status: 'rolled-back' }) }],
  ['rolled-back', 'failure', { smoke: step({ status: 'failed', warm: 'rolled-back' }, 'failure') }],
  ['reverted', 'failure', { rollback: step({ status: 'reverted' }, 'failure') }],
  ['failed', 'failure', { smoke: step({ status: 'failed', warm: 'kept' }, 'failure') }],
])('%s: a job with %s and %j', async (event, job, steps) => {
  expect((await tell({ job }, steps)).outputs.event).toBe(event)
})

test('of outputs only status and release leave the job, and only in their own form', async () => {
  await tell({}, { deploy: step({ status: 'a b', 'release-id': '<!channel>', token: 'ghs_1234567890' }), 'a<b>&': step({}, 'failure') })
  expect(text()).toMatch(/• a&lt;b&gt;&amp;: failure\n/)
  expect(text()).not.toMatch(/channel|ghs_|deploy:/)
})

test('as JSON a program gets the same', async () => {
  await tell(
    { job: 'failure', format: 'json', text: 'Pager: 42' },
    { deploy: step({ status: 'reverted', 'release-id': RELEASE }, 'failure') },
  )
  expect(webhook.got[0]?.body).toEqual({
    ...{ 'deploy-actions': 1, event: 'reverted', environment: 'production', repository: 'acme/shop', commit: 'a'.repeat(40), actor: 'ann' },
    run: { id: '77', attempt: 1, url: 'https://github.com/acme/shop/actions/runs/77' },
    steps: [{ id: 'deploy', outcome: 'failure', status: 'reverted', release: RELEASE }],
    ...{ text: 'Pager: 42', at: '2026-01-01T00:00:00.000Z' },
  })
})

test('what nobody wants to know is not told', async () => {
  expect((await tell({ on: 'failed' })).outputs).toEqual({ event: 'succeeded', status: 'silent' })
  expect(webhook.got).toEqual([])
})

test('a webhook that is busy is asked again after the time that it names', async () => {
  webhook.next.push(429, 503)
  const { outputs, slept } = await tell({})
  expect([outputs.status, slept, webhook.got.length]).toEqual(['sent', [2000, 2000], 3])
})

test.each([
  ['taken away', [404], 1, 'it answered 404'],
  ['somewhere else', [302], 1, 'it answered 302'],
  ['broken', [500, 500, 500], 3, 'it answered 500'],
])('a webhook that is %s is a warning, and the step is green', async (_, answers, times, why) => {
  webhook.next.push(...answers)
  const { verdict, outputs, warnings } = await tell({})
  expect([verdict, outputs.status, webhook.got.length]).toEqual(['ok', 'not-sent', times])
  expect(warnings).toBe(`nobody was told that this job is "succeeded": ${why}`)
})

test('where nothing listens it is tried again, and the warning does not say the address', async () => {
  await webhook.close()
  const { verdict, warnings, slept } = await tell({})
  expect([verdict, warnings, slept]).toEqual(['ok', expect.stringContaining('it could not be reached (ECONNREFUSED)'), [1000, 1000]])
  expect(warnings).not.toContain('abcdefghij')
})

test('a message that may have arrived is not sent twice', async () => {
  let asked = 0
  const hangs = ((_url, init) => {
    asked += 1
    const signal = init?.signal as AbortSignal
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  }) as typeof fetch
  const { verdict, warnings } = await tell({}, {}, hangs, 20)
  expect([verdict, asked, warnings]).toEqual(['ok', 1, expect.stringContaining('there was no answer in time')])
})

test('the parts of the address are masked, which errors of others may say', async () => {
  const { secrets } = await tell({})
  expect(secrets.redact('no_service: /abcdefghijklmnopqrstuvwx is gone')).toBe('no_service: /*** is gone')
})
