import { type Clock, type Log, UserError } from '@deploy-actions/kit'
import type { Bench, Script, ScriptResult } from './bench.ts'
import { type Classified, classify } from './classify.ts'
import { type Permission, refusePending, refuseState } from './pending-refusals.ts'
import { statementsOf } from './statements.ts'
import { type MigrationStatus, plainOutput, readStatus } from './status.ts'
import type { Tool, ToolOptions } from './tool.ts'
import { tools } from './tools.ts'

export interface MigrateRequest extends Permission {
  readonly operation: 'apply' | 'down' | 'status'
  readonly dryRun: boolean
  readonly tool: Tool
  readonly options: ToolOptions
  /** A check of the user's own, beside the tool's. */
  readonly verify: Script | undefined
  /** How often to try again when a lock was not free. */
  readonly lockRetries: number
  /** For all of it. */
  readonly timeoutMs: number
}

export interface MigratePorts {
  readonly bench: Bench
  readonly log: Log
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Speaks before anything is applied. @throws UserError when it must not be */
  readonly allow: (pending: readonly Classified[]) => Promise<void>
  /** Makes a backup. @returns its id @throws UserError: then nothing is applied */
  readonly backup: () => Promise<string>
  /** Writes down where the database came from and to, as soon as something was applied; undefined: nothing was, and that is known. */
  readonly record: (step: Recorded | undefined) => Promise<void>
}

/** What is kept with the host of each run that changed the database. */
export interface Recorded {
  readonly before: string
  readonly after: string
  /** Releases from before cannot be gone back to. */
  readonly crossing: boolean
  readonly backup: string
}

/** How a run ended. With a failure: what was applied all the same is told. */
export interface MigrateResult {
  readonly status: 'applied' | 'unchanged' | 'planned' | 'pending' | 'failed'
  readonly before: string
  readonly after: string
  readonly applied: readonly string[]
  /** What is pending now. */
  readonly pending: readonly string[]
  /** What was pending when the run began. */
  readonly planned: readonly Classified[]
  readonly backup: string
  readonly failure?: UserError
}

/** Status, refusals, backup, apply, verify, report: in this order, and nothing before it is allowed. */
export async function migrate(request: MigrateRequest, ports: MigratePorts): Promise<MigrateResult> {
  const { tool, options, operation } = request
  const { log } = ports
  const endsAt = ports.clock.now() + request.timeoutMs
  // Where it is to go down from is what is pending for that step.
  const found = await look(request, ports)
  if (operation !== 'down') refuseState(found, tool)
  const planned = found.pending.map(classify)
  tell(found, planned, log)
  const known = { before: found.current, after: found.current, applied: [], planned, backup: '' }
  if (operation === 'status')
    return { ...known, status: planned.length === 0 ? 'unchanged' : 'pending', pending: planned.map(({ id }) => id) }
  if (operation === 'down') await ports.allow([])
  if (operation === 'apply') {
    await ports.allow(planned)
    refusePending(planned, request)
    warnOfLosses(planned, request, log)
    tellLongLocks(planned, log)
    if (planned.length === 0) return verified({ ...known, status: 'unchanged', pending: [] }, request, ports, endsAt)
  }
  if (request.dryRun) return { ...known, status: 'planned', pending: planned.map(({ id }) => id) }
  const backup = await ports.backup()
  const script = operation === 'down' ? tool.down?.(options) : tool.apply(options)
  return apply(script as Script, { ...known, backup }, request, ports, endsAt)
}

type Known = Pick<MigrateResult, 'before' | 'planned' | 'backup'>

