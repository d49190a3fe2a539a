import { FakeHost, FakeLog, FakeRemote, type SessionScript } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { Agent, type AgentOptions } from '../src/agent.ts'
import { openHosts } from '../src/open-hosts.ts'
import { placesForParts } from '../src/places-for-parts.ts'

const ready = ['= ready run=/tmp/run', '= locked release=OLD kept=OLD alone=']

/** An agent that stays when it is told to. */
function staying(heard: string[], { lostAt = '' } = {}): SessionScript {
  return ({ say, onLine, exit }) => {
    let stays = false
    const part = () => {
      for (const line of ready) say(line)
    }
    onLine((line) => {
      if (line === 'ping') return
      heard.push(line)
      if (line === lostAt) exit(null)
      else if (line === 'stay') stays = true
      else if (line === 'leave') exit(0)
      else if (line === 'quit') stays ? part() : exit(0)
      else if (line === 'commit') {
        say('= settled status=deployed')
        setImmediate(part)
      } else if (line.startsWith('outcome')) say('= outcome state=live slot=blue')
      else if (line === 'fail') exit(1)
    })
    part()
  }
}

function stage({ dryRun = false, lostAt = '' } = {}) {
  const heard: string[] = []
  const remotes: FakeRemote[] = []
  const connect = async () => {
    const remote = new FakeRemote({}, { sessions: { find: staying(heard, remotes.length === 0 ? { lostAt } : {}) } })
    remotes.push(remote)
    return remote
  }
  const request = { directory: '/opt/shop', lockTimeoutMs: 1_000, who: 'run 80', dryRun }
  const { places, close } = placesForParts([{ name: 'one', address: 'one:22', connect }], request)
  const log = new FakeLog()
  const open = async (mode: AgentOptions['mode'] = 'candidate') => {
    const remote = await (places[0] as (typeof places)[0]).connect(log)
    const { agent } = await Agent.open(remote, { mode, ...request, log })
    await agent.locked()
    return { agent, remote }
  }
  const sessions = () => remotes.flatMap(({ ran }) => ran)
  return { heard, remotes, open, close, sessions }
}

test('parts that follow each other have one connection and one session, which takes the lock as a deploy', async () => {
  const { heard, remotes, open, sessions } = stage()
  for (const id of ['A', 'B']) {
    const { agent, remote } = await open()
    await agent.outcome(id)
    await agent.quit()
    remote.close()
  }
  expect(heard).toEqual(['stay', 'outcome A', 'quit', 'part', 'outcome B', 'quit', 'part'])
  expect([remotes.length, sessions().length, remotes[0]?.closed]).toEqual([1, 1, false])
  expect(sessions()[0]).toContain(' deploy ')
})

test('a part that has settled is followed by the next one without a word', async () => {
  const { heard, open, sessions } = stage()
  expect(await (await open()).agent.commit()).toBe('deployed')
  await (await open()).agent.outcome('A')
  expect([heard, sessions().length]).toEqual([['stay', 'commit', 'part', 'outcome A'], 1])
})

test('a part that left without a word has left before the next one begins', async () => {
  const { heard, open } = stage()
  ;(await open()).remote.close()
  await (await open()).agent.outcome('A')
  expect(heard).toEqual(['stay', 'quit', 'part', 'outcome A'])
})

test('after a lost connection the next part has another one', async () => {
  const { remotes, open } = stage({ lostAt: 'outcome A' })
  await expect((await open()).agent.outcome('A')).rejects.toMatchObject({ code: 'DA-AGENT-LOST' })
  await (await open()).agent.outcome('B')
  expect(remotes.map(({ closed }) => closed)).toEqual([true, false])
})

test('after a lost connection what this run has prepared is dropped by no part that does not mean to', async () => {
  const { open, sessions } = stage({ lostAt: 'outcome A' })
  await expect((await open('deploy')).agent.outcome('A')).rejects.toMatchObject({ code: 'DA-AGENT-LOST' })
  await (await open('candidate')).agent.outcome('B')
  expect(sessions().map((command) => /session\S* '?(\w+)/.exec(command)?.[1])).toEqual(['deploy', 'candidate'])
})

test('an agent that has ended is started again over the same connection', async () => {
  const { remotes, open, sessions } = stage()
  const { agent } = await open()
  await expect(agent.ask('fail', 'never')).rejects.toMatchObject({ code: 'DA-AGENT-LOST' })
  await (await open()).agent.outcome('B')
  expect([remotes.length, sessions().length]).toEqual([1, 2])
})

test('a dry run takes no lock: each part has a session of its own over one connection', async () => {
  const { heard, remotes, open, sessions } = stage({ dryRun: true })
  for (let part = 0; part < 2; part++) await (await open('plan')).agent.quit()
  expect(heard).toEqual(['quit', 'quit'])
  expect([remotes.length, sessions().length]).toEqual([1, 2])
  expect(sessions().every((command) => command.includes(' plan '))).toBe(true)
})

test('the end of the run gives the lock back and ends the connection', async () => {
  const { heard, remotes, open, close } = stage()
  await (await open()).agent.quit()
  await close()
  expect([heard, remotes[0]?.closed]).toEqual([['stay', 'quit', 'part', 'leave'], true])
})

test('a run that never had a connection has none to end', async () => {
  const { remotes, close } = stage()
  await close()
  expect(remotes).toEqual([])
})

test('of several hosts the later ones are let go while an earlier one is waited for, and taken again', async () => {
  const options = { answers: { stay: [], leave: ['(exit)'] } }
  const [one, two] = [new FakeHost('one', { ...options, waitsFor: '/tmp/other' }), new FakeHost('two', options)]
  const request = { directory: '/opt/shop', lockTimeoutMs: 1_000, who: 'run 80', dryRun: false }
  const { places, close } = placesForParts([two.place, one.place], request)
  const opened = openHosts(places, { mode: 'deploy', ...request, log: new FakeLog() })
  for (let tries = 0; !two.heard.includes('cancel') && tries < 100; tries++) await new Promise((resolve) => setImmediate(resolve))
  one.free()
  expect((await opened).map(({ name }) => name)).toEqual(['two', 'one'])
  expect([one.heard, two.heard]).toEqual([
    ['(session)', 'stay'],
    ['(session)', 'stay', 'cancel', '(session)', 'stay'],
  ])
  expect([one.remotes.length, two.remotes.length]).toEqual([1, 1])
  await close()
})
