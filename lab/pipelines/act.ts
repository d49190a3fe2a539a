import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { node24 } from '@deploy-actions/testing'
import { run } from '../shell.ts'
import { labFolder } from '../state.ts'

/** What act said of one run of a workflow. */
export interface WorkflowRun {
  /** How each job ended, by its id. */
  readonly jobs: Readonly<Record<string, string>>
  /** By job, step and name, such as `staging/deploy/release-id`. */
  readonly outputs: Readonly<Record<string, string>>
  /** As a person would have read it; act masks only this part of what it writes. */
  readonly log: string
  /** All that act wrote, unmasked, by job. */
  readonly raw: Readonly<Record<string, string>>
  readonly ms: number
}

/** A workflow run that is asked for. */
export interface Asked {
  readonly event: 'push' | 'workflow_dispatch' | 'schedule'
  /** Below `.github/workflows`. */
  readonly file: string
  readonly inputs?: Readonly<Record<string, string>>
  /** What GitHub would give to the jobs of the environment: act knows no environments, so a run has one. */
  readonly vars?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Variables of the runner: what GitHub sets and act does not, and where its API is. */
  readonly env?: Readonly<Record<string, string>>
}

/** act, with nothing of the network: every action that a workflow names lies in a folder of this machine. */
export class Act {
  readonly #folder: string
  readonly #local: readonly string[]
  readonly #env: Readonly<Record<string, string>>

  /**
   * @param folder where the caller's repository is, as `consumer`, and where values and caches may lie
   * @param actions folders by what `uses` says, such as `org/deploy-actions@v1`
   * @param env of act itself and so of every step, beside PATH and HOME
   */
  constructor(folder: string, actions: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
    this.#folder = folder
    this.#env = env
    this.#local = Object.entries(actions).flatMap(([uses, where]) => ['--local-repository', `${uses}=${where}`])
    mkdirSync(path.join(folder, 'home'), { recursive: true })
  }

  async run({ event, file, inputs = {}, vars = {}, secrets = {}, env = {} }: Asked): Promise<WorkflowRun> {
    const clean = ['-i', ...pairs({ HOME: path.join(this.#folder, 'home'), PATH: searchPath(), ...this.#env })]
    const images = ['ubuntu-latest', 'ubuntu-24.04'].flatMap((label) => ['-P', `${label}=-self-hosted`])
    const offline = ['--action-offline-mode', '--no-cache-server', '--rm', '--json', '--actor', 'ann']
    const cache = ['--action-cache-path', path.join(this.#folder, 'cache'), ...this.#local]
    const values = ['--secret-file', this.#values('secrets.yml', secrets), '--var-file', this.#values('vars.yml', vars)]
    const given = [...flags('--input', inputs), ...flags('--env', env)]
    // GitHub's runner is another machine: this one must not take the time of the hosts, on which somebody counts what is late.
    const args = [
      ...clean,
      'nice',
      '-n',
      '10',
      'act',
      event,
      '-W',
      `.github/workflows/${file}`,
      ...images,
      ...offline,
      ...cache,
      ...values,
      ...given,
    ]
    const began = performance.now()
    const { stdout, stderr } = await run('env', args, { cwd: path.join(this.#folder, 'consumer'), timeoutMs: 600_000 })
    return { ...readLines(stdout, stderr), ms: performance.now() - began }
  }

  /** A file of values for act. It reads YAML, of which JSON is a part, so that a key keeps its lines. */
  #values(name: string, values: Readonly<Record<string, string>>): string {
    const file = path.join(this.#folder, name)
    writeFileSync(file, JSON.stringify(values), { mode: 0o600 })
    return file
  }
}

const pairs = (values: Readonly<Record<string, string>>): string[] => Object.entries(values).map(([name, value]) => `${name}=${value}`)
const flags = (flag: string, values: Readonly<Record<string, string>>): string[] => pairs(values).flatMap((pair) => [flag, pair])

interface Line {
  readonly jobID: string
  readonly stepID?: readonly string[]
  readonly jobResult?: string
  readonly command?: string
  readonly name?: string
  readonly arg?: string
  readonly msg?: string
}

function readLines(stdout: string, stderr: string): Omit<WorkflowRun, 'ms'> {
  const lines = stdout.split('\n').flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []))
  const byJob = Map.groupBy([...stdout.split('\n'), ...stderr.split('\n')], jobOf)
  const set = lines.filter(({ command }) => command === 'set-output')
  return {
    jobs: Object.fromEntries(lines.flatMap(({ jobID, jobResult }) => (jobResult === undefined ? [] : [[jobID, jobResult]]))),
    outputs: Object.fromEntries(set.map(({ jobID, stepID = [], name, arg = '' }) => [[jobID, ...stepID, name].join('/'), arg])),
    log: [...lines.map(({ msg = '' }) => msg), stderr].join('\n'),
    raw: Object.fromEntries([...byJob].map(([job, all]) => [job, all.join('\n')])),
  }
}

/** A line that no job wrote is the run's own. */
const jobOf = (line: string): string => (line.startsWith('{') ? ((JSON.parse(line) as Line).jobID ?? '') : '')

const programs = path.join(labFolder, '../.cache/bin')
const searchPath = (): string => [path.dirname(node24()), programs, process.env.PATH].join(path.delimiter)

/** Whether act can be run; it is installed from the Go proxy, where there is Go. */
export function hasAct(): boolean {
  const env = { ...process.env, PATH: searchPath() }
  const answers = () => spawnSync('act', ['--version'], { stdio: 'ignore', env }).error === undefined
  if (answers()) return true
  spawnSync('go', ['install', 'github.com/nektos/act@v0.2.89'], { stdio: 'ignore', env: { ...env, GOBIN: programs } })
  return answers()
}
