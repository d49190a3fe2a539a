import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Exec, ExecOptions, ExecResult } from './exec.ts'
import { messageOf, UserError } from './user-error.ts'

const KILL_AFTER_MS = 5_000

/** Programs of this machine. `@actions/exec` is not used: it cannot end a program when the step is cancelled. */
export const nodeExec: Exec = {
  run(program, args, options = {}) {
    return new Promise((resolve, reject) => {
      if (options.signal?.aborted) return reject(options.signal.reason)
      const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: 'pipe' })
      const stdout = collect(child.stdout, (line) => options.onLine?.(line, 'stdout'))
      const stderr = collect(child.stderr, (line) => options.onLine?.(line, 'stderr'))
      const forget = endOnAbort(child, options)
      child.once('error', (cause) => {
        forget()
        reject(notStarted(program, cause))
      })
      child.once('close', (code, signal) => {
        forget()
        if (options.signal?.aborted) return reject(options.signal.reason)
        const result: ExecResult = {
          code: code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0),
          stdout: stdout(),
          stderr: stderr(),
        }
        resolve(result)
      })
      // A program that ends without reading its input closes the pipe: that is its right, not a failure of ours.
      child.stdin.on('error', () => undefined)
      child.stdin.end(options.stdin)
    })
  },
}

function notStarted(program: string, cause: unknown): UserError {
  return new UserError('DA-EXEC-NOT-FOUND', `cannot start \`${program}\`: ${messageOf(cause)}`, {
    hint: `Install ${program} on the machine that runs this step, or use a runner image that has it.`,
    cause,
  })
}

function endOnAbort(child: ChildProcess, { signal }: ExecOptions): () => void {
  let kill: NodeJS.Timeout | undefined
  const end = () => {
    child.kill('SIGTERM')
    kill = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
  }
  signal?.addEventListener('abort', end, { once: true })
  return () => {
    clearTimeout(kill)
    signal?.removeEventListener('abort', end)
  }
}

/** Gathers a stream as text and hands its lines on as they come; returns a function that gives the whole text. */
function collect(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => string {
  let all = ''
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    all += chunk
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.replace(/\r$/, ''))
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
  return () => all
}
