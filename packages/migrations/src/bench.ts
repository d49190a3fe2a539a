/** A shell script that a tool's commands are in. It knows no secret: those are in the environment of where it runs. */
export interface Script {
  readonly name: 'status' | 'apply' | 'down' | 'verify'
  readonly text: string
}

/** How a script ended. */
export interface ScriptResult {
  /**
   * Its exit code; `timeout`: it was stopped, and so was all that it had started; `stopped`: the same because the whole run was told to stop, and `output`
   * ends with what the script `status` has said since. Nothing more can be run then.
   */
  readonly code: number | 'timeout' | 'stopped'
  /** What it said on both ways, in order. */
  readonly output: string
}

/** Where a tool's commands run: a container of the new image on a host, or the runner. */
export interface Bench {
  /** `crossing`: a release of before could not live with what it does. */
  run(script: Script, limitMs: number, crossing?: boolean): Promise<ScriptResult>
}
