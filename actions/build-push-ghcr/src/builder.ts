import { type Log, UserError } from '@deploy-actions/kit'
import type { Docker } from './docker.ts'
import { dockerFailed } from './docker.ts'

export interface Builder {
  /** Undefined: the current one. */
  readonly name: string | undefined
  readonly driver: string
  /** What it builds for, its own first. */
  readonly platforms: readonly string[]
  /** Whether its BuildKit makes provenance; one that does not say its version counts as new. */
  readonly attests: boolean
}

/** The oldest buildx that reports in a form that programs can read. */
const OLDEST = [0, 13] as const

/** The BuildKit that learned to make attestations. */
const ATTESTS_SINCE = [0, 11] as const

/** A build of one's own may call itself anything; only a version that is known to be older is. `0.0` is what a build without a version says. */
function isBefore(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, found, behind] = /^(\d+)\.(\d+)/.exec(version) ?? []
  if (found === undefined || (found === '0' && behind === '0')) return false
  return Number(found) < major || (Number(found) === major && Number(behind) < minor)
}

/** The builder to use. The engine's own cannot push by digest, so one is made in its place, which `removeOwn` takes away. @throws UserError DA-BUILDX, DA-BUILDER */
export async function findBuilder(
  { docker, steady }: { docker: Docker; steady: Docker },
  wanted: string | undefined,
  ownName: string,
  log: Log,
): Promise<Builder> {
  // Both at once; the one that says more goes first.
  const [old, seen] = await Promise.allSettled([refuseOldBuildx(docker), inspect(docker, wanted)])
  if (old.status === 'rejected') throw old.reason
  if (seen.status === 'rejected') throw seen.reason
  const found = seen.value
  if (found.driver !== 'docker') return found
  if (wanted !== undefined)
    throw new UserError('DA-BUILDER', `the builder "${wanted}" is the engine's own, which cannot push by digest`, {
      hint: 'Leave `builder` out, or name one with the driver docker-container, kubernetes or remote.',
    })
  log.notice(
    "the current builder is the engine's own, which cannot push by digest: one is made for this step. With docker/setup-buildx-action before it the builder stays for all steps",
  )
  const { code, stderr } = await steady.run(['buildx', 'create', '--name', ownName, '--driver', 'docker-container', '--bootstrap'])
  if (code !== 0) throw dockerFailed(['buildx', 'create'], stderr)
  return { ...(await inspect(docker, ownName)), name: ownName }
}

export const removeOwn = (docker: Docker, ownName: string): Promise<unknown> => docker.run(['buildx', 'rm', '--force', ownName])

async function refuseOldBuildx(docker: Docker): Promise<void> {
  const { code, stdout } = await docker.run(['buildx', 'version'])
  const hint = 'Add docker/setup-buildx-action before this step, or update Docker.'
  if (code !== 0) throw new UserError('DA-BUILDX', 'docker has no buildx here', { hint })
  const [, version = ''] = /\sv?(\d+\.\d+)/.exec(stdout) ?? []
  if (!isBefore(version, OLDEST)) return
  throw new UserError('DA-BUILDX', `buildx ${version} is too old: ${OLDEST.join('.')} is the oldest that works here`, { hint })
}

async function inspect(docker: Docker, name: string | undefined): Promise<Builder> {
  const { code, stdout, stderr } = await docker.run(['buildx', 'inspect', '--bootstrap', ...(name === undefined ? [] : [name])])
  const driver = /^Driver:\s+(\S+)/m.exec(stdout)?.[1] ?? ''
  const errors = /^Error:\s+(.*)/m.exec(stdout)?.[1]
  if (code === 0 && errors === undefined) {
    const listed = /^Platforms:\s+(.*)$/m.exec(stdout)?.[1] ?? ''
    return {
      name,
      driver,
      attests: !isBefore(/^BuildKit(?: version)?:\s+v?(\S+)/im.exec(stdout)?.[1] ?? '', ATTESTS_SINCE),
      platforms: listed
        .split(',')
        .map((one) => one.trim().replace('*', ''))
        .filter(Boolean),
    }
  }
  const said = (errors ?? stderr.trim().split('\n').at(-1) ?? '').replace(/^ERROR: /, '')
  throw new UserError('DA-BUILDER', `the builder ${name === undefined ? 'that is current' : `"${name}"`} does not work: ${said}`, {
    hint: '`docker buildx ls` shows those that there are; docker/setup-buildx-action makes one.',
  })
}
