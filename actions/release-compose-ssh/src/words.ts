import type { BackupResult } from '@deploy-actions/backup/part'
import type { DeployResult } from '@deploy-actions/deploy-compose-ssh/part'
import type { MigrateResult } from '@deploy-actions/migrations'
import type { SmokeResult } from '@deploy-actions/probe'
import { CODES } from '@deploy-actions/smoke-test/part'
import { changeLine, type SyncResult } from '@deploy-actions/sync-env/part'
import type { Cooled, OthersServe, PartEnd, Results } from './parts.ts'

type Words = Omit<PartEnd, 'part'>

export function toldOfEnv({ status, name, places }: SyncResult): Words {
  const [first] = places
  const changed = first === undefined ? '' : `: ${changeLine(first.changes)}`
  return { state: status === 'planned' ? 'planned' : 'done', told: `${name} ${status}${changed}` }
}

export function toldOfBackup({ status, id, size }: BackupResult): Words {
  if (status === 'planned') return { state: 'planned', told: 'a verified backup of the PostgreSQL service would be made' }
  return { state: 'done', told: id === '' ? 'there was nothing to back up' : `backup \`${id}\`, ${size} bytes, verified` }
}

export function toldOfMigrations({ status, applied, pending, after, failure }: MigrateResult): Words {
  const many = (count: number) => `${count} ${count === 1 ? 'migration' : 'migrations'}`
  if (failure !== undefined)
    return {
      state: 'failed',
      told: `${failure.code}: ${many(applied.length)} applied, ${pending.length} pending, the database is at \`${after || 'no migration'}\``,
    }
  if (status === 'planned') return { state: 'planned', told: `${many(pending.length)} would be applied` }
  return {
    state: 'done',
    told: applied.length === 0 ? 'nothing was pending' : `${many(applied.length)} applied, the database is at \`${after}\``,
  }
}

const DEPLOYED: Readonly<Record<DeployResult['status'], string>> = {
  deployed: 'serves now',
  prepared: 'is prepared',
  unchanged: 'is live already',
  planned: 'would serve',
  aborted: 'was aborted; nobody noticed',
  reverted: 'was taken back',
  failed: 'is live, but a service beside it is not well',
}

export function toldOfDeploy({ status, release = '', failure }: DeployResult): Words {
  const told = `${failure === undefined ? '' : `${failure.code}: `}\`${release}\` ${DEPLOYED[status]}`
  if (status === 'planned') return { state: 'planned', told }
  return { state: ['deployed', 'prepared', 'unchanged'].includes(status) ? 'done' : 'failed', told }
}

/** Undefined: of a dry run. */
export function toldOfSmoke(found: SmokeResult | undefined): Words {
  if (found === undefined) return { state: 'planned', told: 'would be asked, see the log' }
  const { verdict, results } = found
  if (verdict === 'passed') return { state: 'done', told: results.length === 0 ? 'it answers' : `${results.length} checks passed` }
  return { state: 'failed', told: `${CODES[verdict]}: the verdict is \`${verdict}\`` }
}

export function toldOfWarm({ release }: Cooled): Words {
  return {
    state: 'done',
    told: release === '' ? 'nothing was warm any more' : `\`${release}\` was warm, and is stopped now; the way back starts it again`,
  }
}

export function toldOfRollback(found: NonNullable<Results['rollback']>): Words {
  if (isOthers(found)) return { state: 'done', told: `\`${found.live}\` is live by now: the host was left alone` }
  const { status, release, failure } = found
  const serves = status === 'rolled-back' || status === 'unchanged'
  return {
    state: serves ? 'done' : 'failed',
    told: serves ? `\`${release}\` serves again` : `${failure?.code ?? status}: the way back did not succeed`,
  }
}

export const isOthers = (found: NonNullable<Results['rollback']>): found is OthersServe => !('status' in found)
