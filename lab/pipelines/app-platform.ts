import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FakeRepository } from '@deploy-actions/testing'
import type { AppJobs } from '../app-jobs.ts'
import { FakeDigitalOcean } from '../digitalocean/fake.ts'
import type { Spec } from '../digitalocean/take-spec.ts'
import { LabError } from '../shell.ts'
import type { Asked, WorkflowRun } from './act.ts'
import { type Environments, type EnvironmentValues, valuesOf } from './environments.ts'
import { type Images, openImages } from './images.ts'
import { endOf, expectEnd, expectSame, type Play, type Row } from './pipeline.ts'
import { PlatformJobs } from './platform-jobs.ts'
import { type Edits, ExampleRepository } from './repository.ts'

const EXAMPLE = 'app-platform-pipeline'
const APPS = { staging: 'attackacrack-staging', production: 'attackacrack-prod' }
const GREEN = { test: 'success', build: 'success', staging: 'success', plan: 'success', production: 'success' }

/**
 * App Platform is a fake here, so no host is needed, and its time is not the platform's.
 * @param jobs with these its jobs are run for real, with a database and a store; else they only end well
 */
export async function playAppPlatform({ say }: Play, jobs?: AppJobs): Promise<Row[]> {
  const platform = await FakeDigitalOcean.open({ tick: 4_000, serveApps: true })
  const github = await FakeRepository.open('acme/shop')
  const fronts = await Promise.all(Object.values(APPS).map((name) => openFront(platform, name)))
  const apps = environmentsOf(fronts.map(({ url }) => url))
  const environments = { ...apps, ...(jobs && { backups: environmentOfBackups(jobs) }) }
  const images = await openImages()
  const actions = { 'build-push-ghcr': buildAsking(images.url) }
  const repository = await ExampleRepository.open({ example: EXAMPLE, github, standIns: standIns(platform.url), actions, environments })
  for (const name of Object.values(APPS)) platform.account.create(specOf(name))
  for (const { secrets } of Object.values(apps)) platform.tokens.set(secrets.DIGITALOCEAN_TOKEN ?? '', ['*'])
  platform.pass(3_600)
  try {
    const runs = new AppPlatformRuns({ repository, environments, apps, github, images, say })
    const real = jobs && (await PlatformJobs.open(jobs, platform, APPS))
    await releases(runs, platform, real)
    if (jobs && real) await lossAndReturn(runs, platform, jobs, real)
    const { rows } = runs
    expectSame(
      'what the platform would have refused or lost',
      [platform.violations, platform.account.apps.flatMap(({ damage }) => damage)],
      [[], []],
    )
    return rows
  } finally {
    repository.close()
    for (const { server } of fronts) await close(server)
    await images.close()
    await github.close()
    await platform.close()
  }
}

async function releases(runs: AppPlatformRuns, platform: FakeDigitalOcean, real: PlatformJobs | undefined): Promise<void> {
  const live = () => Object.values(APPS).map((name) => liveDigest(platform, name))
  const first = await runs.push('The first release')
  await runs.expect('first push: staging, and production behind the gate', { event: 'push', file: 'deploy.yml' }, GREEN)
  expectSame('what staging and production run', live(), [first, first])
  real?.expectRan('attackacrack-staging migrate 0', 'attackacrack-prod migrate 0')

  const second = await runs.push('Prices with a space', { 'app/leads.py': (text) => `${text}\n` })
  await runs.expect('second push', { event: 'push', file: 'deploy.yml' }, GREEN)
  expectSame('what staging and production run', live(), [second, second])
  real?.expectRan('attackacrack-staging migrate 0', 'attackacrack-prod migrate 0')
  const weekly = servingSpec(platform, APPS.production).jobs.find(({ kind }: { kind: string }) => kind === 'SCHEDULED')
  expectSame('the weekly backup of production', [weekly.schedule.cron, weekly.image.digest], ['17 3 * * 0', second])
  // The first release found a database with no tables.
  if (real) expectSame('backups of staging and production', [await real.backups('staging'), await real.backups('production')], [1, 1])

  // Healthy in staging, not in production: the platform takes it back there.
  const bad = await runs.push('What only production cannot live with', { 'app/leads.py': (text) => `${text}\n\n` })
  platform.account.scripts.push({}, { fails: { stage: 'deploy' }, autoRollback: true })
  await runs.expect('a release that is bad in production', { event: 'push', file: 'deploy.yml' }, { ...GREEN, production: 'failure' })
  expectSame('what staging and production run', live(), [bad, second])

  const inputs = { environment: 'production', reason: 'The prices of before were better' }
  await runs.expect('rollback by hand', { event: 'workflow_dispatch', file: 'rollback.yml', inputs }, { rollback: 'success' })
  expectSame('what staging and production run', live(), [bad, first])
}

