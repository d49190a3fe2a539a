import { Readable } from 'node:stream'
import { FakeRemote } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'

test('the longest key that a command begins with gives its answer; what was sent is kept', async () => {
  const remote = new FakeRemote({ docker: {}, 'docker ps': { code: 1, stdout: 'a\nb\n' } })
  const lines: string[] = []
  expect(await remote.run('docker ps -q', { stdin: Readable.from([Buffer.from('in')]), onLine: (line) => lines.push(line) })).toEqual({
    code: 1,
    stdout: 'a\nb\n',
    stderr: '',
  })
  expect((await remote.run('docker pull x')).code).toBe(0)
  expect([remote.ran, remote.stdin, lines]).toEqual([
    ['docker ps -q', 'docker pull x'],
    ['in', ''],
    ['a', 'b'],
  ])
})

test('a command or session without an answer fails the test, a lost one is DA-SSH-LOST', async () => {
  const remote = new FakeRemote({ slow: 'lost' })
  await expect(remote.run('reboot')).rejects.toThrow('no answer for the command: reboot')
  await expect(remote.session('agent')).rejects.toThrow('no answer for the session: agent')
  await expect(remote.run('slow')).rejects.toMatchObject({ code: 'DA-SSH-LOST' })
})

test('a session plays its script', async () => {
  const sessions = {
    agent: (end: { say(line: string): void; onLine(listener: (line: string) => void): void; exit(code: number | null): void }) => {
      end.say('ready')
      end.onLine((line) => {
        end.say(`did ${line}`)
        end.exit(0)
      })
    },
  }
  const session = await new FakeRemote({}, { sessions }).session('agent')
  const heard: string[] = []
  for await (const line of session.lines) {
    heard.push(line)
    if (line === 'ready') session.write('lock')
  }
  expect(heard).toEqual(['ready', 'did lock'])
  expect(await session.closed).toEqual({ code: 0 })
  expect(session.write('late')).toBe(false)
})
