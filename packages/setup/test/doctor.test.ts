import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFacts } from '@deploy-actions/agent'
import { type GitHubApi, GitHubRefused } from '@deploy-actions/github'
import type { Place } from '@deploy-actions/hosts'
import { type ErrorCode, UserError } from '@deploy-actions/kit'
import {
  addressesOf,
  type DoctorPorts,
  doctor,
  type Finding,
  hostsToLookAt,
  init,
  judgeHost,
  readAnswers,
  tellDoctor,
} from '@deploy-actions/setup'
import { agentSession, blockOf, FakeClock, FakeLog, FakeRemote, playAgent } from '@deploy-actions/testing'
import { expect, test } from '@jest/globals'
import { FakeDigitalOcean } from '../../../lab/digitalocean/fake.ts'
import { doctorValues, initValues, RepositoryMap } from './repository-map.ts'

const COMPOSE = `
services:
  db: { image: 'postgres:16', environment: { POSTGRES_PASSWORD: '\${DB_PASSWORD:?}' } }
  web: { build: ., ports: ['8000:8000'] }
`
const HOST = { app: 'shop', hosts: '203.0.113.7', environments: 'production' }
const NOW = Date.UTC(2026, 10, 22)

/** What `facts` says of a fresh host. */
const FACTS = [
  'user\tdeploy',
  'docker\t27.3.1\tamd64\tlinux',
  'compose\t2.29.7',
  'disk\t/var/lib/docker\t20000000',
  'memory\t900000\t0',
  'slot\tnone',
  'healthy\tno',
]
const ANSWERS = [
  'docker\ttrue json-file',
  'daemon\t{ "live-restore": true, "log-opts": { "max-size": "10m" } }',
  'apt\t/usr/bin/apt-config',
  'upgrades\t/usr/bin/unattended-upgrade 1',
  'passwords\tno',
  'firewall\tufw',
]

const judged = (facts: readonly string[], answers: readonly string[] = ANSWERS) =>
  judgeHost(readFacts('203.0.113.7', facts), readAnswers(answers.join('\n')))
const bad = (findings: readonly Finding[]) => findings.filter(({ level }) => level !== 'OK').map(({ level, what }) => `${level} ${what}`)
const without = (lines: readonly string[], name: string, ...more: string[]) => [
  ...lines.filter((line) => !line.startsWith(`${name}\t`)),
  ...more,
]

/** A repository as init leaves it, and surroundings in which all is well. */
async function ground(
  files: Readonly<Record<string, string>> = { 'compose.yaml': COMPOSE },
  inputs: Readonly<Record<string, string>> = {},
) {
  const repository = new RepositoryMap(files)
  await init(initValues({ environments: 'production', hosts: '203.0.113.7', health: 'web=/health', ...inputs }), repository.ports())
  const ports = (more: Partial<DoctorPorts> = {}): DoctorPorts => ({
    workspace: repository.workspace,
    contracts: async () => undefined,
    hosts: { places: [placeWith(FACTS, ANSWERS)], directory: '/opt/shop' },
    addresses: ['203.0.113.7'],
    questions: async () => 'ask',
    repository: 'acme/shop',
    actions: 'acme/ship',
    api: undefined,
    network: {
      resolve: async (name) => ({ addresses: [name === 'elsewhere.example.com' ? '198.51.100.1' : '203.0.113.7'], ttl: 300 }),
      certificate: async () => ({ issuer: "Let's Encrypt R11", validTo: NOW + 60 * 86_400_000, problem: undefined }),
      reach: async () => 401,
    },
    log: repository.log,
    now: () => NOW,
    ...more,
  })
  return { repository, ports }
}

function placeWith(facts: readonly string[], answers: readonly string[]): Place {
  const remote = new FakeRemote(
    { '/bin/sh': { stdout: `${answers.join('\n')}\n` } },
    { sessions: { [agentSession]: playAgent({ facts: blockOf('facts', facts) }) } },
  )
  return { name: '203.0.113.7', address: '203.0.113.7:22', connect: async () => remote }
}

