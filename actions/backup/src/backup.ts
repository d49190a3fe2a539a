import { type BackupDone, type DatabaseAddress, HostBackups, type OpenHost, openHosts } from '@deploy-actions/agent'
import {
  type AppBucket,
  type BackupStore,
  bringToHost,
  bringToStore,
  listStore,
  ofService,
  type PutBack,
  type PutDone,
  planPutBack,
  pruneStore,
  putDiffering,
  putMissing,
  requireUndamaged,
} from '@deploy-actions/backups'
import type { Place } from '@deploy-actions/hosts'
import { type Log, UserError } from '@deploy-actions/kit'
import type { WorkflowRun } from '@deploy-actions/release'
import type { BackupInputs } from './inputs.ts'
import { verifyStored } from './verify-stored.ts'

/** What says which operation, and how. */
export type OperationInputs = { readonly operation: Exclude<BackupInputs['operation'], 'check-managed' | 'check-store'> } & Pick<
  BackupInputs,
  'service' | 'volumes' | 'id' | 'into' | 'retention' | 'checks' | 'lockTimeout' | 'dryRun' | 'encryptTo' | 'ageKey'
> &
  DatabaseAddress

export interface BackupRequest {
  readonly inputs: OperationInputs & Partial<Pick<BackupInputs, 'calendar' | 'overdueAfter' | 'heartbeatUrl'>>
  readonly app: string
  readonly directory: string
  readonly run: WorkflowRun
}

export interface BackupPorts {
  readonly hosts: readonly Place[]
  /** Undefined: backups stay on the host. */
  readonly store: BackupStore | undefined
  /** Whose objects belong to the backup, or come back from it; undefined: nobody's. */
  readonly objects?: AppBucket | undefined
  readonly log: Log
  readonly signal: AbortSignal
}

/** What came of it. Texts are empty where there is no backup to speak of. */
export interface BackupResult {
  readonly status:
    | 'created'
    | 'nothing-to-back-up'
    | 'listed'
    | 'verified'
    | 'restored'
    | 'drilled'
    | 'pruned'
    | 'scheduled'
    | 'unscheduled'
    | 'planned'
  readonly id: string
  readonly size: string
  readonly sha256: string
  /** Where it lies in the store. */
  readonly stored: string
  /** How many objects of a bucket it has, or were put back; undefined where none was named. */
  readonly objects?: number | undefined
  /** What went wrong behind a backup that is there all the same. */
  readonly failure?: unknown
}

const ENDED = {
  create: 'created',
  list: 'listed',
  verify: 'verified',
  restore: 'restored',
  drill: 'drilled',
  prune: 'pruned',
  schedule: 'scheduled',
  unschedule: 'unscheduled',
} as const

/** One operation on the backups of a host, under the app's lock, and on those in the store. @throws UserError DA-BACKUP-… with what the host said, DA-STORE-… */
export async function backup(request: BackupRequest, ports: BackupPorts): Promise<BackupResult> {
  const { inputs, directory, run } = request
  const { operation, lockTimeout, dryRun } = inputs
  const session = { mode: 'candidate' as const, directory, lockTimeoutMs: lockTimeout, who: run.who, log: ports.log, signal: ports.signal }
  const toPutBack = await lookAtObjects(inputs, ports)
  const [host] = (await openHosts(ports.hosts.slice(0, 1), session)) as [OpenHost]
  try {
    const backups = new HostBackups(host.agent, host.folder)
    const asked = dryRun && operation !== 'list' && operation !== 'verify' ? 'list' : operation
    const service =
      ports.store === undefined || operation === 'create' || operation === 'list' ? '' : (await backups.run('look', inputs)).service
    if (ports.store !== undefined && !dryRun) await fetchFirst(inputs, service, backups, ports.store, ports)
    const put = toPutBack && !dryRun ? await putMissing(toPutBack, ports.store as BackupStore, ports.log) : undefined
    const { overdueAfter = 0, heartbeatUrl: heartbeat } = inputs
    const done = await backups.run(
      asked,
      { ...inputs, heartbeat, overdueHours: Math.round(overdueAfter / 3_600_000) },
      { hasStore: ports.store !== undefined },
    )
    if (!done.isDeployed)
      ports.log.warning(
        `nothing was backed up: no release is live in ${directory} on ${host.name}. Before the first deploy that is right; else look at \`app\` and \`directory\``,
      )
    if (done.isDeployed && done.id === 'nothing-to-back-up' && ports.objects !== undefined) throw nothingBeside(ports.objects)
    const after = toPutBack && put && done.isDeployed ? await writeOver(toPutBack, host, ports) : { count: 0, damage: [] }
    const objects = put && put.count + after.count
    const isThere = done.id !== '' && done.id !== 'nothing-to-back-up'
    const status = asked !== operation ? 'planned' : done.id === 'nothing-to-back-up' ? 'nothing-to-back-up' : ENDED[operation]
    const result = { status, id: isThere ? done.id : '', size: done.size, sha256: done.sha256, stored: '', objects } as const
    if (ports.store === undefined) await host.agent.quit()
    else if (status === 'created') return await upload(result, host, backups, ports.store, request, ports)
    else await goOnInStore(asked, done, { inputs, service, host, backups, store: ports.store }, ports.log)
    if (toPutBack && put) requireUndamaged(toPutBack, [...put.damage, ...after.damage])
    return result
  } finally {
    await host.remote.close()
  }
}

