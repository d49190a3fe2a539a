import { expect, test } from '@jest/globals'
import { encodeComposeEnvFile, parseComposeEnvFile } from '../src/index.ts'
import { nastyValues } from './nasty-values.ts'

const encode = (value: string) => encodeComposeEnvFile(new Map([['NAME', value]]))

test.each([
  ['plain', 'plain'],
  ['', ''],
  ['with space ', "'with space '"],
  ["it's", "'it\\'s'"],
  ['$HOME and ${A}', "'$HOME and ${A}'"],
  ['a # b', "'a # b'"],
  ['C:\\dir', "'C:\\dir'"],
  ['ends in \\', '"ends in \\\\"'],
  ["\\'", '"\\\\\'"'],
  ['two\nlines $1', '"two\\nlines \\$1"'],
  ['say "hi"', '\'say "hi"\''],
])('%j is written as %s', (value, written) => {
  expect(encode(value)).toBe(`NAME=${written}\n`)
})

test('every value reads back as it was, on one line, in the order given', () => {
  const values = new Map(nastyValues(500).map((value, index) => [`V${500 - index}`, value]))
  const text = encodeComposeEnvFile(values)
  expect(text.split('\n')).toHaveLength(501)
  expect([...parseComposeEnvFile(text)]).toEqual([...values])
})

test('lines can change places with those of another file', () => {
  const [a, b, c] = encodeComposeEnvFile(
    new Map([
      ['A', 'x\ny'],
      ['B', "q'"],
      ['C', '\\'],
    ]),
  ).split('\n')
  expect([...parseComposeEnvFile(`${c}\n${a}\n${b}\n`)]).toEqual([
    ['C', '\\'],
    ['A', 'x\ny'],
    ['B', "q'"],
  ])
})

test('what an env file cannot hold is refused by name, all at once, without the value', () => {
  const bad = new Map([
    ['NUL', 's3cret\0'],
    ['HALF', 's3cret\ud800'],
    ['2FAST', 's3cret'],
    ['A B', 's3cret'],
    ['', 's3cret'],
    ['FINE', 's3cret'],
  ])
  let thrown: unknown
  try {
    encodeComposeEnvFile(bad)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toMatchObject({ code: 'DA-ENV-UNREPRESENTABLE' })
  const message = (thrown as Error).message
  for (const name of ['NUL', 'HALF', '2FAST', 'A B', '""']) expect(message).toContain(name)
  expect(message).not.toContain('s3cret')
  expect(message).not.toContain('FINE')
})