/** GitHub with these names by environment; '' is the repository itself. */
function fakeApi(names: Readonly<Record<string, { secrets?: string[]; variables?: string[]; reviewers?: boolean }>>): GitHubApi {
  const of = (parameters: Readonly<Record<string, unknown>>) => names[String(parameters.environment_name ?? '')]
  return {
    request: async (route, parameters) => {
      const about = of(parameters)
      if (about === undefined) throw new GitHubRefused(404, route, 'Not Found')
      return { protection_rules: about.reviewers ? [{ type: 'required_reviewers' }] : [] } as never
    },
    all: async (_route, kind, parameters) => (of(parameters)?.[kind as 'secrets'] ?? []).map((name) => ({ name })) as never,
  }
}

test('a fresh host as the set-up script leaves it has nothing to mend', () => {
  expect(bad(judged(FACTS))).toEqual([])
})

test.each([
  [
    'no Docker',
    ['docker-missing', 'slot\tnone'],
    ANSWERS,
    ['FAIL DA-HOST-DOCKER-MISSING: 203.0.113.7 has no Docker', 'left out free space'],
  ],
  [
    'an old Compose',
    without(FACTS, 'compose', 'compose\t2.10.0'),
    ANSWERS,
    ['FAIL DA-HOST-COMPOSE-OLD: 203.0.113.7 has Compose 2.10.0; 2.20 or newer is needed'],
  ],
  ['a full disk', without(FACTS, 'disk', 'disk\t/var/lib/docker\t500000'), ANSWERS, ['FAIL 0.5 GB free for images']],
  ['a program with port 80', [...FACTS, 'listen\t80'], ANSWERS, ['WARN a program outside of Docker has port 80']],
  [
    'a daemon without live-restore',
    FACTS,
    without(without(ANSWERS, 'docker', 'docker\tfalse json-file'), 'daemon'),
    ['WARN live-restore is off: an upgrade of Docker stops all containers', 'WARN logs of containers grow without limit'],
  ],
  [
    'updates that wait',
    FACTS,
    without(ANSWERS, 'upgrades', 'upgrades\t/usr/bin/unattended-upgrade 0'),
    ['WARN security updates wait for somebody'],
  ],
  ['passwords', FACTS, without(ANSWERS, 'passwords', 'passwords\tyes'), ['WARN SSH takes passwords']],
  ['no firewall', FACTS, without(ANSWERS, 'firewall', 'firewall\t'), ['WARN no firewall was found on the host']],
  ['no flock', FACTS, [...ANSWERS, 'missing\tflock'], ['FAIL flock is not there, and the agent needs it']],
])('a host with %s', (_what, facts, answers, expected) => {
  expect(bad(judged(facts, answers))).toEqual(expected)
})

test('ports that everybody reaches are named: a database fails, others are a warning, those of an edge and of this machine alone are none', () => {
  const container = (name: string, ports: string, app = '') => `container\tid-${name}\tshop\t${name}\trunning\t${name}\t${ports}\t${app}`
  const facts = [
    ...FACTS,
    container('db', '0.0.0.0:5432->5432/tcp, :::5432->5432/tcp'),
    container('stats', '0.0.0.0:9100->9100/tcp'),
    container('cache', '127.0.0.1:6379->6379/tcp'),
    container('edge', '0.0.0.0:8080->10080/tcp', 'shop'),
  ]
  expect(bad(judged(facts))).toEqual([
    'FAIL db publishes port 5432 (PostgreSQL) on all addresses',
    'WARN stats publishes port 9100 on all addresses',
  ])
})

test('a user who may not ask Docker hears of live-restore from the file', () => {
  const answers = without(ANSWERS, 'docker', 'docker\t')
  expect(bad(judged(FACTS, answers))).toEqual([])
  expect(bad(judged(FACTS, without(answers, 'daemon')))[0]).toBe('left out live-restore')
})

