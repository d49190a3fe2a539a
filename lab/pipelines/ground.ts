import { readPayload } from '@deploy-actions/deployments'
import { FakeRepository } from '@deploy-actions/testing'
import { ensureBuilder } from '../builder/builder.ts'
import { openStages, type Stage } from '../scenarios/stage.ts'
import { ensureStack, type StackImage } from '../stack/stack.ts'
import { atLoopback } from '../token-registry/token-registry.ts'
import { type Droplet, type DropletOptions, openDroplet } from './droplet.ts'
import { expectSame, Pipeline, type Play, type Row } from './pipeline.ts'
import { ExampleRepository } from './repository.ts'

/** A repository with its pipeline, and the droplet of its one environment. */
export interface OneDroplet {
  readonly pipeline: Pipeline
  readonly production: Droplet
  readonly github: FakeRepository
  readonly brief: boolean
}

/** The same with a droplet for each of two environments. */
export interface Ground extends OneDroplet {
  readonly staging: Droplet
}

export interface GroundOptions {
  readonly example: string
  /** `owner/name` at GitHub. */
  readonly repository: string
  /** The env file that has the values, on both hosts. */
  readonly envFile: string
  readonly user: DropletOptions['user']
  /** Whether one run has the values of both environments, each job its own; else a run is of one environment. */
  readonly together?: boolean
  /** Path below which the app answers in the words of the load. */
  readonly loadAt: string
  /** Variables of an environment whose app is at this address. */
  readonly vars: (url: string) => Readonly<Record<string, string>>
  /** More secrets of an environment. */
  readonly secrets?: DropletOptions['secrets']
  /** Values for the env file. */
  readonly values: (environment: string, password: string) => Readonly<Record<string, string>>
}

/** Staging and production are a box each, with keys and passwords of their own; what belongs to one is looked for at the other in the end. */
export function onTwoDroplets(options: GroundOptions, play: Play, playOn: (ground: Ground) => Promise<void>): Promise<Row[]> {
  return onDroplets(['staging', 'production'], options, play, async ({ droplets: [staging, production], ...rest }) => {
    const ground = { ...rest, staging: staging as Droplet, production: production as Droplet }
    await playOn(ground)
    await expectApart(ground, options.envFile)
  })
}

/** Production alone; in the end what is secret there was not sent to GitHub. */
export function onOneDroplet(options: GroundOptions, play: Play, playOn: (ground: OneDroplet) => Promise<void>): Promise<Row[]> {
  return onDroplets(['production'], options, play, async ({ droplets: [production], ...rest }) => {
    const ground = { ...rest, production: production as Droplet }
    await playOn(ground)
    expectNotSent(ground.github, ground.production.hidden)
  })
}

interface Opened extends Omit<OneDroplet, 'production'> {
  /** One for each environment, in their order. */
  readonly droplets: readonly Droplet[]
}

async function onDroplets(
  names: readonly string[],
  options: GroundOptions,
  { say, brief = false }: Play,
  playOn: (opened: Opened) => Promise<void>,
): Promise<Row[]> {
  const { example, together = false } = options
  const stages = await openStages(names.length, { say })
  const stack = await ensureStack(say)
  const { env } = await ensureBuilder(say)
  const loopback = await atLoopback('registry')
  const github = await FakeRepository.open(options.repository)
  const image = (name: StackImage, tag: string) => stack.image(name, tag).replace(/^[^/]+/, loopback)
  const environments = together ? Object.fromEntries(names.map((name) => [name, NO_VALUES])) : {}
  const repository = await ExampleRepository.open({ example, github, env, standIns: standIns(loopback, image), environments })
  const droplets: Droplet[] = []
  try {
    for (const [index, environment] of names.entries())
      droplets.push(await openDroplet(environment, stages[index] as Stage, loopback, ownOf(environment, stages[index] as Stage, options)))
    const values = Object.fromEntries(droplets.map((droplet) => [droplet.environment, droplet]))
    const pipeline = new Pipeline({ example, repository, github, say, ...(together && { environments: values }) })
    await playOn({ pipeline, droplets, github, brief })
    return pipeline.rows
  } finally {
    for (const droplet of droplets) await droplet.close()
    repository.close()
    await github.close()
  }
}

/** What an environment has of its own. */
const ownOf = (environment: string, { url }: Stage, { user, secrets, loadAt, vars, values }: GroundOptions): DropletOptions => ({
  user,
  ...(secrets && { secrets }),
  loadAt: `${url}${loadAt}`,
  vars: vars(url),
  values: (password) => values(environment, password),
})

/** The names are what counts until the droplets are there. */
const NO_VALUES = { vars: {}, secrets: {} }

/** A registry and base images of the lab, whose layers have the packages already. */
export const standIns = (loopback: string, image: (name: StackImage, tag: string) => string) => (text: string) =>
  text
    .replaceAll('ghcr.io/', `${loopback}/`)
    .replace(/^FROM python:.*$/m, `FROM ${image('backend', 'v1')}`)
    .replace(/^FROM nginx:.*$/m, `FROM ${image('nginx', '1.22')}`)
    .replace(/^(COPY requirements.txt|RUN pip install).*\n/gm, '')
    .replace(/image: (postgres:15|redis:7)$/gm, `image: ${loopback}/stack/$1`)
    .replace(/image: minio\/minio:.*\n *entrypoint: .*$/gm, `image: ${loopback}/stack/minio:v1`)
    // Of a Caddyfile: no authority gives the lab a certificate.
    .replace(/^[a-z]+\.example\.com \{$/gm, ':80 {')

/** Both hosts run what was built for the release that staging runs, and the record of production says so. */
export async function expectSameDigests({ staging, production, github }: Ground): Promise<void> {
  const built = digestsOf(github.latest('staging')?.deployment.payload)
  for (const host of [staging, production]) {
    const running = await host.images()
    expectSame(
      `images that ${host.environment} runs of those that were built`,
      built.filter((one) => running.includes(one)),
      built,
    )
  }
  expectSame('digests in the record of production', digestsOf(github.latest('production')?.deployment.payload), built)
}

/** What visitors get now. */
export async function versionAt({ loadAt }: Droplet): Promise<unknown> {
  return ((await (await fetch(`${loadAt}/`)).json()) as { version: unknown }).version
}

/** `image@digest` of each built image. */
function digestsOf(payload: unknown): string[] {
  return Object.values(readPayload(payload)?.build?.images ?? {}).map(({ ref, digest }) => `${ref}@${digest}`)
}

/** What belongs to one environment is nowhere in what runs of the other wrote, kept or sent. */
async function expectApart({ pipeline, staging, production, github }: Ground, envFile: string): Promise<void> {
  for (const [mine, other] of [
    [staging, production],
    [production, staging],
  ] as const) {
    const written = (pipeline.written.get(mine.environment) ?? []).join('\n')
    const strange = other.hidden.filter((text) => written.includes(text))
    expectSame(`secrets of ${other.environment} in runs of ${mine.environment}`, strange.length, 0)
    expectSame(`files of the host of ${mine.environment} with secrets of ${other.environment}`, await mine.filesWith(other.hidden), [])
    // The search itself finds what is there.
    expectSame(`${envFile} of ${mine.environment} has its password`, (await mine.filesWith(mine.hidden)).includes(envFile), true)
  }
  expectNotSent(github, [...staging.hidden, ...production.hidden])
}

function expectNotSent(github: FakeRepository, hidden: readonly string[]): void {
  const sent = JSON.stringify(github.deployments)
  expectSame('how many secrets GitHub was sent', hidden.filter((text) => sent.includes(text)).length, 0)
}
