import type { GitHubApi } from '@deploy-actions/github'
import { messageOf, UserError } from '@deploy-actions/kit'

interface ListedRun {
  id: number
  name?: string | null
  run_number: number
}

/** The runs of a repository that are in progress, in words, without this one. @param repository `owner/name` @throws UserError DA-DOCR-GARBAGE when GitHub does not say it */
export async function otherRuns(api: GitHubApi, repository: string, own: string | undefined): Promise<string[]> {
  const [owner = '', repo = ''] = repository.split('/')
  const route = 'GET /repos/{owner}/{repo}/actions/runs'
  const runs = await api.all<ListedRun>(route, 'workflow_runs', { owner, repo, status: 'in_progress' }).catch((cause: unknown) => {
    throw new UserError('DA-DOCR-GARBAGE', `nothing is collected, because it is not known what else runs: ${messageOf(cause)}`, {
      hint: 'The job needs `actions: read` under `permissions:`.',
      cause,
    })
  })
  return runs.filter(({ id }) => String(id) !== own).map(({ name, run_number: number }) => `the run ${name ?? ''} #${number}`)
}
