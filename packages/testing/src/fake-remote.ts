import type { Program, Remote, RemoteOptions, Session } from '@deploy-actions/hosts'
import { type ExecResult, UserError } from '@deploy-actions/kit'
import { FakeUpload, type Upload } from './fake-upload.ts'

/** What a program on the other end of a session can do. Called once when the session starts. */
export type SessionScript = (end: SessionEnd) => void

export interface SessionEnd {
  /** Sends a line as the program's output. */
  say(line: string): void
  /** Called with each line that our side writes. */
  onLine(listener: (line: string) => void): void
  /** Ends the program; null is a lost connection. */
  exit(code: number | null): void
}

/** Answers commands by the longest key that they begin with: what differs from a silent success, or 'lost' for a dead connection. */
export type RemoteAnswers = Readonly<Record<string, Partial<ExecResult> | 'lost'>>

/** What a program that gives bytes does at a command; `code` null is a lost connection. */
export type FakeProgram = (command: string) => { output: readonly Uint8Array[]; code?: number | null; stderr?: string }

/** A host that plays a part. It throws on every command and session that it has no answer for. */
export class FakeRemote implements Remote {
  readonly name: string
  readonly sudo: boolean
  readonly ran: string[] = []
  /** What was written to the standard input of the commands in `ran`; streams are read to their end. */
  readonly stdin: string[] = []
  /** What sessions brought, in order. */
  readonly uploads: Upload[] = []
  /** Lines written to sessions, of all sessions in order, but for those of uploads. */
  readonly written: string[] = []
  closed = false
  readonly #answers: RemoteAnswers
  readonly #sessions: Readonly<Record<string, SessionScript>>
  readonly #programs: Readonly<Record<string, FakeProgram>>

  constructor(
    answers: RemoteAnswers = {},
    options: {
      name?: string
      sudo?: boolean
      sessions?: Readonly<Record<string, SessionScript>>
      programs?: Readonly<Record<string, FakeProgram>>
    } = {},
  ) {
    this.#answers = answers
    this.#sessions = options.sessions ?? {}
    this.#programs = options.programs ?? {}
    this.name = options.name ?? 'root@host:22'
    this.sudo = options.sudo ?? false
  }

  async run(command: string, { stdin, signal, onLine }: RemoteOptions = {}): Promise<ExecResult> {
    signal?.throwIfAborted()
    this.ran.push(command)
    this.stdin.push(await textOf(stdin))
    const answer = longestMatch(this.#answers, command, 'command')
    if (answer === 'lost') throw new UserError('DA-SSH-LOST', `lost the connection to ${this.name}`)
    const result = { code: 0, stdout: '', stderr: '', ...answer }
    for (const from of ['stdout', 'stderr'] as const) {
      for (const line of result[from].split('\n').filter((text) => text !== '')) onLine?.(line, from)
    }
    return result
  }

  async session(command: string, { signal }: { signal?: AbortSignal } = {}): Promise<Session> {
    signal?.throwIfAborted()
    this.ran.push(command)
    this.stdin.push('')
    const script = longestMatch(this.#sessions, command, 'session')
    return playSession(script, this, signal)
  }

  async program(command: string, { signal }: { signal?: AbortSignal } = {}): Promise<Program> {
    signal?.throwIfAborted()
    this.ran.push(command)
    this.stdin.push('')
    const { output, code = 0, stderr = '' } = longestMatch(this.#programs, command, 'program')(command)
    const written: string[] = []
    async function* chunks() {
      yield* output
    }
    const write = (bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString())
    return { output: chunks(), write, closed: Promise.resolve({ code }), stderrTail: () => stderr }
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

function longestMatch<T>(answers: Readonly<Record<string, T>>, command: string, kind: string): T {
  const key = Object.keys(answers)
    .filter((start) => command.startsWith(start))
    .sort((a, b) => b.length - a.length)[0]
  if (key === undefined) throw new Error(`FakeRemote has no answer for the ${kind}: ${command}`)
  return answers[key] as T
}

async function textOf(stdin: RemoteOptions['stdin']): Promise<string> {
  if (stdin === undefined || typeof stdin === 'string') return stdin ?? ''
  if (stdin instanceof Uint8Array) return Buffer.from(stdin).toString('utf8')
  const pieces: Buffer[] = []
  for await (const piece of stdin) pieces.push(Buffer.from(piece as Uint8Array))
  return Buffer.concat(pieces).toString('utf8')
}

function playSession(
  script: SessionScript,
  { written, uploads }: Pick<FakeRemote, 'written' | 'uploads'>,
  signal: AbortSignal | undefined,
): Session {
  const said: string[] = []
  const upload = new FakeUpload(uploads)
  const listeners: ((line: string) => void)[] = []
  let wake: () => void = () => undefined
  let over = false
  let tell: (end: { code: number | null }) => void = () => undefined
  const closed = new Promise<{ code: number | null }>((resolve) => {
    tell = resolve
  })
  const exit = (code: number | null): void => {
    over = true
    wake()
    tell({ code })
  }
  const say = (line: string): void => {
    said.push(line)
    wake()
  }
  async function* lines(): AsyncGenerator<string> {
    for (;;) {
      while (said.length > 0) yield said.shift() ?? ''
      if (over) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const write = (line: string): boolean => {
    if (over) return false
    if (upload.takes(line)) return true
    written.push(line)
    for (const listener of listeners) listener(line)
    return true
  }
  signal?.addEventListener('abort', () => exit(null), { once: true })
  script({ say, exit, onLine: (listener) => void listeners.push(listener) })
  const send = async (bytes: Uint8Array): Promise<boolean> => {
    if (!over) upload.add(bytes)
    return !over
  }
  return { lines: lines(), write, send, end: () => undefined, closed, stderrTail: () => '' }
}