test('after init and the set-up script doctor finds nothing to mend', async () => {
  const { ports, repository } = await ground()
  const contracts = async () => ({
    inputs: [
      'app',
      'user',
      'images',
      'staging',
      'production',
      'switch',
      'health',
      'env-template',
      'environment',
      'to',
      'env',
      'reason',
      'drill',
      'service',
    ],
    required: ['app'],
    secrets: [],
    variables: ['DEPLOY_HOST'],
  })
  const api = fakeApi({ '': {}, production: { secrets: ['DEPLOY_SSH_KEY', 'APP_ENV'], variables: ['DEPLOY_HOST'], reviewers: true } })
  const report = await doctor(doctorValues({ ...HOST, domains: 'shop.example.com' }), ports({ contracts, api }))
  expect(bad([...report.values()].flat())).toEqual([])
  expect(tellDoctor(report, repository.log)).toBe('ok')
  expect(repository.log.text('info')).toContain("certificate of shop.example.com: by Let's Encrypt R11, for 60 more days")
})

test('names that GitHub lacks are told with the command that sets them; what no deploy can do without fails', async () => {
  const { ports } = await ground()
  const contracts = async () => ({ inputs: [], required: [], secrets: [], variables: ['DEPLOY_HOST', 'DEPLOY_ROUTES'] })
  const api = fakeApi({ '': { secrets: ['DEPLOY_SSH_KEY'] }, production: { secrets: ['DEPLOY_HOST'] } })
  const report = await doctor(doctorValues(HOST), ports({ contracts, api }))
  expect(bad(report.get('GitHub') ?? [])).toEqual([
    'WARN production has no secret APP_ENV',
    'WARN DEPLOY_SSH_KEY is a secret of the repository: each job of each branch can read it',
    'FAIL DEPLOY_HOST of production is a secret and has to be a variable',
    'WARN production has no variable DEPLOY_ROUTES',
    'WARN production has no required reviewers',
  ])
})

test('an environment that is not there, and a token that may not look, fail; without a token nothing is compared', async () => {
  const { ports } = await ground()
  const github = async (api: GitHubApi | undefined) => bad((await doctor(doctorValues(HOST), ports({ api }))).get('GitHub') ?? [])
  expect(await github(fakeApi({ '': {} }))).toEqual(['FAIL there is no environment production'])
  const refusing: GitHubApi = { ...fakeApi({}), all: async (route) => Promise.reject(new GitHubRefused(403, route, 'no')) }
  expect((await github(refusing))[0]).toContain('FAIL DA-GITHUB-TOKEN')
  expect(await github(undefined)).toEqual(['left out whether they are set'])
})

test('a host that cannot be reached is told, and the others are looked at all the same', async () => {
  const { ports } = await ground()
  const dead: Place = {
    name: 'dead',
    address: 'dead:22',
    connect: () => Promise.reject(new UserError('DA-SSH-UNREACHABLE' as ErrorCode, 'cannot reach dead', { hint: 'Check it.' })),
  }
  const report = await doctor(doctorValues(HOST), ports({ hosts: { places: [dead, placeWith(FACTS, ANSWERS)], directory: '/opt/shop' } }))
  expect(report.get('host dead')).toEqual([{ level: 'FAIL', what: 'DA-SSH-UNREACHABLE: cannot reach dead', mend: 'Check it.' }])
  expect(bad(report.get('host 203.0.113.7') ?? [])).toEqual([])
})

test('what no deploy could log in with fails as the hosts, and the rest is looked at', async () => {
  const { ports } = await ground()
  const report = await doctor(
    doctorValues(HOST),
    ports({ hosts: { wrong: new UserError('DA-INPUT-INVALID' as ErrorCode, 'input `known-hosts` is missing') } }),
  )
  expect(bad(report.get('hosts') ?? [])).toEqual(['FAIL DA-INPUT-INVALID: input `known-hosts` is missing'])
  expect(bad(report.get('registry') ?? [])).toEqual([])
})

test('a repository without workflows of ours is sent to init', async () => {
  const { ports } = await ground()
  const report = await doctor(doctorValues(HOST), ports({ workspace: new RepositoryMap({ 'compose.yaml': COMPOSE }).workspace }))
  expect(report.get('repository')?.[0]).toMatchObject({ level: 'FAIL', what: 'no workflow uses deploy-actions' })
})

