import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { check, inputs } from '../src/inputs.ts'

const fine = { tool: 'alembic', host: 'one', 'ssh-key': 'x', 'known-hosts': 'x', app: 'shop' }
const reading = (given: Readonly<Record<string, string>>) => inputsOf('run-migrations', inputs, { ...fine, ...given })
const problems = (given: Readonly<Record<string, string>>) =>
  check(reading(given), 'acme/shop')
    .filter(({ input }) => !['ssh-key', 'known-hosts'].includes(input))
    .map(({ input, rule }) => `${input} ${rule}`)

test.each<[string, string, RegExp]>([
  ['tool', '', /required|one of/],
  ['tool', 'knex', /one of alembic/],
  ['operation', 'undo', /one of apply/],
  ['run-on', 'host', /ssh, runner/],
  ['service', 'a b', /name of a service/],
  ['database-service', 'db;rm', /name of a service/],
  ['working-directory', '/srv/$APP', /path of letters/],
  ['command', 'alembic; rm -rf /', /plain words/],
  ['command', 'alembic -x "a b"', /plain words/],
  ['command', '$(id)', /plain words/],
  ['migrations', 'db/mi grations', /path of letters/],
  ['database-url-env', 'DATABASE-URL', /name of a variable/],
  ['database-url-env', '$DATABASE_URL', /name of a variable/],
  ['to', 'head; drop', /name of a migration/],
  ['phase', 'both', /expand, contract/],
  ['destructive', 'yes', /deny, warn, allow/],
  ['backup', 'true', /before, none/],
  ['database-lock-timeout', '5', /duration/],
  ['database-lock-timeout', '1h', /10m|at most/],
  ['statement-timeout', 'never', /duration/],
  ['timeout', '1s', /5s|at least/],
  ['lock-retries', '-1', /whole number|from 0/],
  ['entrypoint', 'keep', /true or false/],
  ['dry-run', 'maybe', /true or false/],
])('%s: %j is refused', (input, value, said) => {
  expect(() => reading({ [input]: value })).toThrow(said)
})

test.each<[Readonly<Record<string, string>>, RegExp]>([
  [{ operation: 'down' }, /^to is required/],
  [{ operation: 'down', tool: 'drizzle', to: '1' }, /operation `down` is nothing that drizzle can do/],
  [{ tool: 'dbmate', to: '2026' }, /to is given, and dbmate cannot stop/],
  [{ tool: 'golang-migrate', to: 'v4' }, /to must be the number/],
  [{ tool: 'django', to: '0004' }, /to must be `app.migration`/],
  [{ tool: 'custom' }, /status-command is required/],
  [{ tool: 'custom', 'status-command': 'x' }, /apply-command is required/],
  [{ 'apply-command': 'x' }, /apply-command is given, but alembic/],
  [{ 'run-on': 'runner' }, /backup is `before`, and the runner makes none/],
  [{ 'run-on': 'runner', backup: 'none', phase: 'contract' }, /phase is `contract`, and the runner/],
  [{ 'run-on': 'runner', backup: 'none', 'database-service': 'db' }, /no Compose project/],
  [{ host: '' }, /host is required/],
  [{ 's3-bucket': 'backups' }, /s3-region is required/],
  [
    { 's3-bucket': 'backups', 's3-endpoint': 'store.example', 's3-access-key': 'x', 's3-secret-key': 'y', backup: 'none' },
    /makes nothing that could go there/,
  ],
])('%j is refused', (given, said) => {
  expect(problems(given)).toContainEqual(expect.stringMatching(said))
})

test('on the runner no host and no key are needed', () => {
  expect(check(reading({ 'run-on': 'runner', backup: 'none', host: '', 'ssh-key': '', 'known-hosts': '' }), 'acme/shop')).toEqual([])
})
