import { createSecrets } from '@deploy-actions/kit'
import { commitOf, valuesOf } from '@deploy-actions/plan'
import type { BuildRecord, WorkflowRun } from '@deploy-actions/release'
import { FakeExec } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

const SHA = '1a2b3c4d'.repeat(5)
const run = (commit?: string): WorkflowRun => ({ run: undefined, who: 'ann@home', repository: undefined, commit, actor: undefined })
const git = (answer: object) => new FakeExec({ 'git show': answer })

test.each([
  ['2026-01-30T12:00:00Z', '2026-01-30T12:00:00Z'],
  [null, undefined],
])('a build says which commit it is and when that was made (%s)', async (committedAt, known) => {
  const exec = new FakeExec()
  expect(await commitOf({ commit: SHA, committedAt } as BuildRecord, run('f'.repeat(40)), exec)).toEqual({ sha: SHA, committedAt: known })
  expect(exec.ran).toEqual([])
})

test("without a build it is the workflow's commit, with the time that git knows", async () => {
  const exec = git({ stdout: `${SHA} 2026-01-30T13:00:00+01:00\n` })
  expect(await commitOf(undefined, run(SHA), exec)).toEqual({ sha: SHA, committedAt: '2026-01-30T13:00:00+01:00' })
  expect(exec.ran).toEqual([`git show --no-patch --format=%H %cI ${SHA}`])
})

test('at a terminal it is what is checked out', async () => {
  const exec = git({ stdout: `${SHA} 2026-01-30T13:00:00+01:00\n` })
  expect(await commitOf(undefined, run(), exec)).toMatchObject({ sha: SHA })
  expect(exec.ran).toEqual(['git show --no-patch --format=%H %cI HEAD'])
})

test.each([
  ['git does not know the commit', git({ code: 128, stderr: 'fatal: bad object' })],
  ['git says something else', git({ stdout: 'warning\n' })],
  ['there is no git', new FakeExec()],
])("where %s the workflow's commit has no time, and nobody else's is known at all", async (_what, exec) => {
  expect(await commitOf(undefined, run(SHA), exec)).toEqual({ sha: SHA, committedAt: undefined })
  expect(await commitOf(undefined, run(), exec)).toBeUndefined()
})

test("the values of env-keys are the step's, also empty ones", () => {
  expect(valuesOf(['A', 'B'], { env: { A: '1', B: '', C: '3' }, secrets: createSecrets() })).toEqual(new Map([['A', '1'], ['B', '']])) // biome-ignore format: one line
})

test('every key that the step does not have is named', () => {
  expect(() => valuesOf(['A', 'B', 'C'], { env: { B: '1' }, secrets: createSecrets() })).toThrow(
    expect.objectContaining({ code: 'DA-ENV-KEY-MISSING', message: expect.stringContaining('A, C') }),
  )
})

test('a value of env-keys is taken out of what containers and Compose say', () => {
  const secrets = createSecrets()
  valuesOf(['URL'], { env: { URL: 'postgres://app:pw@db' }, secrets })
  expect([secrets.redactForeign('no route to postgres://app:pw@db'), secrets.found('postgres://app:pw@db')]).toEqual([
    'no route to ***',
    false,
  ])
})
