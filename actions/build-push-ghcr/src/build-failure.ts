import { posix } from 'node:path'
import { type ErrorCode, type FilePlace, UserError } from '@deploy-actions/kit'
import type { BuildFacts } from './progress.ts'
import type { Target } from './target.ts'

interface Kind {
  readonly code: ErrorCode
  readonly pattern: RegExp
  readonly hint: string
}

/** By what buildx and BuildKit say, the first that fits. */
const KINDS: readonly Kind[] = [
  {
    code: 'DA-BUILD-NO-DOCKERFILE',
    pattern: /failed to read dockerfile: open .*no such file/i,
    hint: 'Write the path of the Dockerfile from the top of the repository as `file`, check `context`, and run actions/checkout before this step.',
  },
  {
    code: 'DA-BUILD-CONTEXT',
    pattern:
      /unable to prepare context|path ".*" not found|failed to load git source|could not read from remote repository|failed to stat/i,
    hint: 'Write `context`, `build-contexts` and `secret-files` from the top of the repository, and run actions/checkout before this step. A private git repository needs a secret `GIT_AUTH_TOKEN`.',
  },
  {
    code: 'DA-BUILD-TARGET',
    pattern: /target stage ".*" could not be found/i,
    hint: 'Write the name of a stage (`FROM … AS name`) as `target`.',
  },
  {
    code: 'DA-DISK-FULL',
    pattern: /no space left on device|disk quota exceeded/i,
    hint: 'Free space on the machine that builds (`docker buildx prune`), or take a larger runner.',
  },
  {
    code: 'DA-BUILD-PLATFORM',
    pattern: /exec format error|exec user process caused|no match for platform|cannot be built for/i,
    hint: 'A program of another platform cannot run here. Add docker/setup-qemu-action before this step, build in a matrix of native runners (`phase: build`), or let the stage run `FROM --platform=$BUILDPLATFORM`.',
  },
  {
    code: 'DA-REGISTRY-RATE-LIMIT',
    pattern: /429 Too Many Requests|toomanyrequests/i,
    hint: 'Log in to the registry that is named (docker/login-action before this step is used as well), or run again later.',
  },
  {
    code: 'DA-REGISTRY-PUSH',
    pattern: /failed to push.*(?:insufficient_scope|denied|unauthorized|401|403)|permission_denied: write_package/i,
    hint: 'The login may not push there, or ended during the build (a GITHUB_TOKEN ends with its job). In the workflow: `permissions: packages: write`. For a package that something else created: its settings, "Manage Actions access", role Write.',
  },
  {
    code: 'DA-REGISTRY-UNREACHABLE',
    pattern: /no such host|connection refused|i\/o timeout|server gave HTTP response to HTTPS client|TLS handshake|x509:/i,
    hint: "The builder has to reach the registry too. One that speaks plain http has to stand in the builder's own configuration (`buildkitd-config` of docker/setup-buildx-action).",
  },
  {
    code: 'DA-BUILD-BASE',
    pattern: /failed to resolve source metadata|pull access denied|failed to authorize/i,
    hint: 'Check the name behind `FROM`. A private base image needs a login for its registry: docker/login-action before this step is used as well.',
  },
]

const OTHER: Omit<Kind, 'pattern'> = {
  code: 'DA-BUILD-FAILED',
  hint: 'The lines above are what the step wrote. The annotation stands at its line of the Dockerfile.',
}

/** Why an image could not be built: in our words where we know them, with the image and the line of its Dockerfile. */
export function buildFailure(target: Target, facts: BuildFacts, code: number): UserError {
  // What starts the programs of a step may say this in the step's own output.
  const foreign = facts.lastWords.find((line) => /^exec \S+: exec format error$/.test(line))
  const error = `${errorIn(facts.said) ?? `buildx ended with code ${code}`}${foreign === undefined ? '' : `: ${foreign}`}`
  const reason = error.replace(/^failed to (?:solve|build): /, '').replace(/ref [a-z0-9]+::[a-z0-9]+: /, '')
  const kind = KINDS.find(({ pattern }) => pattern.test(error)) ?? OTHER
  const at = facts.at === undefined ? undefined : placeOf(target, facts.at, error)
  const where = at === undefined ? '' : ` at ${at.file}:${at.line}`
  return new UserError(kind.code, `the image "${target.name}" cannot be built${where}: ${reason}`, {
    hint: kind.hint,
    ...(at !== undefined && { at }),
  })
}

/**
 * Whether a push failed by something that passes: the registry itself (5xx), the way there, or blobs that it has taken and does not find. The last is
 * what a registry on a plain disk says (distribution 2.8) when two pushes mount the same layer into a repository at the same moment, such as an image and its cache.
 */
export const registryFaltered = ({ said }: Pick<BuildFacts, 'said'>): boolean =>
  /failed to push.*(?:blob unknown|digest did not match|blob upload|unexpected status.*\b5\d\d\b|connection reset|broken pipe|unexpected EOF)/i.test(
    errorIn(said) ?? '',
  )

/** What buildx says last: what a registry answered can go on over several lines. */
function errorIn(said: readonly string[]): string | undefined {
  const at = said.findLastIndex((line) => line.startsWith('ERROR: '))
  if (at === -1) return said.at(-1)
  const lines = said.slice(at).filter((line) => !/^View build details|^-{5,}$/.test(line))
  return lines.join(' ').slice('ERROR: '.length)
}

/** From the top of the repository, as GitHub wants it. A Dockerfile that came as text has no file. */
export function placeOf({ wanted }: Pick<Target, 'wanted'>, { line }: FilePlace, error = ''): FilePlace | undefined {
  if (wanted.dockerfile !== undefined || isRemote(wanted.context)) return undefined
  const file = posix.normalize(wanted.file ?? posix.join(wanted.context, 'Dockerfile'))
  const [, told] = /parse error on line (\d+)/.exec(error) ?? []
  return { file, line: told === undefined ? line : Number(told) }
}

/** A git repository or an archive, and no folder of ours. */
export const isRemote = (context: string): boolean => /^(?:https?:\/\/|git@|git:\/\/|ssh:\/\/|github\.com\/)/.test(context)
