export interface ExecOptions {
  /** Written to standard input, which is then closed. Secrets go here, never into `args`. */
  readonly stdin?: string | Uint8Array
  readonly cwd?: string
  /** The whole environment of the program; without it the program inherits ours. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Rejects with the signal's reason as soon as it aborts; the program itself may live on (see `actionsExec`). */
  readonly signal?: AbortSignal
  /** Called with each line as it is written, without its line end. */
  readonly onLine?: (line: string, from: 'stdout' | 'stderr') => void
}

export interface ExecResult {
  /** The exit code; 128 or more when a signal ended the program. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Programs on this machine, started without a shell. In tests: `FakeExec`. */
export interface Exec {
  /**
   * Runs `program` with `args` and resolves when it has ended, whatever its exit code.
   * @throws UserError DA-EXEC-NOT-FOUND when the program cannot be started
   */
  run(program: string, args: readonly string[], options?: ExecOptions): Promise<ExecResult>
}
