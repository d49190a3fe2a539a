import { duration, integer, matching, optional, type Problem, secret, text } from '@deploy-actions/kit'

const uuid = matching(
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'must be the id of an app, like `4f6c71e2-1e90-4762-9fee-6cc4a0a9f2cf`',
)

/** As the platform has it: digitalocean/openapi, app_spec. */
export const appName = matching(
  /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
  'must be 2 to 32 lower-case letters, digits and `-`, and begin with a letter',
)

const clusterId = matching(
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'must be the id of a managed database cluster, like `9cc10173-e9ea-4176-9dbc-a4cee4c4ff30`',
)

const address = matching(
  /^(?:https:\/\/[^/\s]+|http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?)$/,
  'must be an https address without a path: the token goes there',
)

/** Inputs by which every action reaches an app, by name. */
export const apiInputs = {
  token: secret(text),
  appId: optional(uuid),
  appName: optional(appName),
  databaseId: optional(clusterId),
  maxAgeHours: integer({ min: 1, max: 24 * 31 }),
  pollInterval: duration({ min: 50, max: 60_000 }),
  apiUrl: address,
}

/** One of the two has to be given. */
export function appProblems(values: { readonly appId?: string | undefined; readonly appName?: string | undefined }): Problem[] {
  if (!('appId' in values) || !('appName' in values) || values.appId !== undefined || values.appName !== undefined) return []
  return [{ input: 'app-name', rule: 'is required, or `app-id`', fix: 'Say which app it is.' }]
}
