import type { DeployPorts } from '@deploy-actions/plan'
import { type AgentAnswers, blockOf } from '@deploy-actions/testing'
import { describe, expect, test } from '@jest/globals'
import { deploy } from '../src/deploy.ts'
import { deployed, digest, FACTS, ID, liveAfterDeploy, model, type Scene, sceneOf, WEB } from './ground.ts'

async function refused(scene: Scene = {}) {
  const stage = sceneOf(scene)
  const error = await deploy(stage.request, stage.ports).then(
    () => Promise.reject(new Error('it was not refused')),
    (thrown: unknown) => thrown,
  )
  return { ...stage, error }
}

const settingsOf = (remote: ReturnType<typeof sceneOf>['remote'], upload: number): string =>
  Buffer.from(remote.uploads[upload]?.entries.find(({ path }) => path === 'settings')?.bytes ?? []).toString()

test('a release goes its way: uploaded for resolving, decided, uploaded, prepared, switched, committed', async () => {
  const { remote, result } = await deployed()
  expect(result).toMatchObject({ status: 'deployed', images: { web: WEB }, plan: { id: ID } })
  expect(remote.written).toEqual(['facts', 'resolve', `prepare deploy ${ID}`, 'switch', 'commit'])
  expect(remote.uploads.map(({ directory }) => directory)).toEqual(['/tmp/run', `/opt/shop/releases/${ID}.tmp`])
  expect(remote.uploads[0]?.entries.map(({ path }) => path)).toEqual([
    ...['source/compose.yaml', 'resolve/options', 'resolve/runner.env', 'resolve/keys.env'],
  ])
  expect(settingsOf(remote, 1)).toContain(`id=${ID}\n`)
  expect(settingsOf(remote, 1)).toContain('run_url=https://github.com/acme/shop/actions/runs/77\n')
  expect(settingsOf(remote, 1)).toContain(`commit_time=${Date.UTC(2026, 0, 30, 12) / 1000}\n`)
  expect(remote.closed).toBe(true)
})

test('directives for visitors go into the release; the hashes in them are taken out of what Caddy says', async () => {
  const hash = `$2a$14$${'x'.repeat(53)}`
  const { remote, suspects } = await deployed({ inputs: { caddyfile: `basicauth /x {\n  ann ${hash}\n}` } })
  const caddyfile = remote.uploads[1]?.entries.find(({ path }) => path === 'Caddyfile')
  expect([
    Buffer.from(caddyfile?.bytes ?? [])
      .toString()
      .includes(hash),
    caddyfile?.mode,
  ]).toEqual([true, 0o600])
  expect(suspects).toEqual([hash])
  const record = remote.uploads[1]?.entries.find(({ path }) => path === 'release.json')
  expect(Buffer.from(record?.bytes ?? []).toString()).not.toContain(hash)
})

test('directives that cannot work are refused before anything is contacted', async () => {
  const { error, connections } = await refused({ inputs: { caddyfile: 'tls internal' } })
  expect([(error as { code?: string }).code, connections()]).toEqual(['DA-CADDYFILE', 0])
})

test('no secret of the inputs stands in anything that is written to the host, or in what the step says', async () => {
  const secrets = {
    'ssh-key': 'the-ssh-key',
    'ssh-key-passphrase': 'the-passphrase',
    'registry-password': 'the-password',
    'registry-token': 'the-token',
  }
  const { remote, log } = await deployed({ inputs: secrets })
  const written = remote.uploads.flatMap(({ entries }) => entries.map(({ bytes }) => Buffer.from(bytes).toString()))
  expect(written.length).toBeGreaterThan(10)
  for (const secret of Object.values(secrets)) expect([...written, log.text(), ...remote.ran].join('\n')).not.toContain(secret)
})

test('the host is told in one group for each phase, with the plan', async () => {
  const { log } = await deployed()
  expect(log.entries.filter(({ level }) => level === 'group').map(({ message }) => message)).toEqual([
    ...['Connect', 'Plan', 'Prepare', 'Switch and verify', 'Finish'],
  ])
  expect(log.text('info')).toMatch(/SERVICE +STRATEGY.*\nweb +switch/s)
})

