import { formatDuration, parseDuration } from '@deploy-actions/kit'
import { expect, test } from '@jest/globals'

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['1h30m', 5_400_000],
  ['0s', 0],
  ['500ms', 500],
  ['1d', 86_400_000],
])('%s is %d ms', (written, ms) => {
  expect(parseDuration(written)).toBe(ms)
})

test.each(['', '5', '5 s', '-1s', '1.5s', 's', '5x'])('"%s" is no duration', (written) => {
  expect(parseDuration(written)).toBeUndefined()
})

test.each([
  [840, '840 ms'],
  [2_700, '2.7 s'],
  [45_200, '45 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_900_000, '1 h 5 min'],
])('%d ms reads as %s', (ms, words) => {
  expect(formatDuration(ms)).toBe(words)
})
