import { judgeAdoption } from './adoption.ts'
import type { HostFacts } from './host-facts.ts'
import { judgeExternals } from './judge-externals.ts'
import { judgeLive, judgeNetworks } from './judge-live.ts'
import { judgeMemory } from './judge-memory.ts'
import { judgeTwins, orphanNotices } from './judge-orphans.ts'
import { atFirst, judgeNames, judgeSlotNames, judgeVolumes, lookalikeNotices } from './judge-others.ts'
import { judgePorts } from './judge-ports.ts'
import type { Judged, Judgement, JudgeOptions } from './judged.ts'
import { type Refusal, refusal } from './refusal.ts'

const MIN_ENGINE = [20, 10] as const
const MIN_COMPOSE = [2, 20] as const

/** What speaks against applying `plan` on a host, found before anything is touched there. */
export function judge(facts: HostFacts, plan: Judged, options: JudgeOptions): Judgement {
  const docker = judgeDocker(facts)
  // Without a working Docker nothing else could be seen.
  if (docker.length > 0) return { refusals: docker, notices: [] }
  const age = judgeAge(facts, options)
  const adoption = judgeAdoption(facts, plan, options)
  const first = atFirst(facts, [...judgeSlotNames(facts, plan, options), ...judgeVolumes(facts, plan, options)])
  const refusals = [
    ...judgeNames(facts, options),
    ...judgeLive(facts, plan, options),
    ...judgeNetworks(facts, plan, options),
    ...judgeExternals(facts, plan),
    ...judgeDisk(facts, options),
    ...judgeMemory(facts, plan, options),
    ...judgePorts(facts, plan, options),
    ...adoption.refusals,
    ...judgeTwins(facts, plan, options),
    ...first.refusals,
    ...age.refusals,
  ]
  return {
    refusals,
    notices: [
      ...adoption.notices,
      ...age.notices,
      ...first.notices,
      ...orphanNotices(facts, plan, options),
      ...lookalikeNotices(facts, plan, options),
    ],
  }
}

/** Whether the host has a Docker and a Compose that can be worked with; without them nothing else can be found out. */
export function judgeDocker({ host, user, dockerInstalled, dockerVersion, dockerError, rootless, composeVersion }: HostFacts): Refusal[] {
  if (!dockerInstalled) {
    return [
      refusal(
        'DA-HOST-DOCKER-MISSING',
        `${host} has no Docker`,
        'Install it there: https://docs.docker.com/engine/install/ (docker-ce and docker-compose-plugin).',
      ),
    ]
  }
  if (dockerVersion === undefined) return [noDaemon(host, user, dockerError ?? 'no answer')]
  if (isOlder(dockerVersion, MIN_ENGINE)) {
    return [refusal('DA-HOST-DOCKER-OLD', `${host} has Docker ${dockerVersion}; 20.10 or newer is needed`, 'Upgrade Docker on the host.')]
  }
  if (rootless === true) {
    const hint = 'Install Docker Engine for the whole host. With `sudo: true` (docs/guide-sudo.md) nobody has to log in as root for it.'
    return [
      refusal('DA-HOST-ROOTLESS', `${host} has a rootless Docker, of ${user}: its published ports hide the addresses of visitors`, hint),
    ]
  }
  if (composeVersion === undefined) {
    return [
      refusal(
        'DA-HOST-COMPOSE-OLD',
        `${host} has no Compose plugin (\`docker compose\`)`,
        'Install docker-compose-plugin 2.20 or newer on the host.',
      ),
    ]
  }
  if (!isOlder(composeVersion, MIN_COMPOSE)) return []
  return [
    refusal(
      'DA-HOST-COMPOSE-OLD',
      `${host} has Compose ${composeVersion}; 2.20 or newer is needed`,
      'Upgrade docker-compose-plugin on the host.',
    ),
  ]
}

function noDaemon(host: string, user: string, error: string): Refusal {
  if (/permission denied/i.test(error)) {
    const hint = `Add ${user} to the group docker (\`usermod -aG docker ${user}\`), set \`sudo: true\` (docs/guide-sudo.md), or log in as root.`
    return refusal('DA-HOST-DOCKER-PERMISSION', `${user} may not use Docker on ${host}: ${error}`, hint)
  }
  return refusal(
    'DA-HOST-DOCKER-PERMISSION',
    `Docker on ${host} does not answer: ${error}`,
    'Start it: `systemctl start docker`; `journalctl -u docker` says why it stopped.',
  )
}

/** `v2.26.1-4`, `20.10.24+dfsg1`; a version that cannot be read is taken as new. */
function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, a, b] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  if (a === undefined || b === undefined) return false
  return Number(a) < major || (Number(a) === major && Number(b) < minor)
}

/** Layers take about twice their compressed size while they are unpacked. */
function judgeDisk({ host, freeDocker, freeOpt }: HostFacts, { compressedBytes }: JudgeOptions): Refusal[] {
  const needed = 2 * compressedBytes
  const hint = '`df -h` and `docker system df` on the host show what takes the space; `docker image prune` frees images without a name.'
  const images =
    freeDocker !== undefined && freeDocker < needed
      ? [refusal('DA-HOST-DISK', `${host} has ${megabytes(freeDocker)} free for images; this release needs ${megabytes(needed)}`, hint)]
      : []
  const small = freeOpt !== undefined && freeOpt < SPACE_FOR_FILES
  return small
    ? [...images, refusal('DA-HOST-DISK', `${host} has ${megabytes(freeOpt)} free in /opt; ${megabytes(SPACE_FOR_FILES)} are needed`, hint)]
    : images
}

const SPACE_FOR_FILES = 50_000_000
const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1_000_000)} MB`

function judgeAge({ current }: HostFacts, { commit, commitTime, allowOlder }: JudgeOptions): Judgement {
  if (current === undefined || allowOlder || (commit !== undefined && commit === current.commit)) return { refusals: [], notices: [] }
  if (commitTime === undefined || current.commitTime === undefined) {
    return {
      refusals: [],
      notices: [`It is not known whether this commit is older than that of the live release ${current.id}: the check is left out.`],
    }
  }
  if (commitTime >= current.commitTime) return { refusals: [], notices: [] }
  const hint = 'A queued run may have finished late. Use `rollback` to go back, or set `allow-older: true`.'
  return {
    refusals: [refusal('DA-RELEASE-OLDER', `the commit of this release is older than that of the live release ${current.id}`, hint)],
    notices: [],
  }
}
