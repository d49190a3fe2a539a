import { apiInputs } from '@deploy-actions/digitalocean'
import {
  bool,
  duration,
  integer,
  type Log,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  secret,
  text,
  UserError,
} from '@deploy-actions/kit'
import { findHosts, type LookupAccess, type LookupPorts, type NamedHost, readLookup } from './found-hosts.ts'
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
  'digitalocean-token': secret(optionalText),
  'host-address': oneOf('public', 'private'),
  'api-url': apiInputs.apiUrl,
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
export interface ConnectionValues extends LookupAccess {
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
  if (values.host !== undefined) {
    const { host } = values
    attempt('host', () => readHosts(values as ConnectionValues, writtenLines(host)))
    attempt('host', () => lookupsIn(host))
    if (problems.length === 0 && lookupsIn(host).length > 0 && 'digitaloceanToken' in values && values.digitaloceanToken === undefined)
      problems.push(noToken(lookupsIn(host)))
  }
  if (values.sshKey !== undefined) attempt('ssh-key', () => readPrivateKey(values.sshKey as string, values.sshKeyPassphrase))
  if (values.jumpKey !== undefined) attempt('jump-key', () => readPrivateKey(values.jumpKey as string, values.jumpKeyPassphrase))
  if (values.jumpKey !== undefined && values.jumpHost === undefined) problems.push(noJumpHost)
  if (values.knownHosts !== undefined) attempt('known-hosts', () => checkKnownHosts(values, problems.length === 0))
  // Whose fingerprints they are is known when all hosts are.
  if (values.host !== undefined && values.hostFingerprint !== undefined && problems.length === 0 && lookupsIn(values.host).length === 0)
    attempt('host-fingerprint', () => hostKeysOf(values as ConnectionValues, hostLines(values.host as string)))
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

const noToken = (lookups: readonly { readonly line: string }[]): Problem => ({
  input: 'digitalocean-token',
  rule: `is required for ${lookups.map(({ line }) => `\`${line}\``).join(', ')}`,
  fix: 'Give an API token with the scopes `droplet:read` and `tag:read`, for a balancer also `load_balancer:read`. A host that has such a name is written with its domain.',
})

/** One of the hosts that a run works on. */
export interface Place {
  /** As the user wrote it; of a droplet that was found, its name and address. */
  readonly name: string
  /** The same for everybody who works on this host, however they log in: hosts are locked in the order of these. */
  readonly address: string
  /** Logs in, through `jump-host` where there is one. Root needs no sudo. @throws UserError DA-SSH-… as `connectSsh` */
  connect(log: Log): Promise<Remote>
}

/**
 * The hosts of these inputs, in their order; those that are to be found at DigitalOcean are looked for here.
 * @throws UserError DA-HOSTS-NONE, DA-HOSTS-ADDRESS, DA-HOSTS-INVALID, DA-HOST-FINGERPRINT-INVALID, DA-DO-…
 */
export async function placesOf(values: ConnectionValues, options: LookupPorts): Promise<Place[]> {
  const lines = hostLines(values.host)
  if (lookupsIn(values.host).length === 0)
    return placesAt(
      values,
      lines.map((line) => ({ line, name: line })),
      options,
    )
  const named = await findHosts(lines, values, options)
  if (values.knownHosts !== undefined)
    refuseUnknown(
      values,
      named.map(({ line }) => line),
    )
  return placesAt(values, named, options)
}

function placesAt(values: ConnectionValues, named: readonly NamedHost[], options: LookupPorts): Place[] {
  const lines = named.map(({ line }) => line)
  const { targets, jump } = readHosts(values, lines)
  const hostKeys = hostKeysOf(values, lines)
  for (const line of unusableLines(values)) options.log.warning(`known-hosts: ${line}; it is left out`)
  const key = readPrivateKey(values.sshKey, values.sshKeyPassphrase)
  const jumpKey = values.jumpKey === undefined ? key : readPrivateKey(values.jumpKey, values.jumpKeyPassphrase)
  return targets.map((target, index) => ({
    name: named[index]?.name as string,
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
  if (hostsAreRight && values.host !== undefined) refuseUnknown(values as ConnectionValues, writtenLines(values.host))
  else parseKnownHosts(values.knownHosts as string)
}

function refuseUnknown(values: ConnectionValues, lines: readonly string[]): void {
  const { targets, jump } = readHosts(values, lines)
  refuseUnusable(parseKnownHosts(values.knownHosts as string), jump === undefined ? targets : [...targets, jump])
}

const hostLines = (host: string): string[] =>
  host
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** @throws UserError DA-HOSTS-INVALID */
/**
 * For what is one host's alone, such as its data: of several, or of those that DigitalOcean finds, another one may come first tomorrow.
 * @param action what works on one
 */
export function oneHostProblems(host: string | undefined, action: string, instead: string): Problem[] {
  const lines = hostLines(host ?? '')
  return lines.length > 1
    ? [{ input: 'host', rule: `names several hosts: ${action} works on one`, fix: instead }]
    : fixedHostProblems(host, action, instead)
}

/** The same for what works on the first of several that are written out. */
export function fixedHostProblems(host: string | undefined, action: string, instead: string): Problem[] {
  const lines = hostLines(host ?? '').filter((line) => /^([^@]*@)?(droplet-tag|load-balancer):/.test(line))
  if (lines.length === 0) return []
  return [
    {
      input: 'host',
      rule: `is \`${lines[0]}\`, which may be another host tomorrow: ${action} works on one`,
      fix: `Write its address. ${instead}`,
    },
  ]
}

const lookupsIn = (host: string) => hostLines(host).flatMap((line) => readLookup(line) ?? [])

/** The lines of `host` that say themselves where the host is. */
export const writtenLines = (host: string): string[] =>
  hostLines(host).filter((line) => !/^(?:[^@]*@)?(?:droplet-tag|load-balancer):/.test(line))

function readHosts({ user, port, jumpHost }: ConnectionValues, lines: readonly string[]): { targets: Host[]; jump?: Host } {
  const targets = parseHosts(lines, { user, port })
  return { targets, ...(jumpHost !== undefined && { jump: parseHost(jumpHost, { user, port: 22 }) }) }
}

function hostKeysOf(values: ConnectionValues, hosts: readonly string[]): HostKeys {
  if (values.knownHosts !== undefined) return hostKeysByKnownHosts(parseKnownHosts(values.knownHosts))
  const { targets, jump } = readHosts(values, hosts)
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
