import { posix } from 'node:path'
import type { ComposeModel, Workspace } from '@deploy-actions/compose'
import { type ErrorCode, UserError } from '@deploy-actions/kit'
import type { DeployPorts, DeployRequest } from '@deploy-actions/plan'
import { formatImageReference } from '@deploy-actions/release'
import {
  type AgentAnswers,
  agentSession,
  blockOf,
  FakeClock,
  FakeLog,
  FakeRemote,
  inputsOf,
  playAgent,
  type SessionScript,
} from '@deploy-actions/testing'
import { deploy } from '../src/deploy.ts'
import { inputs } from '../src/inputs.ts'

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
/** The release that a deploy of the scene makes. */
export const ID = '20260131T093000Z-1a2b3c4-77.1'
export const WEB = `ghcr.io/acme/web@${digest('a')}`

/** What a later phase finds on the host. */
export const PREPARED = '20260131T090000Z-1a2b3c4-77.1'
export const SERVING = '20260130T090000Z-0000000-76.1'

/** Files by path. */
export function workspaceOf(files: Readonly<Record<string, string>>): Workspace {
  const textOf = (path: string): string | undefined => files[posix.normalize(path)]
  return {
    read: async (path) => (textOf(path) === undefined ? undefined : Buffer.from(textOf(path) as string)),
    list: async () => [],
    stat: async (path) => (textOf(path) === undefined ? undefined : { kind: 'file', mode: 0o644 }),
  }
}

/** What a registry says of images: a digest, or the code of an error. Images that it is not asked about are nobody's. */
export type RegistryAnswers = Readonly<Record<string, { digest: string } | ErrorCode>>

export class FakeRegistry {
  /** What was asked, with the platform, in order. */
  readonly asked: string[] = []
  readonly #answers: RegistryAnswers

  constructor(answers: RegistryAnswers) {
    this.#answers = answers
  }

  async resolve(address: Parameters<typeof formatImageReference>[0], { platform }: { platform: string }) {
    const name = formatImageReference(address)
    this.asked.push(`${name} for ${platform}`)
    const answer = this.#answers[name]
    if (answer === undefined) throw new Error(`FakeRegistry has no answer for ${name}`)
    if (typeof answer === 'string') throw new UserError(answer, `the registry said ${answer} of ${name}`, { hint: 'Look.' })
    const config = { healthcheck: undefined, volumes: [], env: [] }
    return { ...answer, mediaType: '', manifestDigest: answer.digest, platforms: [platform], size: 1_000, config } as never
  }
}

/** `docker compose config` of a project with a web service and a database. */
export const model: ComposeModel = {
  name: 'shop',
  services: {
    db: { image: 'postgres:16', networks: { default: null }, volumes: [{ type: 'volume', source: 'data', target: '/data' }] },
    web: { image: 'ghcr.io/acme/web', networks: { default: null }, environment: { COLOR: 'blue' } },
  },
  networks: { default: { name: 'shop_default' } },
  volumes: { data: { name: 'shop_data' } },
} as ComposeModel

export const FACTS = [
  'user\troot',
  'directory\t/opt/shop',
  'docker\t26.1.0\tamd64\tlinux',
  'compose\t2.27.0',
  'disk\t/\t99999999',
  'slot\tnone',
]

/** A host that goes all the way, with changes. */
export const agentAnswers = (changes: AgentAnswers = {}): AgentAnswers => ({
  facts: blockOf('facts', FACTS),
  resolve: [...blockOf('model', JSON.stringify(model).split('\n')), ...blockOf('warnings', [])],
  credential: [],
  prepare: ['= preparing release=R slot=blue', '= prepared release=R slot=blue'],
  switch: ['= switched release=R slot=blue', '= verified release=R'],
  commit: ['= settled status=deployed'],
  'edge-image': ['= noted'],
  hold: [...blockOf('held', ['s3cret-of-the-app']), '= settled status=prepared'],
  candidate: [
    `= candidate state=prepared release=${PREPARED} by=x gone= live=${SERVING} slot=blue`,
    ...blockOf('candidate-record', [JSON.stringify({ images: { web: WEB, db: 'postgres:16' } })]),
  ],
  resume: ['= preparing release=R slot=green', '= prepared release=R slot=green'],
  drop: ['= settled status=aborted'],
  ...changes,
})

