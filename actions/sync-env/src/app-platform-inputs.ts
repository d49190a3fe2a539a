import { apiInputs, appProblems } from '@deploy-actions/digitalocean'
import {
  bool,
  duration,
  list,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  requireInputs,
  secret,
  type Values,
} from '@deploy-actions/kit'

/** Inputs of `target: app-platform`, in the order of action.yml. */
export const appPlatformInputs = {
  'digitalocean-token': secret(optionalText),
  'app-id': apiInputs.appId,
  'app-name': apiInputs.appName,
  component: optional(matching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, 'must be the name of a component of the app')),
  scope: optional(oneOf('RUN_TIME', 'BUILD_TIME', 'RUN_AND_BUILD_TIME')),
  general: list,
  resend: bool,
  timeout: duration({ min: 1_000, max: 6 * 3_600_000 }),
  'poll-interval': apiInputs.pollInterval,
  'api-url': apiInputs.apiUrl,
}

export type AppPlatformInputs = Values<typeof appPlatformInputs>

/** What that target cannot do without. */
export function appPlatformProblems(values: Partial<AppPlatformInputs>): Problem[] {
  return [...requireInputs(values, ['digitalocean-token']), ...appProblems(values as Parameters<typeof appProblems>[0])]
}