async function apply(script: Script, known: Known, request: MigrateRequest, ports: MigratePorts, endsAt: number): Promise<MigrateResult> {
  const { log, clock } = ports
  const began = clock.now()
  log.info(
    request.operation === 'down'
      ? `taking back what came after ${request.options.to}`
      : `applying ${known.planned.map(({ id }) => id).join(', ')}`,
  )
  const crosses = request.operation !== 'down' && known.planned.some(isCrossing)
  const { result, earlier, isWhole } = await withRetries(script, request, ports, { endsAt, crosses, planned: known.planned })
  log.raw(plainOutput(result.output))
  const told = readStatus(result)
  // A step down tells only what is above its goal.
  const isTold = told.told && (request.operation !== 'down' || result.code === 'stopped')
  const after = isTold ? told : result.code === 'stopped' ? undefined : await lookAfter(request, ports)
  const { applied, pending } = outcomeOf([...new Set([...earlier, ...told.applied])], isWhole, after, known.planned, request)
  const ended = { ...known, after: after?.current ?? '', applied, pending }
  if (result.code !== 'stopped') await ports.record(recordOf(ended, request, after))
  const failure = failureOf(result, told, { ...ended, known: after !== undefined }, request, log)
  if (failure !== undefined) return { ...ended, status: 'failed', failure }
  const seconds = ((clock.now() - began) / 1000).toFixed(1)
  log.info(
    applied.length === 0
      ? `${request.operation === 'down' ? 'there was nothing above it' : 'another run has applied it meanwhile'}: nothing was left to do`
      : `${request.operation === 'down' ? 'took back' : 'applied'} ${applied.join(', ')} in ${seconds} s; the database is at ${ended.after || 'nothing'}`,
  )
  return verified({ ...ended, status: applied.length === 0 ? 'unchanged' : 'applied' }, request, ports, endsAt)
}

/**
 * What a migration takes away is not there for a release of before, whoever has applied it just now. Where nobody can say how far it came, all of it
 * counts.
 */
function recordOf(
  { before, after, applied, pending, planned, backup }: Known & Pick<MigrateResult, 'after' | 'applied' | 'pending'>,
  { operation }: MigrateRequest,
  found: MigrationStatus | undefined,
): Recorded | undefined {
  const isSure = found !== undefined && found.dirty === undefined
  const crossing = operation !== 'down' && planned.some((one) => isCrossing(one) && (!isSure || !pending.includes(one.id)))
  return applied.length > 0 || crossing ? { before, after, crossing, backup } : undefined
}

/**
 * A tool that is left dirty counts the one that failed as its newest: only what it has told itself is applied.
 * @param isWhole what was told is all: what else is no longer pending, another run has applied
 */
function outcomeOf(
  told: readonly string[],
  isWhole: boolean,
  after: MigrationStatus | undefined,
  planned: readonly Classified[],
  { operation }: MigrateRequest,
): Pick<MigrateResult, 'applied' | 'pending'> {
  const before = planned.map(({ id }) => id)
  if (after === undefined || after.dirty !== undefined) return { applied: told, pending: before.filter((id) => !told.includes(id)) }
  const pending = after.pending.map(({ id }) => id)
  const changed =
    operation === 'down' ? pending.filter((id) => !before.includes(id)).reverse() : before.filter((id) => !pending.includes(id))
  return { applied: isWhole ? told : [...new Set([...told, ...changed])], pending }
}

const isCrossing = ({ kind }: Classified): boolean => kind === 'contract' || kind === 'destructive'

const LOCKED = /lock timeout|could not obtain lock|LockNotAvailable|55P03/i

/** What is no part of one transaction. */
const APART = /\bconcurrently\b|\bautocommit_block\b|\batomic\s*=\s*False\b|transaction:\s*false|executeInTransaction\s*=\s*false/i

/** Of what a migration has committed before it met a lock, a second try would do again. */
const mayRepeat = (tool: Tool, planned: readonly Classified[]): boolean =>
  tool !== tools.custom &&
  planned.every(({ source, sql = '' }) => {
    const isWhole = [source, sql].every(
      (text) =>
        !statementsOf(text)
          .slice(0, -1)
          .some((one) => /^(commit|end)\b/i.test(one)),
    )
    return isWhole && !APART.test(source) && !APART.test(sql)
  })

/**
 * Tries again when a lock was not free in time, with growing pauses; whatever else is wrong would be so again.
 * @returns `earlier`: what tries before the last have applied; `isWhole`: what all of them have told to be applied is all that they have
 */
