import { boxReady, prefix } from './boxes.ts'
import type { Ran } from './shell.ts'
import { must, run } from './shell.ts'

export interface ExecOptions {
  stdin?: string
  /** Another user of the box: `deploy` (in the docker group) or `nodocker` (not). Default root. */
  user?: 'root' | 'deploy' | 'nodocker'
  timeoutMs?: number
}

/** One host of the lab. `knownHosts` are lines as in known_hosts(5): ed25519 first, then ecdsa and rsa. */
export interface Box {
  name: string
  address: string
  port: number
  user: 'root'
  keyFile: string
  privateKey: string
  knownHosts: string
  /** Runs a shell command in the box, not over SSH. */
  exec(command: string, options?: ExecOptions): Promise<Ran>
  /** Power off and on; resolves when sshd and dockerd are back. `graceful` stops dockerd first, as a planned reboot does. */
  restart(options?: { graceful?: boolean }): Promise<void>
  /** SIGKILL. The box starts it again at once, or after `downForMs`; containers live on meanwhile. Resolves when it is dead. */
  killDockerd(options?: { downForMs?: number }): Promise<void>
  /** Ends every SSH session of the box the hard way; sshd itself stays. */
  killSessions(): Promise<void>
  /** Resolves when sshd and dockerd answer. */
  ready(): Promise<void>
  /** A bare host again: no containers, networks, volumes, files, left-over processes. Pulled images stay unless `images`. */
  reset(options?: { images?: boolean }): Promise<void>
}

export type BoxFacts = Pick<Box, 'name' | 'address' | 'keyFile' | 'privateKey' | 'knownHosts'>

export function openBox(facts: BoxFacts): Box {
  const container = `${prefix}-${facts.name}`
  const exec = (command: string, options: ExecOptions = {}): Promise<Ran> => {
    const user = options.user ?? 'root'
    const home = user === 'root' ? '/root' : `/home/${user}`
    const args = ['exec', '-i', '-u', user, '-e', `HOME=${home}`, '-w', home, container, 'sh', '-c', command]
    return run('docker', args, { stdin: options.stdin, timeoutMs: options.timeoutMs })
  }
  const ready = (): Promise<void> => boxReady(facts.name)
  return {
    ...facts,
    port: 22,
    user: 'root',
    exec,
    ready,
    async restart({ graceful = false } = {}) {
      await must('docker', ['restart', '-t', graceful ? '30' : '0', container])
      await ready()
    },
    async killDockerd({ downForMs = 0 } = {}) {
      const hold = downForMs > 0 ? 'touch /run/hold-docker; ' : ''
      // The pid file goes with it, so `ready` cannot take the dying daemon for the next one.
      await must('docker', [
        'exec',
        container,
        'sh',
        '-c',
        `${hold}pid=$(cat /run/docker.pid) && kill -9 "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done`,
      ])
      if (hold) await must('docker', ['exec', '-d', container, 'sh', '-c', `sleep ${downForMs / 1000}; rm -f /run/hold-docker`])
    },
    async killSessions() {
      // A session's processes are named `sshd: user@…`; the listener's name has a path instead.
      await must('docker', ['exec', container, 'sh', '-c', `pkill -9 -f '^sshd: [a-z]+(@| \\[)' || true`])
    },
    async reset({ images = false } = {}) {
      await must('docker', ['exec', container, 'box-reset', ...(images ? ['--images'] : [])])
    },
  }
}