/** A release that cannot be backed up, the watch over the backups, and a database that is gone. */
async function lossAndReturn(runs: AppPlatformRuns, platform: FakeDigitalOcean, jobs: AppJobs, real: PlatformJobs): Promise<void> {
  const leads = () => jobs.sql('production', 'select count(*) || md5(string_agg(name, id::text order by id)) from leads')
  await jobs.sql('production', 'insert into leads (name) select md5(i::text) from generate_series(1, 5000) i')
  const [before, live, count] = [await leads(), liveDigest(platform, APPS.production), await real.backups('production')]
  await runs.push('What cannot be backed up', { 'app/leads.py': (text) => `${text}\n\n\n` })
  await real.with(APPS.production, { BACKUP_S3_BUCKET: 'gone' }, () =>
    runs.expect('a release whose backup fails', { event: 'push', file: 'deploy.yml' }, { ...GREEN, production: 'failure' }),
  )
  expectSame('what production runs', [liveDigest(platform, APPS.production), await real.backups('production')], [live, count])

  await runs.push('What can', { 'app/leads.py': (text) => `${text}\n` })
  await runs.expect('a release with its backup', { event: 'push', file: 'deploy.yml' }, GREEN)
  expectSame('backups of production', await real.backups('production'), count + 1)
  await runs.expect('the morning after', { event: 'schedule', file: 'backups.yml' }, { backups: 'success' })

  await jobs.sql('postgres', 'drop database production with (force)')
  const list = await real.run(APPS.production, 'database-backup list')
  const newest = list.log.match(/\d{8}T\d{6}Z/g)?.at(-1)
  const restored = await real.run(APPS.production, `database-backup restore ${newest} --into production`)
  expectSame(`the restore (${restored.log})`, [restored.code, await leads()], [0, before])
}

interface Parts {
  readonly repository: ExampleRepository
  readonly environments: Environments
  /** Those of an app. */
  readonly apps: Environments
  readonly github: FakeRepository
  readonly images: Images
  readonly say: Play['say']
}

/** Runs with the values of both environments, of which every job may read its own. */
class AppPlatformRuns {
  readonly rows: Row[] = []
  readonly #parts: Parts
  #head = ''
  #runs = 100

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @returns the digest that the build of this commit has */
  async push(message: string, edits?: Edits): Promise<string> {
    this.#head = await this.#parts.repository.push(message, edits)
    return this.#parts.images.digestOf(this.#head)
  }

