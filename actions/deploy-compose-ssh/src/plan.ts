import { type Agent, type AgentFacts, readFacts } from '@deploy-actions/agent'
import {
  type ComposeModel,
  type CurrentRelease,
  currentRelease,
  hasOrphans,
  judge,
  judgeDocker,
  namedForSwitch,
  planRelease,
  type Refusal,
  type ReleasePlan,
  type ReleaseRequest,
  type ReleaseTimes,
  refusal,
} from '@deploy-actions/compose'
import { dockerConfig, registryLogins } from '@deploy-actions/registry'
import { formatReleaseId, type SuppliedImage } from '@deploy-actions/release'
import { askEarly } from './ask-early.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import { type ImagesFound, resolveImages, suppliedOf } from './images.ts'
import type { DeployInputs } from './inputs.ts'
import { planTable, refusalError } from './plan-report.ts'
import { askCompose, type RunningProject, resolveRunning } from './running.ts'
import type { Source } from './source.ts'

/** The host in a session: its agent, and the agent's private folder there. */
export interface Host {
  readonly agent: Agent
  readonly folder: string
}

/** What is known when everything is decided. */
export interface Planned {
  readonly plan: ReleasePlan
  readonly facts: AgentFacts
  /** Nothing of the host has to change: the live release is the same and whole, and nothing is left to remove. */
  readonly nothingToDo: boolean
  /** References with digests, by service. */
  readonly images: Record<string, string>
}

/** Decides everything before anything is touched: facts, model, images, plan, judgement. @throws UserError with every reason why it cannot be done */
export async function plan(request: DeployRequest, source: Source, host: Host, ports: DeployPorts): Promise<Planned> {
  const { log } = ports
  host.agent.ahead('facts', 'resolve')
  const facts = readFacts(request.inputs.host, await host.agent.block('facts'))
  // Without a Docker that we know nothing can be resolved: say so before Compose fails in its own words.
  refuse(judgeDocker(facts))

  if (facts.current) host.agent.ahead('record')
  // Before Compose has its say: a file that is not there may be what it complains of.
  for (const note of source.notes) log.info(`note: ${note}`)
  const running = await resolveRunning(request, source, { ...host, facts, log })
  const { project, model } = running
  const current = facts.current && currentRelease((await host.agent.block('record')).join('\n'))
  const { images, refusals } = await findImages(request, { model, arch: facts.arch }, host.agent, ports)
  const wanted = { ...releaseOf(request, source, host, ports), ...fieldsOf(running, current), images, ...(current && { current }) }
  const release = await decide(wanted, host)

  const judgement = judge(facts, release, {
    ...request.inputs,
    app: request.app,
    project,
    ...commitFields(request),
    ...(current && { live: current.base }),
    namesUnknown: release.refusals.some(({ code }) => code === 'DA-SERVICE-UNKNOWN'),
    compressedBytes: [...images.values()].reduce((sum, image) => sum + (image.compressedBytes ?? 0), 0),
  })
  for (const line of planTable(release)) log.info(line)
  for (const note of [...release.notes, ...judgement.notices]) log.info(`note: ${note}`)
  // A service whose image was refused still has its tag: that is the same thing, not another one.
  const planned = release.refusals.filter(({ code }) => code !== 'DA-IMAGE-TAG' || refusals.length === 0)
  refuse([
    ...running.refusals,
    ...refusals,
    ...planned,
    ...judgement.refusals,
    ...withoutCandidate(request.inputs, release),
    ...beforeTakingOver(request.inputs, running),
  ])
  const nothingToDo = release.unchanged && facts.healthy && !(request.inputs.removeOrphans && hasOrphans(facts, release, { project }))
  return {
    plan: release,
    facts,
    nothingToDo,
    images: Object.fromEntries([...images].map(([service, { reference }]) => [service, reference])),
  }
}

/** What is not switched has no slot in which it could be tried. */
function withoutCandidate({ phase }: DeployInputs, { switched }: ReleasePlan): Refusal[] {
  if (phase !== 'prepare' || switched.length > 0) return []
  const message = '`phase: prepare` has nothing to prepare: no service is switched'
  const hint = 'Name the services that requests reach in `routes` or `switch`, or deploy in one step (`phase: all`).'
  return [refusal('DA-CANDIDATE-NOTHING', message, hint)]
}

/** Before the handover there is no edge in front that could tell a candidate's requests from others. */
function beforeTakingOver({ phase }: DeployInputs, { adoption, project }: RunningProject): Refusal[] {
  if (phase !== 'prepare' || adoption === undefined) return []
  const message = `\`phase: prepare\` would take over the project "${project}", which people started by hand`
  const hint = 'Deploy once with `phase: all`: the release is checked beside what runs before anybody sees it.'
  return [refusal('DA-ADOPT-PHASE', message, hint)]
}

