import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { actionsExec, type Exec, systemClock } from '@deploy-actions/kit'
import { FakeLog } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { runnerBench } from '../src/runner-bench.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-'))
  log = new FakeLog()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

let log: FakeLog
const benchIn = (signal = new AbortController().signal, tellsAfter = 10_000, exec: Exec = actionsExec) =>
  runnerBench(undefined, {
    exec,
    env: { PATH: process.env.PATH, GITHUB_WORKSPACE: folder, URL: 'x', INPUT_SECRET: 'y' },
    clock: { ...systemClock, sleep: (ms, stop) => systemClock.sleep(ms === 10_000 ? tellsAfter : ms, stop) },
    log,
    signal,
  })
/** Whatever the scripts of this folder started carries its name. */
const alive = () => spawnSync('sh', ['-c', `ps -eo args | grep -F '${folder}/' | grep -v grep`], { encoding: 'utf8' }).stdout

test('a script has the environment of the step without our inputs, and its exit code and words come back', async () => {
  const { code, output } = await benchIn().run(
    { name: 'status', text: 'echo "$URL ${INPUT_SECRET-none} $PWD"; echo oops >&2; exit 5' },
    60_000,
  )
  expect([code, output.split('\n').sort()]).toEqual([5, [`oops`, `x none ${folder}`]])
})

const sleeping = () => `sh -c 'trap "" TERM; : ${folder}/; sleep 300 & wait; wait' & sleep 300; :`

test('at its limit a script is ended with all that it started', async () => {
  expect((await benchIn().run({ name: 'apply', text: sleeping() }, 500)).code).toBe('timeout')
  expect(alive()).toBe('')
})

test('one whose limit is over before its shell is there is ended all the same', async () => {
  const late: Exec = {
    ...actionsExec,
    run: async (program, ...rest) => {
      if (program === 'setsid') await systemClock.sleep(300)
      return actionsExec.run(program, ...rest)
    },
  }
  expect((await benchIn(undefined, 10_000, late).run({ name: 'apply', text: sleeping() }, 50)).code).toBe('timeout')
  expect(alive()).toBe('')
})

test('a cancel ends it, and what the status says since is told', async () => {
  const cancel = new AbortController()
  const bench = benchIn(cancel.signal)
  await bench.run({ name: 'status', text: 'echo "the status"' }, 60_000)
  const running = bench.run({ name: 'apply', text: `echo said before; : >${folder}/said; ${sleeping()}` }, 60_000)
  while (!existsSync(join(folder, 'said'))) await systemClock.sleep(20)
  cancel.abort(new Error('cancelled'))
  expect(await running).toEqual({
    code: 'stopped',
    output: expect.stringMatching(/^said before\nthe status$/),
  })
  expect(alive()).toBe('')
})

test('a script that takes long is not silent: its last line is told again and again, and no word of ours or line of a file', async () => {
  const text = `echo waiting for it; printf '@deploy-actions\tpending\n|alter\n'; until [ -e ${folder}/go ]; do sleep 0.05; done; sleep 0.2`
  const running = benchIn(undefined, 50).run({ name: 'apply', text }, 60_000)
  while (log.entries.length < 2) await systemClock.sleep(20)
  writeFileSync(join(folder, 'go'), '')
  await running
  expect(new Set(log.entries.slice(1).map(({ message }) => message))).toEqual(new Set(['apply goes on: waiting for it']))
  const count = log.entries.length
  await systemClock.sleep(200)
  expect(log.entries).toHaveLength(count)
})
