import { messageOf, UserError } from '@deploy-actions/kit'
import { type Endpoint, type Host, nameOf } from './host.ts'
import { fingerprintOf, type KeyVerdict, typeOf } from './host-keys.ts'
import { namesOf } from './known-host-names.ts'
import type { PrivateKey } from './private-key.ts'

/** Why one attempt to log in failed. */
export interface ConnectFailure {
  error: unknown
  /** The host had proved its key when it failed. */
  verified: boolean
  /** The key that the host showed and what it was worth, once it had shown one. */
  shown?: { key: Buffer; verdict: KeyVerdict }
  /** The first of what came from the host. */
  said?: string
}

const TRANSIENT = ['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']

/**
 * How often to try in all, as long as an attempt fails like this: once where the same attempt would fail again, or would be another wrong login. A host that
 * takes the connection and drops it has too many of them at the moment, so it gets more time.
 */
export function triesFor(failure: ConnectFailure): number {
  if (failure.verified || failure.shown !== undefined || isOtherService(failure)) return 1
  if (hungUp(failure)) return 5
  const { code, level, reason } = failure.error as { code?: unknown; level?: unknown; reason?: unknown }
  // A jump host reports a refused connection as reason 2.
  return (typeof code === 'string' && TRANSIENT.includes(code)) || level === 'client-timeout' || reason === 2 ? 3 : 1
}

/** No algorithm for host keys is left that both sides know. */
export const noKeyLeft = ({ error }: ConnectFailure): boolean => /no matching host key format/.test(messageOf(error))

/** It took the connection, and closed it before it had proved anything. */
const hungUp = ({ error, verified }: ConnectFailure): boolean =>
  !verified && ((error as { code?: unknown }).code === 'ECONNRESET' || /before handshake|No response from server/.test(messageOf(error)))

/** What it said before its version, without what a terminal would act on. sshd says there why it hangs up. */
const greetingOf = ({ said = '' }: ConnectFailure): string =>
  (/^(?!SSH-)[^\r\n]+/.exec(said)?.[0] ?? '')
    .replace(/[^ -~]+/g, ' ')
    .trim()
    .slice(0, 120)

const isOtherService = (failure: ConnectFailure): boolean => /^(?:HTTP\/|220[ -]|\+OK|\* OK|RFB )/.test(greetingOf(failure))

/** What to tell when logging in failed for another reason than the host's key. */
export function explainFailure(host: Host, key: PrivateKey, failure: ConnectFailure, tries: number): UserError {
  const { error: cause, verified } = failure
  const { level, code } = cause as { level?: unknown; code?: unknown }
  // Servers that count attempts hang up with a number for a reason.
  if (verified && (level === 'client-authentication' || typeof code === 'number')) return refused(host, key, cause)
  if (/no matching/.test(messageOf(cause))) return noCommonWay(host, cause)
  const { what, hint } = whyUnreachable(failure)
  const after = tries > 1 ? ` after ${tries} tries` : ''
  return new UserError('DA-SSH-UNREACHABLE', `cannot reach ${nameOf(host)}${after}: ${what}`, { hint, cause })
}

function whyUnreachable(failure: ConnectFailure): { what: string; hint: string } {
  const { error } = failure
  const { level, reason } = error as { level?: unknown; reason?: unknown }
  const greeting = greetingOf(failure)
  if (isOtherService(failure)) {
    return { what: `what answers there is no SSH server: it says "${greeting}"`, hint: 'Check `port`: it is the port of sshd, mostly 22.' }
  }
  if (hungUp(failure)) {
    const hint =
      "The host, or a firewall before it, drops logins: sshd has too many at once (`MaxStartups`), or this runner's address is banned for a while (fail2ban, `PerSourcePenalties`, `ufw limit`). `journalctl -u ssh` there says which."
    return { what: `it hangs up before it proves its key${greeting === '' ? '' : `, and says "${greeting}"`}`, hint }
  }
  if (reason === 1) {
    return {
      what: 'the jump host forwards no connections',
      hint: 'Set `AllowTcpForwarding yes` for this user in sshd_config of the jump host.',
    }
  }
  const hint = 'Check `host` and `port`, whether the host is up, and whether its firewall lets the runner in: `nc -vz <host> <port>`.'
  return { what: level === 'client-timeout' ? 'it does not answer' : messageOf(error), hint }
}

