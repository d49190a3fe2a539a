import { createRecorder, deploymentsOf, historyOf } from '@deploy-actions/deployments'
import { octokitApi } from '@deploy-actions/github'
import type { Place } from '@deploy-actions/hosts'
import { createOutputs, createSecrets, createSummary, type ErrorCode, systemClock, UserError } from '@deploy-actions/kit'
import { type BuildRecord, parseBuildRecord } from '@deploy-actions/release'
import { FakeClock, FakeLog, FakeRepository, FakeRunner, inputsOf } from '@deploy-actions/testing'
import { check, inputs } from '../src/inputs.ts'
import { promote } from '../src/promote.ts'
import { report } from '../src/report.ts'

export const OLD = 'a'.repeat(40)
export const NEW = 'b'.repeat(40)
export const DAY = 24 * 3_600_000

const TIMES: Readonly<Record<string, string>> = { [OLD]: '2026-01-29T09:00:00Z', [NEW]: '2026-01-31T09:00:00Z' }

export const build = (commit: string, digest = commit.slice(0, 1), run?: string): BuildRecord =>
  parseBuildRecord(
    JSON.stringify({
      ...{ schema: 1, commit, committedAt: TIMES[commit] ?? null },
      ...(run && { run: { id: run, attempt: 1, url: `https://github.com/acme/shop/actions/runs/${run}` } }),
      images: { web: { ref: 'ghcr.io/acme/web', digest: `sha256:${digest.repeat(64)}`, platforms: ['linux/amd64'] } },
    }),
  )

export interface DeployedOptions {
  readonly env?: readonly string[]
  readonly build?: BuildRecord
  readonly images?: Readonly<Record<string, string>>
  readonly serves?: boolean
  readonly unsettled?: boolean
  readonly token?: string
  readonly smoke?: boolean
  readonly app?: string
}

/** A repository with a release of `OLD` in production, which was promoted, and one of `NEW` in staging, which passed. */
export class Stage {
  readonly github: FakeRepository
  readonly log = new FakeLog()
  readonly clock = new FakeClock({ now: Date.UTC(2026, 0, 31, 10) })
  /** Images that the registry does not have, by digest. */
  readonly gone: string[] = []
  readonly runner = new FakeRunner()

  constructor(github: FakeRepository) {
    this.github = github
  }

  static async open(): Promise<Stage> {
    const stage = new Stage(await FakeRepository.open())
    const { github } = stage
    github.push(
      'main',
      { sha: OLD, message: 'Old prices' },
      { sha: NEW, message: 'New prices\n\nAnd more', files: ['app/migrations/0002_price.py'] },
    )
    for (const [id, head_sha] of [
      ['70', OLD],
      ['77', NEW],
    ] as const)
      github.addRun(id, { head_sha })
    await stage.deployed('production', OLD, '70', { env: ['COLOR', 'LEGACY'] })
    await stage.deployed('staging', NEW, '77', { env: ['COLOR', 'PRICE_API'], smoke: true })
    return stage
  }

  /** By the very code that the deploy and the smoke test record with. */
  async deployed(environment: string, commit: string, run: string, options: DeployedOptions = {}): Promise<string> {
    const release = `20260131T093000Z-${commit.slice(0, 7)}-${run}.1`
    const recorder = this.recorder(environment, run, options.token)
    const { serves = true, unsettled, env = ['COLOR'], images = {}, smoke, app = 'shop' } = options
    await recorder.release({
      ...{ commit, state: serves ? 'success' : 'failure', serves, description: serves ? `Deployed: ${release}` : `Taken back: ${release}` },
      ...(unsettled && { unsettled }),
      payload: {
        ...{ release, previous: '', app, target: 'compose-ssh', via: 'deploy', images, env },
        build: options.build ?? build(commit),
      },
    })
    if (smoke !== undefined) await recorder.verdict({ release, passed: smoke, words: smoke ? '12 checks' : 'unhealthy' })
    return release
  }

  recorder(environment: string, run: string, token = 'ghs_fake') {
    const url = `https://github.com/acme/shop/actions/runs/${run}`
    const workflow = { run: { id: run, attempt: 1, url }, who: url, repository: 'acme/shop', commit: undefined, actor: 'ann' }
    const world = { log: this.log, secrets: createSecrets(), clock: systemClock, env: { GITHUB_API_URL: this.github.url } }
    return createRecorder({ token, environment, environmentUrl: undefined }, workflow, world)
  }

  async promote(given: Record<string, string> = {}, actor = 'ann', hosts: readonly Place[] = []) {
    const secrets = createSecrets()
    const texts = { token: 'ghs_fake', ...given }
    const request = {
      inputs: inputsOf('promote', inputs, texts, (values) => check(values, 'acme/shop')),
      repository: 'acme/shop',
      actor,
      hosts,
      directory: '/opt/shop',
      who: 'run 90',
    }
    const api = octokitApi({ token: 'ghs_fake', url: this.github.url, clock: this.clock })
    const resolve = async ({ digest = '' }: { digest?: string }) => {
      if (this.gone.includes(digest)) throw new UserError('DA-REGISTRY-NOT-FOUND' as ErrorCode, 'gone')
      return { digest } as never
    }
    const ports = { deployments: deploymentsOf(api, 'acme/shop'), history: historyOf(api, 'acme/shop'), registry: () => ({ resolve }) }
    const result = await promote(request, { ...ports, clock: this.clock, log: this.log, signal: new AbortController().signal })
    const outputs = createOutputs(this.runner, secrets)
    const summary = createSummary(this.runner, secrets)
    const verdict = report(result, request, { log: this.log, env: {}, outputs, summary })
    summary.write()
    return { result, verdict, outputs: Object.fromEntries(outputs.all()), codes: result.doubts.map(({ code }) => code) }
  }
}
