import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from './clock.ts'
import type { FilePlace, Runner } from './runner.ts'
import type { Secrets } from './secrets.ts'

/** Where a run tells what it does. Everything is redacted on the way. In tests: `FakeLog`. */
export interface Log {
  /** Only shown when the runner's debug logging is on. */
  debug(message: string): void
  info(message: string): void
  /** Annotations: GitHub shows them above the log. `title` is an error code or a few words; `at` pins it to a line of a file. */
  notice(message: string, title?: string, at?: FilePlace): void
  warning(message: string, title?: string, at?: FilePlace): void
  error(message: string, title?: string, at?: FilePlace): void
  /** Runs `work` with its lines folded under `name`; a group inside a group is a heading (GitHub does not nest them). */
  group<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Runs `work`; while it takes longer than a second, a line says that `name` is still going on. */
  progress<T>(name: string, work: () => Promise<T>): Promise<T>
  /** Lines that we did not write (a container's log): shown, but never obeyed as workflow commands. */
  raw(lines: readonly string[]): void
  /** A text that we did not write, free of what may be a secret: before it becomes a part of a message of ours. */
  foreign(text: string): string
}

/** Seconds after which a progress line is written; after the last, every 30 s. */
const PROGRESS_AT = [1, 3, 5, 10, 20, 30]

/** The log of a run on `runner`, free of `secrets`. */
export function createLog(runner: Runner, secrets: Secrets, clock: Clock = systemClock): Log {
  const clean = (text: string) => secrets.redact(text)
  const groups = groupsOn(runner)
  const log: Log = {
    debug: (message) => runner.debug(clean(message)),
    info: (message) => writeLines(runner, clean(message).split('\n')),
    notice: (message, title, at) => runner.annotate('notice', clean(message), title, at),
    warning: (message, title, at) => runner.annotate('warning', clean(message), title, at),
    error: (message, title, at) => runner.annotate('error', clean(message), title, at),
    group: (name, work) => groups(clean(name), work),
    progress: (name, work) => withProgress((line) => log.info(line), name, work, clock),
    raw: (lines) =>
      writeRaw(
        runner,
        lines.flatMap((line) => log.foreign(line).split(/\r?\n/)),
      ),
    foreign: (text) => secrets.redactForeign(text),
  }
  return log
}

/** A log that begins each line with `[prefix]`: for work that runs on several hosts at once, where groups would mix. */
export function prefixed(log: Log, prefix: string): Log {
  const mark = (message: string) =>
    message
      .split('\n')
      .map((line) => `[${prefix}] ${line}`)
      .join('\n')
  return {
    debug: (message) => log.debug(mark(message)),
    info: (message) => log.info(mark(message)),
    notice: (message, title, at) => log.notice(mark(message), title, at),
    warning: (message, title, at) => log.warning(mark(message), title, at),
    error: (message, title, at) => log.error(mark(message), title, at),
    group(name, work) {
      log.info(mark(name))
      return work()
    },
    progress: (name, work) => log.progress(`[${prefix}] ${name}`, work),
    raw: (lines) => log.raw(lines.map((line) => `[${prefix}] ${line}`)),
    foreign: (text) => log.foreign(text),
  }
}

/** A log that says the same thing only once: for what is found out on several hosts, and is so on all of them. */
export function tellingOnce(log: Log): Log {
  const told = new Set<string>()
  const once = (message: string, tell: () => void) => {
    if (!told.has(message)) tell()
    told.add(message)
  }
  return {
    debug: (message) => log.debug(message),
    info: (message) => once(message, () => log.info(message)),
    notice: (message, title) => once(message, () => log.notice(message, title)),
    warning: (message, title) => once(message, () => log.warning(message, title)),
    error: (message, title) => once(message, () => log.error(message, title)),
    group: (name, work) => log.group(name, work),
    progress: (name, work) => log.progress(name, work),
    raw: (lines) => log.raw(lines),
    foreign: (text) => log.foreign(text),
  }
}

function groupsOn(runner: Runner) {
  let depth = 0
  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const folds = depth === 0 && runner.kind === 'github'
    runner.write(folds ? `::group::${name.replaceAll('\n', ' ')}\n` : `${depth === 0 ? '\n== ' : '-- '}${name}\n`)
    depth += 1
    try {
      return await work()
    } finally {
      depth -= 1
      if (folds) runner.write('::endgroup::\n')
    }
  }
}

async function withProgress<T>(say: (line: string) => void, name: string, work: () => Promise<T>, clock: Clock): Promise<T> {
  const done = new AbortController()
  const started = clock.now()
  const tick = async () => {
    for (let round = 0; ; round += 1) {
      const at = PROGRESS_AT[round] ?? (round - PROGRESS_AT.length + 2) * 30
      await clock.sleep(Math.max(0, started + at * 1000 - clock.now()), done.signal)
      if (done.signal.aborted) return
      say(`… ${name} (${at} s)`)
    }
  }
  tick().catch(() => undefined) // ends by the abort below
  try {
    return await work()
  } finally {
    done.abort()
  }
}

/** Whether the runner could take one of our plain lines for a command. */
const LIKE_A_COMMAND = /^\s*::|##\[/

function writeLines(runner: Runner, lines: readonly string[]): void {
  if (lines.some((line) => LIKE_A_COMMAND.test(line))) writeRaw(runner, lines)
  else runner.write(`${lines.join('\n')}\n`)
}

function writeRaw(runner: Runner, lines: readonly string[]): void {
  if (lines.length === 0) return
  const text = `${lines.join('\n')}\n`
  const token = randomUUID()
  runner.write(runner.kind === 'shell' ? text : `::stop-commands::${token}\n${text}::${token}::\n`)
}
