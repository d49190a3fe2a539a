import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import type { Readable } from 'node:stream'
import { tar, type UploadEntry } from '@deploy-actions/hosts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { script, sessionCommand } from '../src/bootstrap.ts'
import { pieces } from '../src/pieces.ts'
import { inEachShell, type Shell } from './shells.ts'

/** The command that opens a session, run on this machine as on a host; it has a process group of its own, so that everything it started can be counted. */
class LocalSession {
  readonly said: string[] = []
  readonly child: ChildProcess
  readonly #input: (bytes: string | Buffer) => void
  readonly #lines: Interface

  /** @param pipe a named pipe that takes the place of our input: it stays open when the agent is gone */
  constructor(shell: Shell, command: string, pipe?: string) {
    if (pipe !== undefined) spawnSync('mkfifo', [pipe])
    const held = pipe === undefined ? -1 : openSync(pipe, 'r+')
    this.child = spawn(shell.path, ['-c', command.replaceAll('/bin/sh', shell.path)], {
      ...{ env: { ...shell.env, TMPDIR: temporary(), HOME: folder }, detached: true },
      stdio: [pipe === undefined ? 'pipe' : held, 'pipe', 'pipe'],
    })
    this.#input = pipe === undefined ? (bytes) => this.child.stdin?.write(bytes) : (bytes) => writeSync(held, bytes as string)
    this.child.stdin?.on('error', () => undefined)
    this.#lines = createInterface(this.child.stdout as Readable)
    this.#lines.on('line', (line) => this.said.push(line))
    open.push(this)
  }

  /** Resolves as soon as a line begins like this; rejects when the session ends first. */
  async hear(start: string): Promise<string> {
    for (;;) {
      const found = this.said.find((line) => line.startsWith(start))
      if (found !== undefined) return found
      const ended = once(this.#lines, 'close').then(() => true)
      if (await Promise.race([once(this.#lines, 'line').then(() => false), ended])) {
        if (this.said.some((line) => line.startsWith(start))) continue
        throw new Error(`the session ended without "${start}"; it said:\n${this.said.join('\n')}`)
      }
    }
  }

  say(line: string): void {
    this.#input(`${line}\n`)
  }

  /** An upload as the runner sends it. */
  upload(directory: string, entries: readonly UploadEntry[], between = ''): void {
    this.say(`upload ${directory}`)
    for (const piece of pieces(tar(entries, 0))) this.#input(Buffer.concat([piece, Buffer.from(between)]))
    this.say('0')
  }

  /** Whether anything that the session started still lives. */
  get lives(): boolean {
    try {
      return process.kill(-(this.child.pid ?? 0), 0)
    } catch {
      return false
    }
  }

  kill(): void {
    try {
      process.kill(-(this.child.pid ?? 0), 'SIGKILL')
    } catch {
      // all gone
    }
  }
}

const open: LocalSession[] = []
let folder: string
const temporary = () => join(folder, 'tmp')
const leftovers = () => readdirSync(temporary())
const asked = () => join(folder, 'asked.pid')
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-session-'))
  mkdirSync(temporary())
})
afterEach(() => {
  for (const session of open.splice(0)) session.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries === 200) throw new Error(`it never came true that ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Whether the process lives whose id stands in a file. */
const isAlive = (file: string): boolean => existsSync(`/proc/${readFileSync(file, 'utf8').trim()}/exe`)

/** What processes were started with. */
const environments = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((id) => `/proc/${id}/environ`)

/** A docker that knows a version, and hangs when it is to pull or, where a file says so, to list containers. */
const DOCKER = `#!/bin/sh
case "$*" in
  'version --format'*) echo 'docker|20.10.24|amd64|linux' ;;
  'compose version'*) echo 2.26.1 ;;
  'pull -q'*) echo "$$" >"$HOME/asked.pid"; exec sleep 1000 ;;
  'image inspect'*) exit 1 ;;
  'ps '*) [ ! -e "$HOME/ps-hangs" ] || { echo "$$" >"$HOME/asked.pid"; exec sleep 1000; } ;;
