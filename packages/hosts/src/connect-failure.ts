import { messageOf, UserError } from '@deploy-actions/kit'
import { type Endpoint, type Host, nameOf } from './host.ts'
import { fingerprintOf, type KeyVerdict, typeOf } from './host-keys.ts'
import type { PrivateKey } from './private-key.ts'

/** Why one attempt to log in failed. */
export interface ConnectFailure {
  error: unknown
  /** The host had proved its key when it failed. */
  verified: boolean
  /** The key that the host showed and what it was worth, once it had shown one. */
  shown?: { key: Buffer; verdict: KeyVerdict }
}

const TRANSIENT = ['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']

/** Whether the same attempt may work in a moment: the host did not answer, and nothing was refused. */
export function isTransient({ error, verified, shown }: ConnectFailure): boolean {
  if (verified || shown !== undefined) return false
  const { code, level, reason } = error as { code?: unknown; level?: unknown; reason?: unknown }
  // A jump host reports a refused connection as reason 2.
  return (
    (typeof code === 'string' && TRANSIENT.includes(code)) ||
    level === 'client-timeout' ||
    reason === 2 ||
    /before handshake/.test(messageOf(error))
  )
}

/** No algorithm for host keys is left that both sides know. */
export const noKeyLeft = ({ error }: ConnectFailure): boolean => /no matching host key format/.test(messageOf(error))

/** What to tell when logging in failed for another reason than the host's key. */
export function explainFailure(host: Host, key: PrivateKey, { error, verified }: ConnectFailure, tries: number): UserError {
  const { level, code } = error as { level?: unknown; code?: unknown }
  // Servers that count attempts hang up with a number for a reason.
  if (verified && (level === 'client-authentication' || typeof code === 'number')) return refused(host, key, error)
  const said = level === 'client-timeout' ? 'it does not answer' : messageOf(error)
  const after = tries > 1 ? ` after ${tries} tries` : ''
  const hint = 'Check `host` and `port`, whether the host is up, and whether its firewall lets the runner in: `nc -vz <host> <port>`.'
  return new UserError('DA-SSH-UNREACHABLE', `cannot reach ${nameOf(host)}${after}: ${said}`, { hint, cause: error })
}

function refused(host: Host, { type, fingerprint }: PrivateKey, cause: unknown): UserError {
  const hint = `Check \`user\`, and that ~${host.user}/.ssh/authorized_keys on the host has the public half (ssh-keygen -lf shows fingerprints); \`journalctl -u ssh\` there says why.`
  return new UserError('DA-SSH-AUTH', `${nameOf(host)} refused the key ${type} ${fingerprint}`, { hint, cause })
}

/** What to tell about a host whose key is not the one that we were told. `shown`: all keys that it showed, the last with its verdict. */
export function hostKeyProblem(host: Host, shown: readonly Buffer[], verdict: KeyVerdict): UserError {
  const keys = shown.map((key) => `${typeOf(key)} ${fingerprintOf(key)}`).join(', ')
  if (verdict.state === 'unknown') {
    const hint = `${scanAdvice(host)} and add the line to \`known-hosts\`.`
    return new UserError('DA-SSH-HOST-KEY-UNKNOWN', `nothing vouches for the key of ${nameOf(host)}, which is ${keys}`, { hint })
  }
  const expected = verdict.state === 'trusted' ? '' : verdict.expected.join(', ')
  if (verdict.state === 'revoked') {
    const hint = 'Somebody may use a stolen key. If the host still uses it, give the host a new key.'
    return new UserError('DA-SSH-HOST-KEY', `${nameOf(host)} shows a key that \`known-hosts\` marks as revoked: ${keys}`, { hint })
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
