import { createHash } from 'node:crypto'
import { bySudo, quote } from '@deploy-actions/hosts'
import { releaseScript } from './release-script.generated.ts'

/** How a session is opened on the host. */
export interface SessionRequest {
  /**
   * `plan` changes nothing on the host and takes no lock; `candidate` leaves a prepared release where it is, `deploy` drops it. `backup-file` is no session: it
   * gives one file, and ends.
   */
  readonly mode: 'deploy' | 'candidate' | 'plan' | 'backup-file'
  /** The app's directory on the host, such as `/opt/shop`. */
  readonly directory: string
  readonly lockTimeoutMs: number
  /** Who we are, for whoever waits for our lock: the address of the workflow run, or user and machine. */
  readonly who: string
  /** Through the program that sudo lets the login user run; it does the same as the command below, as root. */
  readonly sudo?: boolean
  /** Of `backup-file`: the backup and the file. Of `deploy` and `candidate`: `turns`, where the run takes hosts out of a balancer. */
  readonly more?: readonly string[]
}

/** The agent's script with a line end at its end, which `Session.write` adds. */
export const script = releaseScript.trimEnd()

/**
 * The command that starts a session with exactly our version of the agent. The one on the host is used when it is the same, byte for byte;
 * else the host says `= need-agent`, and reads the script from standard input into a temporary file (a plan leaves nothing behind).
 */
export function sessionCommand({ mode, directory, lockTimeoutMs, who, sudo = false, more = [] }: SessionRequest): string {
  const bytes = Buffer.byteLength(script) + 1
  const digest = createHash('sha256').update(`${script}\n`).digest('hex')
  const words = [mode, directory, String(Math.ceil(lockTimeoutMs / 1000)), who, ...more]
  if (sudo) return bySudo(['session', digest, String(bytes), ...words])
  const args = ['session', ...words].map(quote).join(' ')
  const installed = quote(`${directory}/bin/release`)
  return [
    // A run that was killed while the script came leaves it behind.
    'find "${TMPDIR:-/tmp}" -maxdepth 1 -type f -name "deploy-actions-agent.*" -user "$(id -u)" -mmin +1440 -exec rm -f {} + 2>/dev/null',
    `if [ "$(sha256sum ${installed} 2>/dev/null)" = ${quote(`${digest}  ${directory}/bin/release`)} ]; then exec /bin/sh ${installed} ${args}; fi`,
    'umask 077',
    'echo "= need-agent"',
    // From here on in the agent's own words, because it is not there yet.
    `refuse() { echo "! DA-HOST-TEMP $(id -un) cannot write in \${TMPDIR:-/tmp}. See \\\`df -h \${TMPDIR:-/tmp}; ls -ld \${TMPDIR:-/tmp}\\\` on the host"; rm -f "$agent"; exit 1; }`,
    'agent=$(mktemp "${TMPDIR:-/tmp}/deploy-actions-agent.XXXXXXXX" 2>/dev/null) || refuse',
    `head -c ${bytes} 2>/dev/null >"$agent" && [ "$(wc -c <"$agent")" -eq ${bytes} ] || refuse`,
    `DEPLOY_ACTIONS_AGENT="$agent" exec /bin/sh "$agent" ${args}`,
  ].join('\n')
}
