import { type Machine, type Run, runAction, secret, text, UserError, type Verdict } from '@deploy-actions/kit'
import { FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

class FakeMachine implements Machine {
  readonly runner: FakeRunner
  readonly env: Record<string, string>
  code = 0
  endedAt: number | undefined
  signal: (name: 'SIGINT' | 'SIGTERM', at: number) => void = () => undefined
  uncaught: (error: unknown) => void = () => undefined

  constructor(env: Record<string, string> = {}, kind: 'github' | 'shell' = 'github') {
    this.env = env
    this.runner = new FakeRunner(kind)
  }

  write(text: string): void {
    this.runner.write(text)
  }

  exitCode(code: number): void {
    this.code = code
  }

  exitNow(code: number): void {
    this.endedAt = code
  }

  exitAfter(): void {}

  onSignal(listener: (name: 'SIGINT' | 'SIGTERM', at: number) => void): void {
    this.signal = listener
  }

  onUncaught(listener: (error: unknown) => void): void {
    this.uncaught = listener
  }
}

test('work that never settles is no success', () => {
  const machine = new FakeMachine()
  void runAction(() => new Promise(() => undefined), machine)
  expect(machine.code).toBe(1)
})

test('only a verdict of ok is a success', async () => {
  const machine = new FakeMachine()
  await runAction(async () => 'ok', machine)
  expect(machine.code).toBe(0)
  await runAction(async () => 'failed', machine)
  expect(machine.code).toBe(1)
})

test('what ends a run early stands in its summary too, with what to do and without a secret', async () => {
  const machine = new FakeMachine()
  const work = async ({ secrets }: Run): Promise<Verdict> => {
    secrets.add('hunter2-hunter2')
    throw new UserError('DA-CANCELLED', 'hunter2-hunter2 was refused', { hint: 'Mend it.' })
  }
  await runAction(work, machine)
  expect(machine.runner.summary).toMatch(
    /## ❌ Failed\n\n\*\*DA-CANCELLED\*\*: \*\*\* was refused\n\nMend it\.\n\nMore: docs\/errors\.md#da-cancelled/,
  )
  const shell = new FakeMachine({}, 'shell')
  await runAction(work, shell)
  expect(shell.runner.summary).toBe('')
})

test("a user's mistake is one annotation with code, hint and link", async () => {
  const machine = new FakeMachine({
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_ACTION_REPOSITORY: 'acme/deploy-actions',
    GITHUB_ACTION_REF: 'v1',
  })
  await runAction(() => Promise.reject(new UserError('DA-CANCELLED', 'it broke', { hint: 'Mend it.' })), machine)
  expect(machine.runner.annotations).toEqual([
    {
      level: 'error',
      title: 'DA-CANCELLED',
      message: 'it broke\nMend it.\nMore: https://github.com/acme/deploy-actions/blob/v1/docs/errors.md#da-cancelled',
    },
  ])
})

test('any other failure is a bug to report, with its stack and cause', async () => {
  const machine = new FakeMachine()
  await runAction(() => Promise.reject(new Error('oops', { cause: new Error('socket closed') })), machine)
  expect(machine.runner.annotations[0]?.message).toBe('Unexpected error, please report it: oops')
  expect(machine.runner.written).toContain('run-action.test.ts')
  expect(machine.runner.written).toContain('Caused by: socket closed')
})

test('what is thrown where nobody waits for it ends the step, told as every failure and without its secrets', async () => {
  const machine = new FakeMachine({ INPUT_KEY: 'hunter2!' })
  void runAction((run) => {
    run.inputs({ key: secret() })
    return new Promise(() => undefined)
  }, machine)
  machine.uncaught(new Error('a socket gave hunter2! away'))
  await new Promise((resolve) => setImmediate(resolve))
  expect([machine.endedAt, machine.runner.outputs.get('status')]).toEqual([1, 'failed'])
  expect(machine.runner.annotations[0]?.message).toBe('Unexpected error, please report it: a socket gave *** away')
  expect(machine.runner.summary).toContain('DA-UNEXPECTED')
})

test('outputs that were set before a failure stay, and status says failed', async () => {
  const machine = new FakeMachine()
  await runAction(async (run) => {
    run.outputs.set('release-id', 'r1')
    throw new UserError('DA-CANCELLED', 'no')
  }, machine)
  expect(Object.fromEntries(machine.runner.outputs)).toEqual({ 'release-id': 'r1', status: 'failed' })
})

test('a status that the work has set is kept', async () => {
  const machine = new FakeMachine()
  await runAction(async (run) => {
    run.outputs.set('status', 'reverted')
    return 'failed'
  }, machine)
  expect(machine.runner.outputs.get('status')).toBe('reverted')
})

test('inputs come from the variables of the runner, and secret ones are masked', async () => {
  const machine = new FakeMachine({ 'INPUT_SSH-KEY': 'hunter2!', INPUT_HOST: 'web1' })
  await runAction(async (run) => {
    const values = run.inputs({ 'ssh-key': secret(), host: text })
    run.log.info(`${values.host} ${values.sshKey}`)
    return 'ok'
  }, machine)
  expect(machine.runner.masks).toContain('hunter2!')
  expect(machine.runner.written).toBe('web1 ***\n')
})

test('in a shell a missing input is given by a flag, and a secret by its variable', async () => {
  const machine = new FakeMachine({}, 'shell')
  await runAction(async (run) => {
    run.inputs({ host: text, 'ssh-key': secret() })
    return 'ok'
  }, machine)
  expect(machine.runner.annotations[0]?.message).toContain('input `host` is required. Give it as `--host …`.')
  expect(machine.runner.annotations[0]?.message).toContain(
    'input `ssh-key` is required. Set SSH_KEY in the environment, or SSH_KEY_FILE to the path of a file.',
  )
})

test('the first signal aborts the work in order, its echo changes nothing, a later one ends the process', async () => {
  const machine = new FakeMachine()
  let aborted: unknown
  await runAction(async (run) => {
    machine.signal('SIGINT', 1_000)
    machine.signal('SIGINT', 1_100)
    aborted = run.signal.reason
    expect(machine.endedAt).toBeUndefined()
    machine.signal('SIGTERM', 8_500)
    return 'failed'
  }, machine)
  expect(aborted).toMatchObject({ code: 'DA-CANCELLED' })
  expect(machine.endedAt).toBe(143)
})

test('in a shell the outputs are printed at the end', async () => {
  const machine = new FakeMachine({}, 'shell')
  await runAction(async (run) => {
    run.outputs.set('status', 'planned')
    return 'ok'
  }, machine)
  expect(Object.fromEntries(machine.runner.outputs)).toEqual({ status: 'planned' })
  expect(machine.runner.written).toContain('== Outputs')
})
