import { matching, optional, optionalText, secret } from '@deploy-actions/kit'
import type { RegistryLogin } from './registry.ts'

const registryHost = matching(
  /^[a-z0-9.-]+(?::\d+)?$|^\[[0-9a-f:]+\](?::\d+)?$/i,
  'must be a registry host such as `ghcr.io` or `registry.example.com:5000`, without scheme and path',
)

/** The inputs by which every action that needs images logs in to their registry, in the order of action.yml. */
export const registryInputs = {
  registry: optional(registryHost),
  'registry-username': optionalText,
  'registry-password': secret(optionalText),
  'registry-token': secret(optionalText),
}

export interface RegistryValues {
  registry: string | undefined
  registryUsername: string | undefined
  registryPassword: string | undefined
  registryToken: string | undefined
}

const GHCR = 'ghcr.io'

/**
 * The logins that these inputs give: the one that is named, and the workflow's own token for ghcr.io, which is of no use anywhere else and goes nowhere else.
 * @param registries the registries that this run's images come from, in full (`docker.io` for Docker's own)
 */
export function registryLogins(values: RegistryValues, registries: readonly string[], actor: string | undefined): RegistryLogin[] {
  const {
    registry = registries.find((name) => name !== 'docker.io') ?? registries[0],
    registryUsername,
    registryPassword,
    registryToken,
  } = values
  const logins: RegistryLogin[] = []
  if (registry !== undefined && registryPassword !== undefined) {
    logins.push({ registry, username: registryUsername ?? (registry === GHCR ? (actor ?? 'token') : ''), password: registryPassword })
  }
  if (registryToken !== undefined && registries.includes(GHCR) && !logins.some((login) => login.registry === GHCR)) {
    logins.push({ registry: GHCR, username: actor ?? 'token', password: registryToken })
  }
  return logins
}

/** What `docker --config` reads: the logins in the form of Docker's config.json. Docker Hub has a name of its own there. */
export function dockerConfig(logins: readonly RegistryLogin[]): { auths: Record<string, { auth: string }> } {
  const entries = logins.map(({ registry, username, password }) => {
    const name = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
    return [name, { auth: Buffer.from(`${username}:${password}`).toString('base64') }] as const
  })
  return { auths: Object.fromEntries(entries) }
}
