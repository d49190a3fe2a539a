/** What is running us: a workflow run, or a person at a terminal. */
export interface WorkflowRun {
  /** Undefined at a terminal. */
  readonly run: { readonly id: string; readonly attempt: number; readonly url: string } | undefined
  /** For whoever waits for our lock: the run's address, or user and machine. */
  readonly who: string
  /** `owner/name`. */
  readonly repository: string | undefined
  /** The commit that the workflow runs for, 40 hex digits. */
  readonly commit: string | undefined
  readonly actor: string | undefined
}

/** Reads what GitHub's runner says of the run (documented under "Variables", default environment variables). */
export function workflowRun(env: Readonly<Record<string, string | undefined>>): WorkflowRun {
  const { GITHUB_RUN_ID: id, GITHUB_REPOSITORY: repository, GITHUB_SHA: sha } = env
  const attempt = Number(env.GITHUB_RUN_ATTEMPT ?? '1')
  const url = `${env.GITHUB_SERVER_URL ?? 'https://github.com'}/${repository}/actions/runs/${id}`
  const run = id !== undefined && /^\d+$/.test(id) && repository !== undefined ? { id, attempt, url } : undefined
  return {
    run,
    who: run?.url ?? `${env.USER ?? env.LOGNAME ?? 'somebody'}@${env.HOSTNAME ?? 'a terminal'}`,
    repository,
    commit: sha !== undefined && /^[0-9a-f]{40}$/.test(sha) ? sha : undefined,
    actor: env.GITHUB_ACTOR,
  }
}
