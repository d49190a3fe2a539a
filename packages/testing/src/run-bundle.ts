import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultsOf } from './action-inputs.ts'
import { type Annotation, parseAnnotations, parseFileCommand, parseMasks } from './runner-files.ts'

export interface BundleRun {
  readonly inputs?: Readonly<Record<string, string>>
  /** Added to an otherwise clean environment (PATH, HOME and what the runner sets). */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Sends a signal as soon as standard output contains `text`: no timing, so no luck. */
  readonly signalAfter?: { readonly text: string; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL' }
  /** Called with all of standard output so far whenever there is more of it: to show it live, or to break something at a certain line. */
  readonly watch?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void
  /** What earlier parts of the same step saved (for `post`). */
  readonly state?: Readonly<Record<string, string>>
  /** `shell` runs it as a person does: no GITHUB_ACTIONS, no files. */
  readonly as?: 'github' | 'shell'
  /** Milliseconds after which the run is killed and the call rejects. */
  readonly limit?: number
}

export interface BundleResult {
  /** The exit code; null when a signal ended the process. */
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
  /** What was kept for `post`. */
  readonly state: Readonly<Record<string, string>>
  readonly annotations: readonly Annotation[]
  readonly masks: readonly string[]
}

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Runs dist/<action>/index.cjs on Node 24 as GitHub's runner does, with its files in a temporary folder, and says what came of it.
 * Inputs that are not given get their default of action.yml, or an empty text; an input given as '' stays empty.
 */
export async function runBundle(action: string, run: BundleRun = {}): Promise<BundleResult> {
  return runScript(join(root, 'dist', action, 'index.cjs'), { ...run, inputs: { ...defaultsOf(action), ...run.inputs } })
}

/** The same for any script: what `runBundle` is made of. */
export async function runScript(script: string, run: BundleRun = {}): Promise<BundleResult> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-run-'))
  try {
    const files = run.as === 'shell' ? {} : runnerFiles(folder)
    const ended = await execute(script, run, { ...environment(run, folder), ...files })
    const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '')
    return {
      ...ended,
      outputs: parseFileCommand(read('output')),
      state: parseFileCommand(read('state')),
      summary: read('summary'),
      annotations: parseAnnotations(ended.stdout),
      masks: parseMasks(ended.stdout),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function runnerFiles(folder: string): Record<string, string> {
  const files = { GITHUB_OUTPUT: 'output', GITHUB_STEP_SUMMARY: 'summary', GITHUB_STATE: 'state', GITHUB_ENV: 'env', GITHUB_PATH: 'path' }
  const made: Record<string, string> = { GITHUB_ACTIONS: 'true', CI: 'true' }
  for (const [variable, name] of Object.entries(files)) {
    made[variable] = join(folder, name)
    writeFileSync(join(folder, name), '')
  }
  return made
}

function environment(run: BundleRun, folder: string): Record<string, string> {
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? folder,
    RUNNER_TEMP: folder,
    GITHUB_WORKSPACE: run.cwd ?? folder,
  }
  for (const [name, value] of Object.entries(run.inputs ?? {})) env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value
  for (const [name, value] of Object.entries(run.state ?? {})) env[`STATE_${name}`] = value
  return { ...env, ...run.env }
}

function execute(
  script: string,
  run: BundleRun,
  env: Record<string, string>,
): Promise<Pick<BundleResult, 'code' | 'signal' | 'stdout' | 'stderr'>> {
  return new Promise((resolve, reject) => {
    const child = spawn(node24(), [script], { cwd: run.cwd ?? env.RUNNER_TEMP, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const limit = run.limit ?? 60_000
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${script} still ran after ${limit / 1000} s; it wrote:\n${stdout}${stderr}`))
    }, limit)
    let stdout = ''
    let stderr = ''
    let signalled = false
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      run.watch?.(stdout, (signal) => child.kill(signal))
      if (signalled || run.signalAfter === undefined || !stdout.includes(run.signalAfter.text)) return
      signalled = true
      child.kill(run.signalAfter.signal)
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stdout, stderr })
    })
  })
}

/** The Node that GitHub runs our bundles on, also where the tests themselves run on an older one. */
export function node24(): string {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return join(root, 'node_modules', `node-linux-${process.arch}`, 'bin/node')
}
