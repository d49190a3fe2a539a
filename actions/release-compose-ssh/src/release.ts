import { leavesUnknown } from '@deploy-actions/agent'
import type { DeployResult } from '@deploy-actions/deploy-compose-ssh/part'
import { type Log, messageOf, UserError } from '@deploy-actions/kit'
import type { PartEnd, PartName, Parts, Released, ReleaseStatus, Results } from './parts.ts'
import { isOthers, toldOfBackup, toldOfDeploy, toldOfEnv, toldOfMigrations, toldOfRollback, toldOfSmoke, toldOfWarm } from './words.ts'

export interface ReleasePorts {
  readonly log: Log
  readonly signal: AbortSignal
}

/** A part has failed: those after it are not begun. */
class Stopped extends Error {}

/**
 * The whole release: env file, backup, migrations, deploy, smoke test, and the way back where that is red. A part that fails ends it; what the ones before
 * have done stands, and is told.
 */
export async function release(parts: Parts, ports: ReleasePorts): Promise<Released> {
  const course = new Course(ports)
  try {
    await before(parts, course)
    await bring(parts, course)
    await judge(parts, course)
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
  }
  return course.released()
}

/** How far the run came. */
class Course {
  readonly results: Results = {}
  /** What there is to know beside the parts. */
  note: string | undefined
  /** A switch was begun, and nobody could ask what became of it. */
  unknown = false
  private readonly ends: PartEnd[] = []
  private readonly ports: ReleasePorts

  constructor(ports: ReleasePorts) {
    this.ports = ports
  }

  /** Does one part. `words` says what became of it, and whether that was good. @throws Stopped */
  async part<T>(part: PartName, work: () => Promise<T>, words: (result: T) => Omit<PartEnd, 'part'>): Promise<T> {
    const { log, signal } = this.ports
    try {
      signal.throwIfAborted()
      log.info(`-- ${part} --`)
      const result = await work()
      const end = { part, ...words(result) }
      this.ends.push(end)
      if (end.state === 'failed') throw new Stopped()
      return result
    } catch (error) {
      if (error instanceof Stopped) throw error
      const code = error instanceof UserError ? `${error.code}: ` : ''
      this.ends.push({ part, state: 'failed', told: `${code}${messageOf(error)}`, error })
      throw new Stopped()
    }
  }

  /** What is not needed for the release to be good: when it fails it is told, and that is all. */
  async aside<T>(part: PartName, work: () => Promise<T>, words: (result: T) => Omit<PartEnd, 'part'>, otherwise: string): Promise<void> {
    const { log, signal } = this.ports
    try {
      signal.throwIfAborted()
      log.info(`-- ${part} --`)
      this.ends.push({ part, ...words(await work()) })
    } catch (error) {
      const code = error instanceof UserError ? `${error.code}: ` : ''
      const told = `${code}${messageOf(error)}; ${otherwise}`
      log.warning(told)
      this.ends.push({ part, state: 'warned', told })
    }
  }

  /** Work that may switch. */
  async switching<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.unknown = leavesUnknown(error)
      throw error
    }
  }

  notice(text: string): void {
    this.ports.log.notice(text)
  }

  released(): Released {
    const { ends, results, note, unknown } = this
    return { status: statusOf(ends, results), ends, results, unknown, ...(note !== undefined && { note }) }
  }
}

function statusOf(ends: readonly PartEnd[], { deploy, rollback }: Results): ReleaseStatus {
  const failed = ends.find(({ state }) => state === 'failed')
  if (rollback !== undefined && !isOthers(rollback) && rollback.status === 'rolled-back') return 'rolled-back'
  if (failed === undefined) return deploy?.status ?? 'failed'
  // A deploy that did not come through says itself how it ended.
  return deploy !== undefined && ['aborted', 'reverted'].includes(deploy.status) ? deploy.status : 'failed'
}

/** What has to be there before the new release starts. */
async function before({ env, backup, migrate }: Parts, course: Course): Promise<void> {
  const { results } = course
  if (env !== undefined) await course.part('env', async () => keep(results, 'env', await env()), toldOfEnv)
  if (backup !== undefined) await course.part('backup', async () => keep(results, 'backup', await backup()), toldOfBackup)
  const made = results.backup?.status === 'created' ? results.backup.id : results.backup?.status
  if (migrate !== undefined) await course.part('migrations', async () => keep(results, 'migrate', await migrate(made)), toldOfMigrations)
}

