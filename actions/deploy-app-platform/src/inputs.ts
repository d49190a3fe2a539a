import { deploymentInputs, deploymentProblems, sentryInputs } from '@deploy-actions/deployments'
import { apiInputs, appProblems } from '@deploy-actions/digitalocean'
import {
  bool,
  duration,
  integer,
  lines,
  list,
  Mistake,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  passedOn,
  reader,
  secret,
  type Values,
} from '@deploy-actions/kit'
import { parseBuildRecord, parseSuppliedImages } from '@deploy-actions/release'

const specPath = reader((raw) => {
  if (/[\r\n]/.test(raw)) throw new Mistake('must be a path in the repository, not the spec itself')
  if (/^\/|(^|\/)\.\.(\/|$)/.test(raw)) throw new Mistake('must be a path in the repository')
  return raw
})

const componentName = matching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/, 'must be 2 to 32 lower-case letters, digits and `-`')

/** Null: the images are public. */
const credentials = reader((raw) => {
  const trimmed = raw.trim()
  if (trimmed === 'none') return null
  if (!/^[^:\s]+:\S+$/.test(trimmed)) throw new Mistake('must be `user:token`, or `none`')
  return trimmed
})

const uuid = matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be the id of a project')

/** The inputs in the order of action.yml. */
export const inputs = {
  'digitalocean-token': apiInputs.token,
  operation: oneOf('deploy', 'delete'),
  'app-id': apiInputs.appId,
  'app-name': apiInputs.appName,
  spec: optional(specPath),
  'spec-mode': oneOf('merge', 'replace'),
  env: list,
  build: passedOn(reader(parseBuildRecord)),
  variant: optionalText,
  images: passedOn(reader((raw) => parseSuppliedImages(lines.read(raw)))),
  'registry-credentials': secret(optional(credentials)),
  'deploy-on-push': oneOf('refuse', 'off', 'allow'),
  migrate: optionalText,
  'migrate-component': optional(componentName),
  'migrate-job': componentName,
  create: bool,
  'project-id': optional(uuid),
  preview: optional(integer({ min: 1 })),
  strict: bool,
  'allow-removal': list,
  maintenance: oneOf('as-is', 'on', 'off'),
  'database-id': apiInputs.databaseId,
  'max-age-hours': apiInputs.maxAgeHours,
  'when-busy': oneOf('wait', 'cancel', 'fail'),
  'when-pinned': oneOf('fail', 'wait', 'commit'),
  'when-superseded': oneOf('fail', 'ok'),
  'on-cancel': oneOf('leave', 'cancel'),
  'on-timeout': oneOf('leave', 'cancel'),
  timeout: duration({ min: 1_000, max: 6 * 3_600_000 }),
  'poll-interval': apiInputs.pollInterval,
  'api-url': apiInputs.apiUrl,
  'dry-run': bool,
  ...deploymentInputs,
  ...sentryInputs,
}

export type DeployInputs = Values<typeof inputs>

export const outputs = [
  ...['status', 'app-id', 'deployment-id', 'previous-deployment-id', 'live-deployment-id', 'superseded-by'],
  ...['live-url', 'release-id', 'images', 'timings'],
]

/** Rules across inputs. */
export function check(values: Partial<DeployInputs>): Problem[] {
  const problems = [...appProblems(values as Parameters<typeof appProblems>[0]), ...deploymentProblems(values)]
  const { operation, preview, spec, create } = values
  if (values.build !== undefined && values.images !== undefined)
    problems.push({ input: 'images', rule: 'and `build` are both given', fix: 'Give one of them: both say which images the release has.' })
  if (operation === 'delete' && preview === undefined && 'preview' in values)
    problems.push({
      input: 'operation',
      rule: 'is `delete` without `preview`',
      fix: 'Only previews are deleted: give the number of the pull request.',
    })
  if (preview !== undefined && values.appName === undefined && 'appName' in values)
    problems.push({
      input: 'app-name',
      rule: 'is required with `preview`',
      fix: 'The preview is called after it: `shop` makes `shop-pr-7`.',
    })
  if (preview !== undefined && values.appId !== undefined)
    problems.push({ input: 'app-id', rule: 'is given with `preview`, which is an app of its own', fix: 'Give `app-name` alone.' })
  const makes = (create === true || preview !== undefined) && operation !== 'delete'
  if (makes && spec === undefined && 'spec' in values)
    problems.push({
      input: 'spec',
      rule: 'is required for an app that is made here',
      fix: 'Give the path of its spec, such as `.do/app.yaml`.',
    })
  if (values.specMode === 'replace' && spec === undefined && 'spec' in values)
    problems.push({ input: 'spec-mode', rule: 'is `replace` without `spec`', fix: 'Give the file, or leave `spec-mode` out.' })
  return problems
}
