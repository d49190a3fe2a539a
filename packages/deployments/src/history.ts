import { type GitHubApi, GitHubRefused } from '@deploy-actions/github'

/** How one commit lies to another, as GitHub says it: `ahead` has everything of the other and more. */
export type Relation = 'ahead' | 'behind' | 'identical' | 'diverged' | 'unknown'

export interface Difference {
  /** Of `head` to `base`. */
  readonly relation: Relation
  /** How many commits `head` has that `base` does not. */
  readonly count: number
  /** Of the first hundred of them, the newest first. */
  readonly commits: readonly { readonly sha: string; readonly title: string; readonly author: string }[]
  /** Paths of the files that differ; GitHub names at most 300. */
  readonly files: readonly string[]
}

export interface RunFacts {
  readonly id: number
  readonly commit: string
  readonly event: string
  /** Path of its workflow file, such as `.github/workflows/deploy.yml`. */
  readonly workflow: string
  /** `owner/name` from which its code comes: another one for a fork. */
  readonly from: string
  /** Of its first attempt: one that is run again is a later start of the same run. */
  readonly createdAt: string
}

/** What GitHub knows of commits, runs and people of a repository. */
export interface History {
  defaultBranch(): Promise<string>
  /** @param head a commit or a branch */
  compare(base: string, head: string): Promise<Difference>
  /** Id of the files of a commit: the same for two commits with the same files. Undefined: there is no such commit. */
  treeOf(commit: string): Promise<string | undefined>
  /** Undefined: there is no such run in this repository. */
  run(id: string): Promise<RunFacts | undefined>
  /** @param team `organisation/team` */
  isMember(team: string, login: string): Promise<boolean>
}

interface Compared {
  status: Relation
  ahead_by: number
  files?: { filename: string }[]
  commits: { sha: string; commit: { message: string; author: { name?: string } | null }; author: { login?: string } | null }[]
}

interface ListedRun {
  id: number
  head_sha: string
  event: string
  path: string
  head_repository: { full_name?: string } | null
  created_at: string
}

/** @param repository `owner/name` */
export function historyOf(api: GitHubApi, repository: string): History {
  const [owner = '', repo = ''] = repository.split('/')
  const here = { owner, repo }
  return {
    defaultBranch: async () => (await api.request<{ default_branch: string }>('GET /repos/{owner}/{repo}', here)).default_branch,
    async compare(base, head) {
      const route = 'GET /repos/{owner}/{repo}/compare/{basehead}'
      const found = await orNothing(api.request<Compared>(route, { ...here, basehead: `${base}...${head}`, per_page: 100 }))
      if (found === undefined) return { relation: 'unknown', count: 0, commits: [], files: [] }
      const commits = found.commits.map(({ sha, commit, author }) => {
        return { sha, title: commit.message.split('\n', 1)[0] ?? '', author: author?.login ?? commit.author?.name ?? '' }
      })
      return {
        relation: found.status,
        count: found.ahead_by,
        commits: commits.reverse(),
        files: (found.files ?? []).map(({ filename }) => filename),
      }
    },
    async treeOf(commit) {
      const route = 'GET /repos/{owner}/{repo}/git/commits/{commit_sha}'
      return (await orNothing(api.request<{ tree: { sha: string } }>(route, { ...here, commit_sha: commit })))?.tree.sha
    },
    async run(id) {
      const found = await orNothing(api.request<ListedRun>('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { ...here, run_id: id }))
      return found && runFrom(found)
    },
    async isMember(team, login) {
      const [org = '', slug = ''] = team.split('/')
      const route = 'GET /orgs/{org}/teams/{team_slug}/memberships/{username}'
      const found = await orNothing(api.request<{ state: string }>(route, { org, team_slug: slug, username: login }))
      return found?.state === 'active'
    },
  }
}

function runFrom({ id, head_sha, event, path, head_repository, created_at: createdAt }: ListedRun): RunFacts {
  const from = head_repository?.full_name ?? ''
  return { id, commit: head_sha, event, workflow: path.split('@')[0] ?? '', from, createdAt }
}

/** Undefined where GitHub has no such thing. */
async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof GitHubRefused && error.status === 404) return undefined
    throw error
  }
}
