import { expect, test } from '@jest/globals'
import { passwordsIn } from '../src/index.ts'

test.each([
  ['postgres://shop:p%40ss@h/x', ['p%40ss', 'p@ss']],
  ['postgresql+asyncpg://shop:plain@h/x', ['plain', 'plain']],
  ['postgres://shop:odd%4@h/x', ['odd%4']],
  ['postgres://shop@h:5432/x', []],
  [undefined, []],
])('the password of %j is masked as it is written and as it is meant', (url, passwords) => {
  expect(passwordsIn(url)).toEqual(passwords)
})
