import type { Readable } from 'node:stream'
import type { ExecResult } from '@deploy-actions/kit'

export interface RemoteOptions {
  /** Written to standard input, which is then closed. Secrets go here, never into the command, which everybody on the host can read. */
  stdin?: string | Uint8Array | Readable
  /**
   * Rejects with the signal's reason and ends the channel. The program is sent SIGTERM if it has no `stdin` (SSH has no signals behind the end of
   * the input), and may live on in any case: what must end has to watch its input itself.
   */
  signal?: AbortSignal
  /** Called with each line as it arrives, without its line end. */
  onLine?: (line: string, from: 'stdout' | 'stderr') => void
}

/** A file to write on the host: `path` is relative with `/`, `mode` like 0o600. */
export interface UploadEntry {
  path: string
  bytes: Uint8Array
  mode: number
}

/** A program on the host that we talk to line by line. */
export interface Session {
  /** Lines of standard output without their ends, in order, until the program ends. One reader only. */
  readonly lines: AsyncIterable<string>
  /** Sends one line. False: the session is over and the line is lost; never throws, so that a heartbeat needs no guard. */
  write(line: string): boolean
  /** Sends bytes, and waits while the way is full. False as for `write`. */
  send(bytes: Uint8Array): Promise<boolean>
  /** Closes standard input. */
  end(): void
  /** Resolves when the program or the connection has ended; `code` is null when the connection was lost. Never rejects. */
  readonly closed: Promise<{ code: number | null }>
  /** The last 4 KiB of standard error. */
  stderrTail(): string
}

/** A program on the host whose output is bytes. */
export interface Program {
  /** Standard output to its end; the host sends no more than the reader takes. One reader only. */
  readonly output: AsyncIterable<Uint8Array>
  /** Sends bytes to standard input. */
  write(bytes: Uint8Array): void
  /** As of a session. */
  readonly closed: Promise<{ code: number | null }>
  stderrTail(): string
}

/** A shell on another machine. In tests: `FakeRemote`, or `connectSsh` against an in-process SSH server. */
export interface Remote {
  /** `user@host:port`, for messages. */
  readonly name: string
  /** The login user is not root, and what works on the host runs as root by sudo. */
  readonly sudo: boolean
  /**
   * Runs a command in POSIX sh, whatever the login shell is. Build it with `quote`.
   * @returns the exit code (128 + the signal's number when a signal ended the program) and the output, not trimmed
   * @throws UserError DA-SSH-LOST when the connection ended first: nobody knows how far the command came
   */
  run(command: string, options?: RemoteOptions): Promise<ExecResult>
  /**
   * Starts a program that is talked to line by line.
   * @throws UserError DA-SSH-LOST when it cannot be started
   */
  session(command: string, options?: { signal?: AbortSignal }): Promise<Session>
  /**
   * Starts a program whose output is bytes.
   * @throws UserError DA-SSH-LOST when it cannot be started
   */
  program(command: string, options?: { signal?: AbortSignal }): Promise<Program>
  /**
   * Ends the connection, once. Sessions see their input close, and are waited for a moment: what the host tidies up is tidied when this resolves, unless
   * it takes long or does not answer. What `run` and `program` have started is not waited for.
   */
  close(): Promise<void>
}
