import { posix } from 'node:path'
import { Agent, type EnvFileRequest, type EnvFileState, HostEnvFile } from '@deploy-actions/agent'
import { refuseUnwritable, spellingOf } from '@deploy-actions/dotenv'
import type { Remote } from '@deploy-actions/hosts'
import { type Log, UserError } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { type Changes, changesOf, type Wanted, whyNotRight } from './changes.ts'
import { judgeValues } from './contract.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { gather, readText, type SourcePorts } from './sources.ts'
import { parseTemplate } from './template.ts'

/** All that a run uses of the world. */
export interface SyncPorts extends SourcePorts {
  /** Logs in to every host. */
  readonly connect: () => Promise<readonly Remote[]>
  readonly signal: AbortSignal
  /** A key of 256 bits for the hashes of this run, as hex digits. */
  readonly newKey: () => string
}

export interface SyncRequest {
  readonly inputs: SyncEnvInputs
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
}

/** What became of the file on one host. */
export interface HostResult {
  readonly host: string
  readonly changes: Changes
}

export interface SyncResult {
  readonly status: 'written' | 'unchanged' | 'planned'
  readonly path: string
  readonly hosts: readonly HostResult[]
}

/** A host of this run, and what is to be done there. */
interface Place {
  readonly remote: Remote
  readonly file: HostEnvFile
  readonly before: EnvFileState
  readonly changes: Changes
}

/** Writes the file on every host: read and judge the values, look, make the new file beside the old one everywhere, then put it in place. */
export async function sync(request: SyncRequest, ports: SyncPorts): Promise<SyncResult> {
  const { inputs } = request
  const { log } = ports
  const values = await log.group('Values', () => judgedValues(inputs, ports))
  const path = posix.resolve(request.directory, inputs.path as string)
  const wanted = { values, format: inputs.format, prune: inputs.prune, mode: inputs.mode, owner: inputs.owner, key: ports.newKey() }
  const remotes = await log.group('Connect', () => ports.connect())
  try {
    const places = await log.group('Compare', () => lookAtAll(remotes, { path, wanted, request }, ports))
    const hosts = places.map(({ remote, changes }) => ({ host: remote.name, changes }))
    const busy = places.filter(({ changes }) => isChange(changes))
    if (!inputs.dryRun && busy.length > 0) await log.group('Write', () => writeAll(busy, wanted, log))
    await Promise.all(places.map(({ file }) => file.quit()))
    return { status: busy.length === 0 ? 'unchanged' : inputs.dryRun ? 'planned' : 'written', path, hosts }
  } finally {
    for (const remote of remotes) remote.close()
  }
}

/** Everything that can be known before a host is asked. */
async function judgedValues(inputs: SyncEnvInputs, ports: SyncPorts): Promise<Map<string, string>> {
  const values = await gather(inputs, ports)
  const template =
    inputs.template === undefined ? undefined : parseTemplate(await readText(ports.workspace, inputs.template), inputs.template)
  judgeValues({ ...inputs, values, template, env: ports.env })
  refuseUnwritable(inputs.format, values)
  ports.log.info(`${values.size} keys for ${inputs.path}, written for ${inputs.format}`)
  return values
}

interface Looking {
  readonly path: string
  readonly wanted: Wanted
  readonly request: SyncRequest
}

/** One after the other, so that two runs cannot wait for each other's hosts. */
async function lookAtAll(remotes: readonly Remote[], looking: Looking, ports: SyncPorts): Promise<Place[]> {
  const places: Place[] = []
  for (const remote of [...remotes].sort((a, b) => (a.name < b.name ? -1 : 1))) places.push(await lookAt(remote, looking, ports))
  return places
}

async function lookAt(remote: Remote, { path, wanted, request }: Looking, { log, signal }: SyncPorts): Promise<Place> {
  const { inputs, directory, run } = request
  const mode = inputs.dryRun ? 'plan' : 'candidate'
  const { agent, folder } = await Agent.open(remote, { mode, directory, lockTimeoutMs: inputs.lockTimeout, who: run.who, log, signal })
  const file = new HostEnvFile(agent, folder)
  await file.request(requestOf(inputs, wanted))
  await agent.locked()
  const before = await file.look()
  if (before.odd !== undefined) throw cannotTellApart(remote.name, path, before.odd, inputs.format)
  const changes = changesOf(before, wanted)
  tell(remote.name, path, changes, log)
  return { remote, file, before, changes }
}

function requestOf(inputs: SyncEnvInputs, { values, format, key, mode, owner = '' }: Wanted): EnvFileRequest {
  const path = inputs.path as string
  return { path, format, mode, owner, keep: inputs.keep, key, names: [...values.keys()] }
}

const isChange = ({ added, changed, removed, file }: Changes): boolean => added.length + changed.length + removed.length + file.length > 0

/** The new file is beside the old one on all hosts before it takes its place on any. What goes wrong until the last has it is taken back on all. */
async function writeAll(places: readonly Place[], wanted: Wanted, log: Log): Promise<void> {
  const how = places.length === 1 ? 'alone' : 'together'
  try {
    await Promise.all(places.map((place) => stage(place, wanted)))
    await Promise.all(places.map(({ file }) => file.write(how)))
  } catch (error) {
    await Promise.allSettled(places.map(({ file }) => file.undo()))
    throw error
  }
  if (how === 'together') await Promise.all(places.map(({ file }) => file.keep()))
  for (const { remote } of places) log.info(`${remote.name} has the new file`)
}

async function stage({ remote, file, before, changes }: Place, wanted: Wanted): Promise<void> {
  const { values, format } = wanted
  const set = [...changes.added, ...changes.changed].map((name) => ({
    name,
    lead: format === 'json' ? `  ${JSON.stringify(name)}: ` : `${name}=`,
    spelling: spellingOf(format, name, values.get(name) ?? '') as string,
  }))
  const staged = await file.stage(set, changes.removed)
  const problem = whyNotRight(staged, before, wanted, changes.removed)
  if (problem !== undefined) throw new Error(`the new file on ${remote.name} is not right: ${problem}; the old one stays`)
}

/** By name only. */
function tell(host: string, path: string, { added, changed, removed, unchanged, file, stale }: Changes, log: Log): void {
  const parts = [
    ...named('added', added),
    ...named('changed', changed),
    ...named('removed', removed),
    ...file,
    `${unchanged.length} unchanged`,
  ]
  log.info(`${path} on ${host}: ${parts.join('; ')}`)
  for (const [service, names] of stale) log.info(`${service} runs there with other values of ${names.join(', ')}`)
}

const named = (what: string, names: readonly string[]): string[] => (names.length === 0 ? [] : [`${what} ${names.join(', ')}`])

function cannotTellApart(host: string, path: string, line: number, format: string): UserError {
  const hint = `Look at it there: a quote that is not closed, two assignments on one line, or something that is not written for ${format}.`
  return new UserError('DA-ENV-HOST-FILE', `from line ${line} on, ${path} on ${host} cannot be told apart safely; nothing was written`, {
    hint,
  })
}
