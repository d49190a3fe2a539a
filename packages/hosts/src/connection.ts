import {
  bool,
  type Clock,
  duration,
  integer,
  type Log,
  matching,
  optional,
  optionalText,
  type Problem,
  secret,
  text,
  UserError,
} from '@deploy-actions/kit'
import { type Host, nameOf, parseHost, parseHosts } from './host.ts'
import { hostKeysByFingerprint, parseHostFingerprints } from './host-fingerprints.ts'
import type { HostKeys } from './host-keys.ts'
import { hostKeysByKnownHosts, parseKnownHosts, refuseUnusable } from './known-hosts.ts'
import { connectSsh } from './node-ssh.ts'
import { readPrivateKey } from './private-key.ts'
import type { Remote } from './remote.ts'

const appName = matching(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, `_` and `-`, and begin with a letter or digit')
const directory = matching(
  /^\/(?!.*(?:^|\/)\.\.?(?:\/|$))[A-Za-z0-9._/-]*[A-Za-z0-9_-]$/,
  'must be an absolute path of letters, digits, `.`, `_`, `-`',
)
const userName = matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'must be a user name')

/** The inputs by which every action that works on a host finds it, in the order of action.yml. */
export const connectionInputs = {
  host: text,
  user: userName,
  port: integer({ min: 1, max: 65_535 }),
  sudo: bool,
  'ssh-key': secret(),
  'ssh-key-passphrase': secret(optionalText),
  'known-hosts': optionalText,
  'host-fingerprint': optionalText,
  'jump-host': optionalText,
  'jump-key': secret(optionalText),
  'jump-key-passphrase': secret(optionalText),
  app: optional(appName),
  directory: optional(directory),
  'lock-timeout': duration({ max: 6 * 3_600_000 }),
  'dry-run': bool,
}

/** What `connectionInputs` read. */
export interface ConnectionValues {
  host: string
  user: string
  port: number
  sudo: boolean
  sshKey: string
  sshKeyPassphrase: string | undefined
  knownHosts: string | undefined
  hostFingerprint: string | undefined
  jumpHost: string | undefined
  /** Undefined: the same as for the host. */
  jumpKey: string | undefined
  jumpKeyPassphrase: string | undefined
  app: string | undefined
  directory: string | undefined
}

/** Rules across the connection inputs; everything that can be known before a host is asked. `repository` as for `appOf`. */
export function connectionProblems(values: Partial<ConnectionValues>, repository: string | undefined): Problem[] {
  const problems: Problem[] = []
  const attempt = (input: string, check: () => unknown) => {
    try {
      check()
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      problems.push({ input, rule: `is wrong: ${error.message}`, fix: error.hint, code: error.code })
    }
  }
  if (values.knownHosts === undefined && values.hostFingerprint === undefined) problems.push(noHostKey)
  if (appOf(values as ConnectionValues, repository).app === '') problems.push(noApp)
  if (values.host !== undefined) attempt('host', () => readHosts(values as ConnectionValues))
  if (values.sshKey !== undefined) attempt('ssh-key', () => readPrivateKey(values.sshKey as string, values.sshKeyPassphrase))
  if (values.jumpKey !== undefined) attempt('jump-key', () => readPrivateKey(values.jumpKey as string, values.jumpKeyPassphrase))
  if (values.jumpKey !== undefined && values.jumpHost === undefined) problems.push(noJumpHost)
  if (values.knownHosts !== undefined) attempt('known-hosts', () => checkKnownHosts(values, problems.length === 0))
  if (values.host !== undefined && values.hostFingerprint !== undefined && problems.length === 0)
    attempt('host-fingerprint', () => hostKeysOf(values as ConnectionValues))
  return problems
}

const noHostKey: Problem = {
  input: 'known-hosts',
  rule: 'is missing, and so is `host-fingerprint`: a host that cannot prove itself gets nothing',
  fix: "Run `ssh-keyscan HOST` from a network that you trust, compare the fingerprint with the one that the host's console shows (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), and save the line as a variable.",
}

const noApp: Problem = {
  input: 'app',
  rule: 'is required where there is no repository to take the name from',
  fix: 'Give a short name, such as `shop`.',
}

const noJumpHost: Problem = {
  input: 'jump-key',
  rule: 'is given, but no `jump-host`',
  fix: 'Name the jump host, or leave its key out.',
}

/** One of the hosts that a run works on. */
export interface Place {
  /** As the user wrote it. */
  readonly name: string
  /** The same for everybody who works on this host, however they log in: hosts are locked in the order of these. */
  readonly address: string
  /** Logs in, through `jump-host` where there is one. Root needs no sudo. @throws UserError DA-SSH-… as `connectSsh` */
  connect(log: Log): Promise<Remote>
}

/** The hosts of these inputs, in their order. */
export function placesOf(values: ConnectionValues, options: { log: Log; clock: Clock; signal: AbortSignal }): Place[] {
  const { targets, jump } = readHosts(values)
  const hostKeys = hostKeysOf(values)
  for (const line of unusableLines(values)) options.log.warning(`known-hosts: ${line}; it is left out`)
  const key = readPrivateKey(values.sshKey, values.sshKeyPassphrase)
  const jumpKey = values.jumpKey === undefined ? key : readPrivateKey(values.jumpKey, values.jumpKeyPassphrase)
  const names = hostLines(values.host)
  return targets.map((target, index) => ({
    name: names[index] as string,
    address: nameOf(target).slice(target.user.length + 1),
    connect: (log) => {
      const sudo = values.sudo && target.user !== 'root'
      return connectSsh({ ...target, key, hostKeys }, { ...options, log, sudo, ...(jump && { jump: { ...jump, key: jumpKey, hostKeys } }) })
    },
  }))
}

const unusableLines = ({ knownHosts }: ConnectionValues): readonly string[] =>
  knownHosts === undefined ? [] : parseKnownHosts(knownHosts).unusable

/** `hostsAreRight`: the hosts can be read, so it can be said whether one of them has no line. */
function checkKnownHosts(values: Partial<ConnectionValues>, hostsAreRight: boolean): void {
  const known = parseKnownHosts(values.knownHosts as string)
  if (!hostsAreRight || values.host === undefined) return
  const { targets, jump } = readHosts(values as ConnectionValues)
  refuseUnusable(known, jump === undefined ? targets : [...targets, jump])
}

const hostLines = (host: string): string[] =>
  host
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

function readHosts({ host, user, port, jumpHost }: ConnectionValues): { targets: Host[]; jump?: Host } {
  const targets = parseHosts(hostLines(host), { user, port })
  return { targets, ...(jumpHost !== undefined && { jump: parseHost(jumpHost, { user, port: 22 }) }) }
}

function hostKeysOf(values: ConnectionValues): HostKeys {
  if (values.knownHosts !== undefined) return hostKeysByKnownHosts(parseKnownHosts(values.knownHosts))
  const { targets, jump } = readHosts(values)
  const lines = (values.hostFingerprint ?? '').split(/\r?\n/).filter((line) => line.trim() !== '')
  return hostKeysByFingerprint(parseHostFingerprints(lines, jump === undefined ? targets : [...targets, jump]))
}

/** The app's name and its directory on the host. `repository` is `owner/name`, for the default. */
export function appOf(
  values: Pick<ConnectionValues, 'app' | 'directory'>,
  repository: string | undefined,
): { app: string; directory: string } {
  const app = values.app ?? defaultApp(repository)
  return { app, directory: values.directory ?? `/opt/${app}` }
}

const defaultApp = (repository = ''): string =>
  repository
    .replace(/^.*\//, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, 63)
