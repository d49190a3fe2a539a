import { UserError } from '@deploy-actions/kit'

/** GitHub's REST API. In tests: `octokitApi` against a fake of the endpoints. */
export interface GitHubApi {
  /**
   * @param route method and path as GitHub's documentation writes it, such as `GET /repos/{owner}/{repo}`
   * @returns the answer's JSON
   * @throws GitHubRefused, UserError DA-GITHUB-UNREACHABLE
   */
  request<T>(route: string, parameters: Readonly<Record<string, unknown>>): Promise<T>
  /** All pages of a list, which is called `name` in the answer. */
  all<T>(route: string, name: string, parameters: Readonly<Record<string, unknown>>): Promise<T[]>
}

/** GitHub answered, and said no. */
export class GitHubRefused extends UserError {
  readonly status: number
  constructor(status: number, route: string, said: string) {
    const denied = status === 401 || status === 403
    super(denied ? 'DA-GITHUB-TOKEN' : 'DA-GITHUB-API', `GitHub answered ${status} to ${route}: ${said}`, {
      hint: denied
        ? 'The token has to be one that may do this: `github.token` of a job may not write secrets or variables. Give a fine-grained token or one of a GitHub App.'
        : 'githubstatus.com tells of outages. Otherwise what GitHub says is the thing to mend.',
    })
    this.status = status
  }
}