test('the images are checked for the platform of the host', async () => {
  const { registry } = await deployed({
    agent: {
      facts: blockOf(
        'facts',
        FACTS.map((line) => line.replace('amd64', 'arm64')),
      ),
    },
  })
  expect(registry.asked).toContain(`${WEB} for linux/arm64`)
})

const whenConnecting = ({ hosts }: DeployPorts, look: () => void): DeployPorts['hosts'] =>
  hosts.map((host) => ({
    ...host,
    connect(log) {
      look()
      return host.connect(log)
    },
  }))

test('a password whose registry only the file can tell goes to no other one while the connection is being made', async () => {
  const image = `docker.io/acme/web@${digest('a')}`
  const inputs = { images: `web=${image}`, 'registry-username': 'bot', 'registry-password': 'secret' }
  const { request, ports, registry } = sceneOf({ inputs, registry: { [image]: { digest: digest('a') } } })
  let asked: readonly string[] = ['never']
  const hosts = whenConnecting(ports, () => {
    asked = [...registry.asked]
  })
  await deploy(request, { ...ports, hosts })
  expect(asked).toEqual([])
})

test('the registry is asked while the connection is being made, and on an amd64 host not again', async () => {
  const { request, ports, registry } = sceneOf()
  let before: readonly string[] = []
  const hosts = whenConnecting(ports, () => {
    before = [...registry.asked]
  })
  expect((await deploy(request, { ...ports, hosts })).status).toBe('deployed')
  expect(before).toEqual([`${WEB} for linux/amd64`])
  expect(registry.asked).toEqual(before)
})

test('a dry run leaves before anything: no lock mode, no second upload, no prepare, no login', async () => {
  const { remote, result } = await deployed({ inputs: { 'dry-run': 'true', registry: 'ghcr.io', 'registry-password': 'secret' } })
  expect(result).toMatchObject({ status: 'planned', plan: { id: ID } })
  expect(remote.written).toEqual(['facts', 'resolve', 'quit'])
  expect(remote.uploads).toHaveLength(1)
  expect(remote.ran[0]).toContain('session plan /opt/shop')
})

test('a real run takes the lock, for as long as the input says', async () => {
  const { remote } = await deployed({ inputs: { 'lock-timeout': '90s' } })
  expect(remote.ran[0]).toContain("session deploy /opt/shop 90 'run 77'")
})

test('what is live and well already is left alone; the host notes which image the edge is to have', async () => {
  const { facts, record } = await liveAfterDeploy()
  const { remote, result } = await deployed({
    ...{ inputs: { 'edge-image': 'caddy:2.11' }, agent: { facts: blockOf('facts', [...facts, 'healthy\tyes']), record } },
  })
  expect(result.status).toBe('unchanged')
  expect(remote.written).toEqual(['record', 'facts', 'resolve', 'edge-image caddy:2.11', 'quit'])
})

test('what is live but not well is applied again', async () => {
  const { facts, record } = await liveAfterDeploy()
  const { remote, result } = await deployed({ agent: { facts: blockOf('facts', [...facts, 'healthy\tno']), record } })
  expect(result.status).toBe('deployed')
  expect(remote.written).toContain(`prepare deploy ${ID}`)
})

test('another image is another release', async () => {
  const { facts, record } = await liveAfterDeploy()
  const other = WEB.replaceAll('a'.repeat(64), 'b'.repeat(64))
  const { result } = await deployed({
    ...{ inputs: { images: `web=${other}` }, registry: { [other]: { digest: digest('b') } } },
    agent: { facts: blockOf('facts', [...facts, 'healthy\tyes']), record },
  })
  expect(result).toMatchObject({ status: 'deployed', hosts: [{ facts: { current: { id: ID } } }] })
})

test('everything that speaks against it is told in one error, and nothing was prepared', async () => {
  const { error, remote } = await refused({
    inputs: { routes: ':80 -> web:8000\n:81 -> nobody:1', health: '', images: 'web=ghcr.io/acme/web:1' },
    registry: { 'ghcr.io/acme/web:1': { digest: digest('c') } },
  })
  expect(error).toMatchObject({
    code: 'DA-IMAGE-TAG',
    message: expect.stringMatching(/^\d things speak against this deploy; nothing was touched:\n/),
  })
  const { message } = error as Error
  expect(message).toContain('(DA-IMAGE-TAG)')
  expect(message).toContain('nobody')
  expect(message).toContain('health')
  expect(remote.written).toEqual(['facts', 'resolve'])
  expect(remote.uploads).toHaveLength(1)
  expect(remote.closed).toBe(true)
})

