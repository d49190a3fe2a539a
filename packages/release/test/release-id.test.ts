import { expect, test } from '@jest/globals'
import { compareBuilds, formatReleaseId, parseReleaseId } from '../src/index.ts'

const at = new Date('2026-01-31T09:30:05.678Z')

test('a release id has time, commit and run, and reads back', () => {
  const id = formatReleaseId({ at, commit: '1a2b3c4d'.padEnd(40, '0'), run: { id: '123', attempt: 2 } })
  expect(id).toBe('20260131T093005Z-1a2b3c4-123.2')
  expect(parseReleaseId(id)).toEqual({ at: new Date('2026-01-31T09:30:05Z'), commit: '1a2b3c4', run: { id: '123', attempt: 2 } })
})

test('without run and commit it says local and zeros', () => {
  expect(formatReleaseId({ at })).toBe('20260131T093005Z-0000000-local')
  expect(parseReleaseId('20260131T093005Z-0000000-local')).toEqual({ at: new Date('2026-01-31T09:30:05Z'), commit: '0000000' })
})

test.each([
  '',
  'previous',
  '20260131T093005Z-1a2b3c4',
  '20260231T093005Z-1a2b3c4-local',
  '20260131T093005Z-1A2B3C4-local',
  '20260131T093005Z-1a2b3c4-1.0',
  '../20260131T093005Z-1a2b3c4-local',
])('%j is refused', (text) => {
  expect(() => parseReleaseId(text)).toThrow(expect.objectContaining({ code: 'DA-RELEASE-ID' }))
})

test('builds compare by commit time, across zones', () => {
  const early = { commit: 'a', committedAt: '2026-01-01T10:00:00+02:00' }
  const late = { commit: 'b', committedAt: '2026-01-01T09:00:00Z' }
  expect(compareBuilds(early, late)).toBe('older')
  expect(compareBuilds(late, early)).toBe('newer')
  expect(compareBuilds(late, { ...late })).toBe('same')
  expect(compareBuilds(early, { commit: 'c', committedAt: null })).toBe('unknown')
  expect(compareBuilds(early, { ...early, commit: 'c' })).toBe('unknown')
})
