import type { Script } from './bench.ts'

/** What a tool has to know of this run. Texts that come from inputs are quoted where they are used. */
export interface ToolOptions {
  /** How the tool is called, in shell words; undefined: by its usual name. */
  readonly command: string | undefined
  /** Folder with the migrations; undefined: the usual one. */
  readonly migrations: string | undefined
  /** Variable with the URL of the database. */
  readonly urlVariable: string
  readonly lockTimeoutMs: number
  /** 0: without limit. */
  readonly statementTimeoutMs: number
  /** Migrate to here and no further. */
  readonly to: string | undefined
  /** The connections of this run have this name in `pg_stat_activity`. */
  readonly applicationName: string
  /** Commands of the user, for `custom`. */
  readonly commands: {
    readonly status: string | undefined
    readonly plan: string | undefined
    readonly apply: string | undefined
    readonly down: string | undefined
    readonly verify: string | undefined
  }
}

/** A tool that migrates, as scripts that tell what came of them in one form (`readStatus`). */
export interface Tool {
  readonly name: string
  /** Where the database is and what is pending, with texts and SQL; changes nothing. */
  status(options: ToolOptions): Script
  /** Applies what is pending, up to `to`; ends with the status. */
  apply(options: ToolOptions): Script
  /** Takes back what came after `to`; undefined where the tool cannot. */
  down?: (options: ToolOptions) => Script
  /** How to mend a state in which the tool refuses to go on. */
  readonly mend: string
  /** Its scripts know what they themselves have applied, in whatever words the tool says it; otherwise what is no longer pending counts as that. */
  readonly tellsApplied: boolean
  /** It can stop at `to`. */
  readonly stopsAt: boolean
}
