import { posix } from 'node:path'
import { Agent, type EnvFileRequest, type EnvFileState, HostEnvFile } from '@deploy-actions/agent'
import { refuseUnwritable, spellingOf } from '@deploy-actions/dotenv'
import type { Place, Remote } from '@deploy-actions/hosts'
import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import { type Applied, applyValues } from './apply.ts'
import { type Changes, changesOf, datesOf, type Wanted, whyNotRight } from './changes.ts'
import type { SyncEnvInputs } from './inputs.ts'
import { changeLine, isChange, type SyncResult, type Target } from './target.ts'

/** All that this target uses of the world. */
export interface ComposeSshPorts {
  readonly log: Log
  readonly clock: Clock
  /** At least one; all get the file, or none. */
  readonly places: readonly Place[]
  readonly signal: AbortSignal
  /** A key of 256 bits for the hashes of this run, as hex digits. */
  readonly newKey: () => string
}

/** What says which file is written, and how. */
export type FileInputs = Pick<
  SyncEnvInputs,
  'path' | 'format' | 'owner' | 'mode' | 'prune' | 'keep' | 'rotated' | 'apply' | 'lockTimeout' | 'dryRun'
>

export interface ComposeSshRequest {
  readonly inputs: FileInputs
  readonly directory: string
  readonly run: WorkflowRun
}

/** A host of this run, and what is to be done there. */
interface Visited {
  readonly remote: Remote
  readonly file: HostEnvFile
  readonly before: EnvFileState
  readonly changes: Changes
}

/** An env file on every host: look, make the new file beside the old one everywhere, then put it in place. */
export function composeSsh(request: ComposeSshRequest, ports: ComposeSshPorts): Target {
  const { inputs, directory } = request
  const path = posix.resolve(directory, inputs.path as string)
  return {
    name: path,
    judge: (values) => refuseUnwritable(inputs.format, values),
    sync: (values, rotateAfter) => syncFile(path, values, rotateAfter, request, ports),
  }
}

async function syncFile(
  path: string,
  values: ReadonlyMap<string, string>,
  rotateAfter: ReadonlyMap<string, number>,
  request: ComposeSshRequest,
  ports: ComposeSshPorts,
): Promise<SyncResult> {
  const { inputs } = request
  const { format, prune, mode, owner, rotated } = inputs
  const wanted = { values, format, prune, mode, owner, rotated, rotateAfter, key: ports.newKey() }
  const result = await syncAll(path, wanted, request, ports)
  if (!inputs.apply || inputs.dryRun) return result
  const applied = await apply(wanted, request, ports)
  return applied === undefined ? result : { ...result, status: 'written', applied }
}

/** In sessions of its own: by now the file is written on all hosts, whatever becomes of the restart. */
async function apply(wanted: Wanted, { inputs, directory, run }: ComposeSshRequest, ports: ComposeSshPorts): Promise<Applied | undefined> {
  const ask = async (file: HostEnvFile) => {
    await file.request({ ...requestOf(inputs, wanted), apply: true })
    return file.look()
  }
  return applyValues({ wanted, directory, lockTimeoutMs: inputs.lockTimeout, run, ask }, ports)
}

async function syncAll(path: string, wanted: Wanted, request: ComposeSshRequest, ports: ComposeSshPorts): Promise<SyncResult> {
  const { inputs } = request
  const { log } = ports
  const remotes = await log.group('Connect', () => Promise.all(ports.places.map((place) => place.connect(log))))
  try {
    const places = await log.group('Compare', () => lookAtAll(remotes, { path, wanted, request }, ports))
    const results = places.map(({ remote, changes }) => ({ name: remote.name, changes }))
    const busy = places.filter(({ changes }) => isChange(changes))
    if (!inputs.dryRun && busy.length > 0) await log.group('Write', () => writeAll(busy, wanted, ports))
    // Also where a template asks for nothing any more: what it asked for before must not go on.
    if (!inputs.dryRun) await Promise.all(places.map((place) => busy.includes(place) || place.file.note(datesOf(place.changes, wanted))))
    await Promise.all(places.map(({ file }) => file.quit()))
    return { status: busy.length === 0 ? 'unchanged' : inputs.dryRun ? 'planned' : 'written', name: path, places: results }
  } finally {
    await Promise.all(remotes.map((remote) => remote.close()))
  }
}

interface Looking {
  readonly path: string
  readonly wanted: Wanted
  readonly request: ComposeSshRequest
}

/** One after the other, so that two runs cannot wait for each other's hosts. */
async function lookAtAll(remotes: readonly Remote[], looking: Looking, ports: ComposeSshPorts): Promise<Visited[]> {
  const places: Visited[] = []
  for (const remote of [...remotes].sort((a, b) => (a.name < b.name ? -1 : 1))) places.push(await lookAt(remote, looking, ports))
  return places
}

async function lookAt(remote: Remote, { path, wanted, request }: Looking, { log, signal }: ComposeSshPorts): Promise<Visited> {
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

function requestOf(inputs: FileInputs, { values, format, key, mode, owner = '' }: Wanted): EnvFileRequest {
  const path = inputs.path as string
  return { path, format, mode, owner, keep: inputs.keep, key, names: [...values.keys()], apply: false }
}

/** The new file is beside the old one on all hosts before it takes its place on any. What goes wrong until the last has it is taken back on all. */
async function writeAll(places: readonly Visited[], wanted: Wanted, { log, signal }: ComposeSshPorts): Promise<void> {
  const how = places.length === 1 ? 'alone' : 'together'
  try {
    await Promise.all(places.map((place) => stage(place, wanted)))
    await Promise.all(places.map(({ file }) => file.write(how)))
    signal.throwIfAborted()
    for (const { file } of places) file.decided()
  } catch (error) {
    await Promise.allSettled(places.map(({ file }) => file.undo()))
    throw error
  }
  if (how === 'together') await Promise.all(places.map(({ file }) => file.keep()))
  for (const { remote } of places) log.info(`${remote.name} has the new file`)
}

async function stage({ remote, file, before, changes }: Visited, wanted: Wanted): Promise<void> {
  const { values, format } = wanted
  const set = [...changes.added, ...changes.changed].map((name) => ({
    name,
    lead: format === 'json' ? `  ${JSON.stringify(name)}: ` : `${name}=`,
    spelling: spellingOf(format, name, values.get(name) ?? '') as string,
  }))
  const staged = await file.stage(set, changes.removed, datesOf(changes, wanted))
  const problem = whyNotRight(staged, before, wanted, changes.removed)
  if (problem !== undefined) throw new Error(`the new file on ${remote.name} is not right: ${problem}; the old one stays`)
}

/** By name only. */
function tell(host: string, path: string, changes: Changes, log: Log): void {
  log.info(`${path} on ${host}: ${changeLine(changes)}`)
  for (const [service, names] of changes.stale) log.info(`${service} runs there with other values of ${names.join(', ')}`)
}

function cannotTellApart(host: string, path: string, line: number, format: string): UserError {
  const hint = `Look at it there: a quote that is not closed, two assignments on one line, or something that is not written for ${format}.`
  return new UserError('DA-ENV-HOST-FILE', `from line ${line} on, ${path} on ${host} cannot be told apart safely; nothing was written`, {
    hint,
  })
}