test('a host without Docker is told so before Compose could fail', async () => {
  const resolve = ['! DA-COMPOSE-INVALID docker: command not found']
  const { error } = await refused({ agent: { facts: blockOf('facts', ['user\troot', 'docker-missing']), resolve } })
  expect(error).toMatchObject({ code: 'DA-HOST-DOCKER-MISSING' })
})

test('files that cannot be taken along are refused before the host is asked', async () => {
  const { error, connections } = await refused({ inputs: { 'compose-file': 'deploy/none.yaml' } })
  expect(error).toMatchObject({ code: expect.stringMatching(/^DA-/) })
  expect(connections()).toBe(0)
})

test('a repository without a Compose file is told which names were looked for', async () => {
  const { error, connections } = await refused({ files: { 'README.md': '' } })
  expect(error).toMatchObject({ code: 'DA-COMPOSE-FILE-MISSING', message: expect.stringContaining('compose.prod.yaml') })
  expect(connections()).toBe(0)
})

test.each([
  ['prepare', ['! DA-HEALTH-TIMEOUT web did not become healthy', '= settled status=aborted'], 'aborted', 'DA-HEALTH-TIMEOUT'],
  ['switch', ['= switched release=R slot=blue', '! DA-VERIFY-FAILED no', '= settled status=reverted'], 'reverted', 'DA-VERIFY-FAILED'],
  ['commit', ['! DA-BASE-START db does not start', '= settled status=failed'], 'failed', 'DA-BASE-START'],
])('what goes wrong at %s is settled by the host and told in the result', async (command, lines, status, code) => {
  const { result, remote } = await deployed({ agent: { [command]: lines } })
  expect(result).toMatchObject({ status, failure: { code }, plan: { id: ID }, images: { web: WEB } })
  expect(remote.closed).toBe(true)
})

test('a release with nothing switched is deployed too', async () => {
  const { result, log } = await deployed({ inputs: { routes: '', health: '' } })
  expect(result).toMatchObject({ status: 'deployed', plan: { switched: [] } })
  expect(log.text('info')).toContain('Nothing is switched')
})

const outcome = (state: string): AgentAnswers => ({ outcome: [`= outcome release=${ID} state=${state} slot=blue`] })

test.each([
  ['live and whole', { ...outcome('live'), facts: blockOf('facts', [...FACTS, 'healthy\tyes']) }, 'deployed'],
  ['live beside a service that is not well', outcome('live'), 'failed'],
  ['taken back', outcome('reverted'), 'reverted'],
])('after a lost connection the host is asked by the release id: what is %s is told as that', async (_what, then, status) => {
  const { result, remote, connections, log } = await deployed({ agent: { switch: 'lost' }, later: [then] })
  expect(result).toMatchObject({ status, release: ID, plan: { id: ID } })
  expect([connections(), remote.written.slice(-3)]).toEqual([2, [`outcome ${ID}`, 'facts', 'quit']])
  expect(log.text('warning')).toContain('connecting again')
})

test.each(['aborted', 'none'])('a release that the host has %s after a lost connection is brought again', async (state) => {
  const { result, connections, remote } = await deployed({ agent: { prepare: 'lost' }, later: [outcome(state), {}] })
  expect([result.status, connections()]).toEqual(['deployed', 3])
  expect(remote.written.filter((line) => line.startsWith('prepare'))).toHaveLength(2)
})

test('a connection that is lost before there is a plan begins anew', async () => {
  const { result, connections } = await deployed({
    agent: { resolve: 'lost' },
    later: [{ outcome: ['= outcome release=- state=none slot=none'] }, {}],
  })
  expect([result.status, connections()]).toEqual(['deployed', 3])
})

test('a connection that is lost again and again is an error in the end', async () => {
  const lost = { prepare: 'lost', ...outcome('aborted') } as const
  const { error, connections } = await refused({ agent: lost, later: [lost] })
  expect([error, connections()]).toEqual([expect.objectContaining({ code: 'DA-AGENT-LOST' }), 5])
})

