import { expectSameDigests, type Ground, type GroundOptions, onTwoDroplets, versionAt } from './ground.ts'
import { expectSame, type Play, type Row, type Wanted } from './pipeline.ts'
import type { Edits } from './repository.ts'

const STAGED = { test: 'success', build: 'success', staging: 'success' }
const PROMOTED = { plan: 'success', production: 'success' }

/** FastAPI and a frontend: `main` goes to staging, a person takes it on, and what only production shows goes back by itself. */
export const playTwoDroplets = (play: Play): Promise<Row[]> => onTwoDroplets(OPTIONS, play, releases)

const OPTIONS: GroundOptions = {
  ...{ example: 'two-droplets-pipeline', repository: 'acme/vulcan', envFile: '/opt/vulcan/env/backend.env', loadAt: '', user: 'nodocker' },
  vars: (url) => ({ DEPLOY_ROUTES: ':80 -> frontend:3000', SMOKE_URL: `${url}/status` }),
  values: (environment, password) => ({
    DATABASE_URL: `postgresql://vulcan:${password}@postgres:5432/vulcan`,
    ...{ POSTGRES_USER: 'vulcan', POSTGRES_DB: 'vulcan', POSTGRES_PASSWORD: password, SECRET_KEY: `key of ${password}`, DEBUG: 'false' },
    // What is wrong here is noticed by no release but the third.
    ...(environment === 'production' && { PAGE_SIZE: 'all' }),
  }),
}

async function releases(ground: Ground): Promise<void> {
  const { pipeline, production } = ground
  const first = await pipeline.commit('The first release')
  await stage(ground, 'first push: test, build, staging')
  await promote(ground, 'first promotion')
  await expectSameDigests(ground)

  const second = await pipeline.commit('Who wrote a note', AUTHORS)
  await stage(ground, 'second push')
  await promote(ground, 'second promotion', { load: { versions: [first, second] } })
  await expectSameDigests(ground)

  if (!ground.brief) await badRelease(ground, second)
  await pipeline.run({
    ...{ what: 'rollback by hand', on: production, event: 'workflow_dispatch', file: 'rollback.yml' },
    inputs: { environment: 'production', reason: 'The notes of before were better' },
    jobs: { rollback: 'success' },
    outputs: { 'rollback/rollback/status': 'rolled-back' },
    load: { versions: [second, first], returns: true },
  })
}

async function badRelease(ground: Ground, served: string): Promise<void> {
  await ground.pipeline.commit('Pages as long as the environment says', PAGES)
  await stage(ground, 'a push that only production cannot live with')
  const goneBack = { jobs: { plan: 'success', production: 'failure' }, outputs: { 'production/smoke/rollback-recommended': 'true' } }
  await promote(ground, 'its promotion goes back by itself', { ...goneBack, load: { returns: true } })
  expectSame('what production answers after the bad release', await versionAt(ground.production), served)
}

function stage({ pipeline, staging: on }: Ground, what: string) {
  return pipeline.run({ what, on, event: 'push', file: 'deploy.yml', jobs: STAGED, outputs: { 'staging/deploy/status': 'deployed' } })
}

type More = Partial<Pick<Wanted, 'jobs' | 'outputs' | 'load'>>

/** As a person does it: a run that shows the plan, and one with the code of that plan, which stands in for required reviewers. */
async function promote({ pipeline, production: on }: Ground, what: string, more: More = {}): Promise<void> {
  const dispatch = { on, event: 'workflow_dispatch', file: 'promote.yml' } as const
  const planned = { jobs: { plan: 'success' }, outputs: { 'plan/promote/status': 'planned' } }
  const plan = await pipeline.run({ ...dispatch, what: `${what}: the plan`, ...planned })
  const inputs = { confirm: plan.outputs['plan/promote/code'] ?? '' }
  await pipeline.run({ ...dispatch, what: `${what}: behind the gate`, inputs, jobs: PROMOTED, ...more })
}

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
