import { Readable } from 'node:stream'
import { UserError } from '@deploy-actions/kit'
import type { NodeSSH } from 'node-ssh'
import type { Client, ClientChannel } from 'ssh2'
import { programOn, runOn, sessionOn } from './channel.ts'
import { lost, shortened } from './connect-failure.ts'
import type { Remote, RemoteOptions, Session } from './remote.ts'
import { anyShell } from './shell-quote.ts'

export interface RemoteOver {
  name: string
  ssh: NodeSSH
  sudo: boolean
  /** Ends the connection. */
  close: () => void
}

/** A host that does not answer any more, or that works on by itself, is left. */
const PARTING_MS = 2_000

/** The port Remote over a connection that is logged in. */
export function remoteOver({ name, ssh, sudo, close }: RemoteOver): Remote {
  const sessions = new Set<Session>()
  let parting: Promise<void> | undefined
  const part = async () => {
    try {
      for (const session of sessions) session.end()
      await within(PARTING_MS, Promise.all([...sessions].map(({ closed }) => closed)))
    } finally {
      close()
    }
  }
  const run = async (command: string, options: RemoteOptions = {}) => {
    options.signal?.throwIfAborted()
    if (options.stdin instanceof Readable) options.stdin.on('error', () => undefined) // it may fail before the channel is open
    // Without input the channel's own stays open: a signal cannot be sent through a channel whose input is closed.
    const line = options.stdin === undefined ? `${anyShell(command)} </dev/null` : anyShell(command)
    const { code, stdout, stderr } = await start({ name, ssh, command, line }, (channel) => runOn(channel, options))
    // ssh2 reports the end of a channel without an exit code, and no error, when the connection dies.
    if (code === null) throw lost(name, command)
    return { code, stdout, stderr }
  }
  return {
    name,
    sudo,
    run,
    async session(command, { signal } = {}) {
      signal?.throwIfAborted()
      // What the shell's own files print may lack its line end; the first line of the program must not stick to it.
      const line = anyShell(`echo\n${command}`)
      const session = await start({ name, ssh, command, line }, (channel) => sessionOn(channel, signal))
      sessions.add(session)
      void session.closed.then(() => sessions.delete(session))
      return session
    },
    async program(command, { signal } = {}) {
      signal?.throwIfAborted()
      return start({ name, ssh, command, line: anyShell(`echo\n${command}`) }, (channel) => programOn(channel, signal))
    },
    close: () => (parting ??= part()),
  }
}

function within(ms: number, work: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  return Promise.race([work, over]).finally(() => clearTimeout(timer))
}

interface Start {
  name: string
  ssh: NodeSSH
  /** As the caller wrote it, for messages. */
  command: string
  /** As it is sent. */
  line: string
}

/**
 * Starts a command. `attach` is called in the same turn in which the channel opens: the exit code of a quick command may arrive in the same packet,
 * and an event that nobody listens to is gone.
 */
function start<T>({ name, ssh, command, line }: Start, attach: (channel: ClientChannel) => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const connection: Client | null = ssh.connection
    const fail = (cause?: unknown) => reject(isGone(ssh, cause) ? lost(name, command, cause) : refused(name, command, cause))
    if (connection === null) return fail()
    try {
      connection.exec(line, (error, channel) => (error === undefined ? resolve(attach(channel)) : fail(error)))
    } catch (error) {
      fail(error)
    }
  })
}

/** ssh2 knows that the socket has ended before it says so. */
const isGone = (ssh: NodeSSH, cause: unknown): boolean =>
  !ssh.isConnected() || (cause instanceof Error && cause.message === 'Not connected')

/** The connection stands, but the host starts no program: too many sessions, or an account that may not. */
function refused(name: string, command: string, cause: unknown): UserError {
  const hint = 'The account may be restricted (a forced command, no shell), or sshd allows too few sessions (`MaxSessions`).'
  return new UserError('DA-SSH-EXEC', `${name} does not start commands; the first was: ${shortened(command)}`, { hint, cause })
}
