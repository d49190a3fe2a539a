import type { Place } from './place.ts'

/** Why a check is red; the verdict is one of these. */
export type Cause = 'not-rolled-out' | 'unhealthy' | 'tls' | 'assertion' | 'slow'

/** What one attempt found wrong. */
export interface Failure {
  readonly cause: Cause
  /** A sentence without a full stop; begins in lower case. */
  readonly message: string
  /** The answer's first characters, for the log; never for a summary. */
  readonly excerpt?: string
  /** The line of the YAML that asks for it. */
  readonly place?: Place | undefined
  /** It says nothing of this release: a name, a certificate, a wrong address, too little time. Going back would not help. */
  readonly surroundings?: boolean
}

/** Thrown by what talks to the server: there is no answer to judge. */
export class Unanswered extends Error {
  readonly failure: Failure
  constructor(failure: Failure, options?: { cause?: unknown }) {
    super(failure.message, options)
    this.failure = failure
  }
}