test('a cancel in the middle is settled by the host', async () => {
  const controller = new AbortController()
  const stage = sceneOf({
    agent: {
      prepare: ['= preparing release=R slot=blue'],
      cancel: ['! DA-CANCELLED the run was stopped (cancel)', '= settled status=aborted'],
    },
    signal: controller.signal,
  })
  const deploying = deploy(stage.request, stage.ports)
  while (!stage.remote.written.includes(`prepare deploy ${ID}`)) await new Promise((resolve) => setImmediate(resolve))
  controller.abort()
  expect(await deploying).toMatchObject({ status: 'aborted', failure: { code: 'DA-CANCELLED' } })
})

test('a login goes to the registry client and to the host, before anything is pulled', async () => {
  const { remote, logins } = await deployed({ inputs: { 'registry-username': 'bot', 'registry-password': 'secret' } })
  expect(logins).toEqual([{ registry: 'ghcr.io', username: 'bot', password: 'secret' }])
  const auth = Buffer.from('bot:secret').toString('base64')
  expect(remote.written[2]).toBe(`credential {"auths":{"ghcr.io":{"auth":"${auth}"}}}`)
})

test('no secret of the inputs is written into the release', async () => {
  const secrets = {
    'ssh-key': 'the-private-key',
    'ssh-key-passphrase': 'open-sesame',
    'registry-password': 'hunter2-hunter2',
    'registry-token': 'ghs_tokentoken',
  }
  const { remote } = await deployed({ inputs: secrets })
  const written = remote.uploads.flatMap(({ entries }) => entries.map(({ bytes }) => Buffer.from(bytes).toString())).join('\n')
  expect(written).toContain('"healthTimeout"')
  for (const secret of Object.values(secrets)) expect(written).not.toContain(secret)
})

test.each([
  ['an image of the release', `web=${WEB}`, 'other.example.com/web', 'postgres:16'],
  ['another service of the file', `web=other.example.com/web@${digest('a')}`, 'other.example.com/web', 'ghcr.io/acme/worker:1'],
])("the workflow's token goes to ghcr.io with the actor where %s comes from there", async (_what, images, web, db) => {
  const { logins } = await deployed(fromRegistries({ images, web, db }))
  expect(logins).toEqual([{ registry: 'ghcr.io', username: 'ann', password: 'token' }])
})

test("the workflow's token goes nowhere else", async () => {
  const images = `web=other.example.com/web@${digest('a')}`
  const { logins, remote } = await deployed(fromRegistries({ images, web: 'other.example.com/web', db: 'postgres:16' }))
  expect(logins).toEqual([])
  expect(remote.written.join()).not.toContain('credential')
})

const fromRegistries = ({ images, web, db }: { images: string; web: string; db: string }): Scene => ({
  inputs: { 'registry-token': 'token', images },
  registry: { [images.replace('web=', '')]: { digest: digest('a') } },
  agent: { resolve: resolved({ web: { image: web }, db: { image: db } }) },
})

test('what Compose warns of is a warning here', async () => {
  const { log } = await deployed({ agent: { resolve: resolved({ web: { image: 'ghcr.io/acme/web' } }, ['The "X" variable is not set']) } })
  expect(log.text('warning')).toBe('The "X" variable is not set')
})

test('what Compose warns of is told in its words, without what it writes for programs', async () => {
  const line = String.raw`time="2026-11-21T22:47:13Z" level=warning msg="The \"X\" variable is not set. Defaulting to a blank string."`
  const { log } = await deployed({ agent: { resolve: resolved({ web: { image: 'ghcr.io/acme/web' } }, [line]) } })
  expect(log.text('warning')).toBe('Compose: The "X" variable is not set. Defaulting to a blank string.')
})

function resolved(services: Record<string, { image: string }>, warnings: string[] = []): string[] {
  const attached = Object.entries(services).map(([name, service]) => [name, { ...service, networks: { default: null } }])
  const model = { name: 'shop', services: Object.fromEntries(attached), networks: { default: { name: 'shop_default' } } }
  return [...blockOf('model', [JSON.stringify(model)]), ...blockOf('warnings', warnings)]
}

