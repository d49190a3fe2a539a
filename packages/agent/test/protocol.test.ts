import { expect, test } from '@jest/globals'
import { parseLine } from '../src/protocol.ts'

test.each([
  ['= ready run=/tmp/x', { kind: 'event', name: 'ready', fields: { run: '/tmp/x' } }],
  ['= locked', { kind: 'event', name: 'locked', fields: {} }],
  ['= settled status=deployed', { kind: 'event', name: 'settled', fields: { status: 'deployed' } }],
  ['= digest image=r/a:1 digest=sha256:ab', { kind: 'event', name: 'digest', fields: { image: 'r/a:1', digest: 'sha256:ab' } }],
  ['= drained slot=blue milliseconds=', { kind: 'event', name: 'drained', fields: { slot: 'blue', milliseconds: '' } }],
  ['= x a=b=c', { kind: 'event', name: 'x', fields: { a: 'b=c' } }],
  ['. pulling a', { kind: 'progress', text: 'pulling a' }],
  ['. ', { kind: 'progress', text: '' }],
  ['| {"a": 1}', { kind: 'raw', text: '{"a": 1}' }],
  ['|   indented', { kind: 'raw', text: '  indented' }],
  ['| ', { kind: 'raw', text: '' }],
  ['|', { kind: 'raw', text: '' }],
  ['| = settled status=deployed', { kind: 'raw', text: '= settled status=deployed' }],
  ['! DA-HEALTH-TIMEOUT web did not become healthy', { kind: 'failure', code: 'DA-HEALTH-TIMEOUT', message: 'web did not become healthy' }],
  ['! something else', { kind: 'noise', text: '! something else' }],
  ['!DA-X y', { kind: 'noise', text: '!DA-X y' }],
  ['Welcome to Debian', { kind: 'noise', text: 'Welcome to Debian' }],
  ['=locked', { kind: 'noise', text: '=locked' }],
  ['', { kind: 'noise', text: '' }],
])('%j is understood', (line, meaning) => {
  expect(parseLine(line)).toEqual(meaning)
})

test('a field without a value or without a name is none', () => {
  expect(parseLine('= x word =value  a=1')).toEqual({ kind: 'event', name: 'x', fields: { a: '1' } })
})