/** @throws UserError when something speaks against the deploy */
export function refuse(refusals: readonly Refusal[]): void {
  if (refusals.length > 0) throw refusalError(refusals)
}

/** What a release takes over of the project that runs. Without people's work there is nothing of it in the request. */
function fieldsOf({ project, model, adoption, dataDirectory, envFiles, kept, mixed }: RunningProject, current: CurrentRelease | undefined) {
  const files = kept ?? current?.kept
  return {
    ...{ project, model },
    ...(adoption && { adoption }),
    ...(dataDirectory !== undefined && { dataDirectory }),
    ...(envFiles && { envFiles }),
    ...(files && { kept: files, mixed }),
  }
}

/** What people started is compared with the very base that would be applied, so it is planned once to ask, and then with the answer. */
async function decide(request: ReleaseRequest, host: Host): Promise<ReleasePlan> {
  const first = planRelease(request)
  const { adoption, project } = request
  return adoption === undefined ? first : planRelease({ ...request, adoption: await askCompose(first, { adoption, project }, host) })
}

/** The digests, from their registries or by way of the host. A login that there is goes to the host, for the pull. */
async function findImages(
  { inputs, run }: DeployRequest,
  { model, arch }: { model: ComposeModel; arch: string },
  agent: Agent,
  ports: DeployPorts,
): Promise<ImagesFound> {
  const supplied = suppliedOf(inputs)
  const switched = namedForSwitch(inputs)
  const logins = registryLogins(inputs, registriesOf(supplied, model), run.actor)
  if (logins.length > 0 && !inputs.dryRun) agent.credential(dockerConfig(logins))
  return resolveImages({
    model,
    supplied,
    switched,
    platform: `linux/${arch}`,
    registry: ports.registry(logins),
    log: ports.log,
    onHost: inputs.dryRun ? undefined : (image) => agent.digestOf(image),
  })
}

/** Begins to ask for what is known without the model (see `askEarly`). */
export function registryAhead({ inputs, run }: DeployRequest, { registry }: DeployPorts): DeployPorts['registry'] {
  const supplied = suppliedOf(inputs)
  // Which registry a password is for may depend on the file: it must not go to another one.
  const named = inputs.registry !== undefined || supplied.some(({ reference }) => reference.registry !== 'docker.io')
  if (inputs.registryPassword !== undefined && !named) return registry
  return askEarly(supplied, registryLogins(inputs, registriesOf(supplied, { services: {} }), run.actor), registry)
}

/** Of everything that the host may have to pull, what the release brings first. */
function registriesOf(supplied: readonly SuppliedImage[], { services }: Pick<ComposeModel, 'services'>): string[] {
  const named = supplied.map(({ reference }) => reference.registry)
  const fromFile = Object.values(services).map(({ image = '' }) => /^([^/]+[.:][^/]*)\//.exec(image)?.[1] ?? 'docker.io')
  return [...new Set([...named, ...fromFile])]
}

/** The release as far as it is known before the host and the registries are asked. */
function releaseOf(
  request: DeployRequest,
  source: Source,
  { folder }: Host,
  { clock }: DeployPorts,
): Omit<ReleaseRequest, 'project' | 'model' | 'images'> {
  const { inputs, app, commit, directory } = request
  const { run } = request.run
  const uploadDirectory = `${folder}/source`
  return {
    ...inputs,
    ...commitFields(request),
    id: formatReleaseId({ at: new Date(clock.now()), commit: commit?.sha, ...(run && { run }) }),
    app,
    ...(run && { runUrl: run.url }),
    appDirectory: directory,
    uploadDirectory,
    projectDirectory: source.directory === '.' ? uploadDirectory : `${uploadDirectory}/${source.directory}`,
    files: source.files,
    caddyfile: source.caddyfile,
    profiles: source.profiles,
    environment: Object.fromEntries(source.values),
    times: timesOf(inputs),
    hosts: 1,
  }
}

/** The times and nothing else: a release is written down, and inputs hold secrets. */
function timesOf({ healthTimeout, verifyFor, drainTimeout, streamDrainTimeout, warmPrevious }: DeployInputs): ReleaseTimes {
  return { healthTimeout, verifyFor, drainTimeout, streamDrainTimeout, warmPrevious }
}

/** The commit as releases keep it: the time in seconds. */
function commitFields({ commit }: DeployRequest): { commit?: string; commitTime?: number } {
  if (commit === undefined) return {}
  const time = Date.parse(commit.committedAt ?? '')
  return { commit: commit.sha, ...(Number.isNaN(time) ? {} : { commitTime: Math.floor(time / 1000) }) }
}
