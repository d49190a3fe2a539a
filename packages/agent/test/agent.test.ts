import { Agent, Settled } from '@deploy-actions/agent'
import { createLog, createSecrets } from '@deploy-actions/kit'
import { agentSession, blockOf, FakeLog, FakeRemote, FakeRunner, playAgent, type SessionScript } from '@deploy-actions/testing'
import { afterEach, expect, jest, test } from '@jest/globals'
import { script } from '../src/bootstrap.ts'

const request = { mode: 'deploy', directory: '/opt/shop', lockTimeoutMs: 600_000, who: 'a run' } as const

async function open(session: SessionScript, options: { signal?: AbortSignal; now?: () => number } = {}) {
  const log = new FakeLog()
  const remote = new FakeRemote({}, { sessions: { [agentSession]: session } })
  return { ...(await Agent.open(remote, { ...request, log, ...options })), remote, log }
}

test('without a line in sudoers the run says which one, and what sudo said', async () => {
  const denied: SessionScript = ({ say, exit }) => {
    say('sudo: a password is required')
    exit(1)
  }
  const remote = new FakeRemote({}, { name: 'deploy@host:22', sudo: true, sessions: { 'exec sudo -n -H -- /usr/local/sbin/': denied } })
  await expect(Agent.open(remote, { ...request, log: new FakeLog() })).rejects.toMatchObject({
    code: 'DA-HOST-SUDO',
    message: expect.stringContaining('sudo: a password is required'),
    hint: expect.stringContaining('`deploy ALL=(root) NOPASSWD: /usr/local/sbin/deploy-actions-agent`'),
  })
})

afterEach(() => {
  jest.useRealTimers()
})

test('a host with our version of the agent is sent nothing', async () => {
  const { folder, remote, agent } = await open(playAgent({}))
  await agent.locked()
  expect([folder, remote.written]).toEqual(['/tmp/run', []])
})

test('a host without it is sent the whole script, line by line, exactly', async () => {
  const got: string[] = []
  const { folder } = await open(({ say, onLine }) => {
    onLine((line) => {
      got.push(line)
      if (got.length === script.split('\n').length) say('= ready run=/tmp/late')
    })
    say('= need-agent')
  })
  expect([folder, got.join('\n')]).toEqual(['/tmp/late', script])
})

test('what the login shell says before is noise: in the debug log, never an error', async () => {
  const { agent, log } = await open(playAgent({}, ['Last login: today', '= ready run=/r', '= locked']))
  await agent.locked()
  expect(log.text('debug')).toBe('Last login: today')
})

test('a forced command that shows a menu and waits is told, with what it shows', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
  const opening = open(({ say }) => say('Choose: 1) mail 2) files'))
  const told = expect(opening).rejects.toMatchObject({
    code: 'DA-SSH-EXEC',
    message: expect.stringContaining('Choose: 1) mail'),
    hint: expect.stringContaining('forced command'),
  })
  await new Promise((resolve) => setImmediate(resolve))
  jest.advanceTimersByTime(90_000)
  await told
})

test('a run that sees this host alone does not wait for a word on what only all hosts together decide', async () => {
  const { agent } = await open(playAgent({}, ['= ready run=/r', '= undecided release=R1']))
  await expect(agent.locked()).rejects.toMatchObject({ code: 'DA-FLEET-UNDECIDED', message: expect.stringContaining('R1 serves on') })
})

test('the lock is waited for, and for whom is told', async () => {
  const { agent, log } = await open(playAgent({}, ['= ready run=/r', '. waiting for another run: run 7', '= locked']))
  await agent.locked()
  expect(log.text('info')).toBe('waiting for another run: run 7')
})

test('a block has its lines as they are, until its end', async () => {
  const { agent } = await open(playAgent({ facts: blockOf('facts', ['user\troot', '', '= locked', '. x', '  two']) }))
  await agent.locked()
  expect(await agent.block('facts')).toEqual(['user\troot', '', '= locked', '. x', '  two'])
})

test('what gets between the lines of a block is not of it', async () => {
  const { agent } = await open(playAgent({ facts: ['= facts', '| one', 'docker: a warning', '. going on', '| two', '= end'] }))
  await agent.locked()
  expect(await agent.block('facts')).toEqual(['one', 'two'])
})

test('what was asked ahead is sent once, and its answers are read in that order', async () => {
  const { agent, remote } = await open(playAgent({ facts: blockOf('facts', ['one']), record: blockOf('record', ['two']) }))
  agent.ahead('facts', 'record')
  expect([await agent.block('facts'), await agent.block('record')]).toEqual([['one'], ['two']])
  expect(await agent.block('record')).toEqual(['two'])
  expect(remote.written).toEqual(['facts', 'record', 'record'])
})

