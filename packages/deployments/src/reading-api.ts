import { type GitHubApi, GitHubRefused } from '@deploy-actions/github'
import { UserError } from '@deploy-actions/kit'

/** The same, where the token only has to read: a refusal says which permissions that takes. */
export function readingApi(api: GitHubApi): GitHubApi {
  return {
    request: (route, parameters) => api.request<never>(route, parameters).catch(withPermissions),
    all: (route, name, parameters) => api.all<never>(route, name, parameters).catch(withPermissions),
  }
}

function withPermissions(error: unknown): never {
  if (!(error instanceof GitHubRefused) || error.code !== 'DA-GITHUB-TOKEN') throw error
  throw new UserError('DA-GITHUB-TOKEN', error.message, {
    hint: 'The job needs `contents: read`, `deployments: read` and `actions: read` under `permissions:`; a team in `approvers` needs a token that may read its members.',
    cause: error,
  })
}
