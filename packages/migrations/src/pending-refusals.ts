import { UserError } from '@deploy-actions/kit'
import type { Classified } from './classify.ts'
import type { MigrationStatus } from './status.ts'
import type { Tool } from './tool.ts'

export interface Permission {
  readonly phase: 'expand' | 'contract'
  readonly destructive: 'deny' | 'warn' | 'allow'
}

/** A database in a state from which its tool cannot go on. @throws UserError DA-MIGRATION-DIRTY or DA-MIGRATION-UNKNOWN */
export function refuseState({ dirty, unknown }: MigrationStatus, tool: Tool): void {
  if (dirty !== undefined)
    throw new UserError('DA-MIGRATION-DIRTY', `${tool.name} cannot go on: ${dirty}; nothing was touched`, { hint: tool.mend })
  if (unknown.length === 0) return
  const message = `the database has ${unknown.join(', ')}, which the image does not know; nothing was touched`
  const hint =
    'It is of an older commit than the one that migrated last, or a migration was renamed or removed. Migrate from the newer image, or go back there first (`operation: down`).'
  throw new UserError('DA-MIGRATION-UNKNOWN', message, { hint })
}

/** What must not be applied in this phase. @throws UserError DA-MIGRATION-DESTRUCTIVE or DA-MIGRATION-CONTRACT, naming each */
export function refusePending(pending: readonly Classified[], { phase, destructive }: Permission): void {
  const losing = pending.filter(({ kind, allowed }) => kind === 'destructive' && destructive === 'deny' && allowed === undefined)
  const narrowing = phase === 'contract' ? [] : pending.filter(({ kind }) => kind === 'contract' || kind === 'destructive')
  if (narrowing.length > 0) throw contracting(narrowing, pending)
  if (losing.length === 0) return
  const message = `${listed(losing)} would lose data; nothing was applied`
  const hint =
    'If it is meant: say so in the file of the migration (`-- deploy-actions: allow destructive (why)`), or for this run with `destructive: allow`.'
  throw new UserError('DA-MIGRATION-DESTRUCTIVE', message, { hint })
}

function contracting(narrowing: readonly Classified[], pending: readonly Classified[]): UserError {
  const [first] = narrowing as [Classified]
  const before = pending[pending.indexOf(first) - 1]
  const upTo = before === undefined ? '' : `Bring what stands before it now, with \`to: ${before.id}\`. `
  const message = `${listed(narrowing)} would take away what the running release may use; nothing was applied`
  const hint = `${upTo}Deploy first; then run this step with \`phase: contract\`. A change that only looks like it is marked in its file: \`-- deploy-actions: expand (why)\`.`
  return new UserError('DA-MIGRATION-CONTRACT', message, { hint })
}

const listed = (some: readonly Classified[]): string =>
  some.map(({ id, because }) => (because.length === 0 ? id : `${id} (${because.join('; ')})`)).join(', ')