test("the resolved model comes with Compose's warnings, blank lines left out", async () => {
  const { agent } = await open(playAgent({ resolve: [...blockOf('model', ['{', '}']), ...blockOf('warnings', ['', 'B is not set'])] }))
  await agent.locked()
  expect(await agent.resolve()).toEqual({ model: '{\n}', warnings: ['B is not set'] })
})

test('a file that Compose refuses is its failure, with the words of Compose in the log', async () => {
  const { agent, log } = await open(({ say, onLine, exit }) => {
    onLine(() => {
      say('! DA-COMPOSE-INVALID Compose refuses the file')
      say('| services.web must be a mapping')
      exit(1)
    })
    say('= ready run=/r')
  })
  await expect(agent.resolve()).rejects.toMatchObject({ code: 'DA-COMPOSE-INVALID', message: 'Compose refuses the file' })
  expect(log.text('raw')).toBe('services.web must be a mapping')
})

test('what a failure repeats of Compose has no value of env-keys in it, whole or cut', async () => {
  const secrets = createSecrets()
  secrets.suspect('postgres://app:pw@db/shop')
  const long = `${'x'.repeat(590)} postgres://app:pw@db/shop`
  const log = createLog(new FakeRunner(), secrets)
  const answers = { prepare: [`! DA-BASE-APPLY ${long}`, '= settled status=aborted'] }
  const { agent } = await Agent.open(new FakeRemote({}, { sessions: { [agentSession]: playAgent(answers) } }), { ...request, log })
  await agent.locked()
  await expect(agent.prepare('deploy', 'R')).rejects.toMatchObject({ message: `${'x'.repeat(590)} ***` })
})

test('each step is one command and is over at its event; progress is told meanwhile', async () => {
  const { agent, remote, log } = await open(
    playAgent({
      'prepare deploy R': ['= preparing release=R slot=green', '. pulling web', '= prepared release=R slot=green'],
      switch: ['= switched release=R slot=green', '= verified release=R'],
      commit: ['= drained slot=blue milliseconds=260 requests-cut=0 streams-cut=0', '= settled status=deployed'],
    }),
    { now: () => 5 },
  )
  await agent.locked()
  await agent.prepare('deploy', 'R')
  await agent.switch()
  expect(await agent.commit()).toBe('deployed')
  expect(remote.written).toEqual(['prepare deploy R', 'switch', 'commit'])
  expect(log.text()).toBe('pulling web')
  expect(agent.events.map(({ name }) => name)).toEqual([
    ...['ready', 'locked', 'preparing', 'prepared', 'switched', 'verified', 'drained', 'settled'],
  ])
  expect(agent.events[2]).toEqual({ name: 'preparing', fields: { release: 'R', slot: 'green' }, at: 5 })
})

test.each(['aborted', 'reverted', 'failed'])('a host that settles by itself (%s) says so with the code of the failure', async (status) => {
  const { agent, log } = await open(
    playAgent({ prepare: ['! DA-HEALTH-TIMEOUT web is not healthy', '| last words', `= settled status=${status}`] }),
  )
  await agent.locked()
  const error = await agent.prepare('deploy', 'R').catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Settled)
  expect(error).toMatchObject({ settlement: status, code: 'DA-HEALTH-TIMEOUT', message: 'web is not healthy' })
  expect(log.text('raw')).toBe('last words')
})

test('a host that settles without a failure was told to stop', async () => {
  const { agent } = await open(playAgent({ switch: ['= settled status=reverted'] }))
  await agent.locked()
  await expect(agent.switch()).rejects.toMatchObject({ settlement: 'reverted', code: 'DA-CANCELLED' })
})

test('a failure after which the host went on is kept for the report', async () => {
  const { agent } = await open(playAgent({ commit: ['! DA-BASE-START db does not start', '= settled status=failed'] }))
  await agent.locked()
  expect(await agent.commit()).toBe('failed')
  expect(agent.lastFailure).toMatchObject({ code: 'DA-BASE-START' })
})

test('a lost connection is DA-AGENT-LOST with what the host does now, not the failure before it', async () => {
  const { agent } = await open(({ say, onLine, exit }) => {
    onLine(() => {
      say('! DA-IMAGE-PULL no')
      exit(null)
    })
    say('= ready run=/r')
  })
  await expect(agent.prepare('deploy', 'R')).rejects.toMatchObject({
    code: 'DA-AGENT-LOST',
    message: 'the connection to root@host:22 was lost',
    hint: expect.stringContaining('settles by itself'),
  })
})

test('an agent that ends without a word is DA-AGENT-LOST with its exit code', async () => {
  const { agent } = await open(({ say, exit }) => {
    say('= ready run=/r')
    exit(2)
  })
  await expect(agent.locked()).rejects.toMatchObject({
    code: 'DA-AGENT-LOST',
    message: 'the host agent on root@host:22 ended with exit code 2',
  })
})

test('an agent that ends because of a failure gives that failure', async () => {
  const { agent } = await open(({ say, exit }) => {
    say('= ready run=/r')
    say('! DA-LOCK-TIMEOUT another run holds the lock')
    exit(1)
  })
  await expect(agent.locked()).rejects.toMatchObject({ code: 'DA-LOCK-TIMEOUT', message: 'another run holds the lock' })
})