export interface Scene {
  readonly inputs?: Readonly<Record<string, string>>
  readonly agent?: AgentAnswers
  /** Of the sessions behind the first one, in order; the last goes for all that follow. */
  readonly later?: readonly AgentAnswers[]
  readonly files?: Readonly<Record<string, string>>
  readonly registry?: RegistryAnswers
  readonly values?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** All that a deploy of the shop needs; what is not told is in order. */
export function sceneOf(scene: Scene = {}) {
  const plays = [scene.agent, ...(scene.later ?? [])].map((answers) => playAgent(agentAnswers(answers), openingOf(answers)))
  const session: SessionScript = (end) => (plays.length > 1 ? plays.shift() : plays[0])?.(end)
  const remote = new FakeRemote({}, { sessions: { [agentSession]: session } })
  const log = new FakeLog()
  const registry = new FakeRegistry(scene.registry ?? { [WEB]: { digest: digest('a') } })
  const logins: unknown[] = []
  const suspects: string[] = []
  let connected = 0
  const request: DeployRequest = {
    inputs: inputsOf('deploy-compose-ssh', inputs, {
      ...{ host: 'shop.example.com', 'ssh-key': 'key', images: `web=${WEB}`, routes: ':80 -> web:8000', health: 'web: http :8000/health' },
      ...scene.inputs,
    }),
    app: 'shop',
    directory: '/opt/shop',
    run: {
      run: { id: '77', attempt: 1, url: 'https://github.com/acme/shop/actions/runs/77' },
      who: 'run 77',
      repository: 'acme/shop',
      commit: undefined,
      actor: 'ann',
    },
    commit: { sha: '1a2b3c4'.padEnd(40, '0'), committedAt: '2026-01-30T12:00:00Z' },
    values: new Map(Object.entries(scene.values ?? {})),
  }
  const ports: DeployPorts = {
    hosts: [
      {
        ...{ name: 'shop.example.com', address: 'shop.example.com:22' },
        connect: async () => {
          connected += 1
          return remote
        },
      },
    ],
    workspace: workspaceOf(scene.files ?? { 'compose.yaml': 'name: shop\nservices: {}\n' }),
    registry: (given) => {
      logins.push(...given)
      return registry
    },
    clock: new FakeClock({ now: Date.UTC(2026, 0, 31, 9, 30) }),
    log,
    secrets: { suspect: (value) => suspects.push(value) },
    signal: scene.signal ?? new AbortController().signal,
  }
  return { request, ports, remote, log, registry, logins, suspects, connections: () => connected }
}

/** Who has a record of what is live says so as soon as the lock is taken. */
export const openingOf = (answers: AgentAnswers | undefined): string[] => [
  '= ready run=/tmp/run',
  answers?.record === undefined ? '= locked' : `= locked release=${ID}`,
]

export async function deployed(scene: Scene = {}) {
  const stage = sceneOf(scene)
  return { ...stage, result: await deploy(stage.request, stage.ports) }
}

/** The live release as a second run finds it: the record and the fingerprint that the first one wrote. */
export async function liveAfterDeploy(scene: Scene = {}) {
  const { remote, result } = await deployed(scene)
  const record = Buffer.from(remote.uploads[1]?.entries.find(({ path }) => path === 'release.json')?.bytes ?? []).toString()
  const facts = [
    ...FACTS.filter((line) => !line.startsWith('slot')),
    ...['slot\tblue', `current\t${ID}`, `setting\tfingerprint\t${result.plan?.fingerprint}`],
    ...['setting\tcommit_time\t1700000000', 'edge-network\tshop_default\tweb ', 'edge-port\t\t80\t10080/tcp'],
  ]
  return { facts, record: blockOf('record', record.split('\n')) }
}
