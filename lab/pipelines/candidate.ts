import { expectSameDigests, type Ground, type GroundOptions, onTwoDroplets, versionAt } from './ground.ts'
import { expectSame, type Play, type Row, type Wanted } from './pipeline.ts'
import type { Edits } from './repository.ts'

const GREEN = { test: 'success', build: 'success', staging: 'success', plan: 'success', production: 'success' }

/** FastAPI: one run from the push to production, where the user's flow has to pass before anybody sees the release. */
export const playCandidate = (play: Play): Promise<Row[]> => onTwoDroplets(OPTIONS, play, releases)

const OPTIONS: GroundOptions = {
  ...{ example: 'candidate-pipeline', repository: 'acme/events', envFile: '/opt/events/.env', loadAt: '', user: 'root', together: true },
  vars: (url) => ({ DEPLOY_ROUTES: ':80 -> app:8000', SMOKE_URL: `${url}/health` }),
  secrets: (password) => ({ SMOKE_PASSWORD: `smoke ${password}` }),
  values: (environment, password) => ({
    DATABASE_URL: `postgresql://events:${password}@db:5432/events`,
    ...{ POSTGRES_USER: 'events', POSTGRES_DB: 'events', POSTGRES_PASSWORD: password, SECRET_KEY: `key of ${password}` },
    SMOKE_PASSWORD: `smoke ${password}`,
    // What is wrong here is noticed by no release but the third.
    ...(environment === 'production' && { EXPORT_ROWS: 'all' }),
  }),
}

async function releases(ground: Ground): Promise<void> {
  await push(ground, 'first push: staging, the flow, production', {})
  await expectSameDigests(ground)
  const second = await push(ground, 'second push', VENUES, { load: {} })
  expectSame('what production answers after the second push', await versionAt(ground.production), second)
  await expectSameDigests(ground)
  if (!ground.brief) await badRelease(ground, second)
  await ground.pipeline.run({
    ...{ what: 'rollback by hand', on: ground.production, event: 'workflow_dispatch', file: 'rollback.yml' },
    inputs: { environment: 'production', reason: 'The events of before were better' },
    jobs: { rollback: 'success' },
    outputs: { 'rollback/rollback/status': 'rolled-back' },
    load: { returns: true },
  })
}

/** The flow fails on the candidate, which is dropped: nobody but the smoke test ever saw it. */
async function badRelease(ground: Ground, served: string): Promise<void> {
  const dropped = {
    jobs: { ...GREEN, production: 'failure' },
    outputs: { 'production/prepare/status': 'prepared' },
    load: { versions: [served] },
  }
  await push(ground, 'a release whose flow fails in production only', EXPORTS, dropped)
}

/** @returns the commit */
async function push({ pipeline, production: on }: Ground, what: string, edits: Edits, more: Partial<Wanted> = {}): Promise<string> {
  const commit = await pipeline.commit(what, edits)
  await pipeline.run({ what, on, event: 'push', file: 'deploy.yml', jobs: GREEN, ...more })
  return commit
}

const VENUES: Edits = {
  'migrations/versions/0002_venue.py': () => `"""where it is: a column that the release before does not mind"""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("events", sa.Column("venue", sa.Text, server_default="nowhere"))


def downgrade():
    op.drop_column("events", "venue")
`,
}

const EXPORTS: Edits = {
  'app/exports.py': (text) => text.replace('int(text) if text.isdigit() else 1000', 'int(text or "1000")'),
}
