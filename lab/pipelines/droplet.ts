import { randomBytes } from 'node:crypto'
import { reachesLoopback } from '../build/build-stage.ts'
import type { Box } from '../lab.ts'
import type { Stage } from '../scenarios/stage.ts'
import { sudoSetUp, sudoTakeDown } from '../scenarios/sudo-user.ts'
import { LabError } from '../shell.ts'

/** A host that belongs to one environment of a repository: with a key of its own, and a user who may run the agent by sudo and nothing else. */
export interface Droplet {
  readonly environment: string
  readonly stage: Stage
  /** Below it are `/`, `/slow` and `/echo` of the app. */
  readonly loadAt: string
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  /** Texts that nobody but this environment may ever see. */
  readonly hidden: readonly string[]
  /** Images of what runs, by digest. */
  images(): Promise<string[]>
  /** Files below the folders that a run may write to which have one of these texts. */
  filesWith(texts: readonly string[]): Promise<string[]>
  close(): Promise<void>
}

export interface DropletOptions {
  readonly loadAt: string
  /** Who logs in; anybody but root gets sudo for the agent. */
  readonly user: 'root' | 'nodocker'
  readonly vars?: Readonly<Record<string, string>>
  /** What the app's env file gets; `hidden` values come here. */
  readonly values: (password: string) => Readonly<Record<string, string>>
  /** More secrets beside the key and `APP_ENV`. */
  readonly secrets?: (password: string) => Readonly<Record<string, string>>
}

/** @param loopback the registry, as this machine and then also the host calls it */
export async function openDroplet(environment: string, stage: Stage, loopback: string, options: DropletOptions): Promise<Droplet> {
  const { box, lab } = stage
  const { user } = options
  await box.reset()
  if (user !== 'root') await must(box, sudoSetUp())
  const forgetRegistry = await reachesLoopback(box, loopback, lab.registry.address)
  // The lab has no Docker Hub: its Caddy lies on the host under the name that the actions take by default.
  await must(box, `docker pull -q ${lab.edgeImage} && docker tag ${lab.edgeImage} caddy:2`)
  const key = await ownKey(box, user, environment)
  const password = `${environment}-${randomBytes(16).toString('hex')}`
  return {
    ...{ environment, stage, loadAt: options.loadAt },
    vars: { DEPLOY_HOST: `${user}@${box.address}`, DEPLOY_KNOWN_HOSTS: box.knownHosts, ...options.vars },
    secrets: { DEPLOY_SSH_KEY: key, APP_ENV: JSON.stringify(options.values(password)), ...options.secrets?.(password) },
    // Of a key the lines in which no two are the same.
    hidden: [password, ...key.split('\n').slice(2, 4)],
    images: async () => (await must(box, IMAGES)).split(/\s+/).filter((reference) => reference !== ''),
    async filesWith(texts) {
      const stdin = `${texts.join('\n')}\n`
      const found = await box.exec('cat >/run/texts; grep -rlFf /run/texts /opt /srv /root /home /tmp /var/tmp /var/log; rm /run/texts', {
        stdin,
      })
      return found.stdout.split('\n').filter((line) => line !== '')
    },
    async close() {
      await must(box, `${sudoTakeDown}; sed -i '/lab-pipeline$/d' ${authorizedKeys(user)}`)
      await forgetRegistry()
      await box.reset()
    },
  }
}

const IMAGES = `docker ps --format '{{.ID}}' | xargs -r docker inspect --format '{{.Image}}' | sort -u |
  xargs -r docker image inspect --format '{{join .RepoDigests " "}}'`

/** A new key that opens this host alone. */
async function ownKey(box: Box, user: string, environment: string): Promise<string> {
  const file = `/run/key-${environment}`
  const made = `ssh-keygen -q -t ed25519 -N '' -C lab-pipeline -f ${file} && cat ${file}.pub >>${authorizedKeys(user)}`
  return `${await must(box, `rm -f ${file} ${file}.pub; ${made} && cat ${file} && rm -f ${file} ${file}.pub`)}\n`
}

const authorizedKeys = (user: string): string => `${user === 'root' ? '/root' : `/home/${user}`}/.ssh/authorized_keys`

async function must(box: Box, command: string): Promise<string> {
  const { code, stdout, stderr } = await box.exec(command)
  if (code !== 0) throw new LabError(`${box.name} is not set up, \`${command.slice(0, 80)}\` ended with ${code}: ${stdout}${stderr}`)
  return stdout.trim()
}
