import { createOutputs, createSecrets, createSummary } from '@deploy-actions/kit'
import { type AgentAnswers, blockOf, FakeHost, type FakeHostOptions, FakeRunner } from '@deploy-actions/testing'
import { describe, expect, test } from '@jest/globals'
import { deploy } from '../src/deploy.ts'
import { report } from '../src/report.ts'
import { agentAnswers, digest, FACTS, model, type Scene, sceneOf, WEB } from './ground.ts'

const ID = '20260131T093000Z-1a2b3c4-77.1'
const LIVE = '20260130T090000Z-0000000-76.1'

/** What a host says when it is asked, with changes. */
function asked(changes: AgentAnswers = {}): AgentAnswers {
  const { facts = [], resolve = [], credential = [], candidate = [] } = agentAnswers(changes)
  return { facts, resolve, credential, candidate, ...changes }
}

const bare = (name: string, options: FakeHostOptions = {}): FakeHost => new FakeHost(name, { ...options, answers: asked(options.answers) })

/** Facts with some lines in place of others. */
const factsWith = (...lines: string[]): string[] => {
  const names = lines.map((line) => line.split('\t')[0])
  return blockOf('facts', [...FACTS.filter((line) => !names.includes(line.split('\t')[0])), ...lines])
}

/** A host on which this very release is live and well, as an earlier deploy wrote it. */
async function having(name: string, { id = LIVE, healthy = 'yes' } = {}): Promise<FakeHost> {
  const { request, ports, remote } = sceneOf()
  const { plan } = await deploy(request, ports)
  const record = remote.uploads[1]?.entries.find(({ path }) => path === 'release.json')
  const written = Buffer.from(record?.bytes ?? [])
    .toString()
    .replaceAll(ID, id)
  const edge = ['edge-network\tshop_default\tweb ', 'edge-port\t\t80\t10080/tcp']
  const current = [`current\t${id}`, `setting\tfingerprint\t${plan?.fingerprint}`, 'setting\tcommit_time\t1700000000']
  return bare(name, {
    live: id,
    answers: {
      facts: factsWith('slot\tgreen', ...current, `healthy\t${healthy}`, ...edge),
      record: blockOf('record', written.split('\n')),
    },
  })
}

async function deployed(hosts: readonly FakeHost[], scene: Scene = {}) {
  const stage = sceneOf(scene)
  const result = await deploy(stage.request, { ...stage.ports, hosts: hosts.map(({ place }) => place) })
  const runner = new FakeRunner()
  const outputs = createOutputs(runner, createSecrets())
  const summary = createSummary(runner, createSecrets())
  const verdict = report(result, stage.request, { log: stage.log, env: {}, outputs, summary, startedAt: 0 })
  summary.write()
  const told = JSON.parse(Object.fromEntries(outputs.all()).hosts ?? '[]') as { host: string; status: string; release: string }[]
  return { ...stage, result, verdict, outputs: Object.fromEntries(outputs.all()), told, summary: runner.summary }
}

const refused = (hosts: readonly FakeHost[], scene: Scene = {}) =>
  deployed(hosts, scene).then(
    () => Promise.reject(new Error('it was not refused')),
    (error: { code: string; message: string }) => error,
  )

const commands = ({ heard }: FakeHost) => heard.filter((line) => !line.startsWith('('))
const uploaded = ({ remotes }: FakeHost, path: string) =>
  remotes.flatMap(({ uploads }) =>
    uploads.flatMap(({ entries }) => entries.filter((entry) => entry.path === path).map(({ bytes }) => Buffer.from(bytes).toString())),
  )

describe('a release for three hosts', () => {
  test('has one id and the same images on all, and is planned from what stands on each', async () => {
    const hosts = [bare('a'), bare('b'), bare('c')]
    const { result, told, verdict } = await deployed(hosts)
    expect([result.status, verdict]).toEqual(['deployed', 'ok'])
    expect(told).toMatchObject(['a', 'b', 'c'].map((host) => ({ host, status: 'deployed', release: ID, previous: '', slot: 'blue' })))
    for (const host of hosts) {
      expect(commands(host)).toEqual(['facts', 'resolve', 'fleet 3', `prepare deploy ${ID}`, 'switch', 'confirm', 'commit'])
      expect(uploaded(host, 'services.tsv')[0]).toContain(WEB)
      expect(uploaded(host, 'settings')[0]).toContain('\nhosts=3\n')
    }
  })

  test('asks its registry once', async () => {
    const { registry } = await deployed([bare('a'), bare('b'), bare('c')])
    expect(registry.asked).toEqual([`${WEB} for linux/amd64`])
  })

  test('is told once where it is the same everywhere', async () => {
    const { log } = await deployed([bare('a'), bare('b')], { inputs: { routes: ':80 -> web:8000' } })
    expect(log.text('info').match(/SERVICE +STRATEGY/g)).toHaveLength(1)
    expect(log.entries.filter(({ level }) => level === 'group').map(({ message }) => message)).toEqual([
      ...['Connect', 'Plan', 'Prepare', 'Switch and verify', 'Finish'],
    ])
  })

  test('stands in the summary with a line for each host', async () => {
    const { summary } = await deployed([bare('a'), bare('b')])
    for (const part of [
      '✅ Deployed — shop on 2 hosts',
      `| a | deployed | \`${ID}\` | blue |`,
      `| b | deployed | \`${ID}\` | blue |`,
      'the same images, by digest',
      'section a',
    ])
      expect(summary).toContain(part)
  })

  test('goes no further than the plan in a dry run', async () => {
    const hosts = [bare('a'), bare('b')]
    const { told } = await deployed(hosts, { inputs: { 'dry-run': 'true' } })
    expect(told.map(({ status }) => status)).toEqual(['planned', 'planned'])
    for (const host of hosts) expect(commands(host)).toEqual(['facts', 'resolve', 'quit'])
  })

  test('watches the canary for as long as the input says', async () => {
    const hosts = [bare('a'), bare('b'), bare('c')]
    await deployed(hosts, { inputs: { canary: '2', soak: '90s' } })
    expect(hosts.map((host) => commands(host).includes('watch 90000'))).toEqual([true, true, false])
  })
})

