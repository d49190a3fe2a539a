import type { SentryProjects } from './sentry-inputs.ts'

/** Who is told, and as whom. */
export interface SentryPlace extends SentryProjects {
  readonly url: string
  readonly token: string
}

/** A release that has just come to serve. */
export interface SentryDeploy {
  /** The commit, which is also what SENTRY_RELEASE says in the containers: events and release find each other by it. */
  readonly commit: string
  /** For people. */
  readonly name: string
  readonly environment: string
  readonly repository: string | undefined
  /** Where people see how it came. */
  readonly runUrl: string | undefined
}

/**
 * Writes the release, unless it is there already, and its deploy in the environment.
 * Both calls: https://docs.sentry.io/api/releases/create-a-new-release-for-an-organization/ and …/create-a-deploy/.
 * @throws Error in words for people when Sentry takes one of them not
 * @returns what was done, for the log
 */
export async function tellSentry(deploy: SentryDeploy, place: SentryPlace, now: Date, signal: AbortSignal): Promise<string> {
  const dateReleased = now.toISOString()
  const releases = `/api/0/organizations/${place.organization}/releases/`
  const release = { version: deploy.commit, projects: place.projects, dateReleased, ...(deploy.runUrl && { url: deploy.runUrl }) }
  const commits = deploy.repository === undefined ? {} : { refs: [{ repository: deploy.repository, commit: deploy.commit }] }
  let withCommits = deploy.repository !== undefined
  let answer = await post(releases, { ...release, ...commits }, place, signal)
  // The repository is not one of those that the organization has connected: the release is worth as much without its commits.
  if (answer.status === 400 && 'refs' in answer.said) {
    withCommits = false
    answer = await post(releases, release, place, signal)
  }
  if (!answer.ok) throw refused('the release', answer)
  const { name, environment, runUrl } = deploy
  const told = await post(
    `${releases}${deploy.commit}/deploys/`,
    { environment, projects: place.projects, name: name.slice(0, 64), dateFinished: dateReleased, ...(runUrl && { url: runUrl }) },
    place,
    signal,
  )
  if (!told.ok) throw refused('the deploy', told)
  const without = `without its commits: connect ${deploy.repository} to the organization there, and Sentry knows who wrote what`
  return `is told to Sentry as ${deploy.commit} in ${environment}${withCommits ? '' : `, ${without}`}`
}

interface Answer {
  readonly ok: boolean
  readonly status: number
  /** Of another form than Sentry's: empty. */
  readonly said: Readonly<Record<string, unknown>>
}

async function post(path: string, body: unknown, { url, token }: SentryPlace, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    redirect: 'manual', // the token is for this host alone
    signal,
  })
  const said = await response.json().catch(() => undefined)
  return { ok: response.ok, status: response.status, said: typeof said === 'object' ? { ...said } : {} }
}

const HELP: Readonly<Record<number, string>> = {
  401: 'the token is not valid there; with `sentry-url` another Sentry is asked',
  403: 'the token needs the right `project:releases`, or has to be an organization token',
  404: 'there is no such organization, or the token may not see it',
}

/** Sentry says `{detail}`, or the names of fields with sentences. */
function refused(what: string, { status, said }: Answer): Error {
  const words = Object.keys(said).length === 0 ? [] : [JSON.stringify(said.detail ?? said).slice(0, 300)]
  return new Error([`it answered ${status} to ${what}`, ...[HELP[status] ?? []].flat(), ...words].join(': '))
}
