import { type Log, prefixed, UserError } from '@deploy-actions/kit'
import { suits } from '@deploy-actions/registry'
import type { Builder } from './builder.ts'
import type { Target } from './target.ts'

/** What can be started here. */
export interface Machine {
  readonly builder: Pick<Builder, 'platforms'>
  /** Of the engine: `linux/amd64`. */
  readonly native: string
}

/** For which of its platforms an image is started. */
export interface PlatformStarts {
  /** It has one that this machine runs by itself. */
  readonly native: boolean
  /** By the kernel's emulation (QEMU), after its own. */
  readonly emulated: readonly string[]
  readonly left: readonly string[]
}

/**
 * The builder lists what its machine runs, with everything that is emulated there; whether that is also the engine's machine, the start shows.
 * @throws UserError DA-START-PLATFORM
 */
export function startsOf({ name, wanted }: Target, { builder, native }: Machine, log?: Log): PlatformStarts {
  const built = wanted.platforms.length > 0 ? wanted.platforms : builder.platforms.slice(0, 1)
  const { verify } = wanted
  if (verify === 'off') return { native: false, emulated: [], left: built }
  const own = built.filter((platform) => suits(platform, native) || suits(native, platform))
  const others = built.filter((platform) => !own.includes(platform))
  const emulated = verify.emulated ? others.filter((platform) => builder.platforms.some((known) => suits(known, platform))) : []
  const left = others.filter((platform) => !emulated.includes(platform))
  if (own.length === 0 && emulated.length === 0) throw unstartable(name, built, native)
  if (log !== undefined && verify.emulated && left.length > 0) prefixed(log, name).notice(notStarted(left, native))
  return { native: own.length > 0, emulated, left }
}

export const notStarted = (platforms: readonly string[], native: string): string =>
  `${platforms.join(', ')}: built, and not started, because this machine starts ${native}. With docker/setup-qemu-action before this step it is emulated; \`phase: build\` starts it on a runner of its own platform`

export const unstartable = (name: string, built: readonly string[], native: string): UserError =>
  new UserError(
    'DA-START-PLATFORM',
    `the image "${name}" is built for ${built.join(', ')}, and this machine starts ${native}: it could not be proven`,
    {
      hint: 'Build it on a runner of its platform (`phase: build` in a matrix), put docker/setup-qemu-action before this step, or write `verify: off`.',
    },
  )