describe('hosts that have the release already', () => {
  test('are left alone, and a new one gets it under the same id', async () => {
    const hosts = [await having('a'), await having('b'), bare('c')]
    const { result, told, outputs } = await deployed(hosts)
    expect(result.status).toBe('deployed')
    expect(told.map(({ status, release }) => [status, release])).toEqual([
      ['unchanged', LIVE],
      ['unchanged', LIVE],
      ['deployed', LIVE],
    ])
    expect(outputs['release-id']).toBe(LIVE)
    expect(commands(hosts[0] as FakeHost)).toEqual(['record', 'facts', 'resolve', 'edge-image caddy:2', 'quit'])
    // Alone in this run, it decides for itself.
    expect(commands(hosts[2] as FakeHost)).toEqual(['facts', 'resolve', `prepare deploy ${LIVE}`, 'switch', 'commit'])
    expect(uploaded(hosts[2] as FakeHost, 'settings')[0]).toContain(`id=${LIVE}\n`)
  })

  test('all of them: nothing is done', async () => {
    const { result, told } = await deployed([await having('a'), await having('b')])
    expect([result.status, told.map(({ status }) => status)]).toEqual(['unchanged', ['unchanged', 'unchanged']])
  })

  test('but one is not whole: all get it under a new id, so that they have the same', async () => {
    const hosts = [await having('a'), await having('b', { healthy: 'no' })]
    const { told } = await deployed(hosts)
    expect(told.map(({ status, release }) => [status, release])).toEqual([
      ['deployed', ID],
      ['deployed', ID],
    ])
  })

  test('but under different ids: all get it under a new one', async () => {
    const { told } = await deployed([await having('a'), await having('b', { id: '20260129T090000Z-0000000-75.1' })])
    expect(told.map(({ release }) => release)).toEqual([ID, ID])
  })

  test('a host that once decided alone hears that all agree now', async () => {
    const alone = new FakeHost('a', { ...(await having('a')).options, alone: true })
    await deployed([alone, await having('b')])
    expect(commands(alone).slice(-2)).toEqual(['agreed', 'quit'])
  })
})

describe('before anything is touched', () => {
  test.each([
    ['has no Docker', { answers: { facts: factsWith('docker-missing') } }, 'DA-HOST-DOCKER-MISSING', 'b has no Docker'],
    ['has an old engine', { answers: { facts: factsWith('docker\t19.03.1\tamd64\tlinux') } }, 'DA-HOST-DOCKER-OLD', 'b has Docker 19.03.1'],
    ['is full', { answers: { facts: factsWith('disk\t/\t10') } }, 'DA-HOST-DISK', 'b has'],
    [
      'refuses the file',
      { answers: { resolve: ['! DA-COMPOSE-INVALID services.web: no', '(exit)'] } },
      'DA-COMPOSE-INVALID',
      'b: services.web: no',
    ],
    ['cannot be reached', { logins: 0 }, 'DA-SSH-UNREACHABLE', 'b does not answer'],
  ] as [string, FakeHostOptions, string, string][])(
    'a host that %s is named, and no other one is prepared',
    async (_what, options, code, said) => {
      const hosts = [bare('a'), bare('b', options), bare('c')]
      const error = await refused(hosts)
      expect(error).toMatchObject({ code, message: expect.stringContaining(said) })
      expect(hosts.flatMap(commands).join()).not.toMatch(/prepare|fleet|switch/)
      expect(hosts.flatMap(({ remotes }) => remotes.map(({ closed }) => closed))).not.toContain(false)
    },
  )

  test('a host of another platform is told when the image means something else there', async () => {
    const arm = bare('b', { answers: { facts: factsWith('docker\t26.1.0\tarm64\tlinux') } })
    const { request, ports } = sceneOf()
    const registry = {
      resolve: async (_: unknown, { platform }: { platform: string }) =>
        ({
          digest: digest(platform.endsWith('arm64') ? 'b' : 'a'),
          size: 1,
          config: { healthcheck: undefined, volumes: [], env: [] },
        }) as never,
    }
    const hosts = [bare('a'), arm].map(({ place }) => place)
    await expect(deploy(request, { ...ports, registry: () => registry, hosts })).rejects.toMatchObject({
      code: 'DA-FLEET-DIFFERENT',
      message: expect.stringMatching(/the image of "web" is .*b{64} on b and .*a{64} on a/),
    })
  })

  test('a service that only one of them has is told', async () => {
    const more = { ...model, services: { ...model.services, extra: { image: 'redis:7', networks: { default: null } } } }
    const resolve = [...blockOf('model', [JSON.stringify(more)]), ...blockOf('warnings', [])]
    const error = await refused([bare('a'), bare('b', { answers: { resolve } })])
    expect(error).toMatchObject({
      code: 'DA-FLEET-DIFFERENT',
      message: expect.stringContaining('service "extra" is there on b and not there on a'),
    })
  })

  test('what is wrong everywhere is told once', async () => {
    const error = await refused([bare('a'), bare('b')], { inputs: { health: '' } })
    expect(error).toMatchObject({ code: 'DA-HEALTH-MISSING' })
    expect(error.message).not.toMatch(/a:|b:|things/)
  })
})

