import { workflowRun } from '@deploy-actions/release'
import { expect, test } from '@jest/globals'

const SHA = '1a2b3c4d'.repeat(5)
const env = { GITHUB_RUN_ID: '77', GITHUB_RUN_ATTEMPT: '2', GITHUB_REPOSITORY: 'acme/shop', GITHUB_SHA: SHA, GITHUB_ACTOR: 'ann' }

test('a workflow run has a number, an attempt and an address', () => {
  const url = 'https://github.com/acme/shop/actions/runs/77'
  expect(workflowRun(env)).toEqual({ run: { id: '77', attempt: 2, url }, who: url, repository: 'acme/shop', commit: SHA, actor: 'ann' })
})

test("the address is that of the company's own GitHub", () => {
  expect(workflowRun({ ...env, GITHUB_SERVER_URL: 'https://git.example.com' }).run?.url).toBe(
    'https://git.example.com/acme/shop/actions/runs/77',
  )
})

test('at a terminal there is a person at a machine, and no run', () => {
  const nobody = { run: undefined, repository: undefined, commit: undefined, actor: undefined }
  expect(workflowRun({ USER: 'ann', HOSTNAME: 'laptop' })).toEqual({ ...nobody, who: 'ann@laptop' })
  expect(workflowRun({ LOGNAME: 'ann' }).who).toBe('ann@a terminal')
  expect(workflowRun({}).who).toBe('somebody@a terminal')
})

test('what does not look like a run or a commit is none', () => {
  expect(workflowRun({ ...env, GITHUB_RUN_ID: 'x' }).run).toBeUndefined()
  expect(workflowRun({ ...env, GITHUB_REPOSITORY: undefined }).run).toBeUndefined()
  expect(workflowRun({ ...env, GITHUB_SHA: 'main' }).commit).toBeUndefined()
})

test('a run without an attempt is its first', () => {
  expect(workflowRun({ ...env, GITHUB_RUN_ATTEMPT: undefined }).run?.attempt).toBe(1)
})
