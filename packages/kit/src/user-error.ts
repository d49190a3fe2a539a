import type { FilePlace } from './runner.ts'

/** A stable name of a failure, written `DA-…`; each one has an entry in docs/errors.md. */
export type ErrorCode = `DA-${string}`

/**
 * A failure that the person who runs the action can understand and end: it has a code, says what is wrong in `message`
 * and what to do in `hint`. Everything else that is thrown counts as a bug of ours.
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  /** The line of a file of the repository that has to be changed. */
  readonly at: FilePlace | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown; at?: FilePlace } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.at = options.at
  }
}

/** The message of whatever was thrown: only Errors are sure to have one. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
