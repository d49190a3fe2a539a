import { HostBackups, HostMigration, type OpenHost } from '@deploy-actions/agent'
import { type BackupStore, bringToStore } from '@deploy-actions/backups'
import { type Log, UserError } from '@deploy-actions/kit'
import type { MigratePorts } from '@deploy-actions/migrations'
import type { PlannedJob } from '@deploy-actions/plan'
import type { WorkflowRun } from '@deploy-actions/release'
import type { RunMigrationsInputs } from './inputs.ts'

/** More than the limit of the whole run: the agent ends it, and this only counts where nobody is left who could. */
const GRACE_SECONDS = 60

export interface HostSide {
  readonly inputs: RunMigrationsInputs
  readonly job: PlannedJob
  readonly host: OpenHost
  readonly run: WorkflowRun
  /** The app's directory on the host. */
  readonly directory: string
}

/** What only a host has: a container of the new image, backups, and a memory of what was migrated. */
export async function hostPorts(
  { inputs, job, host, run, directory }: HostSide,
  { log, signal, store, backedUp }: { log: Log; signal: AbortSignal; store: BackupStore | undefined; backedUp?: string | undefined },
): Promise<Pick<MigratePorts, 'bench' | 'allow' | 'backup' | 'record'>> {
  const looks = inputs.dryRun || inputs.operation === 'status'
  const container = new HostMigration(host.agent, host.folder, job.id)
  await container.request({
    ...job,
    tool: inputs.tool,
    directory: inputs.workingDirectory,
    entrypoint: inputs.entrypoint ? (job.entrypoint ?? []) : [],
    seconds: Math.ceil(inputs.timeout / 1000) + GRACE_SECONDS,
    looks,
  })
  const absent = await container.open()
  if (absent.length > 0) throw notThere(absent)
  return {
    bench: container,
    allow: async (pending) => {
      if (inputs.operation === 'down') refuseDown(inputs, job)
      else if (pending.length > 0 && inputs.phase === 'contract') refuseEarly(job)
    },
    backup: async () => {
      if (inputs.backup === 'none') return ''
      if (backedUp !== undefined) return backedUp
      if (job.database === undefined && job.databases.length > 0) throw whichServer(job.databases)
      const id = await backUp(host, job.database ?? inputs, log)
      if (store === undefined || id === 'nothing-to-back-up') return id
      const place = { directory, who: run.who, signal }
      await upload(host, id, (manifest) => bringToStore(host, store, { id, manifest }, inputs.encryptTo, place))
      return id
    },
    record: (step) =>
      container.record(
        step && [inputs.tool, job.service, step.before, step.after, step.crossing ? 'crossing' : '-', step.backup, run.run?.url ?? ''],
      ),
  }
}

/** @param of the Compose service, or where the migrations' container has the address of a database elsewhere */
async function backUp(
  { agent }: OpenHost,
  of: string | Pick<RunMigrationsInputs, 'databaseUrlEnv' | 'databaseImage'>,
  log: Log,
): Promise<string> {
  const command = typeof of === 'string' ? `backup ${of}` : `backup-url ${of.databaseUrlEnv} ${of.databaseImage ?? ''}`.trim()
  const { fields } = await agent.first(command, 'backed-up')
  const { id = '', size = '', tables = '' } = fields
  if (id !== 'nothing-to-back-up') log.info(`backup ${id}: ${size} bytes, ${tables} tables, verified`)
  return id
}

/** Whoever asked for a backup in a store wants no migration without it. */
async function upload({ agent, folder }: OpenHost, id: string, bring: (manifest: string) => Promise<unknown>): Promise<void> {
  const manifest = (await new HostBackups(agent, folder).manifest(id)) ?? ''
  try {
    await bring(manifest)
  } catch (error) {
    await agent.quit()
    if (!(error instanceof UserError)) throw error
    throw new UserError(error.code, `${error.message}; nothing was applied`, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    })
  }
}

const digestOf = (reference: string): string => reference.split('@')[1] ?? reference

/** Only when the code that is live no longer needs what goes: that is the code that brings the migrations. */
function refuseEarly({ service, image, liveImage }: PlannedJob): void {
  if (liveImage !== undefined && digestOf(liveImage) === digestOf(image)) return
  const live = liveImage === undefined ? 'no release of it is live' : `the live release runs ${liveImage}`
  throw new UserError(
    'DA-MIGRATION-EARLY',
    `\`phase: contract\` comes after the deploy of the image that brings the migrations: ${live}, and they are in ${image} (${service}); nothing was applied`,
    {
      hint: 'Deploy this image first, then run this step again with the same `build`.',
    },
  )
}

/** The newer schema belongs to the code that brings it. */
function refuseDown({ destructive }: RunMigrationsInputs, { service, image, liveImage }: PlannedJob): void {
  if (destructive === 'allow' || liveImage === undefined || digestOf(liveImage) !== digestOf(image)) return
  throw new UserError(
    'DA-MIGRATION-DOWN-LIVE',
    `the live release runs the image that brings these migrations (${service}), and needs what they have made; nothing was touched`,
    {
      hint: 'Go back to the older release first (`rollback`), then take the migrations back. `destructive: allow` does it all the same.',
    },
  )
}

const whichServer = (services: readonly string[]): UserError =>
  new UserError('DA-MIGRATION-BACKUP', `the Compose file has several PostgreSQL services (${services.join(', ')}); nothing was applied`, {
    hint: 'Name the one to back up in `database-service`. Where it is none of them, make a backup in a step before this one, and set `backup: none`.',
  })

const notThere = (services: readonly string[]): UserError =>
  new UserError(
    'DA-MIGRATION-NOT-RUNNING',
    `${services.join(', ')} ${services.length === 1 ? 'does' : 'do'} not run yet, and this run only looks`,
    {
      hint: 'Nothing is migrated yet where the database was never started. A run that applies starts it.',
    },
  )
