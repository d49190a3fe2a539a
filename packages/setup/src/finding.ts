import { UserError } from '@deploy-actions/kit'

export type Level = 'OK' | 'WARN' | 'FAIL' | 'left out'

/** One line of what doctor found. */
export interface Finding {
  readonly level: Level
  readonly what: string
  /** How to mend it; of what was left out, why. */
  readonly mend?: string
}

export const ok = (what: string): Finding => ({ level: 'OK', what })
export const warn = (what: string, mend?: string): Finding => ({ level: 'WARN', what, ...(mend !== undefined && { mend }) })
export const fail = (what: string, mend?: string): Finding => ({ level: 'FAIL', what, ...(mend !== undefined && { mend }) })
export const leftOut = (what: string, why: string): Finding => ({ level: 'left out', what, mend: why })

/** A failure that a deploy would end with. @throws what is no UserError */
export function failure(error: unknown): Finding {
  if (!(error instanceof UserError)) throw error
  return fail(`${error.code}: ${error.message}`, error.hint)
}
