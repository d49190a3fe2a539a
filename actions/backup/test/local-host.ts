import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Place, Program, Remote, Session } from '@deploy-actions/hosts'

const RELEASE = '20260131T093000Z-1a2b3c4-1.1'

/** A Docker whose one container is a PostgreSQL that has the rows of a file, and dumps and restores them. */
const docker = (rows: string) => `#!/bin/sh
case "$*" in
  ps\\ *) echo 'c1|shop|db|running|False|shop-db-1||||' ;;
  *'select count(*) from pg_class'*) echo 3 ;;
  *pg_dump*) cat '${rows}' ;;
  *'--list'*) cat >/dev/null; for one in '1259 1 TABLE public a' '1259 2 TABLE public b' '1259 3 TABLE public c' '0 1 TABLE DATA public a'; do echo "215; $one ann"; done ;;
  *'--file=/dev/null'*) cat >/dev/null ;;
  *server_version*) echo 15.18 ;;
  *pg_shdepend* | *string_to_array*) ;;
  *pg_restore*) cat >'${rows}.restored' ;;
  *POSTGRES_DB*psql* | *psql* | *printf*) echo app ;;
  *) echo "not played: $*" >&2; exit 9 ;;
esac
`

/** This machine as a host with one live release: the agent runs as it does there. */
export class LocalHost {
  readonly folder = mkdtempSync(join(tmpdir(), 'backup-host-'))
  readonly directory = join(this.folder, 'shop')
  readonly rows = join(this.folder, 'rows')
  /** Every command that was started, and every line that was sent. */
  readonly said: string[] = []
  readonly #children = new Set<ChildProcess>()

  constructor() {
    for (const made of ['bin', 'tmp']) mkdirSync(join(this.folder, made))
    writeFileSync(join(this.folder, 'bin', 'docker'), docker(this.rows))
    chmodSync(join(this.folder, 'bin', 'docker'), 0o755)
    const release = join(this.directory, 'releases', RELEASE)
    mkdirSync(release, { recursive: true })
    writeFileSync(join(release, 'settings'), `id=${RELEASE}\nof=\napp=shop\nproject=shop\nhosts=1\ndatabases=db:postgres-15\n`)
    writeFileSync(join(release, 'services.tsv'), 'db\tkeep\tpg\t1\talways\t-\t-\t-\tprepare\t-\t-\n')
    writeFileSync(join(this.directory, 'lock'), '')
    symlinkSync(`releases/${RELEASE}`, join(this.directory, 'current'))
  }

  get place(): Place {
    return { name: 'local', address: 'local:22', connect: async () => this.#remote() }
  }

  /** What lies in its folder for backups. */
  backups(): string[] {
    const folder = join(this.directory, 'backups')
    return existsSync(folder) ? readdirSync(folder).sort() : []
  }

  remove(): void {
    for (const child of this.#children) child.stdin?.end()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #start(command: string) {
    this.said.push(command)
    const env = { PATH: `${join(this.folder, 'bin')}:${process.env.PATH}`, TMPDIR: join(this.folder, 'tmp'), HOME: this.folder }
    const child = spawn('/bin/sh', ['-c', `echo 'Welcome to this host'\n${command}`], { env, stdio: ['pipe', 'pipe', 'pipe'] })
    child.stdin.on('error', () => undefined)
    this.#children.add(child)
    let tail = ''
    child.stderr.on('data', (piece) => {
      tail += piece
    })
    const closed = new Promise<{ code: number | null }>((resolve) => child.on('close', (code) => resolve({ code })))
    return { child, closed, stderrTail: () => tail }
  }

  #remote(): Remote {
    const session = async (command: string): Promise<Session> => {
      const { child, ...rest } = this.#start(command)
      const write = (line: string): boolean => {
        this.said.push(line)
        return child.stdin.writable && (child.stdin.write(`${line}\n`) || true)
      }
      const send = async (bytes: Uint8Array): Promise<boolean> => child.stdin.writable && (child.stdin.write(bytes) || true)
      return { lines: createInterface(child.stdout), write, send, end: () => void child.stdin.end(), ...rest }
    }
    const program = async (command: string): Promise<Program> => {
      const { child, ...rest } = this.#start(command)
      return { output: child.stdout, write: (bytes) => void child.stdin.write(bytes), ...rest }
    }
    const close = async () => {
      for (const child of this.#children) child.stdin?.end()
    }
    return { name: 'local', sudo: false, run: () => Promise.reject(new Error('not used')), session, program, close }
  }
}
