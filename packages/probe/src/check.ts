import type { Condition } from './condition.ts'
import type { JsonPath } from './json-path.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Place } from './place.ts'

export type Severity = 'critical' | 'warn'

/** A file or made-up bytes as a part of a form. */
export class Attachment {
  readonly name: string
  readonly type: string
  readonly content: Buffer
  constructor(name: string, type: string, content: Buffer) {
    this.name = name
    this.type = type
    this.content = content
  }
}

/** What is asked, with `${name}` still in its texts. */
export interface RequestSpec {
  readonly method: string
  /** A path, or a whole address. */
  readonly url: string
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
  readonly json?: unknown
  readonly form?: Readonly<Record<string, unknown>>
  readonly multipart?: Readonly<Record<string, unknown>>
  readonly body?: string
  readonly basic?: { readonly user: string; readonly password: string }
  /** How many redirects are followed. */
  readonly follow: number
  readonly timeLimitMs: number
}

/** What an answer has to be like. */
export interface Expectation {
  /** Like `200` or `2xx`; any of them. */
  readonly statuses: readonly string[]
  readonly headers: ReadonlyMap<string, Condition>
  readonly cookies: ReadonlyMap<string, Condition>
  readonly body?: Condition
  readonly json: readonly { readonly path: JsonPath; readonly condition: Condition }[]
  readonly schema?: JsonSchema
  /** Of the body, in bytes. */
  readonly size?: Condition
  /** The whole request in milliseconds. */
  readonly timeMs?: number
  /** Names in a deep health answer that have to be well. */
  readonly parts: readonly string[]
}

export interface Capture {
  readonly name: string
  readonly from:
    | { readonly kind: 'json'; readonly path: JsonPath }
    | { readonly kind: 'header' | 'cookie'; readonly name: string }
    | { readonly kind: 'pattern'; readonly pattern: RegExp }
  readonly secret: boolean
}

/** The same request again and again until an answer is as wanted. */
export interface Poll {
  readonly until: Expectation
  readonly everyMs: number
  readonly forMs: number
}

/** The same request many times: a small load, no load test. */
export interface Repeat {
  readonly times?: number
  readonly forMs?: number
  readonly concurrency: number
  /** Milliseconds within which 50, 95, 99 of 100 answers come. */
  readonly limits: ReadonlyMap<50 | 95 | 99, number>
  /** A part of one: 0.01 is 1 %. */
  readonly errorRate: number
  readonly minSamples: number
}

export interface Check {
  readonly name: string
  readonly severity: Severity
  readonly request: RequestSpec
  readonly expect: Expectation
  readonly capture: readonly Capture[]
  readonly poll?: Poll
  readonly repeat?: Repeat
  /** Variables and what they must be for the check to run. */
  readonly when: ReadonlyMap<string, Condition>
  /** Whether a failure is looked at again before it counts. */
  readonly recheck: boolean
  /** Asked of every address that `resolve` gives for the host. */
  readonly everyNode: boolean
  readonly place: Place
  /** Where a part of it stands in the text. */
  at(...path: (string | number)[]): Place
}

/** Checks that one visitor makes, in order: cookies are kept, and the first failure ends it. A check that stands alone is a flow of one. */
export interface Flow {
  /** '' for a check that stands alone. */
  readonly name: string
  readonly steps: readonly Check[]
}
