import { spawn } from 'node:child_process'

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  stdin?: string | undefined
  cwd?: string
  env?: Record<string, string>
  /** Kill the program after this long; the code is then 124, as of timeout(1). */
  timeoutMs?: number | undefined
  /** Show the program's own lines while it works: for the slow steps of a first `up`. */
  onLine?: (line: string) => void
}

/** Runs a program of this machine to its end. Never throws for an exit code: the caller judges. */
export function run(program: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env } })
    const out: Ran = { code: -1, stdout: '', stderr: '' }
    let timedOut = false
    const timer = options.timeoutMs
      ? setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, options.timeoutMs)
      : undefined
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out.stdout += text
      if (options.onLine) for (const line of text.split('\n')) if (line.trim()) options.onLine(line)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      out.stderr += text
    })
    child.on('error', (error) => {
      out.stderr += error.message
      resolve({ ...out, code: 127 })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ ...out, code: timedOut ? 124 : (code ?? 137) })
    })
    // A program that ends before it read everything is its own business.
    child.stdin.on('error', () => {})
    child.stdin.end(options.stdin ?? '')
  })
}

/** The same, where failure can only mean that the lab cannot go on. */
export async function must(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  const ran = await run(program, args, options)
  if (ran.code !== 0) {
    const tail = `${ran.stdout}\n${ran.stderr}`.trim().split('\n').slice(-15).join('\n')
    throw new LabError(`\`${program} ${args.slice(0, 6).join(' ')}\` ended with ${ran.code}:\n${tail}`)
  }
  return ran.stdout.trim()
}

export const docker = (args: string[], options?: RunOptions): Promise<string> => must('docker', args, options)

/** Something that a person can read and act on; shown without a stack. */
export class LabError extends Error {}
