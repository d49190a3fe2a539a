import { expect, test } from '@jest/globals'
import { type AgentEvent, watchedIn } from '../src/index.ts'

const event = (name: string, fields: AgentEvent['fields'] = {}): AgentEvent => ({ name, fields, at: 0 })
const answers = { all: '160', bad: '2', 'before-all': '400', 'before-bad': '1' }

test('answers are told with those of before, and how quick they were where enough came', () => {
  const told = 'While it was verified: 160 answers, 2 of them 5xx (before the switch: 1 of 400).'
  expect(watchedIn([event('answers', { ...answers, p95: '', 'before-p95': '' })]).notes).toEqual([told])
  expect(watchedIn([event('answers', { ...answers, p95: '25', 'before-p95': '' })]).notes).toEqual([`${told} 95 of 100 came within 25 ms.`])
  expect(watchedIn([event('answers', { ...answers, p95: '25', 'before-p95': '10' })]).notes).toEqual([
    `${told} 95 of 100 came within 25 ms (before: 10 ms).`,
  ])
})

test('each secret in a log is a warning, and stands in the summary too', () => {
  const { warnings, notes } = watchedIn([
    event('secret-in-log', { service: 'web', name: 'API_TOKEN' }),
    event('log-errors', { count: '3' }),
  ])
  expect(warnings).toEqual([expect.stringMatching(/^the log of web has the value of API_TOKEN: /)])
  expect(notes).toEqual([
    expect.stringContaining('logged 3 lines of errors'),
    expect.stringMatching(/^⚠️ The log of web has the value of API_TOKEN: .*\.$/),
  ])
})

test('nothing seen, nothing to say', () => {
  expect(watchedIn([event('ready'), event('settled', { status: 'deployed' })])).toEqual({ warnings: [], notes: [] })
})
