import { Apps, Transport } from '@deploy-actions/digitalocean'
import { createLog, createOutputs, createSecrets, createSummary, readInputs, reportFailure, UserError } from '@deploy-actions/kit'
import { workflowRun } from '@deploy-actions/release'
import { defaultsOf, FakeClock, FakeRunner } from '@deploy-actions/testing'
import { FakeDigitalOcean, type FakeOptions } from '../../../lab/digitalocean/fake.ts'
import type { Spec } from '../../../lab/digitalocean/take-spec.ts'
import { deploy } from '../src/deploy.ts'
import { check, inputs as declared } from '../src/inputs.ts'
import { report } from '../src/report.ts'
import { toldOf } from '../src/told.ts'

export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`
export const OLD = digest('a')
export const NEW = digest('b')

/** An app as people have it: a web service, a worker and a cron job of one image, a page of another repository, a database. */
export const shop = (): Spec => ({
  name: 'shop',
  region: 'fra',
  envs: [
    { key: 'LOG_LEVEL', value: 'info', scope: 'RUN_TIME', type: 'GENERAL' },
    { key: 'APP_KEY', value: 'app key 1', scope: 'RUN_TIME', type: 'SECRET' },
  ],
  services: [
    {
      name: 'web',
      image: { registry_type: 'DOCR', repository: 'shop', digest: OLD },
      http_port: 8000,
      instance_count: 2,
      instance_size_slug: 'apps-s-1vcpu-1gb',
      envs: [
        { key: 'DATABASE_URL', value: '${db.DATABASE_URL}', scope: 'RUN_TIME', type: 'GENERAL' },
        { key: 'SECRET_KEY', value: 'web secret 1', scope: 'RUN_TIME', type: 'SECRET' },
      ],
    },
  ],
  workers: [{ name: 'worker', image: { registry_type: 'DOCR', repository: 'shop', digest: OLD }, run_command: 'celery -A shop worker' }],
  jobs: [
    {
      name: 'nightly',
      kind: 'SCHEDULED',
      image: { registry_type: 'DOCR', repository: 'shop', digest: OLD },
      schedule: { cron: '0 3 * * *' },
    },
  ],
  databases: [{ name: 'db', engine: 'PG', production: true, cluster_name: 'shop-db' }],
})

export const IMAGES = `web=registry.digitalocean.com/acme/shop@${NEW}`

export interface GroundOptions extends Omit<FakeOptions, 'now'> {
  readonly files?: Readonly<Record<string, string>>
}

/** The fake, the action and one clock that both share: scripted phases take no time. */
export class Ground {
  readonly fake: FakeDigitalOcean
  readonly clock: FakeClock
  readonly files: Record<string, string>

  private constructor(fake: FakeDigitalOcean, clock: FakeClock, files: Readonly<Record<string, string>>) {
    this.fake = fake
    this.clock = clock
    this.files = { ...files }
  }

  static async open({ files = {}, ...options }: GroundOptions = {}): Promise<Ground> {
    const clock = new FakeClock()
    return new Ground(await FakeDigitalOcean.open({ ...options, now: () => clock.now() }), clock, files)
  }

  /** An app that has been running for a while. */
  async withApp(spec: Spec = shop()): Promise<string> {
    const { id } = this.fake.account.create(spec)
    await this.clock.sleep(3_600_000)
    this.fake.account.find(id)
    return id
  }

  /** One run of the action with these inputs. `signal` ends it. */
  async run(
    given: Readonly<Record<string, string>> = {},
    env: Readonly<Record<string, string>> = {},
    signal = new AbortController().signal,
  ) {
    const runner = new FakeRunner()
    const secrets = createSecrets((form) => runner.mask(form))
    const log = createLog(runner, secrets, this.clock)
    const [outputs, summary] = [createOutputs(runner, secrets), createSummary(runner, secrets)]
    const startedAt = this.clock.now()
    const all = { GITHUB_REPOSITORY: 'acme/shop', GITHUB_RUN_ID: '77', GITHUB_SHA: 'c'.repeat(40), ...env }
    const texts: Record<string, string> = {
      ...defaultsOf('deploy-app-platform'),
      ...{ 'digitalocean-token': 'do-token', 'app-name': 'shop', 'api-url': this.fake.url },
      ...given,
    }
    let green = false
    let told: ReturnType<typeof toldOf>
    let failure: unknown
    try {
      const inputs = readInputs(declared, (name) => texts[name] ?? '', { check, secrets })
      const apps = new Apps(
        new Transport({ clock: this.clock, signal, fetch, url: inputs.apiUrl, token: inputs.digitaloceanToken, random: () => 0.5 }),
      )
      const request = { inputs, run: workflowRun(all) }
      const ports = { apps, fetch, workspace: this.#workspace(), clock: this.clock, log, secrets, signal, env: all }
      const result = await deploy(request, ports)
      failure = result.failure
      told = toldOf(result, request)
      green = report(result, request, { log, env: all, outputs, summary, startedAt, clock: this.clock, apps }) === 'ok'
    } catch (error) {
      failure = error
      reportFailure(error, log, all)
    }
    summary.write()
    const code = failure instanceof UserError ? failure.code : failure === undefined ? undefined : String(failure)
    const errors = runner.annotations.filter(({ level }) => level === 'error')
    return {
      green,
      code,
      failure,
      /** What GitHub's record gets. */
      told,
      errors,
      outputs: Object.fromEntries(runner.outputs),
      log: runner.written,
      summary: runner.summary,
      annotations: runner.annotations,
    }
  }

  /** The fake's idea of the app, and of its spec. */
  app(name = 'shop') {
    return this.fake.account.named(name)
  }

  #workspace() {
    const { files } = this
    return {
      read: async (path: string) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
      list: async () => Object.keys(files),
      stat: async (path: string) => (files[path] === undefined ? undefined : ({ kind: 'file', mode: 0o644 } as const)),
    }
  }
}

/** The digest of each component that has an image. */
export function digestsIn(spec: Spec): Record<string, string> {
  const components = ['services', 'workers', 'jobs', 'static_sites'].flatMap((list) => (spec[list] ?? []) as Spec[])
  return Object.fromEntries(components.filter((one) => one.image).map((one) => [one.name, one.image.digest ?? one.image.tag]))
}
