import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actionsExec, UserError } from '@deploy-actions/kit'
import { expect, test } from '@jest/globals'

const node = (script: string, options = {}) => actionsExec.run(process.execPath, ['-e', script], options)

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
  await expect(actionsExec.run('no-such-program', [])).rejects.toMatchObject({
    code: 'DA-EXEC-NOT-FOUND',
    message: expect.stringContaining('no-such-program'),
  })
})

test('a character that arrives in two pieces stays whole', async () => {
  const seen: string[] = []
  const script = 'process.stdout.write(Buffer.from([0xc3]), () => setTimeout(() => process.stdout.write(Buffer.from([0xa4, 0x0a])), 50))'
  const { stdout } = await node(script, { onLine: (line: string) => seen.push(line) })
  expect([stdout, seen]).toEqual(['ä\n', ['ä']])
})

test('a cancelled run rejects at once with the reason, and leaves the program alone', async () => {
  const controller = new AbortController()
  const reason = new UserError('DA-CANCELLED', 'stop')
  let pid = 0
  const running = node('console.log(process.pid); setInterval(() => undefined, 1000)', {
    signal: controller.signal,
    onLine: (line: string) => {
      pid = Number(line)
      controller.abort(reason)
    },
  })
  await expect(running).rejects.toBe(reason)
  expect(process.kill(pid, 'SIGKILL')).toBe(true) // throws when the program is gone
})

test('nothing is started when the run was cancelled before', async () => {
  const signal = AbortSignal.abort(new UserError('DA-CANCELLED', 'stop'))
  await expect(actionsExec.run('no-such-program', [], { signal })).rejects.toMatchObject({ code: 'DA-CANCELLED' })
})

test('a program ended by a signal is no success', async () => {
  expect((await node('process.kill(process.pid, "SIGKILL")')).code).toBe(128)
})

test('a program that ends at once, without reading anything, does not end us', async () => {
  for (let times = 0; times < 30; times++) expect(await actionsExec.run('true', [])).toMatchObject({ code: 0 })
})

test('arguments, directory and environment reach the program as they are; nothing is printed', async () => {
  const args = ['a b', '"', "'$HOME'", '', '\\']
  const result = await actionsExec.run(
    process.execPath,
    ['-p', 'JSON.stringify([process.argv.slice(1), process.cwd(), process.env])', ...args],
    {
      cwd: '/',
      env: { ONE: '1', NONE: undefined },
    },
  )
  const [argv, cwd, env] = JSON.parse(result.stdout)
  expect([argv, cwd, env]).toEqual([args, '/', { ONE: '1' }])
})

test('a program whose path has a space is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy actions '))
  try {
    symlinkSync(process.execPath, join(folder, 'node'))
    expect((await actionsExec.run(join(folder, 'node'), ['-p', '1'])).stdout).toBe('1\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
