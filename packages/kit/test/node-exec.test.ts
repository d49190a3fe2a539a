import { nodeExec, UserError } from '@deploy-actions/kit'
import { expect, test } from '@jest/globals'

const node = (script: string, options = {}) => nodeExec.run(process.execPath, ['-e', script], options)

test('a program gets its input and gives back code and both streams', async () => {
  const result = await node(
    'process.stdin.on("data", (d) => console.log(String(d).toUpperCase())); console.error("e"); process.exitCode = 3',
    { stdin: 'abc' },
  )
  expect(result).toEqual({ code: 3, stdout: 'ABC\n', stderr: 'e\n' })
})

test('lines are handed on without their ends, the last one too', async () => {
  const seen: string[] = []
  await node('process.stdout.write("a\\r\\nb\\nc")', { onLine: (line: string) => seen.push(line) })
  expect(seen).toEqual(['a', 'b', 'c'])
})

test('a program that is not there is named with a code', async () => {
  await expect(nodeExec.run('no-such-program', [])).rejects.toMatchObject({
    code: 'DA-EXEC-NOT-FOUND',
    message: expect.stringContaining('no-such-program'),
  })
})

test('a cancelled run ends the program and rejects with the reason', async () => {
  const controller = new AbortController()
  const reason = new UserError('DA-CANCELLED', 'stop')
  const running = node('console.log("up"); setInterval(() => undefined, 1000)', {
    signal: controller.signal,
    onLine: () => controller.abort(reason),
  })
  await expect(running).rejects.toBe(reason)
})

test('a program ended by a signal is no success', async () => {
  expect((await node('process.kill(process.pid, "SIGKILL")')).code).toBe(137)
})

test('a program that does not read its input is no failure', async () => {
  expect((await node('process.exit(0)', { stdin: 'x'.repeat(1_000_000) })).code).toBe(0)
})
