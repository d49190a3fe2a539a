import { type AgentEvent, cutWhileDraining, phasesOf, timingsOf } from '@deploy-actions/agent'
import { expect, test } from '@jest/globals'

const event = (name: string, at: number, fields: Record<string, string> = {}): AgentEvent => ({ name, at, fields })

const whole = [
  ...[event('ready', 1_240), event('locked', 1_250), event('preparing', 2_000), event('prepared', 4_000.4)],
  ...[event('switched', 4_100), event('verified', 9_100), event('drained', 9_400), event('settled', 9_500)],
]

test('moments count from the start of the step', () => {
  expect(timingsOf(whole, 1_000)).toEqual({
    connected: 240,
    planned: 1_000,
    prepared: 3_000,
    serves: 3_100,
    verified: 8_100,
    finished: 8_500,
  })
})

test('a moment that came twice counts when it came first', () => {
  expect(timingsOf([event('switched', 10), event('switched', 20)], 0)).toEqual({ serves: 10 })
})

test('moments that never came are absent, and so are their phases', () => {
  const timings = timingsOf([event('ready', 5), event('preparing', 9), event('settled', 30)], 0)
  expect(timings).toEqual({ connected: 5, planned: 9, finished: 30 })
  expect(phasesOf(timings)).toEqual([
    { name: 'connect', start: 0, end: 5 },
    { name: 'plan', start: 5, end: 9 },
  ])
})

test('the phases of a whole run follow each other without a gap', () => {
  const phases = phasesOf(timingsOf(whole, 1_000))
  expect(phases.map(({ name }) => name)).toEqual(['connect', 'plan', 'prepare', 'switch', 'verify', 'drain and finish'])
  for (const [at, { start }] of phases.entries()) expect(start).toBe(phases[at - 1]?.end ?? 0)
})

test('what was cut is that of the last slot that was drained; nothing drained, nothing to say', () => {
  const drained = (requests: string, streams: string) => event('drained', 0, { 'requests-cut': requests, 'streams-cut': streams })
  expect(cutWhileDraining([drained('9', '9'), drained('0', '2')])).toEqual({ requests: '0', streams: '2' })
  expect(cutWhileDraining([event('drained', 0)])).toEqual({ requests: '0', streams: '0' })
  expect(cutWhileDraining([event('ready', 0)])).toBeUndefined()
})
