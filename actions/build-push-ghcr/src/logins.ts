import type { RegistryLogin } from '@deploy-actions/registry'
import type { BuildInputs } from './inputs.ts'

const GHCR = 'ghcr.io'

/** The login for `registry`, and the workflow's own token for ghcr.io, which goes nowhere else. */
export function loginsOf({ registry, username, password, githubToken }: BuildInputs, actor: string | undefined): RegistryLogin[] {
  const user = username ?? (registry === GHCR ? (actor ?? 'token') : '')
  const own = password === undefined ? [] : [{ registry, username: user, password }]
  const ghcr = githubToken !== undefined && (registry !== GHCR || password === undefined)
  return [...own, ...(ghcr ? [{ registry: GHCR, username: actor ?? 'token', password: githubToken }] : [])]
}

/** What the inputs are called, for messages. */
export const LOGIN_INPUTS = { username: 'username', password: 'password' }
