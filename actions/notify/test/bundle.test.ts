import { runBundle } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openWebhook, type Webhook } from './webhook.ts'

let webhook: Webhook
beforeEach(async () => {
  webhook = await openWebhook()
})
afterEach(() => webhook.close())

test('as the runner runs it: the message arrives, and the address is masked', async () => {
  const run = await runBundle('notify', { inputs: { url: webhook.url, job: 'failure' }, env: { GITHUB_REPOSITORY: 'acme/shop' } })
  expect([run.code, run.outputs]).toEqual([0, { event: 'failed', status: 'sent' }])
  expect(webhook.got[0]?.body.text).toContain('*acme/shop*: 🔴 failed')
  expect(run.masks).toEqual(expect.arrayContaining([webhook.url, 'abcdefghijklmnopqrstuvwx']))
})

test('a webhook that is gone leaves the step green with one warning', async () => {
  webhook.next.push(410)
  const { code, outputs, annotations } = await runBundle('notify', { inputs: { url: webhook.url, job: 'failure' } })
  expect([code, outputs.status, annotations.map(({ level, title }) => [level, title])]).toEqual([0, 'not-sent', [['warning', 'DA-NOTIFY']]])
})
