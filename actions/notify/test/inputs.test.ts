import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { inputs } from '../src/inputs.ts'

const read = (given: Record<string, string>) =>
  inputsOf('notify', inputs, { url: 'https://chat.example.com/hook', job: 'success', ...given })

test.each<[string, Record<string, string>, RegExp]>([
  ['no address', { url: 'chat' }, /`url` must be an address that begins with https/],
  ['an open line', { url: 'http://chat.example.com/hook' }, /`url` must be an address that begins with https/],
  ['a word that is none', { on: 'failed explosion' }, /`on` has "explosion", which is none of failed, reverted/],
  ['steps that are none', { steps: 'steps' }, /`steps` is not what GitHub knows of steps/],
  ['a step without an outcome', { steps: '{"deploy":{"outputs":{}}}' }, /`steps` is not what GitHub knows of steps/],
  ['a job that is none', { job: '' }, /`job`/],
  ['two lines', { text: 'a\nb' }, /`text` must be one line/],
])('%s is refused', (_, given, message) => {
  expect(() => read(given)).toThrow(message)
})

test('an address is not repeated in the error', () => {
  expect(() => read({ url: 'http://chat.example.com/very-secret' })).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('very-secret') }),
  )
})

test('by default a success and a cancelled job are not told', () => {
  expect(read({}).on).toEqual(['failed', 'reverted', 'rolled-back', 'waiting'])
})
