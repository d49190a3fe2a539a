import { type AgentFacts, type OpenHost, readFacts } from '@deploy-actions/agent'
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
import type { SuppliedImage } from '@deploy-actions/release'
import { askEarly } from './ask-early.ts'
import type { DeployInputs } from './deploy-inputs.ts'
import type { DeployPorts, DeployRequest } from './deploy-request.ts'
import { type ImagesFound, resolveImages, suppliedOf } from './images.ts'
import { refusalError } from './plan-report.ts'
import { askCompose, type RunningProject, resolveRunning } from './running.ts'
import type { Source } from './source.ts'

/** A host as a release is planned for it. */
export type Host = Pick<OpenHost, 'name' | 'agent' | 'folder' | 'log' | 'release'>

/** What a host says before anything is decided. */
export interface Seen {
  readonly host: Host
  readonly facts: AgentFacts
  readonly running: RunningProject
  readonly current: CurrentRelease | undefined
}

/** What a release would mean for one host. */
export interface Draft extends Seen {
  readonly plan: ReleasePlan
  readonly found: ImagesFound
  /** Nothing of the host has to change: the live release is the same and whole, and nothing is left to remove. */
  readonly nothingToDo: boolean
  /** What speaks against it. */
  readonly refusals: readonly Refusal[]
  readonly notes: readonly string[]
}

/** Facts, model, and what is live. @throws UserError where the host has no Docker that we know, or its Compose refuses the file */
export async function look(request: DeployRequest, source: Source, host: Host): Promise<Seen> {
  if (host.release !== '') host.agent.ahead('record')
  host.agent.ahead('facts', 'resolve')
  const early = host.release === '' ? [] : await host.agent.block('record')
  const facts = readFacts(host.name, await host.agent.block('facts'))
  // Without a Docker that we know nothing can be resolved: say so before Compose fails in its own words.
  refuse(judgeDocker(facts))

  const running = await resolveRunning(request, source, { ...host, facts })
  // Without a lock, in a dry run, another one may have become live in between.
  const record = (facts.current?.id ?? host.release) === host.release ? early : await host.agent.block('record')
  const current = facts.current && currentRelease(record.join('\n'))
  return { host, facts, running, current }
}

/** Decides everything for one host before anything is touched there. */
export async function draft(
  request: DeployRequest,
  source: Source,
  seen: Seen,
  release: { id: string; found: ImagesFound; hosts: number },
): Promise<Draft> {
  const { facts, running, current } = seen
  const { found } = release
  const { images, refusals } = found
  const { project } = running
  const plan = await planFor(request, source, seen, release)

  const judgement = judge(facts, plan, {
    ...request.inputs,
    app: request.app,
    project,
    ...commitFields(request),
    ...(current && { live: current.base }),
    namesUnknown: plan.refusals.some(({ code }) => code === 'DA-SERVICE-UNKNOWN'),
    compressedBytes: [...images.values()].reduce((sum, image) => sum + (image.compressedBytes ?? 0), 0),
  })
  // A service whose image was refused still has its tag: that is the same thing, not another one.
  const planned = plan.refusals.filter(({ code }) => code !== 'DA-IMAGE-TAG' || refusals.length === 0)
  return {
    ...seen,
    plan,
    found,
    nothingToDo: plan.unchanged && facts.healthy && !(request.inputs.removeOrphans && hasOrphans(facts, plan, { project })),
    refusals: [
      ...running.refusals,
      ...refusals,
      ...planned,
      ...judgement.refusals,
      ...withoutCandidate(request.inputs, plan),
      ...beforeTakingOver(request.inputs, running),
    ],
    notes: [...plan.notes, ...judgement.notices, ...overdueBackup(facts)],
  }
}

const overdueBackup = ({ backupOverdue: overdue }: AgentFacts): string[] =>
  overdue === undefined
    ? []
    : [`the last backup is ${overdue.hours} hours old, and ${overdue.allowed} are allowed: the timer on the host has not made one since`]

/** The release as it would be on this host, from what stands there. */
export function planFor(
  request: DeployRequest,
  source: Source,
  { host, running, current }: Seen,
  { id, found: { images }, hosts }: { id: string; found: ImagesFound; hosts: number },
): Promise<ReleasePlan> {
  const wanted = { ...releaseOf(request, source, host), id, hosts, ...fieldsOf(running, current), images, ...(current && { current }) }
  return decide(wanted, host)
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

/** The digests, of what is supplied and of `switched`, from their registries or by way of the host. A login that there is goes to the host, for the pull. */
export async function findImages(
  { inputs, run }: DeployRequest,
  { host: { agent, log }, facts: { arch }, running: { model } }: Seen,
  { registry, onHost }: { registry: DeployPorts['registry']; onHost: (image: string) => Promise<string> },
  switched: readonly string[] = namedForSwitch(inputs),
): Promise<ImagesFound> {
  const supplied = suppliedOf(inputs)
  const logins = registryLogins(inputs, registriesOf(supplied, model), run.actor)
  if (logins.length > 0 && !inputs.dryRun) agent.credential(dockerConfig(logins))
  return resolveImages({
    model,
    supplied,
    switched,
    platform: `linux/${arch}`,
    registry: registry(logins),
    log,
    onHost: inputs.dryRun ? undefined : onHost,
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
): Omit<ReleaseRequest, 'id' | 'hosts' | 'project' | 'model' | 'images'> {
  const { inputs, app, directory } = request
  const { run } = request.run
  const uploadDirectory = `${folder}/source`
  return {
    ...inputs,
    ...commitFields(request),
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
    balancer: request.balancer,
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
