import {
  bool,
  createSecrets,
  duration,
  each,
  integer,
  json,
  lines,
  matching,
  oneOf,
  optionalText,
  pairs,
  type Reader,
  reader,
  readInputs,
  secret,
  text,
  UserError,
  upstream,
} from '@deploy-actions/kit'
import { expect, test } from '@jest/globals'

function from(given: Record<string, string>) {
  return (name: string) => given[name] ?? ''
}

function failure(work: () => unknown): UserError {
  try {
    work()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('kebab-case inputs become camelCase values of their own types', () => {
  const spec = {
    'ssh-key': secret(),
    'verify-for': duration(),
    'dry-run': bool,
    hosts: lines,
    user: optionalText,
    'keep-releases': integer(),
  }
  const values = readInputs(
    spec,
    from({ 'ssh-key': 'k', 'verify-for': '1h30m', 'dry-run': 'true', hosts: ' a \n# b\n\nc', 'keep-releases': '5' }),
  )
  expect(values).toEqual({ sshKey: 'k', verifyFor: 5_400_000, dryRun: true, hosts: ['a', 'c'], user: undefined, keepReleases: 5 })
})

test('every mistake is reported together with value, rule and fix', () => {
  const error = failure(() =>
    readInputs({ host: text, 'verify-for': duration(), phase: oneOf('all', 'switch') }, from({ 'verify-for': '5', phase: 'al' })),
  )
  expect(error.code).toBe('DA-INPUT-INVALID')
  expect(error.message).toBe(
    [
      '3 inputs are wrong:',
      '- input `host` is required. Give it under `with:`.',
      '- input `verify-for` must be a duration, got "5". Write it with a unit, like 90s, 10m, 1h30m or 500ms.',
      '- input `phase` must be one of all, switch, got "al"',
    ].join('\n'),
  )
})

test('a rule across inputs is reported beside the mistakes of single ones', () => {
  const check = ({ knownHosts }: { knownHosts?: string | undefined }) =>
    knownHosts ? [] : [{ input: 'known-hosts', rule: 'or `host-fingerprint` is required' }]
  const error = failure(() => readInputs({ host: text, 'known-hosts': optionalText }, from({}), { check }))
  expect(error.message).toContain('input `host` is required')
  expect(error.message).toContain('input `known-hosts` or `host-fingerprint` is required')
})

test('a secret is masked before it is judged, and no message repeats it', () => {
  const secrets = createSecrets()
  const spec = { token: secret(matching(/^dop_/, 'must begin with dop_')), settings: secret(json()) }
  const error = failure(() => readInputs(spec, from({ token: 'hunter2-hunter2', settings: 'pass-phrase' }), { secrets }))
  expect(error.message).toContain('input `token` must begin with dop_')
  expect(`${error.message}${error.hint}`).not.toMatch(/hunter2|pass-phrase/)
  expect(secrets.found('hunter2-hunter2')).toBe(true)
})

test('the message of a secret that no reader could parse shows nothing of it', () => {
  const error = failure(() => readInputs({ settings: secret(json()) }, from({ settings: 'pass-phrase' })))
  expect(error.message).not.toMatch(/pass/)
})

test('an empty value that a workflow passed on has its own code and explains why', () => {
  const error = failure(() => readInputs({ build: upstream(json()) }, from({})))
  expect(error.code).toBe('DA-INPUT-EMPTY-UPSTREAM')
  expect(error.message).toContain('masked value')
})

test('a secret keeps its last line end: ssh refuses a key without one', () => {
  expect(readInputs({ 'ssh-key': secret() }, from({ 'ssh-key': 'a\nb\n' })).sshKey).toBe('a\nb\n')
})

test.each<[string, Reader<unknown>, string, string]>([
  ['a number out of range', integer({ min: 1, max: 9 }), '10', 'must be a whole number from 1 up to 9'],
  ['a number with a unit', integer(), '3 s', 'must be a whole number'],
  ['an unknown word for a boolean', bool, 'yes', 'must be true or false'],
  ['a duration without a unit', duration(), '90', 'must be a duration'],
  ['a duration that is too long', duration({ max: 60_000 }), '2m', 'must be at most 60s'],
  ['text that is no JSON', json(), '{', 'must be JSON'],
  ['a line without a key', pairs, 'a=1\nb', 'has a line without key=value: "b"'],
  ['a key given twice', pairs, 'a=1\na=2', 'gives `a` twice'],
  ['one bad line among good ones', each(integer()), '1\nx', 'line "x" must be a whole number'],
])('%s is refused', (_name, reader, given, rule) => {
  expect(failure(() => readInputs({ it: reader }, from({ it: given }))).message).toContain(`input \`it\` ${rule}`)
})

test('pairs keep their order and further equal signs', () => {
  const { images } = readInputs({ images: pairs }, from({ images: 'web=ghcr.io/a/web@sha256:1\nkey = a=b' }))
  expect([...images]).toEqual([
    ['web', 'ghcr.io/a/web@sha256:1'],
    ['key', 'a=b'],
  ])
})

test("a reader's own error keeps its code and hint", () => {
  const build = reader<string>(() => {
    throw new UserError('DA-BUILD-INVALID', 'the record has no commit', { hint: 'Take it from build-push-ghcr.' })
  })
  const error = failure(() => readInputs({ build }, from({ build: '{}' })))
  expect(error.code).toBe('DA-BUILD-INVALID')
  expect(error.message).toBe('input `build` is wrong: the record has no commit. Take it from build-push-ghcr.')
})
