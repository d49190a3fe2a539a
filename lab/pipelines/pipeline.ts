import { isDeepStrictEqual } from 'node:util'
import type { FakeRepository } from '@deploy-actions/testing'
import { type Allowed, lossesIn } from '../scenarios/losses.ts'
import { underLoad } from '../scenarios/under-load.ts'
import { LabError } from '../shell.ts'
import type { Asked, WorkflowRun } from './act.ts'
import type { Droplet } from './droplet.ts'
import { type Environments, valuesOf } from './environments.ts'
import type { Edits, ExampleRepository } from './repository.ts'

/** What playing an example needs. */
export interface Play {
  /** Told of each run as it ends. */
  readonly say: (line: string) => void
  /** Without the bad releases, for a suite that runs often; default false. */
  readonly brief?: boolean
}

/** One run of a workflow, for the table. */
export interface Row {
  readonly example: string
  readonly what: string
  readonly end: string
  readonly seconds: number
  /** Requests to the app meanwhile, where there were any. */
  readonly sent?: number
  readonly lost?: number
}

/** A run that is asked for, and what has to come of it. */
export interface Wanted extends Omit<Asked, 'vars' | 'secrets' | 'env'> {
  readonly what: string
  readonly on: Droplet
  /** How each job that ran ended. */
  readonly jobs: Readonly<Record<string, string>>
  /** Outputs that have to be so. */
  readonly outputs?: Readonly<Record<string, string>>
  /** With requests to the app all the time, none of which may be lost. */
  readonly load?: Allowed
}

export interface PipelineParts {
  readonly example: string
  readonly repository: ExampleRepository
  readonly github: FakeRepository
  readonly say: Play['say']
  /** A run has the values of all of these, and each job those of its own. */
  readonly environments?: Environments
}

/** An example that is played: its repository, a GitHub, and what came of every run. */
export class Pipeline {
  readonly rows: Row[] = []
  /** All that runs with an environment's secrets wrote. */
  readonly written = new Map<string, string[]>()
  readonly #parts: PipelineParts
  #head = ''
  #runs = 100

  constructor(parts: PipelineParts) {
    this.#parts = parts
  }

  async commit(message: string, edits: Edits = {}, branch = 'main'): Promise<string> {
    this.#head = await this.#parts.repository.push(message, edits, branch)
    return this.#head
  }

  async merge(from: string, into: string): Promise<void> {
    this.#head = await this.#parts.repository.merge(from, into)
  }

  /** Runs a workflow and throws with the end of its log unless it ended as wanted. */
  async run(wanted: Wanted): Promise<WorkflowRun> {
    const { what, on, load } = wanted
    const { report, result } = load ? await this.#underLoad(on, wanted) : { report: undefined, result: await this.#start(wanted) }
    expectEnd(what, result, wanted)
    const losses = report && load ? lossesIn(report, load) : []
    const row = { example: this.#parts.example, what, end: endOf(result), seconds: result.ms / 1000 }
    this.rows.push({ ...row, ...(report && { sent: report.sent, lost: report.lost }) })
    this.#parts.say(
      `${this.#parts.example}: ${what}: ${row.end} after ${row.seconds.toFixed(1)} s${report ? `, ${report.lost} of ${report.sent} lost` : ''}`,
    )
    if (losses.length > 0) throw new LabError(`${what}: requests suffered:\n- ${losses.join('\n- ')}`)
    return result
  }

  #underLoad(on: Droplet, wanted: Wanted) {
    // A real stack, and a build machine beside it: this is no load test.
    const kinds = ['get', 'get-close', 'post', 'post-close', 'slow'] as const
    return underLoad(on.stage, () => this.#start(wanted), { url: on.loadAt, worker: false, rate: 20, kinds: [...kinds] })
  }

  async #start({ on, event, file, inputs }: Wanted): Promise<WorkflowRun> {
    const { environments, github, repository } = this.#parts
    this.#runs += 1
    github.now = Date.now()
    github.addRun(String(this.#runs), { head_sha: this.#head, event, path: `.github/workflows/${file}@main` })
    const env = { GITHUB_API_URL: github.url, GITHUB_RUN_ID: String(this.#runs) }
    const values = environments ? { vars: valuesOf(environments, 'vars'), secrets: valuesOf(environments, 'secrets') } : on
    const secrets = { ...values.secrets, GITHUB_TOKEN: 'ghs_fake' }
    const ran = await repository.act.run({ event, file, env, secrets, vars: values.vars, ...(inputs && { inputs }) })
    for (const [job, text] of Object.entries(ran.raw)) this.#keep(environments ? environmentOf(job) : on.environment, text)
    return ran
  }

  #keep(environment: string, text: string): void {
    this.written.set(environment, [...(this.written.get(environment) ?? []), text])
  }
}

/** Where a run has both environments: all that comes before the gate must not know production. */
const environmentOf = (job: string): string => (['production', 'rollback'].includes(job) ? 'production' : 'staging')

/** Throws with the end of the log unless the run ended like this. */
export function expectEnd(what: string, ran: WorkflowRun, { jobs, outputs = {} }: Pick<Wanted, 'jobs' | 'outputs'>): void {
  const told = Object.fromEntries(Object.keys(outputs).map((name) => [name, ran.outputs[name]]))
  const ended = Object.fromEntries(Object.entries(ran.jobs).filter(([, result]) => result !== 'skipped'))
  if (isDeepStrictEqual(ended, jobs) && isDeepStrictEqual(told, outputs)) return
  const tail = ran.log.split('\n').slice(-100).join('\n')
  throw new LabError(`${what}: ended with ${JSON.stringify([ended, told])} instead of ${JSON.stringify([jobs, outputs])}:\n${tail}`)
}

/** How the last job ended that ran. */
export const endOf = ({ jobs }: WorkflowRun): string => Object.values(jobs).findLast((result) => result !== 'skipped') ?? ''

/** Fails unless these are the same. */
export function expectSame(what: string, found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted)) throw new LabError(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`)
}
