import { inputsOf } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { check, inputs } from '../src/inputs.ts'

const read = (given: Record<string, string>) =>
  inputsOf('promote', inputs, { token: 'ghs_fake', ...given }, (values) => check(values, 'acme/shop'))

const PROMOTION = JSON.stringify({ schema: 1, from: 'staging', to: 'production', deployment: 1, release: 'r', replaces: 0, sha256: 'a' })

test.each<[string, Record<string, string>, RegExp]>([
  ['one environment for both', { to: 'staging' }, /`to` is the same environment as `from`/],
  ['a plan with a promotion', { promotion: PROMOTION }, /`promotion` is given with `phase: plan`/],
  ['an apply without anything that was approved', { phase: 'apply' }, /`promotion` is required with `phase: apply`/],
  ['an empty promotion', { phase: 'apply', promotion: '' }, /`promotion` is empty, although the workflow passed something on/],
  ['a promotion that is none', { phase: 'apply', promotion: '{"schema":2}' }, /`promotion` is no promotion/],
  [
    'a promotion of other environments',
    { phase: 'apply', promotion: PROMOTION, to: 'demo' },
    /is of staging to production, not of staging to demo/,
  ],
  ['force without a reason', { force: 'true' }, /`reason` is required with `force: true`/],
  ['a short commit', { commit: 'abc1234' }, /`commit` must be a commit in full/],
  ['a branch with a space', { branch: 'my branch' }, /`branch` must be the name of a branch/],
  ['a workflow without its folder', { workflows: 'deploy.yml' }, /`workflows` has "deploy.yml", which is no path of a workflow/],
  ['an approver with an @', { approvers: '@ann' }, /`approvers` has "@ann", which is no login and no team/],
  ['an age without a unit', { 'max-age': '14' }, /`max-age`/],
  ['an environment with a line end', { from: 'a\nb' }, /`from` must be the name of an environment/],
  ['a word for a switch', { force: 'yes', reason: 'x' }, /`force` must be true or false/],
  [
    'hosts without a key and without a proof of theirs',
    { host: 'staging.example.com' },
    /`ssh-key` is required with `host`[\s\S]*`known-hosts` is missing/,
  ],
  ['no creators', { creators: ' , ' }, /`creators` is empty/],
])('%s is refused', (_, given, told) => {
  expect(() => read(given)).toThrow(told)
})

test('all mistakes are told together', () => {
  expect(() => read({ token: '', to: 'staging', force: 'true', commit: 'x' })).toThrow(/4 inputs are wrong/)
})

test('a repository is needed', () => {
  expect(check({}, undefined)).toMatchObject([{ input: 'token' }])
})
