import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type BundleResult, type BundleRun, runBundle } from '@deploy-actions/testing'
import { subnet } from '../boxes.ts'
import type { SshProxy } from '../lab.ts'
import { actionDefaults } from './action-defaults.ts'
import type { Stage } from './stage.ts'

export interface StepOptions extends Pick<BundleRun, 'signalAfter' | 'watch' | 'as' | 'limit'> {
  /** Inputs of the action, over those that every step of this consumer has. */
  inputs?: Record<string, string>
  /** Variables of the step, as under `env:`. */
  env?: Record<string, string>
  /** The connection goes through this wire. */
  via?: SshProxy
}

export interface Step extends BundleResult {
  /** When the process was started and had ended, on this machine's clock. */
  startedAt: number
  endedAt: number
  status: string
}

export interface ConsumerOptions {
  /** Text of the Compose file; default is the sample project's. */
  compose?: string
  /** What it is called; default `compose.yaml`. */
  composeFile?: string
  /** Other files of the repository: path to content. */
  files?: Record<string, string>
  /** A folder whose content is the repository, in place of `compose` and `files`. */
  repository?: string
  /** Inputs of every step. */
  inputs?: Record<string, string>
}

export const app = 'sample'
export const directory = `/opt/${app}`

/** A repository that deploys the sample project to a box, with workflow runs that count up. */
export class Consumer {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lab-consumer-'))
  readonly #stage: Stage
  readonly #inputs: Record<string, string>
  #run = 0

  constructor(stage: Stage, options: ConsumerOptions = {}) {
    this.#stage = stage
    this.#inputs = options.inputs ?? {}
    if (options.repository !== undefined) {
      cpSync(options.repository, this.folder, { recursive: true, verbatimSymlinks: true })
      return
    }
    const compose = options.compose ?? readFileSync(path.join(stage.lab.sample, 'compose.yaml'), 'utf8')
    for (const [name, content] of Object.entries({ [options.composeFile ?? 'compose.yaml']: compose, ...options.files }))
      this.write(name, content)
  }

  /** Changes a file of the repository, for example `.env`. */
  write(name: string, content: string): void {
    mkdirSync(path.dirname(path.join(this.folder, name)), { recursive: true })
    writeFileSync(path.join(this.folder, name), content)
  }

  /** Deploys the images with this tag: a version, or one that misbehaves (`unhealthy`, `exit`, `bad-ready`). */
  deploy(tag: string, options: StepOptions = {}): Promise<Step> {
    const { lab, url } = this.#stage
    const inputs = {
      'compose-file': 'compose.yaml',
      images: ['web', 'api'].map((name) => `${name}=${lab.image(name as 'web', tag)}`).join('\n'),
      routes: ':80 -> web:8000',
      switch: 'api:9000',
      verify: `${url}/ready 200`,
      'edge-image': lab.edgeImage,
      'insecure-registries': subnet,
      ...this.#inputs,
      ...options.inputs,
    }
    return this.#step('deploy-compose-ssh', tag, { ...options, inputs })
  }

  /** The whole release in one step. `commit`: what the run is of. */
  release(commit: string, options: StepOptions): Promise<Step> {
    const { lab } = this.#stage
    const inputs = { 'edge-image': lab.edgeImage, 'insecure-registries': subnet, ...this.#inputs, ...options.inputs }
    return this.#step('release-compose-ssh', commit, { ...options, inputs })
  }

  rollback(options: StepOptions = {}): Promise<Step> {
    return this.#step('rollback', 'rollback', options)
  }

  /** Asks what is deployed: `url` is the box's own, so that only the checks differ. */
  smoke(inputs: Record<string, string>, options: Omit<StepOptions, 'inputs'> = {}): Promise<Step> {
    const { url } = this.#stage
    return this.#step('smoke-test', 'smoke', { ...options, inputs: { url, timeout: '30s', interval: '200ms', ...inputs } })
  }

  /** Writes `env/web.env` below the app's folder from the variables of the step. */
  syncEnv(env: Record<string, string>, options: StepOptions = {}): Promise<Step> {
    const inputs = { path: 'env/web.env', keys: Object.keys(env).join(' '), ...options.inputs }
    return this.#step('sync-env', 'sync-env', { ...options, inputs, env: { ...env, ...options.env } })
  }

  /** Migrates the database of the project. */
  migrate(inputs: Record<string, string>, options: Omit<StepOptions, 'inputs'> = {}): Promise<Step> {
    return this.#step('run-migrations', 'migrate', { ...options, inputs: { 'insecure-registries': subnet, ...this.#inputs, ...inputs } })
  }

  /** One operation on the backups of the host. */
  backup(inputs: Record<string, string>, options: Omit<StepOptions, 'inputs'> = {}): Promise<Step> {
    return this.#step('backup', 'backup', { ...options, inputs })
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  async #step(action: string, commit: string, { via, inputs, env, ...run }: StepOptions): Promise<Step> {
    this.#run += 1
    const startedAt = Date.now()
    const result = await runBundle(action, {
      limit: 240_000,
      ...run,
      inputs: { ...actionDefaults(action), ...this.#connection(via), ...inputs },
      env: { ...this.#workflow(commit), ...env },
      cwd: this.folder,
    })
    return { ...result, startedAt, endedAt: Date.now(), status: result.outputs.status ?? 'none' }
  }

  #connection(via: SshProxy | undefined): Record<string, string> {
    const { box } = this.#stage
    const end = via ?? box
    return {
      host: `root@${end.address}:${end.port}`,
      'ssh-key': box.privateKey,
      'known-hosts': end.knownHosts,
      app,
      directory,
    }
  }

  #workflow(commit: string): Record<string, string> {
    return {
      GITHUB_REPOSITORY: `lab/${app}`,
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_WORKFLOW: 'deploy',
      GITHUB_ACTOR: 'lab',
      GITHUB_REF_NAME: 'main',
      GITHUB_SHA: createHash('sha1').update(commit).digest('hex'),
      GITHUB_RUN_ID: String(7000 + this.#run),
      GITHUB_RUN_NUMBER: String(this.#run),
      GITHUB_RUN_ATTEMPT: '1',
    }
  }
}
