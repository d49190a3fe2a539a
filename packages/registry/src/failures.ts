import { messageOf, UserError } from '@deploy-actions/kit'
import { type ImageAddress, nameOf } from './address.ts'
import type { Requester } from './transport.ts'

export function notFound(address: ImageAddress): UserError {
  const hint =
    'Check the name and that the image was pushed. A registry that hides private images says the same to those who may not see them.'
  return new UserError('DA-REGISTRY-NOT-FOUND', `${nameOf(address)} does not exist in its registry`, { hint })
}

const INPUTS = { username: 'registry-username', password: 'registry-password' }

const who = (username: string | undefined): string => (username === undefined ? 'anonymous access' : `user "${username}"`)

/** `username` is undefined when nobody is logged in. */
export function refused({ registry, username, loginInputs = INPUTS }: Requester, repository: string): UserError {
  const needs =
    registry === 'ghcr.io'
      ? 'the permission `packages: read` (a personal token: `read:packages`), given by the package to this repository'
      : 'permission to pull'
  const hint =
    username === undefined
      ? `If the image is private, give \`${loginInputs.username}\` and \`${loginInputs.password}\`. If it should be public, check its name.`
      : `Check \`${loginInputs.username}\` and \`${loginInputs.password}\`, what the token may do, and the name of the image.`
  return new UserError('DA-REGISTRY-AUTH', `${registry} refuses ${who(username)} to read ${repository}: it needs ${needs}`, { hint })
}

/** The two reasons at GHCR look the same from outside, so both are told. */
export function refusedPush({ registry, username, loginInputs = INPUTS }: Requester, repository: string): UserError {
  const [owner = '', ...rest] = repository.split('/')
  const settings = `https://github.com/users/${owner}/packages/container/${encodeURIComponent(rest.join('/'))}/settings (or …/orgs/${owner}/…)`
  const ghcr = `Two things can be missing. In the workflow: \`permissions: packages: write\` for this job. In the package, when something else than this repository created it: ${settings}, "Manage Actions access", add this repository with the role Write. A personal token needs \`write:packages\`. A run for a pull request from a fork may never push: set \`push: false\` there.`
  const other =
    username === undefined
      ? `Give \`${loginInputs.username}\` and \`${loginInputs.password}\`.`
      : `Give \`${loginInputs.username}\` and \`${loginInputs.password}\` of somebody who may push there, and check the name of the image.`
  const needs = registry === 'ghcr.io' ? ': it needs `packages: write`' : ''
  return new UserError('DA-REGISTRY-PUSH', `${registry} refuses ${who(username)} to push ${repository}${needs}`, {
    hint: registry === 'ghcr.io' ? ghcr : other,
  })
}

export function wrongLogin({ registry, username = '', loginInputs = INPUTS }: Requester): UserError {
  const expired = `Check \`${loginInputs.username}\` and \`${loginInputs.password}\`. A GITHUB_TOKEN ends with its job; other tokens expire.`
  const hint = username === '' ? `Give the user that the password belongs to as \`${loginInputs.username}\`.` : expired
  return new UserError('DA-REGISTRY-AUTH', `${registry} does not accept the password of user "${username}"`, { hint })
}

export function unsafeRealm(registry: string, realm: string): UserError {
  const hint = 'Its set-up is wrong: the realm of its token service must be an https address.'
  return new UserError('DA-REGISTRY-AUTH', `${registry} wants the password sent to ${realm} without encryption; it was not sent`, { hint })
}

/** Whether TLS failed because the other end does not speak it; trying again cannot help then. */
export function speaksPlainHttp(problem: unknown): boolean {
  return typeof problem !== 'string' && /wrong version number|packet length too long|EPROTO/.test(reasonOf(problem))
}

export function unreachable(registry: string, problem: unknown): UserError {
  const plainHttp = speaksPlainHttp(problem)
  const reason = typeof problem === 'string' ? problem : reasonOf(problem)
  const said = plainHttp ? 'it does not speak https' : reason
  const hint = plainHttp
    ? `It speaks plain http: add it to \`insecure-registries\`.`
    : 'Check its name and whether it is up; a registry in a private network can only be reached from the host.'
  return new UserError(
    'DA-REGISTRY-UNREACHABLE',
    `cannot reach the registry ${registry}: ${plainHttp ? 'it does not speak https' : said}`,
    { hint, cause: problem },
  )
}

export function rateLimited({ registry, username, loginInputs = INPUTS }: Requester, seconds: number | undefined): UserError {
  const when = seconds === undefined ? '' : `, for another ${Math.ceil(seconds)} s`
  const hint =
    username === undefined
      ? `Log in with \`${loginInputs.username}\` and \`${loginInputs.password}\`: the limit is higher then.`
      : 'Run again later.'
  return new UserError('DA-REGISTRY-RATE-LIMIT', `${registry} answers no more requests${when}: its rate limit is reached`, { hint })
}

export function badResponse(registry: string, problem: string): UserError {
  const hint = 'Check that the address is that of an OCI registry, and that no proxy answers in its place.'
  return new UserError('DA-REGISTRY-RESPONSE', `${registry} sent something that cannot be used: ${problem}`, { hint })
}

export function wrongPlatform(address: ImageAddress, wanted: string, there: readonly string[]): UserError {
  const hint = `Build it for ${wanted}: \`platforms: ${wanted}\` in build-push-ghcr.`
  return new UserError(
    'DA-IMAGE-PLATFORM',
    `${nameOf(address)} is not built for ${wanted}; it is there for ${there.join(', ') || 'no platform'}`,
    { hint },
  )
}

/** fetch says only "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: unknown; name?: unknown }
  if (name === 'TimeoutError') return 'it does not answer in time'
  return cause === undefined ? messageOf(error) : messageOf(cause) || String((cause as { code?: unknown }).code)
}
