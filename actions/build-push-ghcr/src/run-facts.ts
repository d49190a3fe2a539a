/** What the run knows of the commit and of what started it: from GitHub's variables and the event's file. */
export interface RunFacts {
  /** 40 hex digits. */
  readonly commit: string
  readonly committedAt: string | undefined
  /** `refs/heads/main`, `refs/tags/v1`, `refs/pull/12/merge`; empty from a shell. */
  readonly ref: string
  /** `push`, `pull_request`, `schedule`, …; empty from a shell. */
  readonly event: string
  /** Of a pull request: the branch that it is for. */
  readonly baseRef: string
  readonly defaultBranch: string | undefined
  /** `owner/name`, as GitHub spells it. */
  readonly repository: string | undefined
  readonly serverUrl: string
  /** Of the repository, for labels. */
  readonly description: string
  readonly license: string
  /** Milliseconds since 1970. */
  readonly now: number
}

interface EventFile {
  repository?: { default_branch?: string; description?: string | null; license?: { spdx_id?: string } | null }
}

export interface FactSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of the event's file, '' where there is none. */
  readonly event: string
  readonly commit: string
  readonly committedAt: string | undefined
  readonly now: number
}

export function runFacts({ env, event, commit, committedAt, now }: FactSources): RunFacts {
  const { repository } = parse(event)
  return {
    commit,
    committedAt,
    ref: env.GITHUB_REF ?? '',
    event: env.GITHUB_EVENT_NAME ?? '',
    baseRef: env.GITHUB_BASE_REF ?? '',
    defaultBranch: repository?.default_branch,
    repository: env.GITHUB_REPOSITORY,
    serverUrl: env.GITHUB_SERVER_URL ?? 'https://github.com',
    description: repository?.description ?? '',
    license: repository?.license?.spdx_id ?? '',
    now,
  }
}

function parse(text: string): EventFile {
  try {
    return (JSON.parse(text) ?? {}) as EventFile
  } catch {
    return {}
  }
}
