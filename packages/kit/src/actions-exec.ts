import { StringDecoder } from 'node:string_decoder'
import { exec } from '@actions/exec'
import type { Exec, ExecOptions, ExecResult } from './exec.ts'
import { messageOf, UserError } from './user-error.ts'

/** What stands in for the exit code of a program that a signal ended: `@actions/exec` does not say which signal it was. */
const BY_A_SIGNAL = 128

/**
 * Programs of this machine, by way of `@actions/exec` (this file is its only importer). Two things it cannot do:
 * - end a program. When `signal` aborts, `run` rejects at once and the program goes on by itself, at the latest until the step's processes are
 *   cleaned up. What must not outlive a cancelled run needs a limit of its own (`timeout 60 …`).
 * - bear a program that ends before it has read its `stdin`: that ends our process too. Give `stdin` only to programs that read it all; without it
 *   a program's standard input stays open, and one that reads it waits for ever.
 *
 * The program is looked up in our own PATH, also where `env` gives another.
 */
export const actionsExec: Exec = {
  run(program, args, options = {}) {
    return new Promise((resolve, reject) => {
      const { signal } = options
      if (signal?.aborted) return reject(signal.reason)
      const abandon = () => reject(signal?.reason)
      signal?.addEventListener('abort', abandon, { once: true })
      runToItsEnd(program, args, options)
        .then(resolve, (cause) => reject(notStarted(program, cause)))
        .finally(() => signal?.removeEventListener('abort', abandon))
    })
  },
}

async function runToItsEnd(program: string, args: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const stdout = new Collector((line) => options.onLine?.(line, 'stdout'))
  const stderr = new Collector((line) => options.onLine?.(line, 'stderr'))
  const code: number | null = await exec(asOneWord(program), [...args], {
    silent: true,
    ignoreReturnCode: true,
    // Never an empty input: writing even nothing to a program that has ended by then ends our process (seen with git: write EPIPE, unhandled).
    ...(options.stdin !== undefined && options.stdin.length > 0 && { input: Buffer.from(options.stdin) }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env && { env: definedOf(options.env) }),
    // Its own line listeners lose a last line without an end and tear characters that arrive in two pieces.
    listeners: { stdout: (data) => stdout.take(data), stderr: (data) => stderr.take(data) },
  })
  return { code: code ?? BY_A_SIGNAL, stdout: stdout.end(), stderr: stderr.end() }
}

/** `exec` takes a command line apart at its spaces; quotes keep a program's path whole. */
const asOneWord = (program: string): string => `"${program.replaceAll('"', '\\"')}"`

function definedOf(env: NonNullable<ExecOptions['env']>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

function notStarted(program: string, cause: unknown): UserError {
  return new UserError('DA-EXEC-NOT-FOUND', `cannot start \`${program}\`: ${messageOf(cause)}`, {
    hint: `Install ${program} on the machine that runs this step, or use a runner image that has it.`,
    cause,
  })
}

/** Gathers a stream as text and hands its lines on as they come. */
class Collector {
  private all = ''
  private rest = ''
  private readonly decoder = new StringDecoder('utf8')
  private readonly onLine: (line: string) => void

  constructor(onLine: (line: string) => void) {
    this.onLine = onLine
  }

  take(data: Buffer): void {
    const text = this.decoder.write(data)
    this.all += text
    const lines = (this.rest + text).split('\n')
    this.rest = lines.pop() ?? ''
    for (const line of lines) this.onLine(line.replace(/\r$/, ''))
  }

  /** The whole text; the last line is handed on, whether or not it has an end. */
  end(): string {
    if (this.rest !== '') this.onLine(this.rest)
    return this.all
  }
}