async function withRetries(
  script: Script,
  { lockRetries, tool }: MigrateRequest,
  ports: MigratePorts,
  { endsAt, crosses, planned }: { endsAt: number; crosses: boolean; planned: readonly Classified[] },
): Promise<{ result: ScriptResult; earlier: readonly string[]; isWhole: boolean }> {
  const { bench, log, clock, signal } = ports
  const earlier: string[] = []
  let isWhole = tool.tellsApplied
  for (let tries = 0; ; tries++) {
    const result = await bench.run(script, Math.max(1, endsAt - clock.now()), crosses)
    const pauseMs = Math.min(1_000 * 2 ** tries, 15_000)
    const isLocked = typeof result.code === 'number' && result.code !== 0 && LOCKED.test(result.output)
    const { applied, dirty, told, started } = readStatus(result)
    // The last word of one that was told to stop is that of the status.
    isWhole &&= !started || (told && result.code !== 'stopped')
    if (!isLocked || dirty !== undefined || tries >= lockRetries || clock.now() + pauseMs >= endsAt) return { result, earlier, isWhole }
    if (!mayRepeat(tool, planned)) {
      log.info('a lock was not free in time. It is not tried again: something in there commits on its way, and would be done twice')
      return { result, earlier, isWhole }
    }
    earlier.push(...applied)
    log.info(`a lock was not free in time; trying again in ${pauseMs / 1000} s (${tries + 1} of ${lockRetries})${holdersOf(result)}`)
    const isStopped = await clock.sleep(pauseMs, signal).then(
      () => false,
      () => true,
    )
    // What the last try has told still holds, and the host keeps that it was under way.
    if (isStopped) return { result: { ...result, code: 'stopped' }, earlier, isWhole }
  }
}

const holdersOf = (result: ScriptResult): string => {
  const { holders } = readStatus(result)
  return holders.length === 0 ? '' : `. Open transactions: ${holders.join(' | ')}`
}

function failureOf(
  result: ScriptResult,
  { holders }: MigrationStatus,
  ended: Pick<MigrateResult, 'after' | 'applied' | 'pending'> & { known: boolean },
  { tool, operation, timeoutMs }: MigrateRequest,
  log: Log,
): UserError | undefined {
  const where = whereNow({ ...ended, operation })
  if (result.code === 'stopped') {
    return new UserError('DA-CANCELLED', `the run was told to stop. ${where}`, {
      hint: 'Nothing of it runs on. The next run goes on from there.',
    })
  }
  if (result.code === 'timeout') {
    return new UserError('DA-MIGRATION-TIMEOUT', `${tool.name} had not ended after ${timeoutMs / 1000} s and was stopped. ${where}`, {
      hint: 'Nothing of it runs on. Look in its output what took so long; raise `timeout` if it needs more.',
    })
  }
  if (result.code !== 0) {
    const last = log.foreign(plainOutput(result.output).slice(-4).join(' / ')).slice(0, 500)
    if (LOCKED.test(result.output)) {
      const who = holders.length === 0 ? '' : ` Open transactions then: ${holders.join(' | ')}.`
      const hint = `End what holds it, or run again at a quieter moment; \`database-lock-timeout\` and \`lock-retries\` say how long to wait.`
      return new UserError('DA-MIGRATION-LOCK-TIMEOUT', `a lock of the database was not free in time.${who} ${where}`, { hint })
    }
    return new UserError('DA-MIGRATION-FAILED', `${tool.name} ended with exit code ${result.code}: ${last}. ${where}`, { hint: tool.mend })
  }
  if (ended.pending.length === 0 || operation === 'down') return undefined
  const message = `${tool.name} ended well, but ${ended.pending.join(', ')} ${ended.pending.length === 1 ? 'is' : 'are'} still pending. ${where}`
  return new UserError('DA-MIGRATION-FAILED', message, { hint: tool.mend })
}

/** What was applied and what was not, in words. */
export function whereNow({
  after,
  applied,
  pending,
  known,
  operation,
}: Pick<MigrateResult, 'after' | 'applied' | 'pending'> & Pick<MigrateRequest, 'operation'> & { known: boolean }): string {
  if (!known) return 'Where the database is could not be asked any more; `operation: status` tells.'
  const list = (some: readonly string[]) => (some.length === 0 ? 'nothing' : some.join(', '))
  const what = operation === 'down' ? `Taken back: ${list(applied)}` : `Applied: ${list(applied)}. Not applied: ${list(pending)}`
  return `${what}. The database is at ${after === '' ? 'no migration' : after}`
}

async function verified(
  result: MigrateResult,
  { verify, tool, operation }: MigrateRequest,
  { bench, clock, log }: MigratePorts,
  endsAt: number,
): Promise<MigrateResult> {
  if (verify === undefined) return result
  const { code, output } = await bench.run(verify, Math.max(1_000, endsAt - clock.now()))
  if (code === 0) return result
  log.raw(plainOutput(output))
  const failure = new UserError(
    'DA-MIGRATION-VERIFY',
    `\`verify-command\` ended with ${typeof code === 'string' ? 'no answer in time' : `exit code ${code}`}. ${whereNow({ ...result, known: true, operation })}`,
    {
      hint: tool.mend,
    },
  )
  return { ...result, status: 'failed', failure }
}

