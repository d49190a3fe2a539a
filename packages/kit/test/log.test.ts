import { createLog, createSecrets, prefixed } from '@deploy-actions/kit'
import { FakeClock, FakeLog, FakeRunner } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

function logOn(kind: 'github' | 'shell', clock = new FakeClock()) {
  const runner = new FakeRunner(kind)
  const secrets = createSecrets()
  secrets.add('hunter2!')
  secrets.suspect('postgres://shop')
  return { runner, log: createLog(runner, secrets, clock) }
}

test('everything that is told is redacted', async () => {
  const { runner, log } = logOn('github')
  log.info('key hunter2!')
  log.error('key hunter2!', 'DA-X')
  log.raw(['key hunter2!'])
  await log.group('key hunter2!', async () => log.progress('hunter2!', async () => undefined))
  expect(runner.written + JSON.stringify(runner.annotations)).not.toContain('hunter2!')
})

test('a group inside a group is a heading, because GitHub does not nest them', async () => {
  const { runner, log } = logOn('github')
  await log.group('Prepare', () => log.group('Pull', async () => log.info('web')))
  expect(runner.written).toBe('::group::Prepare\n-- Pull\nweb\n::endgroup::\n')
})

test('a group ends when its work fails', async () => {
  const { runner, log } = logOn('github')
  await expect(log.group('Pull', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(runner.written).toContain('::endgroup::')
})

test('in a shell a group is a heading', async () => {
  const { runner, log } = logOn('shell')
  await log.group('Prepare', async () => log.info('web'))
  expect(runner.written).toBe('\n== Prepare\nweb\n')
})

test('lines of a container are shown but not obeyed', () => {
  const { runner, log } = logOn('github')
  log.raw(['::error::gotcha'])
  expect(runner.written).toMatch(/^::stop-commands::([\w-]+)\n::error::gotcha\n::\1::\n$/)
})

test('a plain line that looks like a command is not obeyed either', () => {
  const { runner, log } = logOn('github')
  log.info('  ::set-env name=x::y')
  log.info('##[error]x')
  expect(runner.written.match(/::stop-commands::/g)).toHaveLength(2)
})

test('work that takes long says so after 1, 3 and 5 seconds', async () => {
  const clock = new FakeClock({ auto: false })
  const { runner, log } = logOn('shell', clock)
  await log.progress('Pull web', () => clock.advance(5_500))
  expect(runner.written).toBe('… Pull web (1 s)\n… Pull web (3 s)\n… Pull web (5 s)\n')
})

test('quick work says nothing', async () => {
  const clock = new FakeClock({ auto: false })
  const { runner, log } = logOn('shell', clock)
  expect(await log.progress('Pull web', async () => 7)).toBe(7)
  expect(runner.written).toBe('')
})

test('the lines of one host carry its name', async () => {
  const log = new FakeLog()
  const web1 = prefixed(log, 'web1')
  web1.info('a\nb')
  await web1.group('Pull', async () => web1.raw(['c']))
  expect(log.text()).toBe('[web1] a\n[web1] b\n[web1] Pull\n[web1] c')
})

test('what may be a secret is taken out of lines that we did not write, and stays in ours', () => {
  const { runner, log } = logOn('shell')
  log.raw(['connecting to postgres://shop/db'])
  log.info('postgres://shop is asked')
  expect(runner.written).toContain('connecting to ***/db')
  expect(runner.written).toContain('postgres://shop is asked')
})
