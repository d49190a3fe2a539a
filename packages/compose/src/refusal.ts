import type { ErrorCode } from '@deploy-actions/kit'

/** Something that cannot be done, found before anything was touched. All of them are reported together. */
export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  /** What to do. */
  readonly hint: string
}

export const refusal = (code: ErrorCode, message: string, hint: string): Refusal => ({ code, message, hint })