test('the one step, and a copy of another name, are uses of ours', async () => {
  const { ports, repository } = await ground()
  const steps = (uses: string) => `jobs: { deploy: { steps: [{ uses: ${uses}, with: { hots: a } }] } }`
  for (const path of [...repository.files.keys()].filter((one) => one.startsWith('.github/workflows/'))) repository.files.delete(path)
  for (const [at, uses] of ['acme/deploy-actions@v1', 'Acme/Ship/smoke-test@v1', 'acme/other/smoke-test@v1'].entries())
    repository.files.set(`.github/workflows/${at}.yml`, steps(uses))
  const contracts = async () => ({ inputs: [], required: [], secrets: [], variables: [] })
  const found = bad((await doctor(doctorValues(HOST), ports({ contracts }))).get('repository') ?? [])
  expect(found.filter((what) => what.includes('hots'))).toEqual([
    'FAIL .github/workflows/0.yml gives release-compose-ssh the input `hots`, which it does not have',
    'FAIL .github/workflows/1.yml gives smoke-test the input `hots`, which it does not have',
  ])
})

test('workflows that name services, files and inputs which there are not fail one by one', async () => {
  const workflow = `
jobs:
  pipeline:
    uses: org/deploy-actions/.github/workflows/pipeline-compose.yml@v1
    with: { images: x, switch: 'wbe:8000', env-template: .env.exmaple, hots: a }
`
  const { ports, repository } = await ground()
  repository.files.set('.github/workflows/deploy.yml', workflow)
  const contracts = async (name: string) =>
    name.includes('pipeline')
      ? { inputs: ['images', 'switch', 'env-template'], required: ['images'], secrets: [], variables: [] }
      : undefined
  const found = bad((await doctor(doctorValues(HOST), ports({ contracts }))).get('repository') ?? [])
  expect(found).toEqual(
    expect.arrayContaining([
      'FAIL `org/deploy-actions` is what the documentation writes',
      'FAIL .github/workflows/deploy.yml gives .github/workflows/pipeline-compose.yml the input `hots`, which it does not have',
      'FAIL `env-template` names .env.exmaple, which is not in the repository',
      'FAIL a workflow sends requests to "wbe", which the Compose file does not have',
      'FAIL .github/workflows/rollback.yml uses .github/workflows/rollback.yml, which there is not',
    ]),
  )
})

test('the Compose file alone: an open database fails as the deploy would, a service that nobody asks is a warning', async () => {
  const open =
    "services:\n  db: { image: 'mysql:8', ports: ['3306:3306'] }\n  stats: { image: grafana, ports: ['3000:3000'] }\n  web: { build: ., ports: ['8000:8000'] }\n"
  const { ports, repository } = await ground({ 'compose.yaml': open })
  const before = repository.text('.github/workflows/deploy.yml')
  repository.files.set('.github/workflows/deploy.yml', before.replace(/ *health: .*\n/, ''))
  const found = bad((await doctor(doctorValues(HOST), ports())).get('repository') ?? [])
  expect(found).toEqual(
    expect.arrayContaining([
      'WARN web has no healthcheck in the Compose file',
      'FAIL db publishes port 3306 (MySQL) on all addresses, past ufw: the deploy is refused (DA-PORT-PUBLIC)',
      'WARN stats publishes port 3000 on all addresses, past ufw',
    ]),
  )
})

test.each([
  ['leads nowhere', { addresses: [], ttl: undefined }, undefined, ['FAIL shop.example.com leads nowhere']],
  [
    'leads elsewhere',
    { addresses: ['198.51.100.1'], ttl: 60 },
    undefined,
    [
      'WARN shop.example.com leads to 198.51.100.1, TTL 60 s; 198.51.100.1 is none of the hosts',
      'left out certificate of shop.example.com',
    ],
  ],
  [
    'has a certificate that nobody trusts',
    undefined,
    { issuer: 'Caddy Local', validTo: NOW + 86_400_000, problem: 'SELF_SIGNED' },
    ['FAIL certificate of shop.example.com: by Caddy Local, for 1 more days: SELF_SIGNED'],
  ],
  [
    'has one that was not renewed',
    undefined,
    { issuer: 'R11', validTo: NOW + 5 * 86_400_000, problem: undefined },
    ['WARN certificate of shop.example.com: by R11, for 5 more days'],
  ],
])('a domain that %s', async (_what, resolved, certificate, expected) => {
  const { ports } = await ground()
  const network = {
    ...ports().network,
    resolve: async (name: string) =>
      name === 'shop.example.com' && resolved !== undefined ? resolved : { addresses: ['203.0.113.7'], ttl: 60 },
    certificate: async () => certificate,
  }
  const report = await doctor(doctorValues({ ...HOST, domains: 'shop.example.com' }), ports({ network }))
  expect(bad(report.get('domains') ?? [])).toEqual(expected)
})

