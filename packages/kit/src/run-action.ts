import { githubRunner } from './actions-core.ts'
import { actionsExec } from './actions-exec.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Exec } from './exec.ts'
import { createLog, type Log } from './log.ts'
import { createOutputs, type Outputs } from './outputs.ts'
import { type InputSpec, type Problem, type ReadOptions, readInputs, type Values } from './read-inputs.ts'
import { reportFailure, summariseFailure } from './report-failure.ts'
import { type Runner, shellRunner } from './runner.ts'
import { createSecrets, type Secrets } from './secrets.ts'
import { createSummary, type Summary } from './summary.ts'
import { type Machine, thisProcess, watchSignals } from './this-process.ts'

/** Everything that a run of an action may use of the world; `index.ts` hands the parts on as ports. */
export interface Run {
  /** Reads all inputs, masks the secret ones and reports every mistake together (see `readInputs`). */
  inputs<S extends InputSpec>(spec: S, check?: (values: Partial<Values<S>>) => readonly Problem[]): Values<S>
  readonly log: Log
  readonly secrets: Secrets
  readonly outputs: Outputs
  readonly summary: Summary
  readonly exec: Exec
  readonly clock: Clock
  /** When the step began, on that clock. */
  readonly startedAt: number
  readonly runner: Runner
  /** Aborted by SIGINT or SIGTERM with a UserError DA-CANCELLED as its reason. */
  readonly signal: AbortSignal
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Whether the work ended as asked for. A failure that was handled and told (a revert) is `failed`. */
export type Verdict = 'ok' | 'failed'

/** How long open handles (a socket, a timer that was forgotten) may hold up the step after its work has ended. */
const LINGER_MS = 5_000

/**
 * Runs an action and turns whatever happens into the step's result: exit code 0 only when `main` resolved with `ok`.
 * An output `status` that `main` did not set by its end becomes `failed` when it ended badly.
 */
export async function runAction(main: (run: Run) => Promise<Verdict>, machine: Machine = thisProcess()): Promise<void> {
  machine.exitCode(1) // a promise that never settles empties the event loop: that must not look green
  const run = createRun(machine)
  // By itself Node would say it without masks, and end without a status or a summary.
  machine.onUncaught((error) => void settle(run, () => Promise.reject(error)).finally(() => machine.exitNow(1)))
  const verdict = await settle(run, main)
  if (verdict === 'ok') machine.exitCode(0)
  machine.exitAfter(LINGER_MS)
}

/** Runs the work and says how it ended in every place where somebody looks: annotation, `status`, summary, outputs. */
async function settle(run: Run, main: (run: Run) => Promise<Verdict>): Promise<Verdict> {
  let verdict: Verdict = 'failed'
  try {
    verdict = await main(run)
  } catch (error) {
    reportFailure(error, run.log, run.env)
    // In a shell it stands in the lines above.
    if (run.runner.kind === 'github') summariseFailure(error, run.summary, run.env)
  }
  try {
    if (verdict === 'failed' && !run.outputs.has('status')) run.outputs.set('status', 'failed')
    run.summary.write()
    printOutputs(run)
  } catch (error) {
    reportFailure(error, run.log, run.env)
    return 'failed'
  }
  return verdict
}

function createRun(machine: Machine): Run {
  const onGitHub = machine.env.GITHUB_ACTIONS === 'true'
  const runner =
    machine.runner ?? (onGitHub ? githubRunner(machine.write, machine.env) : shellRunner(machine.write, machine.env.DEBUG === 'true'))
  const secrets = createSecrets((form) => runner.mask(form))
  const log = createLog(runner, secrets)
  return {
    inputs: (spec, check) => {
      const options = { secrets, from: runner.kind, ...(check && { check }) }
      return readInputs(spec, (name) => inputOf(machine.env, name), options as ReadOptions<typeof spec>)
    },
    log,
    secrets,
    outputs: createOutputs(runner, secrets),
    summary: createSummary(runner, secrets),
    exec: actionsExec,
    clock: systemClock,
    startedAt: systemClock.now(),
    runner,
    signal: watchSignals(machine, log),
    env: machine.env,
  }
}

/** The runner's variable for an input: upper case, spaces replaced, hyphens kept. */
export function inputOf(env: Readonly<Record<string, string | undefined>>, name: string): string {
  return env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] ?? ''
}

function printOutputs({ runner, outputs }: Run): void {
  if (runner.kind === 'github' || outputs.all().size === 0) return
  runner.write('\n== Outputs\n')
  for (const [name, value] of outputs.all()) runner.setOutput(name, value)
}
