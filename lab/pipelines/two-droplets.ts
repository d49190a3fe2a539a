import { readPayload } from '@deploy-actions/deployments'
import { FakeRepository } from '@deploy-actions/testing'
import { ensureBuilder } from '../builder/builder.ts'
import { openStages } from '../scenarios/stage.ts'
import { ensureStack } from '../stack/stack.ts'
import { atLoopback } from '../token-registry/token-registry.ts'
import { type Droplet, openDroplet } from './droplet.ts'
import { expectSame, Pipeline, type Play, type Row } from './pipeline.ts'
import { type Edits, ExampleRepository } from './repository.ts'

const EXAMPLE = 'two-droplets-pipeline'
const STAGED = { test: 'success', build: 'success', staging: 'success' }
const PROMOTED = { plan: 'success', production: 'success' }

/** Staging and production are a box each, with keys and passwords of their own. */
export async function playTwoDroplets({ say }: Play): Promise<Row[]> {
  const stages = await openStages(2, { say })
  const stack = await ensureStack(say)
  const { env } = await ensureBuilder(say)
  const loopback = await atLoopback('registry')
  const github = await FakeRepository.open('acme/vulcan')
  const repository = await ExampleRepository.open({
    example: EXAMPLE,
    github,
    env,
    standIns: standIns(loopback, stack.image('backend', 'v1')),
  })
  const droplets: Droplet[] = []
  try {
    for (const [index, environment] of ['staging', 'production'].entries())
      droplets.push(
        await openDroplet(environment, stages[index] as (typeof stages)[0], loopback, optionsOf(environment, stages[index]?.url ?? '')),
      )
    const [staging, production] = droplets as [Droplet, Droplet]
    const pipeline = new Pipeline(EXAMPLE, repository, github, say)
    await releases(pipeline, { staging, production, github })
    await expectApart(pipeline, { staging, production, github })
    return pipeline.rows
  } finally {
    for (const droplet of droplets) await droplet.close()
    repository.close()
    await github.close()
  }
}

interface Ground {
  readonly staging: Droplet
  readonly production: Droplet
  readonly github: FakeRepository
}

async function releases(pipeline: Pipeline, ground: Ground): Promise<void> {
  const { staging, production } = ground
  const first = await pipeline.commit('The first release')
  await stage(pipeline, 'first push: test, build, staging', staging)
  await promote(pipeline, 'first promotion', ground)

  const second = await pipeline.commit('Who wrote a note', AUTHORS)
  await stage(pipeline, 'second push', staging)
  await promote(pipeline, 'second promotion', ground, { load: { versions: [first, second] } })

  await pipeline.commit('Pages as long as the environment says', PAGES)
  await stage(pipeline, 'a push that only production cannot live with', staging)
  const goneBack = { jobs: { plan: 'success', production: 'failure' }, outputs: { 'production/smoke/rollback-recommended': 'true' } }
  await promote(pipeline, 'its promotion goes back by itself', ground, { ...goneBack, load: { returns: true } })
  expectSame('what production answers after the bad release', await versionAt(production), second)

  await pipeline.run({
    ...{ what: 'rollback by hand', on: production, event: 'workflow_dispatch' as const, file: 'rollback.yml' },
    inputs: { environment: 'production', reason: 'The notes of before were better' },
    jobs: { rollback: 'success' },
    outputs: { 'rollback/rollback/status': 'rolled-back' },
    load: { versions: [second, first], returns: true },
  })
}

function stage(pipeline: Pipeline, what: string, on: Droplet) {
  return pipeline.run({ what, on, event: 'push', file: 'deploy.yml', jobs: STAGED, outputs: { 'staging/deploy/status': 'deployed' } })
}

type More = Partial<Pick<Parameters<Pipeline['run']>[0], 'jobs' | 'outputs' | 'load'>>

