import type { Clock, Exec, Log } from '@deploy-actions/kit'
import { type Bench, plainOutput, type Script, type ScriptResult } from '@deploy-actions/migrations'

export interface RunnerPorts {
  readonly exec: Exec
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** The shell leads a group of its own, tells its number, and everything that it starts belongs to the group. */
const LEADER = 'echo "@deploy-actions group $$"; eval "$1"'
const GROUP = '@deploy-actions group '
/** Programs that clean up have a moment. */
const END_GROUP = 'kill -TERM "-$1"; sleep 1; kill -KILL "-$1"'

/** As the host tells it: a step that takes long is not silent. */
const TELL_EVERY_MS = 10_000

/** The commands as children of this process, with the environment of the step. At the limit, and when the run is told to stop, their whole group is ended. */
export function runnerBench(directory: string | undefined, { exec, env, clock, log, signal }: RunnerPorts): Bench {
  const workspace = env.GITHUB_WORKSPACE ?? '.'
  const cwd = directory === undefined ? workspace : `${workspace}/${directory}`
  // Inputs hold keys of ours, which no tool needs.
  const given = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('INPUT_')))
  let status: Script | undefined

  const run = async ({ name, text }: Script, limitMs: number, stop: AbortSignal): Promise<ScriptResult> => {
    const said: string[] = []
    const ended = new AbortController()
    let begin = (_group: string): void => undefined
    const group = new Promise<string>((resolve) => {
      begin = resolve
    })
    const onLine = (line: string): void => {
      if (line.startsWith(GROUP)) begin(line.slice(GROUP.length))
      else said.push(line)
    }
    const begun = exec.run('setsid', ['sh', '-c', LEADER, 'sh', text], { cwd, env: given, onLine })
    const work = begun.finally(() => ended.abort(new Error('ended')))
    work.catch(() => undefined)
    const tellThatItGoesOn = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(TELL_EVERY_MS, ended.signal)
        const last = plainOutput(said.join('\n')).at(-1)
        log.info(`${name} goes on${last === undefined ? '' : `: ${log.foreign(last).slice(0, 200)}`}`)
      }
    }
    tellThatItGoesOn().catch(() => undefined)
    const limit = clock.sleep(limitMs, AbortSignal.any([ended.signal, stop])).then(
      () => 'timeout' as const,
      () => (stop.aborted ? ('stopped' as const) : undefined),
    )
    const cut = await limit
    if (cut !== undefined) {
      // Told to stop before the shell was there at all: it comes, and would run on.
      const leader = await Promise.race([group, work.then(() => undefined)])
      if (leader !== undefined) await exec.run('sh', ['-c', END_GROUP, 'sh', leader])
    }
    const { code } = await work
    return { code: cut ?? code, output: said.join('\n') }
  }

  return {
    async run(script, limitMs) {
      if (script.name === 'status') status = script
      const result = await run(script, limitMs, signal)
      if (result.code !== 'stopped' || status === undefined) return result
      const { output } = await run(status, 20_000, new AbortController().signal)
      return { code: 'stopped', output: `${result.output}\n${output}` }
    },
  }
}
