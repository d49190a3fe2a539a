import { expect, test } from '@jest/globals'
import { inEachShell } from '../../agent/test/shells.ts'
import { keptBy, timeOf } from '../src/index.ts'

const DAY = 86_400_000
const idOf = (at: number) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')

test('an id is a time', () => {
  expect(timeOf('20260131T093000Z')).toBe(Date.UTC(2026, 0, 31, 9, 30))
})

test('the newest of all stays, whatever the rule', () => {
  expect(keptBy(['20260130T093000Z', '20260131T093000Z'], [0, 0, 0])).toEqual(['20260131T093000Z'])
  expect(keptBy([], [7, 4, 12])).toEqual([])
})

inEachShell((shell) => {
  test('what is kept in a store that no host knows is what a host would keep there', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const ids = Array.from({ length: 60 * seed }, (_, at) =>
        idOf(Date.UTC(2023, seed * 3, 1) + ((at * at * 7919 * seed) % 500) * DAY + at * 60_000),
      )
      const rule = [seed * 2, 6 - seed, seed * 3]
      const { stdout } = shell.run(`printf '%s\\n' ${ids.join(' ')} | kept_backups ${rule.join(' ')}`)
      expect(keptBy(ids, rule)).toEqual([...new Set(stdout.trim().split('\n'))])
    }
  })
})
