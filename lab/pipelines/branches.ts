import { FakeSentry } from '@deploy-actions/testing'
import { expectSameDigests, type Ground, type GroundOptions, onTwoDroplets } from './ground.ts'
import { expectSame, type Play, type Row, type Wanted } from './pipeline.ts'
import type { Edits } from './repository.ts'

const PROMOTED = { plan: 'success', production: 'success' }

/** Django: the branch `staging` goes to staging, a merge takes it to production, and what cannot start there never serves. Sentry is told of all that serves. */
export async function playBranches(play: Play): Promise<Row[]> {
  const sentry = await FakeSentry.open(['atlas'], ['acme/atlas'])
  try {
    return await onTwoDroplets(optionsWith(sentry), play, (ground) => releases(ground, sentry))
  } finally {
    await sentry.close()
  }
}

const optionsWith = (sentry: FakeSentry): GroundOptions => ({
  ...{ example: 'branches-pipeline', repository: 'acme/atlas', envFile: '/opt/atlas/.env', loadAt: '/api', user: 'nodocker' },
  vars: (url) => ({
    DEPLOY_ROUTES: ['api*', 'health*']
      .map((path) => `:80/${path} -> backend:8000`)
      .join('\n')
      .concat('\n:80 -> frontend:3000'),
    SMOKE_URL: `${url}/health/`,
    ...{ SENTRY_PROJECTS: `${sentry.organization}/atlas`, SENTRY_URL: sentry.url },
  }),
  secrets: () => ({ SENTRY_AUTH_TOKEN: sentry.token }),
  values: (environment, password) => ({
    ...{ DEBUG: 'False', SECRET_KEY: `key of ${password}`, REDIS_URL: 'redis://redis:6379/0' },
    ...{ POSTGRES_USER: 'atlas', POSTGRES_DB: 'atlas', POSTGRES_PASSWORD: password },
    DATABASE_URL: `postgresql://atlas:${password}@db:5432/atlas`,
    // The third release does not start with what production has.
    ALLOWED_HOSTS: environment === 'production' ? '*' : 'staging.example.com',
  }),
})

async function releases(ground: Ground, sentry: FakeSentry): Promise<void> {
  const { pipeline, production } = ground
  const first = await stage(ground, 'first push to staging', {})
  await merge(ground, 'merge to main')
  await expectSameDigests(ground)

  const second = await stage(ground, 'second push to staging', AUTHORS)
  await merge(ground, 'second merge, with a migration', { load: { versions: [first, second] } })
  await expectSameDigests(ground)

  const bad = ground.brief ? [] : [await badRelease(ground, second)]
  await pipeline.run({
    ...{ what: 'rollback by hand', on: production, event: 'workflow_dispatch', file: 'rollback.yml' },
    inputs: { environment: 'production', reason: 'The notes of before were better' },
    jobs: { rollback: 'success' },
    outputs: { 'rollback/rollback/status': 'rolled-back' },
    load: { versions: [second, first], returns: true },
  })
  if (!ground.brief) await rehearseRestore(ground)
  expectSame('what Sentry was told', sentry.deploys, [
    ...[`staging ${first}`, `production ${first}`, `production ${first}`, `staging ${second}`, `production ${second}`],
    ...bad.map((commit) => `staging ${commit}`),
  ])

  await pipeline.commit('Nobody tested this', { 'frontend/index.html': (text) => text.replace('Atlas', 'Atlas!') }, 'main')
  const refused = { jobs: { plan: 'failure' }, outputs: { 'plan/promote/status': 'refused' } }
  await pipeline.run({ ...PRODUCTION, what: 'a push to main that staging never had is refused', on: production, ...refused })
}

/** @returns its commit */
async function badRelease(ground: Ground, served: string): Promise<string> {
  const commit = await stage(ground, 'a push that cannot start in production', HOSTS)
  const aborted = { jobs: { plan: 'success', production: 'failure' }, outputs: { 'production/deploy/status': 'aborted' } }
  await merge(ground, 'its merge never serves', { ...aborted, load: { versions: [served] } })
  return commit
}

async function rehearseRestore({ pipeline, production: on }: Ground): Promise<void> {
  const drill = { on, event: 'workflow_dispatch', file: 'backup.yml', inputs: { drill: 'true' } } as const
  await pipeline.run({ ...drill, what: 'backup, and its restore rehearsed', jobs: { backup: 'success' } })
}

/** @returns the commit */
async function stage({ pipeline, staging: on }: Ground, what: string, edits: Edits): Promise<string> {
  const commit = await pipeline.commit(what, edits, 'staging')
  const jobs = { test: 'success', build: 'success', staging: 'success' }
  await pipeline.run({ what, on, event: 'push', file: 'staging.yml', jobs, outputs: { 'staging/deploy/status': 'deployed' } })
  return commit
}

const PRODUCTION = { event: 'push', file: 'production.yml' } as const

async function merge({ pipeline, production: on }: Ground, what: string, more: Partial<Wanted> = {}): Promise<void> {
  await pipeline.merge('staging', 'main')
  await pipeline.run({ ...PRODUCTION, what, on, jobs: PROMOTED, ...more })
}

const AUTHORS: Edits = {
  'backend/properties/migrations/0002_author.py': () => `from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("properties", "0001_initial")]
    operations = [
        migrations.RunSQL("alter table properties_note add author text default 'nobody'", "alter table properties_note drop author"),
    ]
`,
}

const HOSTS: Edits = {
  'backend/wsgi.py': (text) =>
    `${text}\nif os.environ.get("ALLOWED_HOSTS") == "*":\n    raise SystemExit("ALLOWED_HOSTS must name hosts")\n`,
}
