import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ComposeModel } from '@deploy-actions/compose'
import { compose } from '../../actions/deploy-compose-ssh/test/compose-host.ts'
import {
  type Expectation,
  expectationOf,
  handArguments,
  modelOf,
  projectNames,
  projects,
} from '../../actions/deploy-compose-ssh/test/compose-projects.ts'
import type { Box } from '../../lab/lab.ts'
import { Consumer, type Step } from '../../lab/scenarios/consumer.ts'
import { expectStatus } from '../../lab/scenarios/settled.ts'
import type { Stage } from '../../lab/scenarios/stage.ts'
import { changesBeside, differencesOfMoved, differencesToFile } from './project-differences.ts'
import { filesOf, leaveMarks, lostMarks, removeProject, type SeenProject, seeProject } from './project-state.ts'

/** A project of compose-projects that a host of the lab can run. */
export interface Deployable {
  readonly name: string
  readonly expected: Expectation
  readonly model: ComposeModel
}

export type StandIns = Readonly<Record<'v1' | 'v2', string>>

/** Those that are not refused, and for which nothing is needed that the lab has not. */
export const deployableNames = (): string[] =>
  projectNames().filter((name) => {
    const { refused, plannedOnly, services = {} } = expectationOf(name)
    return refused === undefined && plannedOnly === undefined && Object.keys(services).length > 0
  })

/** As a person's Compose resolves it in the folder of the repository. */
export async function deployable(name: string): Promise<Deployable> {
  const expected = expectationOf(name)
  const keys = mkdtempSync(join(tmpdir(), 'lab-keys-'))
  try {
    const at = join(projects, name, folderOf(expected))
    const profiles = (expected.with?.profiles ?? '').split(/[\s,]+/).filter((one) => one !== '')
    const by = handArguments({ at, keys, project: name, profiles: profiles.flatMap((one) => ['--profile', one]) }, expected)
    return { name, expected, model: modelOf(await compose(at, ...by, 'config', '--format', 'json')) }
  } finally {
    rmSync(keys, { recursive: true, force: true })
  }
}

function folderOf({ from, byHand = '', with: inputs = {} }: Expectation): string {
  const [first = ''] = (inputs['compose-file'] ?? '').split('\n')
  return from ?? (byHand === '' && first.includes('/') ? join(first, '..') : '.')
}

/** Of which there is one on a host: two projects that want the same run one after the other. */
export function needsOf({ model, expected }: Deployable): string[] {
  const services = Object.values(model.services)
  const subnets = Object.values(model.networks ?? {}).flatMap((network) => (JSON.stringify(network).includes('subnet') ? ['subnet'] : []))
  const routed = [...(expected.with?.routes ?? '').matchAll(/:(\d+) ->/g)].map(([, port]) => `port ${port}`)
  return [
    ...services.flatMap(({ ports = [] }) => ports.flatMap(({ published = '' }) => portsOf(published))),
    ...services.flatMap(({ container_name: own }) => (own === undefined ? [] : [`container ${own}`])),
    ...services.flatMap(({ network_mode: mode }) => (mode === 'host' ? ['network of the host'] : [])),
    ...subnets,
    ...routed,
  ]
}

function portsOf(published: string): string[] {
  const [from, to = from] = published.split('-').map(Number)
  if (published === '' || from === undefined || to === undefined) return []
  return Array.from({ length: to - from + 1 }, (_, index) => `port ${from + index}`)
}

/** Deploys it, deploys it again with other images, goes back, and throws with what differs from what must be. */
export async function deployTwiceAndBack(one: Deployable, stage: Stage, images: StandIns): Promise<void> {
  const play = new Play(one, stage, images)
  try {
    await play.begin()
    await play.first()
    await play.second()
    await play.back()
  } finally {
    await play.end()
  }
}

class Play {
  readonly #name: string
  readonly #expected: Expectation
  readonly #model: ComposeModel
  readonly #box: Box
  readonly #images: StandIns
  readonly #moves: readonly string[]
  readonly #consumer: Consumer
  readonly #files: readonly string[]
  readonly #directory: string
  #project: string
  #marks: string[] = []
  #before: SeenProject = { containers: [], volumes: [] }
  #after: SeenProject = this.#before

