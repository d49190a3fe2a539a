import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Remote, Session } from '@deploy-actions/hosts'

/** A host in a folder of this machine: the agent's own script runs there in this machine's shell, with a docker that plays a part. */
export class LocalHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'sync-env-host-'))
  readonly directory = join(this.folder, 'opt/shop')
  /** Commands that were started, and lines written to them. */
  readonly said: string[] = []
  readonly name: string
  private readonly running: Promise<unknown>[] = []
  /** Called before a line goes to the agent. */
  before: (line: string, end: () => void) => void = () => undefined

  constructor(name = 'root@one:22') {
    this.name = name
    for (const made of ['opt', 'tmp', 'bin']) mkdirSync(join(this.folder, made))
    this.program('docker', 'exit 0')
  }

  program(name: string, code: string): void {
    writeFileSync(join(this.folder, 'bin', name), `#!/bin/sh\n${code}\n`)
    chmodSync(join(this.folder, 'bin', name), 0o755)
  }

  write(path: string, text: string, mode = 0o600): this {
    mkdirSync(dirname(join(this.directory, path)), { recursive: true })
    writeFileSync(join(this.directory, path), text)
    chmodSync(join(this.directory, path), mode)
    return this
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8')
  }

  mode(path: string): string {
    return (statSync(join(this.directory, path)).mode & 0o777).toString(8)
  }

  list(path: string): string[] {
    return readdirSync(join(this.directory, path)).sort()
  }

  /** What is left in the folder for temporary files. */
  get leftovers(): string[] {
    return readdirSync(join(this.folder, 'tmp'))
  }

  /** Resolves when nothing runs here any more. */
  async ended(): Promise<void> {
    await Promise.all(this.running)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  remote(): Remote {
    const children = new Set<ReturnType<typeof spawn>>()
    const env = { PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`, TMPDIR: join(this.folder, 'tmp'), HOME: this.folder }
    const start = (command: string) => {
      this.said.push(command)
      const child = spawn('/bin/sh', ['-c', command], { env, stdio: ['pipe', 'pipe', 'pipe'] })
      children.add(child)
      return child
    }
    const session = async (command: string): Promise<Session> => {
      const child = start(command)
      child.stdin.on('error', () => undefined)
      let tail = ''
      child.stderr.on('data', (piece) => {
        tail += piece
      })
      const closed = new Promise<{ code: number | null }>((resolve) => child.on('close', (code) => resolve({ code })))
      this.running.push(closed)
      const write = (line: string): boolean => {
        this.before(line, () => child.stdin.end())
        if (child.stdin.writableEnded || child.exitCode !== null) return false
        this.said.push(line)
        return child.stdin.write(`${line}\n`) || true
      }
      const send = async (bytes: Uint8Array): Promise<boolean> => child.stdin.writable && (child.stdin.write(bytes) || true)
      return { lines: createInterface(child.stdout), write, send, end: () => child.stdin.end(), closed, stderrTail: () => tail }
    }
    return {
      ...{ name: this.name, sudo: false, session },
      run: () => Promise.reject(new Error('not used')),
      program: () => Promise.reject(new Error('not used')),
      close: async () => {
        for (const child of children) child.stdin?.end()
      },
    }
  }
}
