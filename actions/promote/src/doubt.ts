import type { ErrorCode } from '@deploy-actions/kit'

/** Something that speaks against a promotion. */
export interface Doubt {
  readonly code: ErrorCode
  readonly message: string
  readonly hint: string
  /** `force` with a reason passes over it. What cannot be known to be true, or cannot be deployed, is never passed over. */
  readonly forcible: boolean
}
