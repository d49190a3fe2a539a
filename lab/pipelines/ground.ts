import { readPayload } from '@deploy-actions/deployments'
import { FakeRepository } from '@deploy-actions/testing'
import { ensureBuilder } from '../builder/builder.ts'
import { openStages } from '../scenarios/stage.ts'
import { ensureStack, type StackImage } from '../stack/stack.ts'
import { atLoopback } from '../token-registry/token-registry.ts'
import { type Droplet, type DropletOptions, openDroplet } from './droplet.ts'
import { expectSame, Pipeline, type Play, type Row } from './pipeline.ts'
import { ExampleRepository } from './repository.ts'

/** A repository with its pipeline, and a droplet for each of its two environments. */
export interface Ground {
  readonly pipeline: Pipeline
  readonly staging: Droplet
  readonly production: Droplet
  readonly github: FakeRepository
  readonly brief: boolean
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
export async function onTwoDroplets(
  options: GroundOptions,
  { say, brief = false }: Play,
  play: (ground: Ground) => Promise<void>,
): Promise<Row[]> {
  const { example, user, vars, values, secrets, together = false } = options
  const stages = await openStages(2, { say })
  const stack = await ensureStack(say)
  const { env } = await ensureBuilder(say)
  const loopback = await atLoopback('registry')
  const github = await FakeRepository.open(options.repository)
  const image = (name: StackImage, tag: string) => stack.image(name, tag).replace(/^[^/]+/, loopback)
  const environments = together ? { staging: NO_VALUES, production: NO_VALUES } : {}
  const repository = await ExampleRepository.open({ example, github, env, standIns: standIns(loopback, image), environments })
  const droplets: Droplet[] = []
  try {
    for (const [index, environment] of ['staging', 'production'].entries()) {
      const stage = stages[index] as (typeof stages)[0]
      const own = {
        user,
        ...(secrets && { secrets }),
        loadAt: `${stage.url}${options.loadAt}`,
        vars: vars(stage.url),
        values: (password: string) => values(environment, password),
      }
      droplets.push(await openDroplet(environment, stage, loopback, own))
    }
    const [staging, production] = droplets as [Droplet, Droplet]
    const pipeline = new Pipeline({ example, repository, github, say, ...(together && { environments: { staging, production } }) })
    const ground = { pipeline, staging, production, github, brief }
    await play(ground)
    await expectApart(ground, options.envFile)
    return ground.pipeline.rows
  } finally {
    for (const droplet of droplets) await droplet.close()
    repository.close()
    await github.close()
  }
}

/** The names are what counts until the droplets are there. */
const NO_VALUES = { vars: {}, secrets: {} }

/** A registry and base images of the lab, whose layers have the packages already. */
const standIns = (loopback: string, image: (name: StackImage, tag: string) => string) => (text: string) =>
  text
    .replaceAll('ghcr.io/', `${loopback}/`)
    .replace(/^FROM python:.*$/m, `FROM ${image('backend', 'v1')}`)
    .replace(/^FROM nginx:.*$/m, `FROM ${image('nginx', '1.22')}`)
    .replace(/^(COPY requirements.txt|RUN pip install).*\n/gm, '')
    .replace(/image: (postgres:15|redis:7)$/gm, `image: ${loopback}/stack/$1`)

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
  const sent = JSON.stringify(github.deployments)
  expectSame('how many secrets GitHub was sent', [...staging.hidden, ...production.hidden].filter((text) => sent.includes(text)).length, 0)
}
