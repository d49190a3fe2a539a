import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { agentSession, blockOf, FakeRemote, type SessionScript } from '@deploy-actions/testing'

/** What `docker compose` said. */
export interface ComposeAnswer {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** The real Compose; `config` needs no engine. The environment is that of a login shell, without anything of this run's own. */
export function compose(cwd: string, ...args: string[]): Promise<ComposeAnswer> {
  const { PATH = '', HOME = '', DOCKER_CONFIG } = process.env
  const env = { PATH, HOME, PWD: cwd, ...(DOCKER_CONFIG && { DOCKER_CONFIG }) }
  return new Promise((resolve) => {
    execFile('docker', ['compose', ...args], { cwd, env, maxBuffer: 64_000_000 }, (error, stdout, stderr) =>
      resolve({ ok: error === null, stdout, stderr }),
    )
  })
}

/** Puts files below a folder, as an upload does. */
export function writeFiles(folder: string, files: readonly { path: string; bytes: Uint8Array; mode?: number }[]): void {
  for (const { path, bytes, mode } of files) {
    const full = join(folder, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, bytes, { mode: mode ?? 0o600 })
  }
}

/** A host whose agent resolves what was uploaded with the real Compose, as packages/agent does, and knows nothing else but these facts. */
export class ComposeHost extends FakeRemote {
  constructor(folder: string, facts: readonly string[], record: readonly string[] = []) {
    const play: SessionScript = ({ say, onLine, exit }) => {
      const sayAll = (lines: readonly string[]) => lines.forEach(say)
      // One after the other, as an agent answers.
      let turn = Promise.resolve()
      const answer = (how: () => unknown) => {
        turn = turn.then(how).then(() => undefined)
      }
      onLine((line) => {
        if (line === 'facts') answer(() => sayAll(blockOf('facts', facts)))
        else if (line === 'record') answer(() => sayAll(blockOf('record', record)))
        else if (line === 'resolve') answer(() => this.#resolve(folder, sayAll, exit))
        else if (line === 'quit') answer(() => exit(0))
        else if (line !== 'ping') throw new Error(`ComposeHost has no answer for: ${line}`)
      })
      sayAll([`= ready run=${folder}`, record.length === 0 ? '= locked' : '= locked release=live'])
    }
    super({}, { sessions: { [agentSession]: play } })
  }

  async #resolve(folder: string, sayAll: (lines: readonly string[]) => void, exit: (code: number) => void): Promise<void> {
    for (const { entries } of this.uploads) writeFiles(folder, entries as never)
    const { ok, stdout, stderr } = await compose(...resolveCommand(folder, this.options()))
    if (ok) return sayAll([...blockOf('model', stdout.split('\n')), ...blockOf('warnings', stderr.split('\n'))])
    sayAll([
      `! DA-COMPOSE-INVALID Compose on the host refuses the Compose file: ${stderr.replaceAll(`${folder}/source/`, '').trim().replaceAll('\n', ' ')}`,
    ])
    exit(1)
  }

  /** Lines of `resolve/options`. */
  options(): string[] {
    const entry = this.uploads.flatMap(({ entries }) => entries).find(({ path }) => path === 'resolve/options')
    return Buffer.from((entry as { bytes: Uint8Array }).bytes)
      .toString()
      .trimEnd()
      .split('\n')
  }
}

function resolveCommand(folder: string, options: readonly string[]): [string, ...string[]] {
  const source = join(folder, 'source')
  const args = ['keys.env', 'runner.env', 'keys.env'].flatMap((name) => ['--env-file', join(folder, 'resolve', name)])
  let directory = source
  for (const line of options) {
    const at = line.indexOf('=')
    const [option, value] = [line.slice(0, at), line.slice(at + 1)]
    if (option === 'project') args.push('-p', value)
    else if (option === 'profile') args.push('--profile', value)
    else if (option === 'file') args.push('-f', join(source, value))
    else if (option === 'directory') {
      directory = join(source, value)
      args.push('--project-directory', directory)
    }
  }
  return [directory, ...args, 'config', '--format', 'json']
}