  async expect(what: string, asked: Asked, jobs: Readonly<Record<string, string>>): Promise<void> {
    const { apps, environments, github, images, repository, say } = this.#parts
    this.#runs += 1
    github.now = Date.now()
    github.addRun(String(this.#runs), { head_sha: this.#head, event: asked.event })
    const secrets = { ...valuesOf(environments, 'secrets'), GITHUB_TOKEN: 'ghs_fake' }
    const env = { GITHUB_API_URL: github.url, GITHUB_RUN_ID: String(this.#runs), NODE_OPTIONS: `--require=${images.inPlaceOfRegistry}` }
    const ran = await repository.act.run({ ...asked, secrets, vars: valuesOf(environments, 'vars'), env })
    expectEnd(what, ran, { jobs })
    expectNothingOfOthers(what, ran, apps)
    const row = { example: EXAMPLE, what, end: endOf(ran), seconds: ran.ms / 1000 }
    this.rows.push(row)
    say(`${EXAMPLE}: ${what}: ${row.end} after ${row.seconds.toFixed(1)} s`)
  }
}

/** A job has the token of its own environment, and nothing of the other's in all that it wrote: masks themselves are a part of it. */
function expectNothingOfOthers(what: string, { raw }: WorkflowRun, environments: Environments): void {
  const own = { staging: 'staging', plan: 'staging', production: 'production', rollback: 'production' }
  for (const [job, environment] of Object.entries(own)) {
    const seen = Object.keys(environments).filter((name) => raw[job]?.includes(environments[name]?.secrets.DIGITALOCEAN_TOKEN ?? ''))
    if (raw[job] !== undefined) expectSame(`${what}: tokens that the job ${job} has`, seen, [environment])
  }
}

function servingSpec(platform: FakeDigitalOcean, name: string): Spec {
  const app = platform.account.named(name)
  const serving = app.deployments.find(({ id }) => id === app.active)
  if (serving === undefined) throw new LabError(`nothing of ${name} serves`)
  return serving.spec
}

const liveDigest = (platform: FakeDigitalOcean, name: string): string => String(servingSpec(platform, name).services[0].image.digest)

interface Front {
  readonly server: Server
  readonly url: string
}

/** The app at an address of its own, as it has on the platform. */
async function openFront(platform: FakeDigitalOcean, name: string): Promise<Front> {
  const server = createServer(async ({ url }, response) => {
    const answer = await fetch(`${platform.url}/live/${name}${url}`)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

const environmentsOf = (urls: readonly string[]): Environments =>
  Object.fromEntries(
    Object.entries(APPS).map(([environment, name], index) => [
      environment,
      { vars: { APP_NAME: name, SMOKE_URL: `${urls[index]}/health` }, secrets: { DIGITALOCEAN_TOKEN: `dop_v1_of_${environment}` } },
    ]),
  )

const environmentOfBackups = ({ s3: { inputs } }: AppJobs): EnvironmentValues => ({
  vars: { BACKUP_ENDPOINT: inputs['s3-endpoint'] ?? '', BACKUP_BUCKET: inputs['s3-bucket'] ?? '' },
  secrets: { BACKUP_ACCESS_KEY: inputs['s3-access-key'] ?? '', BACKUP_SECRET_KEY: inputs['s3-secret-key'] ?? '' },
})

/** Containers of one's own machine are not started here, and the API is the fake's. */
const standIns = (api: string) => (text: string) =>
  text
    .replaceAll(/run: (docker compose|python3 -m venv|\.venv\/bin\/).*/g, 'run: echo left out')
    .replaceAll(/^( *)(digitalocean-token: .*)$/gm, `$1$2\n$1api-url: ${api}\n$1poll-interval: 50ms`)

/** Nothing is built: the record names the image that the registry made up for the commit. */
const buildAsking = (registry: string) => ({
  ...{ name: 'build', description: 'Stands in.', inputs: { images: {}, tags: {}, registry: {}, username: {}, password: {} } },
  outputs: { build: { value: '${{ steps.build.outputs.build }}' } },
  runs: {
    using: 'composite',
    steps: [
      {
        id: 'build',
        shell: 'sh',
        run: `digest=$(node -e "fetch('${registry}/digest/$GITHUB_SHA').then((answer) => answer.text()).then(console.log)")
echo "build={\\"schema\\":1,\\"commit\\":\\"$GITHUB_SHA\\",\\"images\\":{\\"web\\":{\\"ref\\":\\"registry.digitalocean.com/acme/shop\\",\\"digest\\":\\"$digest\\",\\"platforms\\":[\\"linux/amd64\\"]}}}" >>"$GITHUB_OUTPUT"`,
      },
      { shell: 'sh', run: ':' },
    ],
  },
})

const specOf = (name: string) => ({
  name,
  services: [{ name: 'web', image: imageOf(), http_port: 8080, envs: [{ key: 'SECRET_KEY', value: `of ${name}`, type: 'SECRET' }] }],
  workers: [{ name: 'worker', image: imageOf(), run_command: 'celery --app app.jobs worker' }],
})

const imageOf = () => ({ registry_type: 'DOCR', repository: 'shop', digest: `sha256:${'a'.repeat(64)}` })
