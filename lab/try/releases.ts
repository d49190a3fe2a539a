import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { quote } from '@deploy-actions/hosts'
import { TRY_OVERRIDE, type TryPlan, tryFailure } from '@deploy-actions/setup'
import { labFolder } from '../state.ts'
import type { TryServer } from './server.ts'

const root = path.join(labFolder, '..')
/** What no deploy needs, and what may be large. */
const LEFT_OUT = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__', 'target', '.next'])

/** Releases a repository to a server by the very commands that a person would type: `npx . deploy-compose-ssh`, `npx . rollback`. */
export class Releases {
  readonly #server: TryServer
  readonly #plan: TryPlan
  /** A copy, so that nothing is written into the repository. */
  readonly #copy: string

  constructor(server: TryServer, plan: TryPlan, directory: string) {
    this.#server = server
    this.#plan = plan
    this.#copy = path.join(server.folder, 'repository')
    cpSync(directory, this.#copy, { recursive: true, verbatimSymlinks: true, filter: (from) => !LEFT_OUT.has(path.basename(from)) })
    if (plan.override !== undefined) writeFileSync(path.join(this.#copy, TRY_OVERRIDE), plan.override)
  }

  /** Puts a file of the person where the Compose file has env files that only the host has. */
  async giveEnvFiles(file: string): Promise<void> {
    const text = readFileSync(file, 'utf8')
    for (const name of this.#plan.envFiles) {
      if (path.isAbsolute(name)) {
        const write = `umask 077 && mkdir -p ${quote(path.posix.dirname(name))} && cat >${quote(name)}`
        const made = await this.#server.exec(write, text)
        if (made.code !== 0) throw tryFailure('DA-TRY-SERVER', `${name} could not be written on the server`, made.stderr)
      } else {
        mkdirSync(path.dirname(path.join(this.#copy, name)), { recursive: true })
        writeFileSync(path.join(this.#copy, name), text, { mode: 0o600 })
      }
    }
  }

  /** @param images lines `service=image@sha256:…` */
  deploy(images: readonly string[], signal: AbortSignal): Promise<void> {
    const { subnet, edgeImage } = this.#server
    const more = { images: images.join('\n'), 'edge-image': edgeImage, 'insecure-registries': subnet, 'verify-for': '2s' }
    return this.#run(this.#plan.migrates ? 'release-compose-ssh' : 'deploy-compose-ssh', { ...this.#plan.inputs, ...more }, signal)
  }

  rollback(signal: AbortSignal): Promise<void> {
    return this.#run('rollback', {}, signal)
  }

  #run(action: string, inputs: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const { host, knownHosts, keyFile } = this.#server.ssh
    const all = { host, 'known-hosts': knownHosts, app: this.#plan.app, ...inputs }
    const flags = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`--${name}`, value]))
    const env = { ...process.env, ...Object.fromEntries(this.#plan.values), SSH_KEY_FILE: keyFile }
    return new Promise((resolve, reject) => {
      const program = [path.join(root, 'packages/build/src/shell.mjs'), action, ...flags]
      const child = spawn(process.execPath, program, { cwd: this.#copy, env, stdio: 'inherit' })
      // A Ctrl-C reaches the child by itself, a signal to this process alone does not.
      const stop = () => child.kill('SIGTERM')
      signal.addEventListener('abort', stop, { once: true })
      child.on('error', reject).on('close', (code) => {
        signal.removeEventListener('abort', stop)
        if (signal.aborted) reject(signal.reason)
        else if (code !== 0)
          reject(
            tryFailure(
              'DA-TRY-RELEASE',
              `${action} ended with ${code}`,
              'Its own error stands above. On a server it would have ended the same way.',
            ),
          )
        else resolve()
      })
    })
  }
}