  constructor({ name, expected, model }: Deployable, stage: Stage, images: StandIns) {
    this.#name = name
    this.#expected = expected
    this.#model = model
    this.#box = stage.box
    this.#images = images
    this.#moves = movesOf(expected)
    this.#consumer = new Consumer(stage, { repository: join(projects, name) })
    this.#files = filesOf(this.#consumer.folder)
    this.#directory = `/opt/${name}`
    this.#project = name
  }

  /** What others made on the host, and stand-ins under the names of the images that it is to have already. */
  async begin(): Promise<void> {
    const names = [...new Set(Object.values(this.#model.services).flatMap(({ image }) => image ?? []))]
    const { v1 } = this.#images
    const pulled = `docker image inspect ${v1} >/dev/null 2>&1 || docker pull -q ${v1} >/dev/null`
    await this.#must(
      [pulled, `docker tag ${v1} stand-in`, ...names.map((image) => `docker tag ${v1} '${image}'`), this.#expected.given ?? ''].join('\n'),
    )
  }

  async first(): Promise<void> {
    expectStatus(await this.#deploy('v1'), 'deployed')
    this.#project = (await this.#must(`sed -n 's/^project=//p' ${this.#directory}/current/settings`)).trim()
    const seen = await seeProject(this.#box, this.#project)
    const { services: strategies = {}, ends = [], seen: values = {} } = this.#expected
    this.#none('after the first deploy', differencesToFile(seen, { model: this.#model, strategies, ends, seen: values }))
    this.#none('after the first deploy', differencesOfMoved(this.#moves, seen, seen, 'v1', []))
    this.#before = seen
    this.#marks = await leaveMarks(this.#box, seen)
  }

  async second(): Promise<void> {
    expectStatus(await this.#deploy('v2'), 'deployed')
    this.#after = await seeProject(this.#box, this.#project)
    await this.#sameBeside('after the second deploy', this.#before, this.#after)
    this.#none(
      'after the second deploy',
      differencesOfMoved(this.#moves, this.#before, this.#after, 'v2', ['STAND_IN', 'RELEASE_ID', 'GIT_SHA', 'SENTRY_RELEASE']),
    )
  }

  async back(): Promise<void> {
    expectStatus(await this.#consumer.rollback({ inputs: { app: this.#name, directory: this.#directory } }), 'rolled-back')
    const seen = await seeProject(this.#box, this.#project)
    await this.#sameBeside('after the rollback', this.#before, seen)
    this.#none('after the rollback', differencesOfMoved(this.#moves, this.#before, seen, 'v1', []))
    const changed = filesOf(this.#consumer.folder).filter((line) => !this.#files.includes(line))
    this.#none('in the repository', changed)
  }

  async end(): Promise<void> {
    this.#consumer.close()
    await removeProject(this.#box, this.#project, this.#directory)
  }

  async #sameBeside(when: string, before: SeenProject, after: SeenProject): Promise<void> {
    this.#none(when, changesBeside([...this.#moves, ...(this.#expected.ends ?? [])], before, after))
    this.#none(`${when}, lost files`, await lostMarks(this.#box, this.#marks))
  }

  #deploy(version: 'v1' | 'v2'): Promise<Step> {
    const { with: inputs = {}, env = {} } = this.#expected
    return this.#consumer.deploy(version, {
      env,
      inputs: {
        ...{ app: this.#name, directory: this.#directory, 'compose-file': '', routes: '', switch: '', verify: '' },
        ...{
          'verify-for': '0s',
          'drain-timeout': '2s',
          'stream-drain-timeout': '1s',
          'health-timeout': '30s',
          'env-keys': Object.keys(env).join(' '),
        },
        ...inputs,
        images: this.#moves.map((service) => `${service}=${this.#images[version]}`).join('\n'),
      },
    })
  }

  async #must(command: string): Promise<string> {
    const { code, stdout, stderr } = await this.#box.exec(command, { timeoutMs: 60_000 })
    if (code !== 0) throw new Error(`on the host: ${stderr}`)
    return stdout
  }

  #none(when: string, differences: readonly string[]): void {
    if (differences.length > 0) throw new Error(`${when}:\n- ${differences.join('\n- ')}`)
  }
}

/** Services whose image the second deploy changes. */
function movesOf({ moves, services = {} }: Expectation): readonly string[] {
  const of = (strategy: string) => Object.keys(services).filter((name) => services[name] === strategy)
  return moves ?? (of('switch').length > 0 ? of('switch') : of('start').slice(0, 1))
}
