import { type GroundOptions, type OneDroplet, onOneDroplet, versionAt } from './ground.ts'
import { expectSame, type Play, type Row, type Wanted } from './pipeline.ts'
import type { Edits } from './repository.ts'

const GREEN = { test: 'success', build: 'success', deploy: 'success' }
const DEPLOYED = { 'deploy/release/status': 'deployed' }

/** FastAPI behind a Caddy of its own, with everything on one host: each release is one step, from the env file to the way back. */
export const playOneDroplet = (play: Play): Promise<Row[]> => onOneDroplet(OPTIONS, play, releases)

const OPTIONS: GroundOptions = {
  ...{ example: 'one-droplet-pipeline', repository: 'acme/chitram', envFile: '/opt/chitram/.env', loadAt: '', user: 'root' },
  vars: (url) => ({ SMOKE_URL: `${url}/health` }),
  values: (_, password) => ({
    ...{ POSTGRES_PASSWORD: password.replace('-', ''), JWT_SECRET_KEY: `key of ${password}` },
    ...{ MINIO_ACCESS_KEY: 'the-store-of-chitram', MINIO_SECRET_KEY: `store of ${password}` },
    // What is wrong here is noticed by no release but the third.
    THUMBNAIL_SIZE: 'small',
  }),
}

async function releases(ground: OneDroplet): Promise<void> {
  const { pipeline, production } = ground
  const first = await pipeline.commit('The first release')
  await push(ground, 'first push: env file, database, migration, deploy', {
    outputs: { ...DEPLOYED, 'deploy/release/backup': 'nothing-to-back-up', 'deploy/release/applied': '["0001"]' },
  })
  expectSame('what answers after the first push', await versionAt(production), first)

  const second = await pipeline.commit('Captions', CAPTIONS)
  const outputs = { ...DEPLOYED, 'deploy/release/applied': '["0002"]' }
  await push(ground, 'second push, with a migration', { outputs, load: { versions: [first, second] } })
  expectSame('backups after the second push', (await backupsOn(ground)).length, 1)

  if (!ground.brief) await badReleases(ground, second)
  await backUpByNight(ground)
  await watch(ground)
  await pipeline.run({
    ...{ what: 'rollback by hand', on: production, event: 'workflow_dispatch', file: 'rollback.yml' },
    inputs: { reason: 'The pictures of before were better' },
    jobs: { rollback: 'success' },
    outputs: { 'rollback/rollback/status': 'rolled-back' },
    load: { versions: [second, first], returns: true },
  })
}

/** One whose tests have no Redis, and one that only the values of production show to be bad: as a candidate, and again where nobody tested that. */
async function badReleases(ground: OneDroplet, served: string): Promise<void> {
  const { pipeline, production } = ground
  await pipeline.commit('Redis does not start', { 'tests/compose.yaml': (text) => text.replace('redis-cli, ping', NO_REDIS) })
  await push(ground, 'a push whose tests have no Redis', { jobs: { test: 'failure' }, load: { versions: [served] } })

  const repaired = (text: string) => text.replace(NO_REDIS, 'redis-cli, ping')
  await pipeline.commit('Small pictures as the environment says', { 'tests/compose.yaml': repaired, ...THUMBNAILS })
  const failed = (status: string, part: string) => ({
    jobs: { ...GREEN, deploy: 'failure' },
    outputs: { 'deploy/release/status': status, 'deploy/release/failed-part': part },
  })
  const dropped = { ...failed('aborted', 'candidate'), load: { versions: [served] } }
  await push(ground, 'a bad release is dropped before anybody sees it', dropped)

  const bad = await pipeline.commit('No test of candidates', { '.github/workflows/deploy.yml': withoutCandidate })
  const returned = { ...failed('rolled-back', 'smoke'), load: { versions: [served, bad], returns: true } }
  await push(ground, 'a bad release goes back by itself', returned)
  expectSame('what answers after the bad releases', await versionAt(production), served)
}

const NO_REDIS = 'redis-cli, -p, "1", ping'
const withoutCandidate = (text: string) => text.replace(/^( *)checks: .*$/m, '$&\n$1smoke-candidate: false')

async function backUpByNight(ground: OneDroplet): Promise<void> {
  const before = await backupsOn(ground)
  const nightly = { event: 'schedule', file: 'backup.yml', jobs: { backup: 'success' } } as const
  const made = await ground.pipeline.run({ ...nightly, what: 'backup of the night', on: ground.production })
  const id = made.outputs['backup/create/id'] ?? ''
  // Of one day the newest is kept.
  expectSame('backups after the night', [(await backupsOn(ground)).includes(id), before.includes(id)], [true, false])
  const { stdout } = await ground.production.stage.box.exec(`tar -tf /opt/chitram/backups/${id}/volume-minio_data.tar`)
  expectSame('pictures in the backup of the night', stdout.includes('pictures/'), true)
}

/** Nobody deploys, and the app is asked: it answers, and then it does not. */
async function watch({ pipeline, production: on, brief }: OneDroplet): Promise<void> {
  const asked = { on, event: 'schedule', file: 'uptime.yml' } as const
  await pipeline.run({
    ...asked,
    what: 'asked by night, and it answers',
    jobs: { watch: 'success' },
    outputs: { 'watch/visitor/verdict': 'passed' },
  })
  if (brief) return
  const caddy = 'docker ps -aq --filter label=com.docker.compose.service=caddy'
  await on.stage.box.exec(`docker stop $(${caddy})`)
  await pipeline.run({
    ...asked,
    what: 'asked by night, and it does not',
    jobs: { watch: 'failure' },
    outputs: { 'watch/visitor/verdict': 'unhealthy' },
  })
  await on.stage.box.exec(`docker start $(${caddy})`)
}

/** Ids of the backups on the host, as a person there sees them. */
async function backupsOn({ production }: OneDroplet): Promise<string[]> {
  const { stdout } = await production.stage.box.exec('/opt/chitram/bin/release backup list')
  return stdout.match(/\d{8}T\d{6}Z/g) ?? []
}

function push({ pipeline, production: on }: OneDroplet, what: string, more: Partial<Wanted>) {
  return pipeline.run({ what, on, event: 'push', file: 'deploy.yml', jobs: GREEN, ...more })
}

const CAPTIONS: Edits = {
  'migrations/versions/0002_caption.py': () => `"""what a picture shows: a column that the release before does not mind"""
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("pictures", sa.Column("caption", sa.Text, server_default="nothing"))


def downgrade():
    op.drop_column("pictures", "caption")
`,
}

const THUMBNAILS: Edits = {
  'app/thumbnails.py': (text) => text.replace('int(text) if text.isdigit() else 256', 'int(text or "256")'),
}
