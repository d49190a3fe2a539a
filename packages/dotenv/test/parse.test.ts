import { expect, test } from '@jest/globals'
import { parseComposeEnvFile } from '../src/index.ts'

const parse = (text: string) => Object.fromEntries(parseComposeEnvFile(text, (name) => ({ OUT: 'out', EMPTY: '' })[name]))

// Each expectation was checked against compose-go's dotenv package in v2.0.2 (Compose 2.26) and v2.16.2.
test.each([
  ['comments and blank lines', '# x\n\nA=1 # note\n#B=2\n', { A: '1' }],
  ['a # without a space belongs to the value', 'A=x#y\nB= # z\n', { A: 'x#y', B: '# z' }],
  ['export, yaml style, spaces around =', 'export A=1\nB: 2\nC = 3\n', { A: '1', B: '2', C: '3' }],
  ['Windows line ends and a byte order mark', '\uFEFFA=1\r\nB="x"\r\n', { A: '1', B: 'x' }],
  ['single quotes keep everything but a quote', "A='$OUT \\n \\'x\\' \\\\'\n", { A: "$OUT \\n 'x' \\\\" }],
  ['double quotes know escapes and variables', 'A="$OUT\\t\\$OUT $$ \\"q\\" \\\\n \\0101"\n', { A: 'out\t$OUT $ "q" \\n A' }],
  ['quoted values may span lines', 'A="1\n2"\nB=\'3\n4\'\n', { A: '1\n2', B: '3\n4' }],
  ['a statement may follow a closing quote', "A='1' B=2\n", { A: '1', B: '2' }],
  ['unquoted values expand variables of lines above', 'A=1\nB=$A-${A}-${NO}-$1\n', { A: '1', B: '1-1--$1' }],
  ['the environment wins over lines above', 'OUT=inner\nB=$OUT\n', { OUT: 'inner', B: 'out' }],
  ['defaults, alternatives, nesting', 'A=${NO:-d} ${EMPTY:-e} ${EMPTY-f} ${OUT:+g} ${NO+h} ${NO:-${OUT}}!\n', { A: 'd e  g  out!' }],
  ['a brace right behind another opening brace does not count', 'A=${NO:-{}}x}\n', { A: '{}}x' }],
  ['a name without = comes from the environment', 'OUT\nNO\nA=1\n', { OUT: 'out', A: '1' }],
  ['the last of two lines wins', 'A=1\nA=2', { A: '2' }],
])('%s', (_, text, values) => {
  expect(parse(text)).toEqual(values)
})

test.each([
  ['A="s3cret\n', 'line 1'],
  ['A=1\nB C=s3cret\n', 'line 2'],
  ['A=1\n\n# c\n{=s3cret\n', 'line 4'],
  ['A=s3cret ${\n', 'A'],
  ['A=${NO:?s3cret}\n', 'variable NO'],
])('%j is refused with the place and without the text', (text, place) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'DA-ENV-FILE-INVALID', message: expect.stringContaining(place) }))
  expect(() => parse(text)).not.toThrow(/s3cret/)
})
