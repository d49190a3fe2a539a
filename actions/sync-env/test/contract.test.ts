import { expect, test } from '@jest/globals'
import { judgeValues } from '../src/contract.ts'
import { parseTemplate } from '../src/template.ts'

interface Given {
  readonly environment?: string
  readonly env?: Readonly<Record<string, string>>
  readonly unknownKeys?: 'refuse' | 'allow'
  readonly keys?: readonly string[]
  readonly allowEmpty?: readonly string[]
  readonly rotated?: readonly string[]
}

/** What is said against these values; '' when nothing is. */
function against(template: string | undefined, values: Readonly<Record<string, string>>, { env = {}, ...given }: Given = {}): string {
  const about = { environment: undefined, keys: [], allowEmpty: [], rotated: [], unknownKeys: 'refuse', ...given } as const
  try {
    const keys = template === undefined ? undefined : parseTemplate(template, '.env.example')
    judgeValues({ ...about, env, values: new Map(Object.entries(values)), template: keys })
    return ''
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return `${code} ${message}`
  }
}

test.each<[string, string, Readonly<Record<string, string>>, Given?]>([
  ['every key is there', 'A=\nB=x # note\n', { A: '1', B: '2' }],
  ['keys that are commented out may be missing', 'A=\n#B=\n# C=https://example.com\n# export D=1 is a sentence\n', { A: '1' }],
  ['@optional above or behind', '# @optional\nA=\nB= # @optional\n', {}],
  ["a commented key with a rule behind it, which is not the next one's", '#DSN=   # @pattern ^https://\nA=\n', { A: '1' }],
  ['a blank line ends what stands above', '# by @alice\n\nA=\n', { A: '1' }],
  ['an @ and a # in a quoted value', 'A="hi #1 @home"\nB=\'x # @y\' # @min-length 1\n', { A: '1', B: '2' }],
  ['a # that begins no comment', 'A=x#y @home\n', { A: '1' }],
  [
    'a key in several lines, quoted',
    'PEM="-----BEGIN KEY-----\nMIIabc==\nB=\n-----END KEY-----" # @min-length 1\nA=\n',
    { A: '1', PEM: 'x' },
  ],
  ['a key in several lines, bare', 'PEM=-----BEGIN KEY-----\nMIIabc==\n-----END KEY-----\nA=\n', { A: '1', PEM: 'x' }],
  ['a quote that nobody closes', 'B="\nA="x"\n', { A: '1', B: '2' }],
  ['a list in JSON', 'A=\nB=\nC=\n', { A: '["https://shop.example.com"]', B: '[]', C: '[1, 2]' }],
  ['names with my', 'A=\nB=\n', { A: 'My Shop', B: 'my-bucket' }],
  ['an optional key may be empty', 'A= # @optional\n', { A: '' }],
  ['false in production', '# @false-in production\nDEBUG=\n', { DEBUG: 'False' }, { environment: 'production' }],
  ['true elsewhere', '# @false-in production\nDEBUG=\n', { DEBUG: 'true' }, { environment: 'staging' }],
  ['another value than staging', 'KEY= # @differs-from STAGING_KEY\n', { KEY: 'p' }, { env: { STAGING_KEY: 's' } }],
  ['a placeholder that is meant so', 'PASSWORD= # @placeholder-ok\n', { PASSWORD: 'password' }],
  ['unknown keys that are allowed', 'A=\n', { A: '1', B: '2' }, { unknownKeys: 'allow' }],
  ['Windows line ends and a byte order mark', '\uFEFF# @min-length 2\r\nA=\r\n', { A: '12' }],
  ['an address with an @ is no rule', '# ask ops@example.com\nA=\n', { A: '1' }],
])('right: %s', (_, template, values, given = {}) => {
  expect(against(template, values, given)).toBe('')
})

test.each<[string, Readonly<Record<string, string>>, RegExp, Given?]>([
  ['A=\nB=\nC=\n', { B: '1' }, /missing: A, C/],
  ['A=\n', { A: '1', EXTRA: 's3cret', MORE: 's3cret' }, /not in the template: EXTRA, MORE/],
  ['A=\n', { A: '' }, /A is empty/],
  ['A= # @min-length 32\n', { A: 's3cret' }, /A is shorter than 32/],
  ['# @pattern ^https://\nA=\n', { A: 's3cret' }, /A does not match \^https/],
  ['A= # @one-of debug info\n', { A: 's3cret' }, /A is none of debug, info/],
  ['A= # @not s3cret other\n', { A: 'other' }, /A is a value that the template forbids/],
  ['# @false-in production\nDEBUG=\n', { DEBUG: 'True' }, /DEBUG has to be false in production/, { environment: 'production' }],
  ['# @false-in production\nDEBUG=\n', { DEBUG: 'True' }, /`environment` does not say/],
  ['DEBUG= # @false-in production\n', { DEBUG: 'True' }, /DEBUG has to be false in Production/, { environment: 'Production' }],
  ['#DSN=   # @pattern ^https://\nA=\n', { A: '1', DSN: 's3cret' }, /DSN does not match/],
  ['PEM="a\nb==\n" # @min-length 9\n', { PEM: 's3cret' }, /PEM is shorter than 9/],
  ['A=\n', { A: '[your token]' }, /placeholder/],
  ['A=\n', { A: 'my-secret-key' }, /placeholder/],
  ['A= # @differs-from STAGING\n', { A: 's3cret' }, /A is the same as STAGING/, { env: { STAGING: 's3cret' } }],
  ['A= # @differs-from STAGING\n', { A: 's3cret' }, /STAGING, which this step does not have/],
  ['A=\n', { A: 'your-secret-key' }, /A is a placeholder/],
  ['A=\n', { A: 'changeme' }, /placeholder/],
  ['A=\n', { A: '<token>' }, /placeholder/],
  ['A=\n', { A: 'put-it-here' }, /placeholder/],
  ['A=\n', { A: 'XXXXX' }, /placeholder/],
  [
    'A=\nB=\n# @min-length 9\nC=\n',
    { B: 'todo', C: '1', D: '2' },
    /4 things.*missing: A.*not in the template: D.*B is a placeholder.*C is shorter/s,
  ],
])('wrong: %j with %j', (template, values, said, given = {}) => {
  const told = against(template, values, given)
  expect(told).toMatch(/^DA-ENV-CONTRACT/)
  expect(told).toMatch(said)
  expect(told).not.toContain('s3cret')
})

test('without a template a key of the step that is empty is refused, unless it may be', () => {
  expect(against(undefined, { A: '', B: '' }, { keys: ['A', 'B'], allowEmpty: ['B'] })).toMatch(/A is empty\. GitHub makes a secret empty/)
  expect(against(undefined, { A: '' }, { keys: ['A'], allowEmpty: ['A'] })).toBe('')
})

test.each([
  '# @minlength 3\nA=\n',
  '# @Min-Length 3\nA=\n',
  '# @min-length 9\n\nA=\n',
  '# @Optional\n\nA=\n',
  'A=\n# @min-length 9',
  '# @min-length x\nA=\n',
  '# @pattern (\nA=\n',
  '# @one-of\nA=\n',
  'A= # @falsein production\n',
])('a rule that is none is refused with its line: %j', (template) => {
  expect(against(template, {})).toMatch(/^DA-ENV-TEMPLATE \.env\.example, line [12]: @/)
})