/** What is to be read on the host, and is only in the store. */
async function fetchFirst(
  { operation, id, ageKey = [] }: OperationInputs,
  service: string,
  backups: HostBackups,
  store: BackupStore,
  { objects, log }: Pick<BackupPorts, 'objects' | 'log'>,
): Promise<void> {
  if ((operation === 'restore' || operation === 'verify') && id !== undefined) await bringToHost(backups, store, id, ageKey, log)
  if (operation === 'restore' && id !== undefined && objects === undefined) await tellOfObjects(store, id, (told) => log.warning(told))
  if (operation !== 'drill') return
  const newest = ofService((await store.contents()).backups, service).at(-1)
  if (newest === undefined) return
  await bringToHost(backups, store, newest.id, ageKey, log)
  await tellOfObjects(store, newest.id, (told) => log.info(told))
}

/** Before the host is asked for anything: whether the bucket of the app can be read, and what a restore would put back. */
async function lookAtObjects(
  { operation, id = '', ageKey = [] }: OperationInputs,
  { store, objects, log }: BackupPorts,
): Promise<PutBack | undefined> {
  if (store === undefined || objects === undefined) return undefined
  if (operation === 'restore') return planPutBack(store, id, { to: objects, identities: ageKey, log })
  await objects.requireReadable()
  return undefined
}

/** When the host has restored its part: what differs is written over for a restore that came about, and for no other. */
async function writeOver(toPutBack: PutBack, { name }: OpenHost, { store, log }: BackupPorts): Promise<PutDone> {
  try {
    return await putDiffering(toPutBack, store as BackupStore, log)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const restored = `On ${name} all is restored, and so are the objects that were missing; of those that differ not all are written over`
    throw new UserError(error.code, `${error.message}. ${restored}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    })
  }
}

async function tellOfObjects(store: BackupStore, id: string, tell: (told: string) => void): Promise<void> {
  const { objects } = (await store.recordOf(id)) ?? {}
  if (objects !== undefined)
    tell(
      `${id} also has ${objects.count} objects of ${objects.bucket}, which stay in the store: only a restore with \`objects-bucket\` puts them back`,
    )
}

const nothingBeside = ({ name }: AppBucket): UserError =>
  new UserError(
    'DA-BACKUP-OBJECTS',
    `the objects of ${name} are not backed up: they join the backup of a database or of volumes, and the host has neither`,
    {
      hint: 'Name `volumes`, or leave `objects-bucket` out and copy that bucket by other means.',
    },
  )

/** The lock is given back first: nobody has to wait for a line to a store. */
async function upload(
  result: BackupResult,
  host: OpenHost,
  backups: HostBackups,
  store: BackupStore,
  { inputs, directory, run }: BackupRequest,
  { signal, objects: from }: BackupPorts,
): Promise<BackupResult> {
  const { id } = result
  const manifest = (await backups.manifest(id)) ?? ''
  await host.agent.quit()
  try {
    const { objects } = await bringToStore(host, store, { id, manifest, from }, inputs.encryptTo, { directory, who: run.who, signal })
    return { ...result, stored: store.address(id), objects: objects?.count }
  } catch (failure) {
    return { ...result, failure }
  }
}

interface StoreWork {
  readonly inputs: OperationInputs
  /** Whose backups it is about; empty where it is about those of all. */
  readonly service: string
  readonly host: OpenHost
  readonly backups: HostBackups
  readonly store: BackupStore
}

/** What an operation means for the store, when the host has done its part. */
async function goOnInStore(
  asked: OperationInputs['operation'],
  done: BackupDone,
  { inputs, service, host, backups, store }: StoreWork,
  log: Log,
): Promise<void> {
  const { operation, retention, dryRun } = inputs
  if (operation === 'prune') await pruneStore(backups, store, service, retention, { dryRun, log })
  await host.agent.quit()
  if (asked === 'list') listStore(store, (await store.contents()).backups, done.ids, log)
  if (operation === 'verify') await verifiedOnHost(store, service, inputs, log)
}

async function verifiedOnHost(store: BackupStore, service: string, { id, ageKey }: OperationInputs, log: Log): Promise<void> {
  const verified = await verifyStored(store, { service, id, ageKey }, log)
  if (verified.length === 0) log.warning(`${id} is only on the host that it protects`)
}