esac
`

inEachShell((shell) => {
  const directory = () => join(folder, 'shop')
  const start = (mode: 'deploy' | 'plan', { pipe, ...changes }: { who?: string; lockTimeoutMs?: number; pipe?: string } = {}) => {
    writeFileSync(join(shell.programs, 'docker'), DOCKER)
    chmodSync(join(shell.programs, 'docker'), 0o755)
    const command = sessionCommand({ mode, directory: directory(), lockTimeoutMs: 60_000, who: 'a run', ...changes })
    return new LocalSession(shell, command, pipe)
  }
  const locked = async (session: LocalSession) => {
    await session.hear('= need-agent')
    session.say(script)
    await session.hear('= locked')
    return session
  }
  const ended = (session: LocalSession) => once(session.child, 'close').then(([code]) => code as number | null)

  test('a plan says what the host is, and leaves nothing behind', async () => {
    const session = await locked(start('plan'))
    session.say('facts')
    await session.hear('= end')
    const over = ended(session)
    session.say('quit')
    expect(await over).toBe(0)
    expect(session.said).toEqual(
      expect.arrayContaining(['= facts', '| docker\t20.10.24\tamd64\tlinux', '| compose\t2.26.1', '| slot\tnone']),
    )
    expect([existsSync(directory()), leftovers()]).toEqual([false, []])
  })

  test('a script that a killed run left behind goes after a day; one of today may be in use', async () => {
    for (const [name, age] of [
      ['deploy-actions-agent.OLD', 2],
      ['deploy-actions-agent.NEW', 0],
      ['other', 2],
    ] as const) {
      writeFileSync(join(temporary(), name), '')
      const at = Date.now() / 1000 - age * 86_400
      utimesSync(join(temporary(), name), at, at)
    }
    const session = start('plan')
    await session.hear('= need-agent')
    expect(leftovers()).toEqual(expect.arrayContaining(['deploy-actions-agent.NEW', 'other']))
    expect(leftovers()).not.toContain('deploy-actions-agent.OLD')
  })

  test('a deploy leaves the agent on the host, and the next session needs no second copy', async () => {
    mkdirSync(directory())
    const first = await locked(start('deploy'))
    first.say('quit')
    await ended(first)
    expect(readFileSync(join(directory(), 'bin/release'), 'utf8')).toBe(`${script}\n`)
    const second = start('deploy')
    await second.hear('= locked')
    expect(second.said[0]).toMatch(/^= ready run=.*\/deploy-actions\./)
    second.say('quit')
    expect(await ended(second)).toBe(0)
    expect(leftovers()).toEqual([])
  })

  test('a first session that deploys nothing leaves no folder of the app behind', async () => {
    const session = await locked(start('deploy'))
    expect(existsSync(join(directory(), 'bin/release'))).toBe(true)
    session.say('quit')
    await ended(session)
    expect([existsSync(directory()), leftovers()]).toEqual([false, []])
  })

  describe('a session that is told to stay', () => {
    const parts = (session: LocalSession) => session.said.filter((line) => line.startsWith('= ready ')).length
    const nextPart = async (session: LocalSession) => {
      const before = parts(session)
      session.say('quit')
      await until('the next part begins', () => parts(session) > before)
      session.say('part')
      await until(
        'it has the lock',
        () =>
          session.said.findLastIndex((line) => line.startsWith('= locked')) >
          session.said.findLastIndex((line) => line.startsWith('= ready')),
      )
    }

    test('keeps the lock from one part to the next, and gives it back when it is left', async () => {
      const session = await locked(start('deploy'))
      session.say('stay')
      await nextPart(session)
      const other = start('deploy')
      await other.hear('= waiting')
      await nextPart(session)
      session.say('facts')
      await session.hear('= facts')
      expect(other.said.some((line) => line.startsWith('= locked'))).toBe(false)
      session.say('leave')
      await other.hear('= locked')
      other.say('quit')
      expect(await ended(other)).toBe(0)
      await until('nothing that it started lives', () => !session.lives)
      expect(leftovers()).toEqual([])
    })

    test('begins each part with nothing of the last one', async () => {
      const session = await locked(start('deploy'))
      session.say('stay')
      const run = (await session.hear('= ready')).replace(/^.*run=/, '')
      session.upload(`${run}/backup`, [{ path: 'request', bytes: Buffer.from('service=db'), mode: 0o600 }])
      await until('the file is there', () => existsSync(join(run, 'backup/request')))
      await nextPart(session)
      expect(existsSync(join(run, 'backup'))).toBe(false)
      expect((session.said.findLast((line) => line.startsWith('= ready')) ?? '').replace(/^.*run=/, '')).toBe(run)
    })

    test('is told to stop between two parts: it ends, and leaves nothing', async () => {
      const session = await locked(start('deploy'))
      session.say('stay')
      await nextPart(session)
      const over = ended(session)
      session.say('cancel')
      expect(await over).toBe(0)
      expect(session.said.at(-1)).toBe('= settled status=aborted')
      await until('nothing that it started lives', () => !session.lives)
      expect([existsSync(directory()), leftovers()]).toEqual([false, []])
    })
  })

  test('an agent of another version on the host is replaced', async () => {
    mkdirSync(directory())
    const first = await locked(start('deploy'))
    first.say('quit')
    await ended(first)
    writeFileSync(join(directory(), 'bin/release'), 'exit 7\n')
    const second = await locked(start('deploy'))
    second.say('quit')
    await ended(second)
    expect(readFileSync(join(directory(), 'bin/release'), 'utf8')).toBe(`${script}\n`)
  })

  test('the end of our input ends the session and everything that it started', async () => {
    const session = await locked(start('deploy'))
    const over = ended(session)
    session.child.stdin?.end()
    await over
    expect(session.said.slice(-2)).toEqual(['! DA-CANCELLED the run was stopped (lost)', '= settled status=aborted'])
    await until('nothing that it started lives', () => !session.lives)
    expect(leftovers()).toEqual([])
  })

  test('a command that the agent does not know is told, and the session goes on', async () => {
    const session = await locked(start('plan'))
    session.say('dance')
    await session.hear('! DA-AGENT-PROTOCOL')
    session.say('facts')
    await session.hear('= facts')
  })

  test('an upload has its bytes, modes and long paths when the next command begins, whatever is said in between', async () => {
    const session = await locked(start('plan'))
    const bytes = randomBytes(600_001)
    const long = `${'a'.repeat(120)}/${'b'.repeat(120)}/${'ü'.repeat(60)}`
    const entries = [
      { path: 'bin/run', bytes: Buffer.from('#!/bin/sh\n'), mode: 0o755 },
      { path: "it's.env", bytes, mode: 0o600 },
      { path: long, bytes: Buffer.alloc(0), mode: 0o644 },
    ]
    session.upload(join(folder, 'new folder'), entries, 'ping\n')
    session.say('facts')
    await session.hear('= facts')
    const at = (path: string) => join(folder, 'new folder', path)
    expect(readFileSync(at("it's.env"))).toEqual(bytes)
    expect(['bin/run', "it's.env", long].map((path) => statSync(at(path)).mode & 0o777)).toEqual([0o755, 0o600, 0o644])
    session.say('quit')
    await ended(session)
    expect(leftovers()).toEqual([])
  })

  test('an upload that cannot be written says what tar said, and is taken to its end', async () => {
    const session = await locked(start('plan'))
    session.upload('/proc/nowhere', [{ path: 'a', bytes: Buffer.alloc(1_000_000), mode: 0o600 }])
    const over = ended(session)
    session.say('facts')
    expect(await over).toBe(1)
    expect(session.said.at(-1)).toMatch(/^! DA-SSH-UPLOAD writing files to \/proc\/nowhere on the host failed .*\/proc\/nowhere/)
    expect(leftovers()).toEqual([])
  })

  test('the private folder goes although a program that the reader had just started renames a file in it at that moment', () => {
    const { stdout, status } = shell.run(
      `rm() {
        case $2 in "$run.gone")
          (: >"$run/by-its-path") 2>/dev/null
          [ -e "$HOME/renamed" ] || { : >"$HOME/renamed"; command rm -f "$2"/*; : >"$2/beat"; rmdir "$2"; return 1; } ;;
        esac
        command rm "$@"
      }
      open_run
      close_run
      ls "$TMPDIR"`,
      { TMPDIR: temporary(), HOME: folder },
    )
    expect([status, stdout, existsSync(join(folder, 'renamed'))]).toEqual([0, '', true])
  })

  test('what a run left that died with its folder half made or half removed goes with a later run, and not while it may be in use', () => {
    const { stdout } = shell.run(
      `open_run
      for name in 12345678 87654321.gone 23456789; do mkdir "$TMPDIR/deploy-actions.$name"; done
      touch -t 202601010000 "$TMPDIR/deploy-actions.12345678" "$TMPDIR/deploy-actions.87654321.gone"
      discard_dead_folders
      ls "$TMPDIR" | grep -v "\${run##*/}"`,
      { TMPDIR: temporary() },
    )
    expect(stdout).toBe('deploy-actions.23456789\n')
  })

  test('a run that is cancelled in the middle of an upload leaves nothing of it', async () => {
    const session = await locked(start('deploy'))
    session.say(`upload ${join(session.said.find((line) => line.startsWith('= ready'))?.slice('= ready run='.length) ?? '', 'source')}`)
    const [piece = Buffer.alloc(0)] = pieces(tar([{ path: 'a', bytes: Buffer.alloc(600_000), mode: 0o600 }], 0))
    session.say(piece.toString('latin1').slice(0, -1))
    const over = ended(session)
    session.say('cancel')
    await over
    await until('nothing that it started lives', () => !session.lives)
    expect(leftovers()).toEqual([])
  })

  test('what unpacks an upload is none of the work that a run ends before it goes on', async () => {
    // Its applets run inside the shell that is marked, without a program of their own.
    if (shell.name === 'busybox ash') return
    const session = await locked(start('deploy'))
    const run = session.said.find((line) => line.startsWith('= ready'))?.slice('= ready run='.length) ?? ''
    const nonce = run.split('.').at(-1)
    session.say(`upload ${join(run, 'source')}`)
    session.say('10')
    const marked = (mark: string) => {
      const { stdout } = spawnSync('grep', ['-ls', `DEPLOY_ACTIONS_RUN=${mark}`, ...environments()])
      const programs = stdout
        .toString()
        .trim()
        .split('\n')
        .filter((file) => file !== '')
      return programs.map((file) =>
        spawnSync('cat', [file.replace(/environ$/, 'cmdline')])
          .stdout.toString()
          .split('\0')
          .join(' '),
      )
    }
    await until('it unpacks', () => marked(`upload-${nonce}`).some((program) => program.includes('dd bs=10')))
    expect(marked(nonce as string).filter((program) => /\b(dd|tar|cat) /.test(program))).toEqual([])
  })

  test('bytes that stand where a length should are no command and no argument: the session ends', async () => {
    const session = await locked(start('deploy'))
    const over = ended(session)
    session.say(`upload ${join(folder, 'there')}`)
    session.say('PASSWORD=hunter2')
    session.say('facts')
    await over
    expect(session.said).toContain('! DA-CANCELLED the run was stopped (lost)')
    expect(session.said.join()).not.toContain('hunter2')
    await until('nothing that it started lives', () => !session.lives)
    expect(leftovers()).toEqual([])
  })

  test('a run that is cancelled in the middle of a pull settles, and the pull is ended', async () => {
    const session = await locked(start('deploy'))
    session.say('digest example.com/a:1')
    await until('the pull has begun', () => existsSync(asked()))
    const over = ended(session)
    session.say('cancel')
    expect(await over).toBe(1)
    await until('the pull is over', () => !isAlive(asked()))
  })

  test('an agent that is killed takes its reader and its watchdog along', async () => {
    const session = await locked(start('deploy', { pipe: join(folder, 'input') }))
    session.child.kill('SIGKILL')
    await until('reader and watchdog are gone', () => !session.lives)
  })

  test('a second run waits and says for whom; it has the lock as soon as the first lets go', async () => {
    const first = await locked(start('deploy', { who: 'https://example.com/runs/1' }))
    const second = start('deploy')
    expect(await second.hear('. waiting')).toMatch(/^\. waiting for another run: https:\/\/example\.com\/runs\/1, since 20\d\d-/)
    expect(second.said).not.toContain('= locked')
    // By this a run with several hosts knows itself.
    expect(second.said).toContain(`= waiting run=${first.said[1]?.replace('= ready run=', '')}`)
    first.say('quit')
    await second.hear('= locked')
  })

  test('a run that is told to let go stops waiting, and has touched nothing', async () => {
    await locked(start('deploy'))
    const second = start('deploy')
    await second.hear('= waiting')
    const over = ended(second)
    second.say('cancel')
    await over
    expect(second.said.at(-1)).toBe('! DA-CANCELLED stopped while waiting for the lock; nothing was touched')
  })

  /** A host on which a run died that had switched to R as one of three hosts, and had said yes. */
  const undecided = () => {
    const files = {
      'releases/R/settings': 'id=R\nproject=shop\napp=shop\nkeep_releases=5\n',
      'releases/R/services.tsv': '',
      'releases/R/base.json': '{}',
      'releases/L/settings': 'id=L\n',
      'log.jsonl': '{"time":"t","event":"live","operation":"deploy","release":"L"}\n',
      journal: 'phase=switched\noperation=deploy\nrelease=R\nslot=green\nprevious=L\nverified=yes\nhosts=3\nconfirmed=yes\n',
    }
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(directory(), path, '..'), { recursive: true })
      writeFileSync(join(directory(), path), text)
    }
    mkdirSync(join(directory(), 'bin'))
    writeFileSync(join(directory(), 'bin/release'), '')
    symlinkSync('releases/L', join(directory(), 'current'))
  }

  test.each([
    ['commit', '= locked release=R kept=L,R alone='],
    ['revert', '= locked release=L kept=L alone= back=R'],
  ])('what became of an undecided release is asked of the runner, which says %s', async (decision, stands) => {
    undecided()
    const session = start('deploy')
    await session.hear('= need-agent')
    session.say(script)
    await session.hear('= undecided release=R hosts=3')
    expect(session.said.join()).not.toContain('= locked')
    session.say(`settle ${decision}`)
    expect(await session.hear('= locked')).toBe(stands)
    expect(existsSync(join(directory(), 'journal'))).toBe(false)
    session.say('quit')
  })

  test('an undecided release stays as it is where the runner goes away again', async () => {
    undecided()
    const session = start('deploy')
    await session.hear('= need-agent')
    session.say(script)
    await session.hear('= undecided release=R hosts=3')
    const over = ended(session)
    session.child.stdin?.end()
    await over
    expect(readFileSync(join(directory(), 'journal'), 'utf8')).toContain('confirmed=yes')
    expect(leftovers()).toEqual([])
  })

  test('a run that has waited long enough gives up, with the name of who has the lock', async () => {
    await locked(start('deploy', { who: 'somebody else' }))
    const second = start('deploy', { lockTimeoutMs: 0 })
    expect(await second.hear('! DA-LOCK-TIMEOUT')).toContain('somebody else')
  })

  test.each([
    ['a pull', 'digest example.com/a:1'],
    ['a question to Docker', 'choose R'],
  ])('a run that is killed during %s gives its lock back although that lives, and the next run ends it', async (_what, command) => {
    mkdirSync(directory(), { recursive: true })
    writeFileSync(join(directory(), 'lock'), '')
    writeFileSync(join(folder, 'ps-hangs'), '')
    for (const file of ['settings', 'services.tsv']) {
      mkdirSync(join(directory(), 'releases/R'), { recursive: true })
      writeFileSync(join(directory(), 'releases/R', file), '')
    }
    const first = await locked(start('deploy'))
    first.say(command)
    await until('it has begun', () => existsSync(asked()) && readFileSync(asked(), 'utf8') !== '')
    first.child.kill('SIGKILL')
    expect(isAlive(asked())).toBe(true)
    const second = start('deploy')
    await second.hear('= locked')
    await until('it is over', () => !isAlive(asked()))
    second.say('quit')
    await ended(second)
    expect(leftovers()).toEqual([])
  })
})
