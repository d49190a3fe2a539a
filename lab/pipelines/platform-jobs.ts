import type { AppJobs } from '../app-jobs.ts'
import type { FakeDigitalOcean } from '../digitalocean/fake.ts'
import { expectSame } from './pipeline.ts'

interface Spec {
  readonly name: string
  readonly jobs?: readonly { readonly name: string; readonly kind?: string; readonly run_command?: string }[]
}

/** The jobs of two apps on a platform that only plays deployments: each PRE_DEPLOY job of a spec that comes is run for real, and the deployment fails with it. */
export class PlatformJobs {
  readonly #jobs: AppJobs
  readonly #platform: FakeDigitalOcean
  /** Of the jobs, and of nothing else, by app. */
  readonly #variables = new Map<string, Record<string, string>>()
  #ran: string[] = []

  private constructor(jobs: AppJobs, platform: FakeDigitalOcean) {
    this.#jobs = jobs
    this.#platform = platform
  }

  /** @param apps names of the apps by their environment, which is the prefix of their backups */
  static async open(jobs: AppJobs, platform: FakeDigitalOcean, apps: Readonly<Record<string, string>>): Promise<PlatformJobs> {
    const opened = new PlatformJobs(jobs, platform)
    for (const [environment, app] of Object.entries(apps)) opened.#variables.set(app, await jobs.database(environment, environment))
    const meanwhile = (body: unknown) => opened.#deploy((body as { spec?: Spec } | undefined)?.spec)
    platform.faults.push({ method: 'PUT', path: '/v2/apps/{id}', times: Number.POSITIVE_INFINITY, meanwhile })
    return opened
  }

  async #deploy(spec: Spec | undefined): Promise<void> {
    for (const { name, kind, run_command: command = '' } of spec?.jobs ?? []) {
      if (kind !== 'PRE_DEPLOY' || spec === undefined) continue
      const { code, log } = await this.run(spec.name, command)
      this.#ran.push(`${spec.name} ${name} ${code}`)
      this.#platform.written.set(name, log)
      if (code !== 0)
        this.#platform.account.scripts.unshift({ fails: { stage: 'deploy', component: name, code: 'DeployContainerExitNonZero' } })
    }
  }

  run(app: string, command: string) {
    return this.#jobs.run(command, this.#variables.get(app) ?? {})
  }

  /** Changes a variable of an app for as long as something is done. */
  async with<T>(app: string, change: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
    const before = this.#variables.get(app) ?? {}
    this.#variables.set(app, { ...before, ...change })
    try {
      return await work()
    } finally {
      this.#variables.set(app, before)
    }
  }

  /** Fails unless these jobs were run since this was asked last, as `app job code`. */
  expectRan(...wanted: readonly string[]): void {
    expectSame('what the platform has run', this.#ran, wanted)
    this.#ran = []
  }

  /** How many backups an environment has in the store. */
  async backups(environment: string): Promise<number> {
    return (await this.#jobs.s3.keys()).filter((key) => key.startsWith(`${environment}/shop/`) && key.endsWith('/backup.json')).length
  }
}