test('a cancelled run tells the host to stop, and the host settles', async () => {
  const controller = new AbortController()
  const { agent, remote } = await open(
    playAgent({ prepare: ['. pulling'], cancel: ['! DA-CANCELLED the run was stopped (cancel)', '= settled status=aborted'] }),
    { signal: controller.signal },
  )
  await agent.locked()
  const preparing = agent.prepare('deploy', 'R')
  controller.abort()
  await expect(preparing).rejects.toMatchObject({ settlement: 'aborted', code: 'DA-CANCELLED' })
  expect(remote.written).toEqual(['prepare deploy R', 'cancel'])
})

test('a run that was cancelled before the agent answered is told to the host too', async () => {
  const { remote } = await open(playAgent({ cancel: [] }), { signal: AbortSignal.abort() })
  expect(remote.written).toEqual(['cancel'])
})

test('nothing of ours gets between the lines of the script', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
  const controller = new AbortController()
  const { remote } = await open(
    ({ say, onLine }) => {
      onLine((line) => line === script.split('\n').at(-1) && say('= ready run=/r'))
      jest.advanceTimersByTime(60_000) // a host that takes its time to look for the agent
      controller.abort()
      say('= need-agent')
    },
    { signal: controller.signal },
  )
  expect(remote.written).toEqual([...script.split('\n'), 'cancel'])
})

test('the host hears from us every five seconds until the session is over', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] })
  const { agent, remote } = await open(playAgent({}))
  await agent.locked()
  jest.advanceTimersByTime(10_000)
  expect(remote.written).toEqual(['ping', 'ping'])
  await agent.quit()
  expect(jest.getTimerCount()).toBe(0)
})

test('a login goes as one line of JSON', async () => {
  const { agent, remote } = await open(playAgent({ credential: [] }))
  agent.credential({ auths: { 'ghcr.io': { auth: 'eDp5' } } })
  expect(remote.written).toEqual(['credential {"auths":{"ghcr.io":{"auth":"eDp5"}}}'])
})

test('a chosen release comes with its way and its record; the live one needs none', async () => {
  const { agent } = await open(
    playAgent({
      'choose previous': [
        '= chosen release=A way=stopped live=B slot=blue rotated=KEY,OTHER returning=worker:KEY lacking=web:OLD',
        ...blockOf('chosen-record', ['{"id":"A"}']),
      ],
      'choose -2': ['= chosen release=B way=live live=B slot=none'],
    }),
  )
  await agent.locked()
  expect(await agent.choose('previous')).toEqual({
    release: 'A',
    way: 'stopped',
    record: '{"id":"A"}',
    live: { release: 'B', slot: 'blue' },
    rotated: ['KEY', 'OTHER'],
    returning: ['worker:KEY'],
    lacking: ['web:OLD'],
  })
  expect(await agent.choose('-2')).toEqual({
    release: 'B',
    way: 'live',
    record: '',
    live: { release: 'B', slot: '' },
    rotated: [],
    returning: [],
    lacking: [],
  })
})

test('what is held gives its secret, and stands in no event', async () => {
  const { agent } = await open(
    playAgent({ 'hold https://x/runs/7 90': ['. R waits in green', ...blockOf('held', ['s3cret']), '= settled status=prepared'] }),
  )
  await agent.locked()
  expect(await agent.hold('https://x/runs/7', 89_500)).toBe('s3cret')
  expect(JSON.stringify(agent.events)).not.toContain('s3cret')
})

test('a candidate comes with its record where it is the right one, and with whose it is', async () => {
  const by = 'https://x/runs/7'
  const { agent } = await open(
    playAgent({
      [`candidate ${by} -`]: [
        `= candidate state=prepared release=R by=${by} gone= live=L slot=blue`,
        ...blockOf('candidate-record', ['{}']),
      ],
      'candidate - R': ['= candidate state=other release=Q by=- gone= live= slot=none'],
    }),
  )
  await agent.locked()
  const [mine, other] = [await agent.candidate(by, undefined), await agent.candidate(undefined, 'R')]
  expect(mine).toEqual({ state: 'prepared', release: 'R', by, gone: '', record: '{}', live: { release: 'L', slot: 'blue' } })
  expect(other).toEqual({ state: 'other', release: 'Q', by: '', gone: '', record: '', live: { release: '', slot: '' } })
})

test('what was kept warm is told by its name, and so is what is live', async () => {
  const { agent } = await open(playAgent({ 'cool L': ['= cooled release=R live=L'], 'cool -': ['= cooled release= live=L'] }))
  await agent.locked()
  expect([await agent.cool('L'), await agent.cool(undefined)]).toEqual([
    { release: 'R', live: 'L' },
    { release: '', live: 'L' },
  ])
})