/** As a person does it: a run that shows the plan, and one with the code of that plan, which stands in for required reviewers. */
async function promote(pipeline: Pipeline, what: string, { staging, production, github }: Ground, more: More = {}): Promise<void> {
  const dispatch = { on: production, event: 'workflow_dispatch', file: 'promote.yml' } as const
  const planned = { jobs: { plan: 'success' }, outputs: { 'plan/promote/status': 'planned' } }
  const plan = await pipeline.run({ ...dispatch, what: `${what}: the plan`, ...planned })
  const inputs = { confirm: plan.outputs['plan/promote/code'] ?? '' }
  await pipeline.run({ ...dispatch, what: `${what}: behind the gate`, inputs, jobs: PROMOTED, ...more })
  if (more.jobs !== undefined) return
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

/** `image@digest` of each built image. */
function digestsOf(payload: unknown): string[] {
  return Object.values(readPayload(payload)?.build?.images ?? {}).map(({ ref, digest }) => `${ref}@${digest}`)
}

/** What belongs to one environment is nowhere in what runs of the other wrote, kept or sent. */
async function expectApart(pipeline: Pipeline, { staging, production, github }: Ground): Promise<void> {
  for (const [mine, other] of [
    [staging, production],
    [production, staging],
  ] as const) {
    const written = (pipeline.written.get(mine.environment) ?? []).join('\n')
    expectSame(
      `secrets of ${other.environment} in runs of ${mine.environment}`,
      other.hidden.filter((text) => written.includes(text)).length,
      0,
    )
    expectSame(`files of the host of ${mine.environment} with secrets of ${other.environment}`, await mine.filesWith(other.hidden), [])
    // The search itself finds what is there.
    const own = await mine.filesWith(mine.hidden)
    expectSame(`the env file of ${mine.environment} has its password`, own.includes('/opt/vulcan/env/backend.env'), true)
  }
  const sent = JSON.stringify(github.deployments)
  expectSame(
    'secrets in what GitHub was sent',
    [...staging.hidden, ...production.hidden].filter((text) => sent.includes(text)),
    [],
  )
}

async function versionAt({ stage: { url } }: Droplet): Promise<unknown> {
  return ((await (await fetch(`${url}/`)).json()) as { version: unknown }).version
}

/** A registry and base images of the lab, whose layers have the packages already. */
const standIns = (loopback: string, python: string) => (text: string) =>
  text
    .replaceAll('ghcr.io/', `${loopback}/`)
    .replace(/^FROM python:.*$/m, `FROM ${python.replace(/^[^/]+/, loopback)}`)
    .replace(/^(COPY requirements.txt|RUN pip install).*\n/gm, '')
    .replace('image: postgres:15', `image: ${loopback}/stack/postgres:15`)

const optionsOf = (environment: string, url: string) => ({
  vars: { DEPLOY_ROUTES: ':80 -> frontend:3000', SMOKE_URL: `${url}/status` },
  values: (password: string) => ({
    DATABASE_URL: `postgresql://vulcan:${password}@postgres:5432/vulcan`,
    ...{ POSTGRES_USER: 'vulcan', POSTGRES_DB: 'vulcan', POSTGRES_PASSWORD: password, SECRET_KEY: `key of ${password}`, DEBUG: 'false' },
    // What is wrong here is noticed by no release but the third.
    ...(environment === 'production' && { PAGE_SIZE: 'all' }),
  }),
})

const AUTHORS: Edits = {
  'backend/migrations/versions/0002_author.py': () => `"""who wrote it: a column that the release before does not mind"""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("notes", sa.Column("author", sa.Text, server_default="nobody"))


def downgrade():
    op.drop_column("notes", "author")
`,
  'backend/main.py': (text) => text.replace('{"id": id, "sha256"', '{"id": id, "author": "nobody", "sha256"'),
}

const PAGES: Edits = {
  'backend/notes.py': (text) => text.replace(/ {4}text = env[\s\S]*/, '    return int(env.get("PAGE_SIZE", "20"))\n'),
}
