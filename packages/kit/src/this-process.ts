import type { Log } from './log.ts'
import type { Runner } from './runner.ts'
import { UserError } from './user-error.ts'

/** The process in which an action runs; tests give their own. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly runner?: Runner
  write(text: string): void
  /** Sets the code with which the process ends by itself. */
  exitCode(code: number): void
  exitNow(code: number): void
  /** Ends the process after `ms` if something still keeps it alive then. */
  exitAfter(ms: number): void
  onSignal(listener: (signal: 'SIGINT' | 'SIGTERM', at: number) => void): void
  /** What was thrown where nobody waits for it, such as in an event of a socket: the state of the work is unknown from then on. */
  onUncaught(listener: (error: unknown) => void): void
}

export function thisProcess(): Machine {
  return {
    env: process.env,
    write: (text) => process.stdout.write(text),
    exitCode: (code) => {
      process.exitCode = code
    },
    exitNow: (code) => process.exit(code),
    exitAfter: (ms) => {
      setTimeout(() => process.exit(), ms).unref()
    },
    onSignal: (listener) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => listener(signal, performance.now()))
    },
    onUncaught: (listener) => {
      process.once('uncaughtException', listener)
    },
  }
}

/** One Ctrl+C reaches us several times: from the terminal, from npx, and from our own shell entry. */
const SAME_SIGNAL_MS = 500

/** The first signal aborts what is returned, so that the work can put things right; a later one ends the process at once. */
export function watchSignals(machine: Machine, log: Log): AbortSignal {
  const controller = new AbortController()
  let first: number | undefined
  machine.onSignal((signal, at) => {
    if (first === undefined) {
      first = at
      log.warning(`${signal}: stopping in order; a second signal stops at once`)
      controller.abort(new UserError('DA-CANCELLED', `the run was cancelled (${signal})`))
    } else if (at - first > SAME_SIGNAL_MS) {
      machine.exitNow(signal === 'SIGINT' ? 130 : 143)
    }
  })
  return controller.signal
}