/** A server that has just been started does not take connections yet. */
const STARTING = /connection refused|could not connect|starting up|ECONNREFUSED|not yet accepting|Connection reset|no route to host/i
const LOOK_MS = 120_000
const START_MS = 60_000

async function look({ tool, options, operation }: MigrateRequest, { bench, clock, signal, log }: MigratePorts): Promise<MigrationStatus> {
  const until = clock.now() + START_MS
  const script = statusOf({ tool, options, operation })
  for (;;) {
    const result = await bench.run(script, LOOK_MS)
    const status = readStatus(result)
    if (status.exposed !== undefined) throw exposing(status.exposed, options, tool)
    if (status.told && (result.code === 0 || operation === 'down' || status.dirty !== undefined || status.unknown.length > 0)) return status
    if (result.code === 'stopped') throw new UserError('DA-CANCELLED', 'the run was told to stop; nothing was applied')
    const isLocked = LOCKED.test(result.output)
    if (result.code === 'timeout' || !(isLocked || STARTING.test(result.output)) || clock.now() >= until) throw notTold(result, tool, log)
    if (isLocked) log.info('another run has the lock of this database; waiting for it')
    else log.debug('the database does not answer yet')
    await clock.sleep(1_000, signal)
  }
}

function exposing(scheme: string, { urlVariable }: ToolOptions, { name }: Tool): UserError {
  const what = scheme === '' ? 'a database that it does not know' : `${scheme}://`
  return new UserError(
    'DA-MIGRATION-URL',
    `the URL in ${urlVariable} is for ${what} and has a password, which ${name} takes by its arguments alone: everybody on the host could read it; nothing was touched`,
    {
      hint: 'The preset is for PostgreSQL and its kin. Let a program in the image read the URL itself (golang-migrate is a library, too), and call that with `tool: custom`.',
    },
  )
}

function notTold({ code, output }: ScriptResult, tool: Tool, log: Log): UserError {
  const last = log.foreign(plainOutput(output).slice(-4).join(' / ')).slice(0, 600)
  const how = typeof code === 'string' ? 'did not answer in time' : `ended with exit code ${code}`
  return new UserError(
    'DA-MIGRATION-STATUS',
    `${tool.name} could not tell where the database is: it ${how}: ${last}; nothing was touched`,
    {
      hint: 'The commands run in the image of `service` with its environment (`run-on: runner`: in this job), in `working-directory`. Check `command`, `migrations` and `database-url-env`.',
    },
  )
}

/** What is pending up to a migration of before says nothing. */
const statusOf = ({ tool, options, operation }: Pick<MigrateRequest, 'tool' | 'options' | 'operation'>): Script =>
  tool.status(operation === 'down' ? { ...options, to: undefined } : options)

/** Where the script itself has not said it: undefined when not even that can be asked. */
async function lookAfter(request: MigrateRequest, { bench }: MigratePorts): Promise<MigrationStatus | undefined> {
  const status = readStatus(await bench.run(statusOf(request), LOOK_MS))
  return status.told ? status : undefined
}

function tell({ current }: MigrationStatus, planned: readonly Classified[], log: Log): void {
  log.info(
    `The database is at ${current === '' ? 'no migration' : current}; ${planned.length === 0 ? 'nothing is pending' : `${planned.length} pending:`}`,
  )
  for (const { id, kind, because } of planned) log.info(`  ${id}  ${kind}${because.length === 0 ? '' : `: ${because.join('; ')}`}`)
}

/** How large a table is nobody here knows: whoever writes the migration does. */
function tellLongLocks(planned: readonly Classified[], log: Log): void {
  for (const { id, longLocks } of planned)
    if (longLocks.length > 0)
      log.notice(
        `${id} locks its table for as long as it goes through it, and requests that write there wait: ${longLocks.join('; ')}. With many rows build an index \`concurrently\`, add a constraint \`not valid\` and validate it in a migration of its own`,
      )
}

function warnOfLosses(planned: readonly Classified[], { destructive }: Permission, log: Log): void {
  for (const { id, kind, because, allowed } of planned) {
    if (kind !== 'destructive') continue
    if (allowed !== undefined) log.info(`${id} loses data, which its file allows: ${allowed}`)
    else if (destructive === 'warn') log.warning(`${id} loses data: ${because.join('; ')}`)
  }
}
