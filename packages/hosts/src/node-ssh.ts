import type { Duplex } from 'node:stream'
import type { Clock, Log } from '@deploy-actions/kit'
import { NodeSSH } from 'node-ssh'
import type { Client } from 'ssh2'
import { type ConnectFailure, explainFailure, hostKeyProblem, noKeyLeft, triesFor } from './connect-failure.ts'
import { dial } from './dial.ts'
import { type Host, nameOf } from './host.ts'
import { type HostKeys, offeredAlgorithms, SHA1, typeOf } from './host-keys.ts'
import { logInAtOnce } from './login-at-once.ts'
import { remoteOver } from './node-ssh-remote.ts'
import type { PrivateKey } from './private-key.ts'
import type { Remote } from './remote.ts'

/** A host, how to log in there, and how to know that it is the right one. */
export interface SshTarget extends Host {
  key: PrivateKey
  hostKeys: HostKeys
}

export interface ConnectOptions {
  clock: Clock
  log: Log
  /** Log in here first and go on from there. Its key is checked like the target's. */
  jump?: SshTarget
  /** See `Remote.sudo`. */
  sudo?: boolean
  signal?: AbortSignal
  /** Milliseconds for one attempt, from the first packet to the login; 20,000 when left out. */
  readyTimeout?: number
  /** From 0 to 1; spreads retries. */
  random?: () => number
}

/**
 * Logs in. Nothing but the SSH handshake is sent before the host has shown a key that `hostKeys` trusts.
 *
 * @throws UserError DA-SSH-HOST-KEY, DA-SSH-HOST-KEY-UNKNOWN, DA-SSH-AUTH or DA-SSH-UNREACHABLE; the signal's reason when it aborts
 */
export async function connectSsh(target: SshTarget, options: ConnectOptions): Promise<Remote> {
  const jump = options.jump && (await logIn(options.jump, options))
  try {
    const login = await logIn(target, options, jump?.ssh)
    const close = () => {
      hangUp(login)
      if (jump !== undefined) hangUp(jump)
    }
    return remoteOver({ name: nameOf(target), ssh: login.ssh, sudo: options.sudo ?? false, close })
  } catch (error) {
    if (jump !== undefined) hangUp(jump)
    throw error
  }
}

interface Login {
  ssh: NodeSSH
  /** What it goes over. */
  wire: Duplex
}

/** Says goodbye, and does not stay for the host's, which takes a round trip; a wire that takes no goodbye must not keep the process alive either. */
function hangUp({ ssh, wire }: Login): void {
  const drop = () => void wire.destroy()
  wire.once('finish', drop)
  ssh.dispose()
  setTimeout(drop, 2000).unref()
}

/** Tries until it works, with other key types of the host or a pause in between where that can help. */
async function logIn(target: SshTarget, options: ConnectOptions, through?: NodeSSH): Promise<Login> {
  const { clock, log, signal, random = Math.random } = options
  const shown: Buffer[] = []
  let verdict: ConnectFailure['shown']
  let old = false
  for (let tries = 1; ; ) {
    signal?.throwIfAborted()
    const algorithms = old ? [SHA1] : offeredAlgorithms(target.hostKeys.preferredTypes(target), new Set(shown.map(typeOf)))
    const outcome = await attempt(target, options, algorithms, through)
    if ('ssh' in outcome) return outcome
    signal?.throwIfAborted()
    if (outcome.shown !== undefined && outcome.shown.verdict.state !== 'trusted') {
      verdict = outcome.shown
      shown.push(verdict.key)
      const more = offeredAlgorithms([], new Set(shown.map(typeOf))).length > 0
      if (target.hostKeys.askForOtherTypes && verdict.verdict.state === 'changed' && more) continue
    }
    const untrusted = outcome.shown === verdict || noKeyLeft(outcome)
    if (verdict !== undefined && untrusted) throw hostKeyProblem(target, shown, verdict.verdict)
    if (noKeyLeft(outcome) && !old) {
      old = true
      log.warning(`${nameOf(target)} is so old that it proves its key with SHA-1 only, if at all: update its OpenSSH`)
      continue
    }
    const limit = triesFor(outcome)
    if (tries >= limit) throw explainFailure(target, target.key, outcome, tries)
    log.info(`${nameOf(target)} does not answer, trying again (${tries} of ${limit})`)
    await clock.sleep(1000 * 2 ** (tries - 1) * (0.5 + random()), signal)
    tries += 1
  }
}

async function attempt(
  target: SshTarget,
  options: ConnectOptions,
  algorithms: string[],
  through?: NodeSSH,
): Promise<Login | ConnectFailure> {
  const ssh = new NodeSSH()
  let verified = false
  let said = ''
  let shown: ConnectFailure['shown']
  const stop = () => ssh.connection?.destroy()
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    const { signal, readyTimeout = 20_000 } = options
    const wire: Duplex = await (through?.forwardOut('127.0.0.1', 0, target.host, target.port) ??
      dial(target, { timeoutMs: readyTimeout, signal }))
    wire.on('data', (piece: Buffer) => {
      if (said.length < 256) said += piece.toString('latin1')
    })
    wire.pause() // until ssh2 listens too
    const connecting = ssh.connect({
      ...loginOf(target, readyTimeout),
      sock: wire,
      algorithms: { serverHostKey: algorithms },
      hostVerifier: (key: Buffer) => {
        shown = { key, verdict: target.hostKeys.verify(target, key) }
        return shown.verdict.state === 'trusted'
      },
    })
    const client: Client | null = ssh.connection
    client?.on('error', () => undefined) // errors after the login come without a listener and would end the process
    if (client !== null) logInAtOnce(client, target.key.type)
    client?.on('handshake', () => {
      verified = true
    })
    await connecting
    return { ssh, wire }
  } catch (error) {
    ssh.connection?.destroy()
    return { error, verified, said, ...(shown && { shown }) }
  } finally {
    options.signal?.removeEventListener('abort', stop)
  }
}

/** With the key at once: asking which ways there are first would cost a round trip, and every host of ours takes keys. */
function loginOf({ host, port, user, key }: SshTarget, readyTimeout: number) {
  const login = { username: user, privateKey: key.text, authHandler: ['publickey'] }
  return { host, port, ...login, readyTimeout, keepaliveInterval: 10_000, keepaliveCountMax: 3 }
}
