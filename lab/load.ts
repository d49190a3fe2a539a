import { spawn } from 'node:child_process'
import { goProgram } from './golang.ts'
import { LabError } from './shell.ts'

export type LoadKind = 'get' | 'get-close' | 'post' | 'post-close' | 'slow' | 'events'

export interface LoadOptions {
  /** Base URL of what is measured, for example `http://172.31.250.11`. */
  url: string
  /** Requests per second in all; default 330. */
  rate?: number
  kinds?: LoadKind[]
  /** Host header, where it is not the URL's. */
  host?: string
  /** `http://…/stats` of a sample worker; reset at the start, and part of the report at the end. */
  workerStats?: string
  /** Called every second with a line for a person: seconds, sent, lost, mixed, version. */
  onProgress?: (line: string) => void
}

export interface LoadFailure {
  at_ms: number
  epoch_ms: number
  took_ms: number
  reason: string
}

export interface LoadKindReport {
  sent: number
  ok: number
  lost: number
  errors: LoadFailure[]
  latency_ms: { p50: number; p95: number; p99: number; max: number }
}

export interface LoadReport {
  started_epoch_ms: number
  duration_ms: number
  sent: number
  ok: number
  lost: number
  /** Answers whose web and api versions differ. */
  mixed: { count: number; samples: { at_ms: number; web: string; api: string }[] }
  kinds: Partial<Record<LoadKind, LoadKindReport>>
  /** In the order in which they first answered. `*_started_ms`: by when the request began instead of when it was answered. */
  versions: {
    version: string
    count: number
    first_ms: number
    first_epoch_ms: number
    last_ms: number
    first_started_ms: number
    last_started_ms: number
  }[]
  /** Streams: how many were opened, ended by the server, and refused (these alone count as lost). */
  events: { opened: number; cut: number; refused: number; messages: number }
  /** Requests that began more than 20 ms after their time: the machine was too busy for this rate. */
  late_starts: number
  worst_late_start_ms: number
  /** The longest time in which nothing was answered well. */
  longest_gap_ms: number
  timeline: { second: number; ok: number; lost: number }[]
  worker?: { sent: number; lost: number; mixed: number; versions: Record<string, number>; errors: string[] }
}

export interface LoadRun {
  /** Ends the load, waits for what is in flight and returns the count of everything. */
  stop(): Promise<LoadReport>
}

/** Starts the generator; resolves when its first request is on its way. */
export async function startLoad(options: LoadOptions): Promise<LoadRun> {
  const program = await goProgram('load', () => {})
  const args = ['--url', options.url, '--until-stdin-closes']
  if (options.rate) args.push('--rate', String(options.rate))
  if (options.kinds) args.push('--kinds', options.kinds.join(','))
  if (options.host) args.push('--host', options.host)
  if (options.workerStats) args.push('--worker-stats', options.workerStats)
  if (options.onProgress) args.push('--progress')
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  const started = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      for (const line of text.split('\n')) if (line.includes(' sent ')) options.onProgress?.(line.trim())
      if (stderr.includes('started')) resolve()
    })
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const early = await Promise.race([started.then(() => undefined), ended.then(() => stderr)])
  if (early !== undefined) throw new LabError(`the load generator ended at once: ${early.trim()}`)
  return {
    async stop() {
      child.stdin.end()
      const code = await ended
      if (code !== 0) throw new LabError(`the load generator ended with ${code}: ${stderr.trim()}`)
      return JSON.parse(stdout) as LoadReport
    },
  }
}
