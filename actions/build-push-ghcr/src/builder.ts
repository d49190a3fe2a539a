import { type Log, UserError } from '@deploy-actions/kit'
import type { Docker } from './docker.ts'
import { dockerFailed } from './docker.ts'

export interface Builder {
  /** Undefined: the current one. */
  readonly name: string | undefined
  readonly driver: string
  /** What it builds for, its own first. */
  readonly platforms: readonly string[]
}

/** The oldest buildx that reports in a form that programs can read. */
const OLDEST = [0, 13] as const

/** The builder to use. The engine's own cannot push by digest, so one is made in its place, which `removeOwn` takes away. @throws UserError DA-BUILDX, DA-BUILDER */
export async function findBuilder(docker: Docker, wanted: string | undefined, ownName: string, log: Log): Promise<Builder> {
  await refuseOldBuildx(docker)
  const found = await inspect(docker, wanted)
  if (found.driver !== 'docker') return found
  if (wanted !== undefined)
    throw new UserError('DA-BUILDER', `the builder "${wanted}" is the engine's own, which cannot push by digest`, {
      hint: 'Leave `builder` out, or name one with the driver docker-container, kubernetes or remote.',
    })
  log.notice(
    "the current builder is the engine's own, which cannot push by digest: one is made for this step. With docker/setup-buildx-action before it the builder stays for all steps",
  )
  const { code, stderr } = await docker.run(['buildx', 'create', '--name', ownName, '--driver', 'docker-container', '--bootstrap'])
  if (code !== 0) throw dockerFailed(['buildx', 'create'], stderr)
  return { ...(await inspect(docker, ownName)), name: ownName }
}

export const removeOwn = (docker: Docker, ownName: string): Promise<unknown> => docker.run(['buildx', 'rm', '--force', ownName])

async function refuseOldBuildx(docker: Docker): Promise<void> {
  const { code, stdout } = await docker.run(['buildx', 'version'])
  const hint = 'Add docker/setup-buildx-action before this step, or update Docker.'
  if (code !== 0) throw new UserError('DA-BUILDX', 'docker has no buildx here', { hint })
  const [, major, minor] = /\sv?(\d+)\.(\d+)/.exec(stdout) ?? []
  // A build of one's own may call itself anything; only a version that is known to be too old is refused.
  if (major === undefined || Number(major) > OLDEST[0] || Number(minor) >= OLDEST[1]) return
  throw new UserError('DA-BUILDX', `buildx ${major}.${minor} is too old: ${OLDEST.join('.')} is the oldest that works here`, { hint })
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
