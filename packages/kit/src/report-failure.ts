import type { Log } from './log.ts'
import type { Summary } from './summary.ts'
import { messageOf, UserError } from './user-error.ts'

/** Tells a failure in one annotation: a user's mistake with code, hint and link; anything else as a bug of ours with its stack. */
export function reportFailure(error: unknown, log: Log, env: Readonly<Record<string, string | undefined>>): void {
  if (error instanceof UserError) {
    const parts = [error.message, error.hint, `More: ${errorLink(error.code, env)}`]
    log.error(parts.filter((part) => part !== undefined).join('\n'), error.code, error.at)
  } else {
    log.error(`Unexpected error, please report it: ${messageOf(error)}`, 'DA-UNEXPECTED')
    if (error instanceof Error && error.stack !== undefined) log.raw(error.stack.split('\n'))
  }
  tellCauses(error, log)
}

/** The same in the summary, for a run that ended before it had told what became of it. */
export function summariseFailure(error: unknown, summary: Summary, env: Readonly<Record<string, string | undefined>>): void {
  const code = error instanceof UserError ? error.code : 'DA-UNEXPECTED'
  summary.heading('❌ Failed').text(`**${code}**: ${messageOf(error)}`)
  if (!(error instanceof UserError)) return
  if (error.hint !== undefined) summary.text(error.hint)
  summary.text(`More: ${errorLink(code, env)}`)
}

/** Where the code is explained: the docs of the version that runs, or the path in the repository. */
function errorLink(code: string, env: Readonly<Record<string, string | undefined>>): string {
  const page = `docs/errors.md#${code.toLowerCase()}`
  const { GITHUB_SERVER_URL: server, GITHUB_ACTION_REPOSITORY: repository, GITHUB_ACTION_REF: ref } = env
  return server && repository && ref ? `${server}/${repository}/blob/${ref}/${page}` : page
}

function tellCauses(error: unknown, log: Log): void {
  let cause = error instanceof Error ? error.cause : undefined
  for (let depth = 0; cause !== undefined && depth < 5; depth += 1) {
    log.raw([`Caused by: ${messageOf(cause)}`])
    if (cause instanceof Error && cause.stack !== undefined) log.debug(cause.stack)
    cause = cause instanceof Error ? cause.cause : undefined
  }
}
