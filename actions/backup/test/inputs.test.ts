import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { backupProblems, inputs } from '../src/inputs.ts'

const fine = { host: 'one', 'ssh-key': 'x', 'known-hosts': 'x', app: 'shop' }
const reading = (given: Readonly<Record<string, string>>) => inputsOf('backup', inputs, { ...fine, ...given })

test.each<[string, string, RegExp]>([
  ['operation', 'dump', /one of create/],
  ['service', 'd b', /name of a service/],
  ['id', 'latest', /id of a backup/],
  ['id', '../20260131T093000Z', /id of a backup/],
  ['into', 'x"; drop database shop', /letters, digits/],
  ['checks', 'select 1', /SQL => result/],
  ['retention', '7', /three numbers/],
  ['retention', '7,4,all', /three numbers/],
  ['retention', '7,4,-1', /three numbers/],
  ['lock-timeout', '10', /duration/],
  ['dry-run', 'yes', /true or false/],
])('%s: %j is refused', (input, value, said) => {
  expect(() => reading({ [input]: value })).toThrow(said)
})

test.each<[Readonly<Record<string, string>>, string]>([
  [{ operation: 'restore', confirm: 'shop' }, 'id is required'],
  [{ operation: 'restore', id: '20260131T093000Z' }, 'confirm must be `shop`'],
  [{ operation: 'restore', id: '20260131T093000Z', confirm: 'Shop' }, 'confirm must be `shop`'],
  [{ operation: 'create', id: '20260131T093000Z' }, 'id is given, and `operation: create` has no use for it'],
  [{ operation: 'prune', confirm: 'shop' }, 'confirm is given'],
  [{ operation: 'drill', into: 'x' }, 'into is given'],
  [{ operation: 'verify', checks: 'select 1 => 1' }, 'checks is given'],
])('%j is refused', (given, said) => {
  expect(backupProblems(reading(given), 'shop').map(({ input, rule }) => `${input} ${rule}`)).toContainEqual(expect.stringContaining(said))
})

test('into another database no confirmation is needed', () => {
  expect(backupProblems(reading({ operation: 'restore', id: '20260131T093000Z', into: 'look' }), 'shop')).toEqual([])
})
