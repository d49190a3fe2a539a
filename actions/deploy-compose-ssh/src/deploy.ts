import { Agent, type AgentFacts, readFacts, Settled, type Settlement } from '@deploy-actions/agent'
import {
  type ComposeModel,
  currentRelease,
  judge,
  namedForSwitch,
  planRelease,
  type Refusal,
  type ReleasePlan,
  type Workspace,
} from '@deploy-actions/compose'
import type { Remote } from '@deploy-actions/hosts'
import type { Clock, Log, UserError } from '@deploy-actions/kit'
import { dockerConfig, type Registry, type RegistryLogin, registryLogins } from '@deploy-actions/registry'
import { type BuildRecord, formatReleaseId, type SuppliedImage, suppliedByBuild, type WorkflowRun } from '@deploy-actions/release'
import { resolveImages } from './images.ts'
import type { DeployInputs } from './inputs.ts'
import { planTable, refusalError } from './plan-report.ts'
import { readSource, type Source } from './source.ts'

/** All that a deploy uses of the world. */
export interface DeployPorts {
  readonly connect: () => Promise<Remote>
  readonly workspace: Workspace
  readonly registry: (logins: readonly RegistryLogin[]) => Registry
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface DeployRequest {
  readonly inputs: DeployInputs
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
  /** What this deploy calls its commit, and when that was made; undefined where nobody knows. */
  readonly commit: { readonly sha: string; readonly committedAt: string | undefined } | undefined
  /** Values of `env-keys`. */
  readonly values: ReadonlyMap<string, string>
}

/** How a deploy ended, and what is known by then; the parts that were not reached are absent. */
export interface DeployResult {
  status: 'deployed' | 'unchanged' | 'planned' | Settlement
  plan?: ReleasePlan
  facts?: AgentFacts
  images?: Record<string, string>
  agent?: Agent
  failure?: UserError
}

/** Deploys a release to a host: connect, plan, prepare, switch, verify, commit. What goes wrong after the plan is settled by the host and told in the result. */
export async function deploy(request: DeployRequest, ports: DeployPorts): Promise<DeployResult> {
  const { inputs, directory, run } = request
  const { log, signal } = ports
  const source = await readSource({ ...inputs, app: request.app, values: request.values, workspace: ports.workspace })
  refuse(source.refusals)

  const remote = await log.group('Connect', () => ports.connect())
  try {
    const mode = inputs.dryRun ? 'plan' : 'deploy'
    const { agent, folder } = await Agent.open(remote, { mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal })
    await remote.upload(source.entries, folder)
    await agent.locked()

    const planned = await log.group('Plan', () => plan(request, source, { agent, folder, remote }, ports))
    const known = { ...planned, agent }
    if (inputs.dryRun) return await leave(agent, { ...known, status: 'planned' })
    if (planned.plan.unchanged && planned.facts.healthy) return await leave(agent, { ...known, status: 'unchanged' })
    return await apply(planned, { agent, remote, directory, log }).then((ended) => ({ ...known, ...ended }))
  } finally {
    remote.close()
  }
}

interface Host {
  readonly agent: Agent
  /** The agent's private folder. */
  readonly folder: string
  readonly remote: Remote
}

interface Planned {
  readonly plan: ReleasePlan
  readonly facts: AgentFacts
  readonly images: Record<string, string>
  readonly logins: readonly RegistryLogin[]
}

/** Everything that is decided before anything is touched. @throws UserError with every reason why it cannot be done */
async function plan(request: DeployRequest, source: Source, host: Host, ports: DeployPorts): Promise<Planned> {
  const { inputs } = request
  const facts = readFacts(inputs.host, await host.agent.block('facts'))
  const judged = { app: request.app, project: source.project, ...commitOf(request), allowOlder: inputs.allowOlder, compressedBytes: 0 }
  // Without Docker nothing can be resolved: say so before Compose fails in its own words.
  if (facts.dockerVersion === undefined || facts.composeVersion === undefined)
    refuse(judge(facts, { switched: [], edge: noEdge }, judged).refusals)
  const { model, warnings } = await resolveModel(host.agent)
  for (const warning of warnings) ports.log.warning(warning)

  const supplied = suppliedOf(inputs)
  const switched = namedForSwitch(inputs)
  const logins = registryLogins(inputs, registriesOf(supplied, model, switched), request.run.actor)
  if (logins.length > 0 && !inputs.dryRun) host.agent.credential(dockerConfig(logins))
  const { images, refusals } = await resolveImages({
    model,
    supplied,
    switched,
    platform: `linux/${facts.arch}`,
    registry: ports.registry(logins),
    log: ports.log,
    onHost: inputs.dryRun ? undefined : (image) => host.agent.digestOf(image),
  })
  const current = facts.current && currentRelease((await host.agent.block('record')).join('\n'))
  const release = planRelease({
    ...inputs,
    ...commitOf(request),
    id: formatReleaseId({ at: new Date(ports.clock.now()), commit: request.commit?.sha, ...(request.run.run && { run: request.run.run }) }),
    app: request.app,
    project: source.project,
    ...(request.run.run && { runUrl: request.run.run.url }),
    appDirectory: request.directory,
    uploadDirectory: `${host.folder}/source`,
    projectDirectory: source.directory === '.' ? `${host.folder}/source` : `${host.folder}/source/${source.directory}`,
    model,
    files: source.files,
    environment: Object.fromEntries(request.values),
    images,
    times: inputs,
    hosts: 1,
    dryRun: inputs.dryRun,
    ...(current && { current }),
  })
  const compressedBytes = [...images.values()].reduce((sum, image) => sum + (image.compressedBytes ?? 0), 0)
  const judgement = judge(facts, release, { ...judged, compressedBytes })
  for (const line of planTable(release)) ports.log.info(line)
  for (const note of [...source.notes, ...release.notes, ...judgement.notices]) ports.log.info(`note: ${note}`)
  refuse([...refusals, ...release.refusals, ...judgement.refusals])
  return { plan: release, facts, images: Object.fromEntries([...images].map(([service, { reference }]) => [service, reference])), logins }
}

const noEdge = { image: '', published: [], networks: [] }

/** Applies a plan. From the first command on the host settles what goes wrong, whatever becomes of us. */
async function apply(
  { plan: { id, entries, stored } }: Planned,
  { agent, remote, directory, log }: { agent: Agent; remote: Remote; directory: string; log: Log },
): Promise<Partial<DeployResult> & Pick<DeployResult, 'status'>> {
  try {
    await log.group('Prepare', async () => {
      await remote.upload([...entries, ...stored], `${directory}/releases/${id}.tmp`)
      await agent.prepare('deploy', id)
    })
    await log.group('Switch and verify', () => agent.switch())
    const status = await log.group('Finish', () => agent.commit())
    return { status, ...(status === 'failed' && agent.lastFailure && { failure: agent.lastFailure }) }
  } catch (error) {
    if (error instanceof Settled) return { status: error.settlement, failure: error }
    throw error
  }
}

async function leave(agent: Agent, result: DeployResult): Promise<DeployResult> {
  await agent.quit()
  return result
}

async function resolveModel(agent: Agent): Promise<{ model: ComposeModel; warnings: string[] }> {
  const { model, warnings } = await agent.resolve()
  return { model: JSON.parse(model) as ComposeModel, warnings }
}

const suppliedOf = ({ build, images }: { build: BuildRecord | undefined; images: SuppliedImage[] | undefined }): SuppliedImage[] =>
  build === undefined ? (images ?? []) : suppliedByBuild(build)

function registriesOf(supplied: readonly SuppliedImage[], model: ComposeModel, switched: readonly string[]): string[] {
  const named = supplied.map(({ reference }) => reference.registry)
  const fromFile = switched.map((service) => /^([^/]+[.:][^/]*)\//.exec(model.services[service]?.image ?? '')?.[1] ?? 'docker.io')
  return [...new Set([...named, ...fromFile])]
}

function commitOf({ commit }: DeployRequest): { commit?: string; commitTime?: number } {
  if (commit === undefined) return {}
  const time = Date.parse(commit.committedAt ?? '')
  return { commit: commit.sha, ...(Number.isNaN(time) ? {} : { commitTime: Math.floor(time / 1000) }) }
}

function refuse(refusals: readonly Refusal[]): void {
  if (refusals.length > 0) throw refusalError(refusals)
}