test('a registry that cannot be reached fails', async () => {
  const { ports } = await ground()
  const report = await doctor(doctorValues(HOST), ports({ network: { ...ports().network, reach: async () => undefined } }))
  expect(bad(report.get('registry') ?? [])).toEqual(['FAIL ghcr.io cannot be reached from here'])
})

/** The hosts that doctor would look at, with `web-1` and `web-2` behind the tag `web` at DigitalOcean. */
async function hostsWith(given: Readonly<Record<string, string>>) {
  const fake = await FakeDigitalOcean.open()
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-doctor-'))
  try {
    for (const name of ['web-1', 'web-2']) fake.infrastructure.addDroplet(name, ['web'])
    const blob = Buffer.concat([
      Buffer.from('0000000b', 'hex'),
      Buffer.from('ssh-ed25519'),
      Buffer.from('00000020', 'hex'),
      Buffer.alloc(32, 7),
    ])
    writeFileSync(join(folder, 'known_hosts'), `* ssh-ed25519 ${blob.toString('base64')}\n`)
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const values = doctorValues({ app: 'shop', 'known-hosts': join(folder, 'known_hosts'), 'ssh-key': key, 'api-url': fake.url, ...given })
    const hosts = await hostsToLookAt(values, 'acme/shop', {
      log: new FakeLog(),
      clock: new FakeClock(),
      signal: new AbortController().signal,
    })
    return { names: 'places' in hosts ? hosts.places.map(({ name }) => name) : hosts, addresses: addressesOf(hosts, values), fake }
  } finally {
    await fake.close()
    rmSync(folder, { recursive: true })
  }
}

test('hosts behind a tag are found with the token, beside those that are written out, and domains are compared with all of them', async () => {
  const { names, addresses, fake } = await hostsWith({ hosts: '203.0.113.9\ndroplet-tag:web', 'digitalocean-token': 'do-token' })
  expect(names).toEqual(['203.0.113.9', 'web-1 (203.0.113.1)', 'web-2 (203.0.113.2)'])
  expect(addresses).toEqual(['203.0.113.9', '203.0.113.1', '203.0.113.2'])
  expect(fake.violations).toEqual([])
})

test('a tag without a token, and one that no droplet has, are told as what is wrong with the hosts', async () => {
  const lacking = await hostsWith({ hosts: 'droplet-tag:web' })
  expect(lacking.names).toMatchObject({ wrong: { message: expect.stringContaining('`digitalocean-token` is required') } })
  const none = await hostsWith({ hosts: 'droplet-tag:nobody', 'digitalocean-token': 'do-token' })
  expect(none.names).toMatchObject({ wrong: { code: 'DA-HOSTS-NONE' } })
  expect([lacking.addresses, none.addresses]).toEqual([[], []])
})

test('without a key no host is looked for, and domains are compared with none when only some of the hosts are known', async () => {
  const { names, addresses, fake } = await hostsWith({
    hosts: '203.0.113.9\ndroplet-tag:web',
    'ssh-key': '',
    'digitalocean-token': 'do-token',
  })
  expect(names).toMatchObject({ why: expect.stringContaining('SSH_KEY_FILE') })
  expect([addresses, fake.requests('GET /v2/droplets')]).toEqual([[], []])
})

test('domains are compared with hosts that are written out, whatever else is wrong, and not with private addresses', async () => {
  const wrong = await hostsWith({ hosts: '203.0.113.9', 'ssh-key': 'no key' })
  expect([wrong.names, wrong.addresses]).toEqual([{ wrong: expect.anything() }, ['203.0.113.9']])
  const found = await hostsWith({ hosts: 'droplet-tag:web', 'digitalocean-token': 'do-token', 'host-address': 'private' })
  expect(found.addresses).toEqual([])
})
