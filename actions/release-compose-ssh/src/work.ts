import { closeAll, type OpenHost, onEach, openHosts } from '@deploy-actions/agent'
import { backup } from '@deploy-actions/backup/part'
import { deploy } from '@deploy-actions/deploy-compose-ssh/part'
import type { Place } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import type { MigrateResult } from '@deploy-actions/migrations'
import type { SmokeResult } from '@deploy-actions/probe'
import { rollback } from '@deploy-actions/rollback/part'
import { runMigrations } from '@deploy-actions/run-migrations/part'
import { isPrivate, requestOf, smokeTest } from '@deploy-actions/smoke-test/part'
import { composeSsh, type Judged } from '@deploy-actions/sync-env/part'
import type { ReleaseInputs } from './inputs.ts'
import { migrationInputs, smokeInputs } from './part-inputs.ts'
import type { Cooled, Parts } from './parts.ts'
import type { PartsPorts, ReleaseRequest } from './world.ts'

/** The parts that were asked for, each with the work of its own action. `envValues`: found right; undefined where no file is written. */
export function partsOf(request: ReleaseRequest, envValues: Judged | undefined, ports: PartsPorts): Parts {
  const { inputs } = request
  const { tool, url } = inputs
  return {
    ...(envValues && { env: () => envTarget(request, ports).sync(envValues.values, envValues.rotateAfter) }),
    ...(inputs.backup === 'always' && { backup: () => backUp(request, ports) }),
    ...(tool && { migrate: (made: string | undefined) => migrate(tool, made, request, ports) }),
    deploy: deployIn(request, ports),
    ...(url && { smoke: (candidate: string | undefined, release: string) => ask(url, candidate, release, request, ports) }),
    candidate: candidateOf(inputs, ports.hosts),
    cool: (release) => onHosts(request, ports, (hosts) => cool(hosts, release)),
    goBack: (release) => goBack(release, request, ports),
  }
}

/** The env file on all hosts. */
export function envTarget({ inputs, directory, run }: ReleaseRequest, ports: PartsPorts) {
  return composeSsh({ inputs: { ...inputs, apply: false }, directory, run }, { ...ports, places: ports.hosts })
}

/** Backups of a release stay on the host: to a store they go by the action backup. */
const CREATE = {
  ...{ operation: 'create' as const, id: undefined, into: undefined, checks: [], volumes: [], encryptTo: [], ageKey: undefined },
  retention: [0, 0, 0] as [number, number, number],
}

/** A dry run asks nobody: there is nothing to find out. */
async function backUp(request: ReleaseRequest, ports: PartsPorts) {
  const { lockTimeout, dryRun, databaseService: service, databaseUrlEnv: databaseUrlEnvElse, databaseImage } = request.inputs
  if (dryRun) return { status: 'planned', id: '', size: '', sha256: '', stored: '' } as const
  return backup(
    {
      ...request,
      inputs: { ...CREATE, lockTimeout, dryRun, service, databaseUrlEnvElse, databaseImage },
    },
    { ...ports, store: undefined },
  )
}

async function migrate(
  tool: NonNullable<ReleaseInputs['tool']>,
  backedUp: string | undefined,
  request: ReleaseRequest,
  ports: PartsPorts,
): Promise<MigrateResult> {
  const { dryRun } = request.inputs
  try {
    return await runMigrations({ ...request, inputs: migrationInputs(request.inputs, tool) }, { ...ports, fetch, backedUp })
  } catch (error) {
    if (!dryRun || !(error instanceof UserError) || error.code !== 'DA-MIGRATION-NOT-RUNNING') throw error
    ports.log.notice('the database does not run yet: the release starts it, and then applies what is pending')
    return { status: 'planned', before: '', after: '', applied: [], pending: [], planned: [], backup: '' }
  }
}

/** The later phases go on with the very release that the first one prepared. */
function deployIn({ deploy: inputs, ...request }: ReleaseRequest, ports: PartsPorts): Parts['deploy'] {
  let prepared: string | undefined
  return async (phase) => {
    const releaseId = phase === 'switch' || phase === 'abort' ? prepared : undefined
    // Who is told to stop takes its candidate along.
    const signal = phase === 'abort' ? new AbortController().signal : ports.signal
    const result = await deploy({ ...request, inputs: { ...inputs, phase, releaseId } }, { ...ports, signal })
    if (result.status === 'prepared') prepared = result.release
    if (result.candidateSecret !== undefined) ports.secrets.add(result.candidateSecret)
    return result
  }
}

async function ask(
  url: URL,
  candidate: string | undefined,
  release: string,
  request: ReleaseRequest,
  ports: PartsPorts,
): Promise<SmokeResult | undefined> {
  const header = candidate === undefined ? undefined : { name: 'x-deploy-candidate', value: candidate }
  const inputs = { ...smokeInputs(request.inputs, url, header), releaseId: release === '' ? undefined : release }
  const connect = () => Promise.reject(new Error('a smoke test that settles nothing needs no host'))
  return (await smokeTest(requestOf(inputs, request.run, ports), { ...ports, http: ports.http(), connect })).smoke
}

/** Where a candidate can be asked, as far as the inputs say. */
function candidateOf(
  { smokeCandidate, url, routes, switch: switched, dryRun }: ReleaseInputs,
  hosts: readonly Place[],
): Parts['candidate'] {
  if (!smokeCandidate || url === undefined || dryRun) return 'unwanted'
  if (routes.length + switched.length === 0) return { why: 'no service is switched (`routes`, `switch`)' }
  if (hosts.length > 1) return { why: 'of several hosts nobody knows which one a request reaches' }
  if (url.protocol === 'http:' && !isPrivate(url.hostname))
    return { why: 'its secret header would go over http to a public name, where others can read it' }
  return true
}

/** In a session of its own. */
async function onHosts<T>(
  { inputs, directory, run }: ReleaseRequest,
  ports: PartsPorts,
  work: (hosts: readonly OpenHost[]) => Promise<T>,
): Promise<T> {
  const { log, signal } = ports
  const hosts = await openHosts(ports.hosts, { mode: 'deploy', directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal })
  try {
    const result = await work(hosts)
    await Promise.all(hosts.map(({ agent }) => agent.quit()))
    return result
  } finally {
    await closeAll(hosts)
  }
}

/** Takes all locks before the first part: two runs that share hosts never wait for each other. */
export const takeLocks = (request: ReleaseRequest, ports: PartsPorts): Promise<void> => onHosts(request, ports, async () => undefined)

async function cool(hosts: readonly OpenHost[], release: string): Promise<Cooled> {
  const [first] = await onEach(hosts, ({ agent }) => agent.cool(release))
  return first as Cooled
}

/** The locks were ours since before the deploy; after a lost connection they may have been somebody else's. */
async function goBack(from: string, { inputs, app, directory, run }: ReleaseRequest, ports: PartsPorts) {
  const where = { to: 'previous', from, env: 'restore', force: false, reason: 'the smoke test was red' } as const
  const result = await rollback({ inputs: { ...inputs, ...where, dryRun: false }, app, directory, run }, ports)
  return result.status === 'superseded' ? { live: result.release } : result
}
