import {
  changeHosts,
  closeAll,
  type EnvFileState,
  HostEnvFile,
  type OpenHost,
  onEach,
  openHosts,
  reopen,
  type Settlement,
} from '@deploy-actions/agent'
import { encodeComposeEnvFile } from '@deploy-actions/dotenv'
import type { Place } from '@deploy-actions/hosts'
import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import { formatReleaseId, parseReleaseId, type WorkflowRun } from '@deploy-actions/release'
import { keysToApply, type Wanted } from './changes.ts'

/** What is to be brought to the services that run. */
export interface ApplyRequest {
  readonly wanted: Wanted
  readonly directory: string
  readonly lockTimeoutMs: number
  readonly run: WorkflowRun
  /** What each host is asked about the file. */
  readonly ask: (file: HostEnvFile) => Promise<EnvFileState>
}

export interface ApplyPorts {
  readonly places: readonly Place[]
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** The release that has the new values: the live one once more, with other lines in its env files. */
export interface Applied {
  readonly release: string
  /** By service of the Compose file. */
  readonly services: ReadonlyMap<string, readonly string[]>
}

/** A host, and what of its services runs with other values. */
interface Looked {
  readonly host: OpenHost
  readonly file: HostEnvFile
  readonly services: ReadonlyMap<string, readonly string[]>
}

/**
 * Brings the file's values to the switched services that run, the way of every release: a copy of the live one starts beside it, is checked,
 * and takes over on all hosts, or on none.
 *
 * @returns undefined where nothing runs with other values
 * @throws UserError when the live release stays
 */
export async function applyValues(request: ApplyRequest, ports: ApplyPorts): Promise<Applied | undefined> {
  const options = {
    mode: 'deploy' as const,
    directory: request.directory,
    lockTimeoutMs: request.lockTimeoutMs,
    who: request.run.who,
    ...ports,
  }
  const hosts = await openHosts(ports.places, options)
  try {
    const looked = await onEach(hosts, (host) => look(host, request))
    const busy = looked.find(({ services }) => services.size > 0)
    // Where one has to change all do, so that the hosts go on having the same release.
    const todo = busy === undefined ? [] : looked.filter(({ host }) => host.release !== '')
    await Promise.all(looked.filter((one) => !todo.includes(one)).map(({ file }) => file.quit()))
    if (busy === undefined) return undefined
    refuseDifferent(todo)
    const release = idAfter(busy.host.release, request, ports)
    for (const { host, services } of todo) tell(host, services, release)
    await onEach(
      todo.map(({ host }) => host),
      (host) => copy(todo.find((one) => one.host === host) as Looked, release, request.wanted),
    )
    const end = await changeHosts({
      ...{ release, hosts: todo.map(({ host }) => host), single: ports.places.length === 1, canary: 0, soakMs: 0, log: ports.log },
      prepare: ({ agent }, then) => agent.prepare('deploy', release, then),
      reopen: (host, decision) => reopen(host, decision, options),
    })
    if (end.settlement !== 'deployed') throw notApplied(end.settlement, end.failure)
    return { release, services: busy.services }
  } finally {
    await closeAll(hosts)
  }
}

async function look(host: OpenHost, { wanted, ask }: ApplyRequest): Promise<Looked> {
  const file = new HostEnvFile(host.agent, host.folder)
  return { host, file, services: host.release === '' ? new Map() : keysToApply(await ask(file), wanted) }
}

/** The same commit, so that `release list` shows what it is of. */
function idAfter(live: string, { run }: ApplyRequest, { clock }: ApplyPorts): string {
  return formatReleaseId({ at: new Date(clock.now()), commit: parseReleaseId(live).commit, ...(run.run && { run: run.run }) })
}

function tell({ log, release: live }: OpenHost, services: Looked['services'], release: string): void {
  for (const [service, names] of services) log.info(`${service} gets ${names.join(', ')} with ${release}, which is ${live} otherwise`)
}

async function copy({ host, file, services }: Looked, release: string, { values }: Wanted): Promise<void> {
  await host.agent.repeat(host.release, release)
  if (services.size === 0) return
  const linesOf = (names: readonly string[]) => encodeComposeEnvFile(new Map(names.map((name) => [name, values.get(name) as string])))
  await file.apply(release, new Map([...services].map(([service, names]) => [service, { names, lines: linesOf(names) }])))
}

/** Hosts that serve different releases are a deploy's to bring together. */
function refuseDifferent(todo: readonly Looked[]): void {
  const live = new Set(todo.map(({ host }) => host.release))
  if (live.size === 1) return
  throw new UserError(
    'DA-ENV-APPLY',
    `the hosts serve different releases (${[...live].join(', ')}): the file is written, and nothing was restarted`,
    {
      hint: 'Deploy: that brings the hosts together, with the new values.',
    },
  )
}

function notApplied(settlement: Settlement, failure: UserError | undefined): UserError {
  const what =
    settlement === 'failed'
      ? 'the services have the new values, and something beside them is not well'
      : 'the file is written, and the services run on with the values before'
  return new UserError('DA-ENV-APPLY', `${what}: ${failure?.message ?? settlement}`, {
    hint: 'Look at what the release says that did not get healthy; a wrong value is corrected by this action, and the next deploy takes the file as it is then.',
    ...(failure && { cause: failure }),
  })
}
