import { expect, test } from '@jest/globals'
import { broken, readCondition } from '../src/condition.ts'

const says = (written: unknown, actual: unknown, asText = false) => broken(readCondition(written), actual, (text) => text, asText)

test.each<[unknown, unknown, boolean]>([
  ['ok', 'ok', true],
  ['ok', 'no', false],
  [1, '1', false],
  [{ ne: 1 }, 2, true],
  [{ ne: 1 }, undefined, true],
  [{ lt: 5 }, 4, true],
  [{ le: 5 }, 5, true],
  [{ gt: 5, lt: 7 }, 6, true],
  [{ gt: 5, lt: 7 }, 8, false],
  [{ ge: 5 }, '5', true],
  [{ gt: 5 }, 'many', false],
  [{ gt: 5 }, null, false],
  [{ contains: 'ell' }, 'hello', true],
  [{ contains: 2 }, [1, 2], true],
  [{ 'not-contains': 2 }, [1, 3], true],
  [{ matches: '^v\\d+$' }, 'v12', true],
  [{ 'not-matches': 'error' }, 'fine', true],
  [{ in: ['a', 'b'] }, 'b', true],
  [{ exists: true }, null, true],
  [{ exists: false }, undefined, true],
  [{ exists: false }, 0, false],
  [{ type: 'array' }, [], true],
  [{ type: 'object' }, null, false],
  [{ type: 'null' }, null, true],
  [{ length: 2 }, 'ab', true],
  [{ length: { gt: 0 } }, [], false],
  [{ length: { gt: 0 } }, 7, false],
  [[1, 2], [1, 2], true],
  [{ eq: { a: 1 } }, { a: 1 }, true],
  [null, null, true],
  [null, undefined, false],
])('%j for %j holds: %s', (written, actual, holds) => {
  expect(says(written, actual) === undefined).toBe(holds)
})

test('a header is text: 1 and "1" are the same there', () => {
  expect(says(1, '1', true)).toBeUndefined()
  expect(says({ in: [1, 2] }, '2', true)).toBeUndefined()
})

test.each([
  ['ok', 'no', 'is "no", not "ok"'],
  ['ok', undefined, 'is missing; it should be "ok"'],
  [{ contains: 'a' }, 'b', 'does not contain "a": "b"'],
  [{ gt: 3 }, 2, 'is 2, not more than 3'],
  [{ exists: true }, undefined, 'is missing'],
  [{ matches: 'x' }, undefined, 'is missing'],
])('what is wrong is a sentence: %j for %j', (written, actual, sentence) => {
  expect(says(written, actual)).toBe(sentence)
})

test.each([
  [{ equals: 1 }, /the operator `equals`, which does not exist; there are eq, ne/],
  [{}, /has no operator/],
  [{ gt: 'many' }, /`gt` takes a number, not "many"/],
  [{ exists: 'yes' }, /`exists` takes true or false/],
  [{ in: 'a' }, /`in` takes a list/],
  [{ contains: '' }, /`contains` takes a text that is not empty/],
  [{ type: 'text' }, /`type` is one of string, number/],
  [{ matches: '(' }, /is no regular expression/],
])('%j is refused', (written, message) => {
  expect(() => readCondition(written)).toThrow(message)
})
