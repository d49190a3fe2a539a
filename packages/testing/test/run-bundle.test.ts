import { fileURLToPath } from 'node:url'
import { runScript } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

const script = fileURLToPath(new URL('fixtures/greet.ts', import.meta.url))

test('a run on GitHub gives back outputs, summary, masks and annotations', async () => {
  const result = await runScript(script, { inputs: { name: 'world', 'api-key': 'hunter2!' } })
  expect(result).toMatchObject({ code: 0, stderr: '', outputs: { greeting: 'hello\nworld', status: 'ok' }, summary: '## Greeted\n\n' })
  expect(result.masks).toContain('hunter2!')
  expect(result.annotations).toEqual([{ level: 'notice', title: 'Done', message: '50%, a: b' }])
})

test('a mistake is one annotation with its code, and status is set', async () => {
  const result = await runScript(script, { inputs: { name: '' } })
  expect(result.code).toBe(1)
  expect(result.outputs).toEqual({ status: 'failed' })
  expect(result.annotations).toEqual([
    { level: 'error', title: 'DA-INPUT-INVALID', message: expect.stringContaining('2 inputs are wrong') },
  ])
})

test('a run without a job summary and in a shell is plain text', async () => {
  const result = await runScript(script, { as: 'shell', inputs: { name: 'world', 'api-key': 'hunter2!' } })
  expect(result.code).toBe(0)
  expect(result.stdout).toContain('== Outputs\noutput greeting: hello\nworld\noutput status: ok\n')
  expect(result.stdout).not.toMatch(/::|hunter2/)
})

test('a signal lets the work put things right before it fails', async () => {
  const signalAfter = { text: 'waiting', signal: 'SIGINT' } as const
  const result = await runScript(script, { inputs: { name: 'nobody', 'api-key': 'hunter2!' }, signalAfter })
  expect(result.stdout).toContain('put right')
  expect(result).toMatchObject({ code: 1, outputs: { status: 'failed' } })
  expect(result.annotations).toContainEqual(expect.objectContaining({ level: 'error', title: 'DA-CANCELLED' }))
})

test('work that never settles ends red', async () => {
  const result = await runScript(script, { inputs: { name: 'never', 'api-key': 'hunter2!' } })
  expect(result.code).toBe(1)
})
