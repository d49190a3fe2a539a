import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { check, inputs } from '../src/inputs.ts'

const fine = { host: 'one', 'ssh-key': 'x', 'known-hosts': 'x', path: 'env/a.env', keys: 'A', app: 'shop' }
const reading = (given: Readonly<Record<string, string>>, rules = () => [] as never[]) =>
  inputsOf('sync-env', inputs, { ...fine, ...given }, rules)

test.each<[string, string, RegExp]>([
  ['target', 'heroku', /one of compose-ssh/],
  ['keys', 'A=${{ secrets.A }}', /DA-ENV-TEXT-BLOCK|text of KEY=value/],
  ['keys', 'A\nexport B=2', /text of KEY=value/],
  ['env-file', 'A=1\nB=2', /text of KEY=value/],
  ['env-file', 'KEY=-----BEGIN', /text of KEY=value/],
  ['env-file', '/etc/passwd', /path in the repository/],
  ['env-file', '../other/.env', /path in the repository/],
  ['template', '../.env.example', /path in the repository/],
  ['values', 'A=1', /not JSON/],
  ['values', '{"A": 1}', /no texts: A/],
  ['values', '["a"]', /not an object/],
  ['values', '{"A": "s3cret', /cannot be read as JSON/],
  ['env-file-format', 'env', /one of compose/],
  ['format', 'yaml', /one of compose/],
  ['unknown-keys', 'warn', /refuse, allow/],
  ['path', '../../etc/passwd', /without/],
  ['path', '/etc/a b', /path of letters/],
  ['path', 'env/', /path of letters/],
  ['owner', 'a b', /user:group/],
  ['owner', 'app:', /user:group/],
  ['mode', '0644', /everybody/],
  ['mode', '0602', /everybody/],
  ['mode', 'rw', /octal/],
  ['prune', '*', /prefix/],
  ['prune', 'A*B', /prefix/],
  ['keep', '0', /from 1/],
  ['keep', 'all', /whole number/],
  ['dry-run', 'yes', /true or false/],
  ['lock-timeout', '10', /duration/],
])('%s: %j is refused', (input, value, said) => {
  expect(() => reading({ [input]: value })).toThrow(said)
  expect(() => reading({ [input]: value })).not.toThrow(/s3cret|secrets\.A|BEGIN/)
})

test.each<[string, string]>([
  ['keys', 'A, B\nC'],
  ['path', '/etc/shop/app.env'],
  ['path', '.env'],
  ['mode', '640'],
  ['owner', 'root:app-1'],
  ['prune', 'OLD_*, LEGACY'],
  ['values', '{"A": "x=y"}'],
  ['env-file', 'deploy/base.env'],
])('%s: %j is taken', (input, value) => {
  expect(() => reading({ [input]: value })).not.toThrow()
})

test('nothing to write, no place to write to and no host are told together', () => {
  const problems = check(reading({ host: '', 'ssh-key': '', path: '', keys: '' }), 'acme/shop')
  expect(problems.map(({ input }) => input)).toEqual(expect.arrayContaining(['keys', 'path', 'host', 'ssh-key']))
})

test('rotated is refused for a file that Compose interpolates: no release knows where its values went', () => {
  const problems = (format: string) =>
    check(reading({ format, rotated: 'A' }), 'acme/shop')
      .map(({ input }) => input)
      .includes('rotated')
  expect([problems('compose-interpolation'), problems('compose')]).toEqual([true, false])
})
