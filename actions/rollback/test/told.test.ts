import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'
import type { RollbackResult } from '../src/rollback.ts'
import { toldOf } from '../src/told.ts'

const LIVE = '20260131T093000Z-1a2b3c4-77.1'
const OLD = '20260130T093000Z-0f0f0f0-76.1'
const COMMIT = '0f0f0f0'.padEnd(40, '0')

const request = { app: 'shop', inputs: inputsOf('rollback', inputs, { host: 'shop', 'ssh-key': 'key', reason: 'prices are wrong' }) }
const result = (changes: Partial<RollbackResult> = {}): RollbackResult => ({
  ...{ status: 'rolled-back', release: OLD, of: OLD, way: 'stopped' },
  record: JSON.stringify({ schema: 1, commit: COMMIT, images: { web: 'ghcr.io/acme/web@sha256:ab' } }),
  hosts: [{ name: 'shop', status: 'rolled-back', live: { release: LIVE, slot: 'blue' }, events: [] }],
  ...changes,
})

test('a way back says what serves again, what was left, and why', () => {
  expect(toldOf(result(), request)).toMatchObject({
    ...{ of: OLD, commit: COMMIT, state: 'success', serves: true, description: `Rolled back: ${OLD}` },
    payload: { release: OLD, previous: LIVE, via: 'rollback', reason: 'prices are wrong', images: { web: 'ghcr.io/acme/web@sha256:ab' } },
  })
})

test('one that was taken back serves nothing new', () => {
  expect(toldOf(result({ status: 'reverted' }), request)).toMatchObject({ state: 'failure', serves: false })
})

test('a release that is live already has no record at hand, and is told all the same', () => {
  expect(toldOf(result({ status: 'unchanged', record: '' }), request)).toMatchObject({ unchanged: true, commit: undefined })
})

test('a dry run tells nothing, nor what somebody else superseded', () => {
  expect(toldOf(result({ status: 'superseded' }), request)).toBeUndefined()
  expect(toldOf(result({ status: 'planned' }), request)).toBeUndefined()
})