/** What a host says on which people started the shop; `project` is what they called it. */
function startedByHand(project: string): AgentAnswers {
  const container = (service: string, image: string, mount = '') => [
    `container\tid-${service}\t${project}\t${service}\trunning\t${project}-${service}-1\t\t`,
    `by-hand\tid-${service}\t/srv/shop\t/srv/shop/compose.yaml\thash-${service}\t${image}\tsha256:1`,
    ...(mount === '' ? [] : [`by-hand-mount\tid-${service}\tvolume\t${mount}\t/data\ttrue`]),
  ]
  const containers = [...container('web', 'ghcr.io/acme/web:v1'), ...container('db', 'postgres:16', `${project}_data`)]
  const named = { ...model, volumes: { data: { name: `${project}_data` } } }
  const resolved = [...blockOf('model', JSON.stringify(named).split('\n')), ...blockOf('warnings', [])]
  return {
    facts: blockOf('facts', [...FACTS, ...containers]),
    [`resolve ${project}`]: resolved,
    compare: blockOf('compared', ['same\tdb.conf']),
    hashes: blockOf('hashes', ['image\tpostgres:16\tsha256:1', 'hash\tdb\thash-db']),
  }
}

describe('a project that people started', () => {
  test('is resolved where they did, compared with what would be applied, and taken over', async () => {
    const { remote, result, log } = await deployed({ agent: startedByHand('shop') })
    expect(remote.written).toEqual([
      ...['facts', 'resolve', 'compare /srv/shop', 'hashes shop'],
      ...[`prepare deploy ${ID}`, 'switch', 'commit'],
    ])
    expect(remote.uploads[1]?.directory).toBe('/tmp/run/adopt')
    expect(remote.uploads[1]?.entries.map(({ path }) => path)).toEqual(['base.json', 'images'])
    expect(result.plan?.lines.map(({ service, strategy }) => [service, strategy])).toEqual([
      ['db', 'keep'],
      ['web', 'switch'],
    ])
    expect(settingsOf(remote, 2)).toContain('data_directory=/srv/shop\n')
    expect(log.text('info')).toContain('note: These containers stay as they are: shop-db-1.')
  })

  test('under another name is found by its labels and resolved under that name; the release belongs to it', async () => {
    const { remote } = await deployed({ agent: startedByHand('compose'), files: { 'compose.yaml': 'services: {}\n' } })
    expect(remote.written.slice(0, 5)).toEqual(['facts', 'resolve', 'resolve compose /srv/shop', 'compare /srv/shop', 'hashes compose'])
    expect(settingsOf(remote, 2)).toContain('project=compose\n')
  })

  test('is taken over under the name under which alone its file could be resolved', async () => {
    const { 'resolve compose': resolve = [], ...answers } = startedByHand('compose')
    const agent = { ...answers, resolve: ['= resolved-as project=compose', ...resolve] }
    const { remote } = await deployed({ agent, files: { 'compose.yaml': 'services: {}\n' } })
    expect(remote.written.slice(0, 4)).toEqual(['facts', 'resolve', 'compare /srv/shop', 'hashes compose'])
    expect(settingsOf(remote, 2)).toContain('project=compose\n')
  })

  test('of another app helps nobody: what Compose says of the own files is the answer', async () => {
    const { facts } = startedByHand('compose')
    const other =
      facts === 'lost'
        ? []
        : (facts ?? []).map((line) => line.replace('ghcr.io/acme/web', 'ghcr.io/acme/blog').replace(/compose_data/, 'x'))
    const agent: AgentAnswers = {
      facts: other,
      resolve: ['= resolved-as project=compose', ...resolved({ web: { image: 'ghcr.io/acme/web' } })],
      'resolve shop': ['! DA-COMPOSE-INVALID env file .env.production not found', '= settled status=aborted'],
    }
    const { error, remote } = await refused({ agent, files: { 'compose.yaml': 'services: {}\n' } })
    expect(remote.written).toEqual(['facts', 'resolve', 'resolve shop'])
    expect(error).toMatchObject({ code: 'DA-COMPOSE-INVALID' })
  })

  test('cannot be prepared alone: there is no edge in front that could tell a candidate from others', async () => {
    const { error } = await refused({ agent: startedByHand('shop'), inputs: { phase: 'prepare' } })
    expect(error).toMatchObject({ code: 'DA-ADOPT-PHASE' })
  })

  test('under another name than the file has is refused, with both volumes', async () => {
    const { error } = await refused({ agent: startedByHand('compose') })
    expect(error).toMatchObject({ code: 'DA-ADOPT-PROJECT', message: expect.stringMatching(/"compose_data".*"shop_data"/) })
  })
})
