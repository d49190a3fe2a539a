import type { RegistryLogin } from '@deploy-actions/registry'
import type { BuildInputs } from './inputs.ts'

const GHCR = 'ghcr.io'

/**
 * The login for `registry`; else what an earlier step logged in with; and for ghcr.io, where nobody did, the workflow's own token, which goes nowhere else.
 * @param stored logins in the user's configuration of docker
 * @param made what DigitalOcean handed out for this step
 */
export function loginsOf(
  { registry, username, password, githubToken }: BuildInputs,
  actor: string | undefined,
  stored: readonly RegistryLogin[],
  made: readonly RegistryLogin[] = [],
): RegistryLogin[] {
  const user = username ?? (registry === GHCR ? (actor ?? 'token') : '')
  const own = [...(password === undefined ? [] : [{ registry, username: user, password }]), ...made]
  const others = stored.filter((login) => !own.some((one) => one.registry === login.registry))
  const hasGhcr = [...own, ...others].some((login) => login.registry === GHCR)
  const ghcr = githubToken === undefined || hasGhcr ? [] : [{ registry: GHCR, username: actor ?? 'token', password: githubToken }]
  return [...own, ...others, ...ghcr]
}

/** What the inputs are called, for messages. */
export const LOGIN_INPUTS = { username: 'username', password: 'password' }
