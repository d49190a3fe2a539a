import { type GitHubApi, GitHubRefused } from '@deploy-actions/github'
import { UserError } from '@deploy-actions/kit'

/** An environment of a repository, and how it is to be written. */
export interface GitHubRequest {
  readonly owner: string
  readonly repo: string
  readonly environment: string
  /** Names, or prefixes with `*`, of keys that are no secrets: variables, which people can read. */
  readonly variables: readonly string[]
  readonly prune: readonly string[]
  readonly dryRun: boolean
}

/** What stands in an environment now. GitHub gives its names in capitals, and no secret's value. */
export interface Standing {
  readonly secrets: readonly string[]
  readonly variables: ReadonlyMap<string, string>
}

export const PATH = '/repos/{owner}/{repo}/environments/{environment_name}'

/** @throws UserError DA-GITHUB-ENVIRONMENT */
export async function standingOf(request: GitHubRequest, api: GitHubApi): Promise<Standing> {
  const about = aboutOf(request)
  await thereIs(request, api)
  const secrets = await api.all<{ name: string }>(`GET ${PATH}/secrets`, 'secrets', about)
  const variables = await api.all<{ name: string; value: string }>(`GET ${PATH}/variables`, 'variables', about)
  return {
    secrets: secrets.map(({ name }) => name.toUpperCase()),
    variables: new Map(variables.map(({ name, value }) => [name.toUpperCase(), value])),
  }
}

export const aboutOf = ({ owner, repo, environment }: GitHubRequest) => ({ owner, repo, environment_name: environment })

/** An environment is not made here: one without its rules for reviewers and branches would give its secrets to any job. */
async function thereIs(request: GitHubRequest, api: GitHubApi): Promise<void> {
  const { owner, repo, environment } = request
  try {
    await api.request(`GET ${PATH}`, aboutOf(request))
  } catch (error) {
    if (!(error instanceof GitHubRefused) || error.status !== 404) throw error
    const all = await api
      .all<{ name: string }>('GET /repos/{owner}/{repo}/environments', 'environments', { owner, repo })
      .catch(() => undefined)
    const there =
      all === undefined
        ? 'the token sees no such repository'
        : all.length === 0
          ? 'it has none'
          : `it has ${all.map(({ name }) => name).join(', ')}`
    throw new UserError('DA-GITHUB-ENVIRONMENT', `${owner}/${repo} has no environment ${environment}: ${there}`, {
      hint: 'Make it under "Settings" → "Environments", with the rules that it is to have; or correct `environment` or `repository`.',
      cause: error,
    })
  }
}
