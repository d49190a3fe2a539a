import { list, Mistake, matching, optional, type Problem, reader, secret } from '@deploy-actions/kit'

/** Projects of one organization. */
export interface SentryProjects {
  readonly organization: string
  readonly projects: readonly string[]
}

const projects = reader((raw): SentryProjects => {
  const pairs = list.read(raw).map((one) => {
    // What Sentry allows in both names: https://docs.sentry.io/api/projects/update-a-project/
    const found = /^([a-z0-9][a-z0-9_-]{0,99})\/([a-z0-9][a-z0-9_-]{0,99})$/.exec(one)
    if (found === null)
      throw new Mistake(`has "${one}", which is no organization/project`, 'Both are as in the address of the project at Sentry.')
    return [found[1] as string, found[2] as string] as const
  })
  const organizations = new Set(pairs.map(([organization]) => organization))
  if (organizations.size !== 1)
    throw new Mistake(`has ${organizations.size} organizations`, "A release of Sentry is one organization's: name projects of one.")
  return { organization: [...organizations][0] as string, projects: pairs.map(([, project]) => project) }
})

const address = reader((raw) => {
  const url = URL.parse(raw)
  const here = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
  if (url === null || (url.protocol !== 'https:' && !(here && url.protocol === 'http:')) || url.pathname !== '/' || url.search !== '')
    throw new Mistake('must be an https address without a path', 'Write it like https://sentry.example.com, or https://de.sentry.io.')
  return url.origin
})

/** The inputs by which an action tells Sentry which release serves, in the order of action.yml. */
export const sentryInputs = {
  'sentry-projects': optional(projects),
  'sentry-auth-token': secret(optional(matching(/^[\x21-\x7e]+$/, 'must be a token, on one line and without spaces'))),
  'sentry-url': optional(address),
}

export interface SentryValues {
  readonly sentryProjects: SentryProjects | undefined
  readonly sentryAuthToken: string | undefined
  readonly sentryUrl: string | undefined
}

/** Rules across these inputs and `environment`. */
export function sentryProblems(values: Partial<SentryValues & { readonly environment: string | undefined }>): Problem[] {
  const { sentryProjects, sentryAuthToken, environment } = values
  if (!('sentryProjects' in values && 'sentryAuthToken' in values)) return []
  if (sentryProjects !== undefined) {
    const required = (input: string, value: unknown, fix: string): Problem[] =>
      value === undefined ? [{ input, rule: 'is required with `sentry-projects`', fix }] : []
    return [
      ...required(
        'sentry-auth-token',
        sentryAuthToken,
        'Give it from a secret; an empty one means that the secret is not set where this runs.',
      ),
      ...('environment' in values ? required('environment', environment, 'Sentry asks in which one the release serves.') : []),
    ]
  }
  // An address alone may stand there for other steps.
  if (sentryAuthToken === undefined) return []
  return [
    { input: 'sentry-auth-token', rule: 'is given without `sentry-projects`', fix: 'Name them like `acme/shop-web`, or leave it out.' },
  ]
}
