import { once } from 'node:events'
import { constants } from 'node:os'
import { Readable } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { LineQueue } from './line-queue.ts'
import { LineSplitter } from './lines.ts'
import type { Program, RemoteOptions, Session } from './remote.ts'

/** How a program ended; `code` is null when nobody said, because the connection went away. */
export interface ChannelResult {
  code: number | null
  stdout: string
  stderr: string
}

/** Feeds a program and collects what it says until its channel closes; without `stdin` the input stays open. Rejects when `signal` aborts or `stdin` fails. */
export function runOn(channel: ClientChannel, { stdin, signal, onLine }: RemoteOptions): Promise<ChannelResult> {
  return new Promise((resolve, reject) => {
    const stdout = collect(channel, (line) => onLine?.(line, 'stdout'))
    const stderr = collect(channel.stderr, (line) => onLine?.(line, 'stderr'))
    const exit = exitCodeOf(channel)
    const stopListening = onAbort(channel, signal, reject)
    const stopFeeding = feed(channel, stdin, (error) => {
      stopListening()
      channel.close()
      reject(error)
    })
    channel.on('close', () => {
      stopListening()
      stopFeeding()
      resolve({ code: exit(), stdout: stdout(), stderr: stderr() })
    })
  })
}

/** Bytes of standard error that a session keeps. */
const TAIL = 4096

/** A session over a channel that runs a program. */
export function sessionOn(channel: ClientChannel, signal?: AbortSignal): Session {
  const lines = new LineQueue()
  const splitter = new LineSplitter()
  let tail = Buffer.alloc(0)
  let open = true
  let begun = false
  channel.on('data', (piece: Buffer) => {
    const heard = splitter.push(piece)
    // The empty line that every session begins with (see `session` in node-ssh-remote.ts).
    if (!begun && heard[0] === '') lines.add(heard.slice(1))
    else lines.add(heard)
    begun ||= heard.length > 0
  })
  channel.stderr.on('data', (piece: Buffer) => {
    tail = Buffer.concat([tail, piece]).subarray(-TAIL)
  })
  channel.on('error', () => undefined) // a write behind the end; 'close' follows
  const exit = exitCodeOf(channel)
  const closed = new Promise<{ code: number | null }>((resolve) => {
    const finish = () => {
      open = false
      stopListening()
      lines.add(splitter.finish())
      lines.close()
      resolve({ code: exit() })
    }
    const stopListening = onAbort(channel, signal, finish)
    channel.on('close', finish)
  })
  const write = (line: string): boolean => {
    if (line.includes('\n')) throw new Error('a line cannot contain a line end')
    if (!open || !channel.writable) return false
    channel.write(`${line}\n`)
    return true
  }
  const send = async (bytes: Uint8Array): Promise<boolean> => {
    if (!open || !channel.writable) return false
    if (!channel.write(bytes)) await Promise.race([once(channel, 'drain').catch(() => undefined), closed])
    return open
  }
  return { lines, write, send, end: () => void channel.end(), closed, stderrTail: () => tail.toString('utf8') }
}

/** A program whose output is taken as bytes, as fast as its reader asks for them. */
export function programOn(channel: ClientChannel, signal?: AbortSignal): Program {
  let tail = Buffer.alloc(0)
  channel.stderr.on('data', (piece: Buffer) => {
    tail = Buffer.concat([tail, piece]).subarray(-TAIL)
  })
  channel.on('error', () => undefined) // 'close' follows
  const exit = exitCodeOf(channel)
  const closed = new Promise<{ code: number | null }>((resolve) => {
    const finish = () => {
      stopListening()
      resolve({ code: exit() })
    }
    const stopListening = onAbort(channel, signal, finish)
    channel.on('close', finish)
  })
  return { output: channel, write: (bytes) => void channel.write(bytes), closed, stderrTail: () => tail.toString('utf8') }
}

function collect(stream: Readable, onLine: (line: string) => void): () => string {
  const pieces: Buffer[] = []
  const splitter = new LineSplitter()
  stream.on('data', (piece: Buffer) => {
    pieces.push(piece)
    splitter.push(piece).forEach(onLine)
  })
  return () => {
    splitter.finish().forEach(onLine)
    return Buffer.concat(pieces).toString('utf8')
  }
}

function exitCodeOf(channel: ClientChannel): () => number | null {
  let code: number | null = null
  channel.on('exit', (exitCode: number | null, name?: string) => {
    code = exitCode ?? 128 + signalNumber(name ?? '')
  })
  return () => code
}

function signalNumber(name: string): number {
  const numbers: Record<string, number> = constants.signals
  return numbers[name.startsWith('SIG') ? name : `SIG${name}`] ?? 0
}

/** On abort asks the program to end, closes the channel and calls `then`. Returns what stops listening. */
function onAbort(channel: ClientChannel, signal: AbortSignal | undefined, then: (reason: unknown) => void): () => void {
  const abort = () => {
    try {
      channel.signal('TERM')
      channel.close()
    } catch {
      // the channel is gone already
    }
    then(signal?.reason)
  }
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) queueMicrotask(abort)
  return () => signal?.removeEventListener('abort', abort)
}

/** Writes standard input and closes it. Returns what ends a stream that is still being read. */
function feed(channel: ClientChannel, stdin: RemoteOptions['stdin'], onFailure: (error: Error) => void): () => void {
  channel.on('error', () => undefined) // the program closed its input early: its exit code says why
  if (!(stdin instanceof Readable)) {
    if (stdin !== undefined) channel.end(stdin)
    return () => undefined
  }
  stdin.on('error', onFailure)
  if (stdin.errored) onFailure(stdin.errored)
  else stdin.pipe(channel)
  return () => void stdin.destroy()
}