function noCommonWay(host: Host, cause: unknown): UserError {
  const hint =
    "sshd_config of the host (`KexAlgorithms`, `Ciphers`, `MACs`, `HostKeyAlgorithms`) allows none that the runner's SSH library has. Allow curve25519-sha256, aes256-gcm@openssh.com or aes256-ctr with hmac-sha2-256, and ssh-ed25519 or rsa-sha2-512 beside what is there."
  return new UserError('DA-SSH-ALGORITHMS', `${nameOf(host)} and the runner have no way to talk in common: ${messageOf(cause)}`, {
    hint,
    cause,
  })
}

function refused(host: Host, { type, fingerprint }: PrivateKey, cause: unknown): UserError {
  const hint = `Check \`user\`, and that ~${host.user}/.ssh/authorized_keys on the host has the public half (ssh-keygen -lf shows fingerprints); \`journalctl -u ssh\` there says why.`
  const words = typeof (cause as { code?: unknown }).code === 'number' ? `: ${messageOf(cause)}` : ''
  return new UserError('DA-SSH-AUTH', `${nameOf(host)} refused the key ${type} ${fingerprint}${words}`, { hint, cause })
}

/** What to tell about a host whose key is not the one that we were told. `shown`: all keys that it showed, the last with its verdict. */
export function hostKeyProblem(host: Host, shown: readonly Buffer[], verdict: KeyVerdict): UserError {
  const keys = shown.map((key) => `${typeOf(key)} ${fingerprintOf(key)}`).join(', ')
  if (verdict.state === 'unknown') {
    const { own } = namesOf(host)
    const lines = shown.map((key) => `${own[0]} ${typeOf(key)} ${key.toString('base64')}`).join('\n')
    const hint = `${scanAdvice(host)}. Only if they are the same, add the line to \`known-hosts\`:\n${lines}`
    return new UserError('DA-SSH-HOST-KEY-UNKNOWN', `nothing vouches for the key of ${nameOf(host)}, which is ${keys}`, { hint })
  }
  const expected = verdict.state === 'trusted' ? '' : verdict.expected.join(', ')
  if (verdict.state === 'revoked') {
    const hint = 'Somebody may use a stolen key. If the host still uses it, give the host a new key.'
    return new UserError('DA-SSH-HOST-KEY', `${nameOf(host)} shows a key that \`known-hosts\` marks as revoked: ${keys}`, { hint })
  }
  const types = new Set(expected.split(', ').map((one) => one.split(' ', 1)[0]))
  if (expected.includes(' ') && !shown.some((key) => types.has(typeOf(key)))) {
    const hint = `The host was asked for the types that \`known-hosts\` has, and has none of them any more: it was set up anew, or somebody sits between. ${scanAdvice(host)}; replace the old value only if they are the same.`
    return new UserError('DA-SSH-HOST-KEY', `the key of ${nameOf(host)} is not the expected one. It shows ${keys}; expected ${expected}`, {
      hint,
    })
  }
  const hint = `Either somebody sits between you and the host, or it was set up anew. ${scanAdvice(host)}; replace the old value only if they are the same.`
  return new UserError('DA-SSH-HOST-KEY', `the key of ${nameOf(host)} is not the expected one. It shows ${keys}; expected ${expected}`, {
    hint,
  })
}

function scanAdvice({ host, port }: Endpoint): string {
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${host}`
  return `Run \`${scan}\`, compare its fingerprint (\`ssh-keygen -lf -\`) with what \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` prints on the host's own console`
}

/** The connection ended while a command ran. */
export function lost(name: string, command: string, cause?: unknown): UserError {
  const hint = 'The command may have run to its end or not. Run the action again: it looks at the host first and continues or undoes.'
  return new UserError('DA-SSH-LOST', `lost the connection to ${name} while it ran: ${shortened(command)}`, { hint, cause })
}

export function shortened(command: string): string {
  const line = command.split('\n', 1)[0] ?? ''
  return line.length > 100 || line !== command ? `${line.slice(0, 100)} …` : line
}