describe('what goes wrong afterwards', () => {
  const no = ['! DA-HEALTH-TIMEOUT web did not become healthy', '= settled']

  test('is one annotation with the name of the host, and every host is told of', async () => {
    const { told, verdict, log, summary } = await deployed([bare('a'), bare('b', { fates: { prepare: no } })])
    expect([verdict, told.map(({ host, status }) => `${host} ${status}`)]).toEqual(['failed', ['a aborted', 'b aborted']])
    expect(log.entries.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringContaining('b: web did not become healthy'),
    ])
    expect(summary).toContain('🛑 Aborted')
  })

  test('a host that is lost for good at the very end: the outputs say what is known and what is not', async () => {
    const { told, outputs, summary } = await deployed([
      bare('a'),
      bare('b', { live: LIVE, answers: { record: blockOf('record', []) }, fates: { commit: 'lost' }, logins: 1 }),
    ])
    expect(told.map(({ host, status, release }) => [host, status, release])).toEqual([
      ['a', 'deployed', ID],
      ['b', 'lost', ''],
    ])
    expect(outputs.status).toBe('failed')
    expect(summary).toContain('DA-FLEET-SPLIT')
    expect(summary).toContain('| b | lost | nobody could ask |')
  })

  test('the next run brings it to the release that the others have', async () => {
    const hosts = [await having('a'), bare('b', { live: '' })]
    expect((await deployed(hosts)).told.map(({ release }) => release)).toEqual([LIVE, LIVE])
  })
})

describe('in two steps', () => {
  const ready = (name: string, words = `state=prepared release=${ID} by=x gone= live=${LIVE} slot=blue`) =>
    bare(name, {
      live: LIVE,
      answers: {
        candidate: [`= candidate ${words}`, ...blockOf('candidate-record', ['{}'])],
        resume: ['= preparing release=R slot=green', '= prepared release=R slot=green'],
      },
    })
  const later = { inputs: { phase: 'switch', images: 'none', routes: '', health: '' }, files: {}, registry: {} }

  test('a release is prepared on all and waits on all', async () => {
    const hosts = [bare('a'), bare('b')]
    const { result, outputs, told } = await deployed(hosts, { inputs: { phase: 'prepare' } })
    expect([result.status, told.map(({ status }) => status)]).toEqual(['prepared', ['prepared', 'prepared']])
    expect(outputs['candidate-header']).toBe('X-Deploy-Candidate: secret of a')
    for (const host of hosts) expect(commands(host).at(-1)).toMatch(/^hold /)
  })

  test('the switch goes on with all', async () => {
    const hosts = [ready('a'), ready('b')]
    const { told } = await deployed(hosts, later)
    expect(told.map(({ status, release }) => [status, release])).toEqual([
      ['deployed', ID],
      ['deployed', ID],
    ])
    expect(commands(hosts[1] as FakeHost).slice(1)).toEqual(['fleet 2', 'resume', 'switch', 'confirm', 'commit'])
  })

  test.each([
    ['state=none by= gone= live=L slot=blue', 'DA-CANDIDATE-NONE', 'nothing is prepared on b'],
    [`state=prepared release=${LIVE} by=x gone= live=L slot=blue`, 'DA-CANDIDATE-OTHER', `${ID} is prepared on a, and ${LIVE} on b`],
  ])('a host on which it is otherwise (%s) is named, and nobody switches', async (words, code, said) => {
    const hosts = [ready('a'), ready('b', words)]
    const error = await refused(hosts, later)
    expect(error).toMatchObject({ code, message: expect.stringContaining(said) })
    expect(hosts.flatMap(commands)).not.toContain('switch')
  })
})
