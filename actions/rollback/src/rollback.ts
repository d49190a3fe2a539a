import {
  type AgentEvent,
  afterLosses,
  type Change,
  type Choice,
  changeHosts,
  closeAll,
  type OpenHost,
  type Outcome,
  onEach,
  openHosts,
  type Reached,
  reopen,
  type Settlement,
} from '@deploy-actions/agent'
import type { Place } from '@deploy-actions/hosts'
import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import { dockerConfig, registryLogins } from '@deploy-actions/registry'
import { formatReleaseId, parseReleaseId, type WorkflowRun } from '@deploy-actions/release'
import type { RollbackInputs } from './inputs.ts'

/** All that a rollback uses of the world. */
export interface RollbackPorts {
  /** At least one; they go back together. */
  readonly hosts: readonly Place[]
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** What says where to go back to, and how. */
export type HostRollbackInputs = Pick<
  RollbackInputs,
  | 'to'
  | 'from'
  | 'env'
  | 'force'
  | 'reason'
  | 'dryRun'
  | 'lockTimeout'
  | 'registry'
  | 'registryUsername'
  | 'registryPassword'
  | 'registryToken'
>

export interface RollbackRequest {
  readonly inputs: HostRollbackInputs
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
}

/** How fast the way back is: `warm` a rename, `stopped` a start, `local` new containers, `pull` needs the registry. */
export type Way = Choice['way']

/** How a rollback ended, and what is known by then. */
export interface RollbackResult {
  /** Of all hosts together. `superseded`: another release serves than the one that was to be left. */
  status: 'rolled-back' | 'unchanged' | 'planned' | 'superseded' | Exclude<Settlement, 'deployed'>
  hosts: readonly HostResult[]
  /** The release that it is, or would be. */
  release: string
  /** The slowest of all hosts. */
  way: Way
  /** The kept release that is brought back; another id than `release` when the present environment is kept. */
  of: string
  /** Its release.json. */
  record: string
  failure?: UserError
}

/** What became of one host. */
export interface HostResult {
  /** As the user wrote it. */
  name: string
  /** `lost`: nobody could ask it any more. */
  status: RollbackResult['status'] | 'lost'
  /** What served when the run began. */
  live: Choice['live']
  events: readonly AgentEvent[]
}

/** What a host would go back to. */
interface Chosen extends Choice {
  readonly host: OpenHost
  readonly name: string
}

/** What an attempt knows before it changes anything. */
type Known = Omit<RollbackResult, 'status'>

/** Brings back an earlier release. */
export const rollback = (request: RollbackRequest, ports: RollbackPorts): Promise<RollbackResult> =>
  afterLosses<RollbackResult, Known>({
    ...{ hosts: ports.hosts, clock: ports.clock, session: sessionOf(request, ports), mode: 'deploy' },
    attempt: (reached) => attempt(request, ports, reached),
    ended: endedAs,
  })

/** What the host made of a run whose connection was lost; undefined: nothing, so it can go back again. */
function endedAs({ state }: Outcome, known: Known, loss: UserError): RollbackResult | undefined {
  if (state !== 'live' && state !== 'reverted') return undefined
  const status = state === 'live' ? 'rolled-back' : 'reverted'
  return { ...known, status, hosts: known.hosts.map((host) => ({ ...host, status })), ...(state === 'reverted' && { failure: loss }) }
}

/** Connect, choose, prepare, switch, verify, commit. The same steps on the hosts as a deploy. */
async function attempt(request: RollbackRequest, ports: RollbackPorts, reached: Reached<Known>): Promise<RollbackResult> {
  const { inputs } = request
  const { log } = ports
  const hosts = await openHosts(ports.hosts, sessionOf(request, ports))
  try {
    const others = movedOn(hosts, inputs)
    if (others !== undefined) return await leaveToOthers(others, hosts, request, log)
    const to = inputs.to === 'previous' ? (sharedByAll(hosts, log) ?? alreadyBack(hosts, log) ?? inputs.to) : inputs.to
    const chosen = await onEach(hosts, async (host): Promise<Chosen> => ({ ...(await host.agent.choose(to)), host, name: host.name }))
    refuseDifferent(chosen)
    const way = slowest(chosen)
    const { release } = chosen[0] as Chosen
    log.info(way === 'live' ? `${release} is live already` : `Going back to ${release}: ${WAYS[way]}`)
    tellRotated(chosen, inputs, log)
    refuseReturning(chosen, inputs, log)
    const isCopied = inputs.env === 'current' || chosen.some((one) => one.rotated.length > 0)
    // Of a release with another environment every host needs a copy, also where the release itself is live.
    const todo = way === 'live' || inputs.dryRun ? [] : chosen.filter((one) => isCopied || one.way !== 'live')
    const status = way === 'live' ? 'unchanged' : 'planned'
    logInForPulls(todo, request)
    const rotated = [...new Set(todo.flatMap((one) => one.rotated))].sort()
    const kept = inputs.env === 'current' ? 'all' : 'rotated'
    const id = todo.length === 0 || (kept === 'rotated' && rotated.length === 0) ? release : await repeated(todo, kept, ports, request.run)
    const known = { way, of: release, record: (chosen[0] as Chosen).record }
    reached.known = { ...known, release: id, hosts: chosen.map((one) => resultOf(one, { release: id, status: 'failed', hosts: [] })) }
    const ended: Applied = todo.length === 0 ? { release, status, hosts: [] } : await goBack(todo, id, request, ports)
    await leave(
      chosen.filter(({ host }) => !ended.hosts.some((end) => end.host === host)),
      ended.status,
    )
    return { ...known, ...ended, hosts: chosen.map((one) => resultOf(one, ended)) }
  } finally {
    await closeAll(hosts)
  }
}

/** A host that serves neither what was to be left nor what is gone back to: somebody deployed meanwhile. It is asked in each attempt, because the lock was free in between. */
function movedOn(hosts: readonly OpenHost[], { from, to }: HostRollbackInputs): OpenHost | undefined {
  return from === undefined ? undefined : hosts.find(({ release }) => release !== from && release !== to)
}

async function leaveToOthers(
  { name, release }: OpenHost,
  hosts: readonly OpenHost[],
  { inputs }: RollbackRequest,
  log: Log,
): Promise<RollbackResult> {
  log.warning(`${name}: ${release} serves by now, not ${inputs.from}: nothing is changed`)
  await Promise.all(hosts.map(({ agent }) => agent.quit()))
  const status = 'superseded'
  const each = hosts.map(
    (host) => ({ name: host.name, status, live: { release: host.release, slot: '' }, events: host.agent.events }) as const,
  )
  return { status, release, of: release, way: 'live', record: '', hosts: each }
}

function sessionOf({ inputs, directory, run }: RollbackRequest, { log, signal }: RollbackPorts) {
  const mode: 'plan' | 'deploy' = inputs.dryRun ? 'plan' : 'deploy'
  // What a deploy with `take-out-of` left for its turn behind a balancer belongs to the release that is left here.
  return { mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal, more: ['turns'] }
}

/** Where a run ended in between and left two releases: the newest of them that every host can go back to. */
function sharedByAll(hosts: readonly OpenHost[], log: Log): string | undefined {
  const lives = [...new Set(hosts.map(({ release }) => release))].sort().reverse()
  if (lives.length === 1) return undefined
  const shared = lives.find((id) => hosts.every(({ kept }) => kept.includes(id)))
  if (shared !== undefined) log.info(`${shared} is the newest that all of them can go back to`)
  return shared
}

/** What a dead run had switched to is taken back by now: that is the way back that was asked for, and one more would leave a good release. */
function alreadyBack(hosts: readonly OpenHost[], log: Log): string | undefined {
  const back = hosts.find(({ takenBack }) => takenBack !== undefined)
  if (back !== undefined) log.info(`${back.takenBack} was not final and has just been taken back`)
  return back?.release
}

function refuseDifferent(chosen: readonly Chosen[]): void {
  if (new Set(chosen.map(({ release }) => release)).size === 1) return
  const each = chosen.map(({ name, release, host }) => `${name}: ${release} (it keeps ${host.kept.join(', ')})`)
  throw new UserError('DA-ROLLBACK-DIFFERENT', `the hosts would go back to different releases: ${each.join('; ')}`, {
    hint: 'Give `to` as the id of a release that all of them keep. A host that was added later has no older one: deploy the older commit with `allow-older: true`.',
  })
}

const WAYS: Readonly<Record<Exclude<Way, 'live'>, string>> = {
  warm: 'it still runs, one rename is enough',
  stopped: 'its containers are there and start again',
  local: 'its containers are made anew from the images on the host',
  pull: 'its images have to be pulled again',
}

/** The way of the host that takes longest. */
function slowest(chosen: readonly Chosen[]): Way {
  const order: Way[] = ['live', 'warm', 'stopped', 'local', 'pull']
  return order[Math.max(...chosen.map(({ way }) => order.indexOf(way)))] as Way
}

/** Of the images in a release's record. */
function registriesIn(record: string): string[] {
  const images: string[] = Object.values(JSON.parse(record).images ?? {})
  return [...new Set(images.map((image) => /^([^/]+[.:][^/]*)\//.exec(image)?.[1] ?? 'docker.io'))]
}

interface Applied {
  readonly status: RollbackResult['status']
  readonly release: string
  readonly failure?: UserError
  readonly hosts: readonly { readonly host: OpenHost; readonly status: HostResult['status']; readonly events: HostResult['events'] }[]
}

/** A login that there is goes to the hosts that have to pull. */
function logInForPulls(todo: readonly Chosen[], { inputs, run }: RollbackRequest): void {
  for (const { host, way, record } of todo) {
    const logins = way === 'pull' ? registryLogins(inputs, registriesIn(record), run.actor) : []
    if (logins.length > 0) host.agent.credential(dockerConfig(logins))
  }
}

/** From the first command on the hosts settle what goes wrong, whatever becomes of us. */
async function goBack(todo: readonly Chosen[], release: string, request: RollbackRequest, ports: RollbackPorts): Promise<Applied> {
  const change: Change = {
    release,
    hosts: todo.map(({ host }) => host),
    single: ports.hosts.length === 1,
    // Whoever goes back is in a hurry, and the release is known: no host goes first.
    ...{ canary: 0, soakMs: 0, log: ports.log },
    prepare: ({ agent }, then) => {
      if (request.inputs.force) agent.forceSchema()
      return agent.prepare('rollback', release, then)
    },
    reopen: (host, decision) => reopen(host, decision, sessionOf(request, ports)),
  }
  const { settlement, hosts, ...ended } = await changeHosts(change)
  return {
    ...ended,
    release,
    status: statusOf(settlement),
    hosts: hosts.map(({ settlement: own, ...end }) => ({ ...end, status: statusOf(own) })),
  }
}

const statusOf = <S extends Settlement | 'lost'>(settlement: S): Exclude<S, 'deployed'> | 'rolled-back' =>
  settlement === 'deployed' ? 'rolled-back' : (settlement as Exclude<S, 'deployed'>)

function tellRotated(chosen: readonly Chosen[], { env }: HostRollbackInputs, log: Log): void {
  const rotated = [...new Set(chosen.flatMap((one) => one.rotated))].sort()
  if (rotated.length > 0 && env === 'restore')
    log.info(`Rotated since then, and kept as they are now: ${rotated.join(', ')}. The release gets containers of its own for that`)
}

/** Old values that would be in use again, although somebody may know them. @throws UserError DA-ROLLBACK-ROTATED */
function refuseReturning(chosen: readonly Chosen[], { env, force, dryRun }: HostRollbackInputs, log: Log): void {
  const back = chosen.flatMap(({ returning, lacking }) => [...returning, ...(env === 'restore' ? lacking : [])])
  if (back.length === 0) return
  const told = `${chosen[0]?.release} would bring back what was rotated since: ${[...new Set(back)].sort().join(', ')}`
  const without = env === 'restore' && chosen.every(({ returning }) => returning.length === 0)
  const hint = `The live release has nothing to put there. ${without ? '`env: current` leaves these keys out' : 'Deploy the older commit with `allow-older: true`, which takes the values of now'}; \`force: true\` goes back with the old values.`
  if (!force && !dryRun) throw new UserError('DA-ROLLBACK-ROTATED', told, { hint })
  log.warning(force ? `${told}, as it was asked for` : `${told}, and will be refused. ${hint}`)
}

/** The same release with the environment that is live now, or with that of the rotated keys: a release of its own. */
async function repeated(todo: readonly Chosen[], what: 'all' | 'rotated', { clock }: RollbackPorts, { run }: WorkflowRun): Promise<string> {
  const { release } = todo[0] as Chosen
  const { commit } = parseReleaseId(release)
  const id = formatReleaseId({ at: new Date(clock.now()), commit, ...(run && { run }) })
  await onEach(todo, ({ host }) => host.agent.repeat(release, id, what))
  return id
}

/** Hosts on which nothing was changed. */
async function leave(chosen: readonly Chosen[], status: RollbackResult['status']): Promise<void> {
  const agreed = status === 'rolled-back' || status === 'unchanged'
  for (const { host } of chosen) if (host.alone && agreed) host.agent.agreed()
  await Promise.all(chosen.map(({ host }) => host.agent.quit()))
}

function resultOf({ host, name, live, way }: Chosen, { status, hosts }: Applied): HostResult {
  const end = hosts.find((one) => one.host === host)
  return { name, status: end?.status ?? (way === 'live' ? 'unchanged' : status), live, events: end?.events ?? host.agent.events }
}
