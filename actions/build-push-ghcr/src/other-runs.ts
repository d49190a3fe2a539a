import type { GitHubApi } from '@deploy-actions/github'
import { messageOf, UserError } from '@deploy-actions/kit'

interface ListedRun {
  id: number
  name?: string | null
  run_number: number
}

interface ListedJob {
  name: string
  status: string
  runner_name: string | null
}

/** Where this job runs. */
export interface Own {
  /** `owner/name` */
  readonly repository: string
  readonly run: string | undefined
  /** Name of its runner, which has one job at a time. */
  readonly runner: string | undefined
}

/** The runs of a repository that are in progress, and the other jobs of this run, in words. @throws UserError DA-DOCR-GARBAGE when GitHub does not say it */
export async function otherRuns(api: GitHubApi, { repository, run, runner }: Own): Promise<string[]> {
  const [owner = '', repo = ''] = repository.split('/')
  const all = <T>(path: string, name: string, more: object): Promise<T[]> =>
    api.all<T>(`GET /repos/{owner}/{repo}/actions/runs${path}`, name, { owner, repo, ...more }).catch(refused)
  const runs = await all<ListedRun>('', 'workflow_runs', { status: 'in_progress' })
  const jobs = run === undefined ? [] : await all<ListedJob>('/{run_id}/jobs', 'jobs', { run_id: run })
  return [
    ...runs.filter(({ id }) => String(id) !== run).map(({ name, run_number: number }) => `the run ${name ?? ''} #${number}`),
    ...jobs
      .filter(({ status, runner_name: name }) => status === 'queued' || (status === 'in_progress' && name !== runner))
      .map(({ name }) => `the job ${name} of this run`),
  ]
}

function refused(cause: unknown): never {
  throw new UserError('DA-DOCR-GARBAGE', `nothing is collected, because it is not known what else runs: ${messageOf(cause)}`, {
    hint: 'The job needs `actions: read` under `permissions:`.',
    cause,
  })
}