/** The deploy; where the candidate is tested, in two phases with that test between them. */
async function bring(parts: Parts, course: Course): Promise<void> {
  const { candidate } = parts
  if (typeof candidate === 'object') course.notice(`the candidate is not tested before the switch: ${candidate.why}`)
  const tests = candidate === true && parts.smoke !== undefined
  const first = await course.part('deploy', async () => keep(course.results, 'deploy', await begin(tests, parts, course)), toldOfDeploy)
  if (first.status !== 'prepared') return
  const goOn = async () => keep(course.results, 'deploy', joined(first, await course.switching(() => parts.deploy('switch'))))
  try {
    await course.part('candidate', () => testCandidate(first, parts, course), toldOfSmoke)
    await course.part('deploy', goOn, toldOfDeploy)
  } catch (stopped) {
    if (course.results.deploy === first && !course.unknown) await drop(first, parts, course)
    throw stopped
  }
}

/** A project that people started by hand has no edge yet that could tell a candidate's requests from others. */
async function begin(tests: boolean, parts: Parts, course: Course): Promise<DeployResult> {
  const all = () => course.switching(() => parts.deploy('all'))
  if (!tests) return all()
  try {
    return await parts.deploy('prepare')
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'DA-ADOPT-PHASE') throw error
    course.notice('the candidate is not tested before the switch: this release takes over a project that people started by hand')
    return all()
  }
}

/** Of the two phases together. */
function joined(first: DeployResult, second: DeployResult): DeployResult {
  const hosts = second.hosts.map((host) => {
    const before = first.hosts.find(({ name }) => name === host.name)
    return { ...before, ...host, events: [...(before?.events ?? []), ...host.events] }
  })
  return { ...first, ...second, hosts }
}

const testCandidate = async ({ candidateSecret = '', release: id = '' }: DeployResult, parts: Parts, { results }: Course) =>
  keep(results, 'candidate', await parts.smoke?.(candidateSecret, id))

/** One that is red, or that nobody has switched to: nobody has noticed it. Where the host cannot be told any more, it drops it by itself when its time is over. */
async function drop(prepared: DeployResult, parts: Parts, { results }: Course): Promise<void> {
  const dropped = await parts.deploy('abort').catch(() => prepared)
  results.deploy = { ...joined(prepared, dropped), status: 'aborted' }
}

/** The smoke test of what serves now: green ends what is warm, red goes back where that helps. */
async function judge(parts: Parts, course: Course): Promise<void> {
  const { results } = course
  const { smoke } = parts
  const { status, release: id = '', hosts = [] } = results.deploy ?? {}
  if (smoke === undefined) return
  const previous = status === 'deployed' ? (hosts[0]?.live.release ?? '') : ''
  try {
    await course.part('smoke', async () => keep(results, 'smoke', await smoke(undefined, id)), toldOfSmoke)
  } catch (stopped) {
    await afterRed({ id, previous, isNew: status === 'deployed' }, parts, course)
    throw stopped
  }
  if (previous !== '')
    await course.aside('warm', () => parts.cool(id), toldOfWarm, `\`${previous}\` is stopped when its time to be warm is over`)
}

interface Judged {
  readonly id: string
  /** What served before; empty where nothing did. */
  readonly previous: string
  readonly isNew: boolean
}

async function afterRed({ id, previous, isNew }: Judged, parts: Parts, course: Course): Promise<void> {
  const { results } = course
  const found = results.smoke
  if (!isNew) course.note = 'This run has changed nothing of what serves, so there is nothing to take back.'
  else if (previous === '') course.note = 'There is no release before this one to go back to: it serves on.'
  else if (found === undefined) course.note = `There is no verdict. \`${previous}\` stays warm until its time is over.`
  else if (!found.rollbackRecommended)
    course.note = `What was found (\`${found.verdict}\`) is not surely of this release: it serves on, and \`${previous}\` stays warm until its time is over.`
  else await course.part('rollback', async () => keep(results, 'rollback', await course.switching(() => parts.goBack(id))), toldOfRollback)
}

function keep<K extends keyof Results, T extends Results[K]>(results: Results, name: K, result: T): T {
  results[name] = result
  return result
}
