import { inputs as deploy } from '@deploy-actions/deploy-compose-ssh/part'
import { connectionInputs } from '@deploy-actions/hosts'
import { bool, oneOf, optional, type Values } from '@deploy-actions/kit'
import { inputs as migrations } from '@deploy-actions/run-migrations/part'
import { inputs as smoke } from '@deploy-actions/smoke-test/part'
import { inputs as env } from '@deploy-actions/sync-env/part'

const connectionNames = Object.keys(connectionInputs) as (keyof typeof connectionInputs)[]

/** What this action sets itself: it goes all the way, and keeps the old release warm until the verdict. */
const SET_HERE = ['phase', 'release-id', 'candidate-timeout', 'warm-previous'] as const

/** The inputs in the order of action.yml: those of the parts, by their names and with their readers. Where two parts mean different things by one name, the later has its own word before it. */
export const inputs = {
  ...connectionInputs,
  keys: env.keys,
  values: env.values,
  'env-file': env['env-file'],
  'env-file-format': env['env-file-format'],
  'age-key': env['age-key'],
  template: env.template,
  'unknown-keys': env['unknown-keys'],
  'allow-empty': env['allow-empty'],
  path: env.path,
  format: env.format,
  owner: env.owner,
  mode: env.mode,
  prune: env.prune,
  keep: env.keep,
  rotated: env.rotated,
  backup: oneOf('before', 'always', 'none'),
  tool: optional(migrations.tool),
  service: migrations.service,
  entrypoint: migrations.entrypoint,
  'working-directory': migrations['working-directory'],
  command: migrations.command,
  migrations: migrations.migrations,
  'database-url-env': migrations['database-url-env'],
  'database-service': migrations['database-service'],
  'database-image': migrations['database-image'],
  'status-command': migrations['status-command'],
  'plan-command': migrations['plan-command'],
  'apply-command': migrations['apply-command'],
  'verify-command': migrations['verify-command'],
  destructive: migrations.destructive,
  'database-lock-timeout': migrations['database-lock-timeout'],
  'lock-retries': migrations['lock-retries'],
  'statement-timeout': migrations['statement-timeout'],
  'migration-timeout': migrations.timeout,
  ...omit(deploy, [
    ...connectionNames,
    ...SET_HERE,
    'token',
    'environment',
    'environment-url',
    'sentry-projects',
    'sentry-auth-token',
    'sentry-url',
  ]),
  url: optional(smoke.url),
  checks: smoke.checks,
  variables: smoke.variables,
  'smoke-env-keys': smoke['env-keys'],
  'expect-version': smoke['expect-version'],
  'version-from': smoke['version-from'],
  'in-a-row': smoke['in-a-row'],
  'smoke-timeout': smoke.timeout,
  interval: smoke.interval,
  resolve: smoke.resolve,
  'tls-min-days': smoke['tls-min-days'],
  'tls-warn-days': smoke['tls-warn-days'],
  'tls-ca': smoke['tls-ca'],
  junit: smoke.junit,
  'report-directory': smoke['report-directory'],
  'smoke-candidate': bool,
  token: deploy.token,
  environment: deploy.environment,
  'environment-url': deploy['environment-url'],
  'sentry-projects': deploy['sentry-projects'],
  'sentry-auth-token': deploy['sentry-auth-token'],
  'sentry-url': deploy['sentry-url'],
}

export type ReleaseInputs = Values<typeof inputs>

export const outputs = [
  ...['status', 'failed-part', 'release-id', 'previous-release-id', 'images', 'hosts', 'timings'],
  ...['backup', 'applied', 'env-changed', 'verdict', 'report'],
]

function omit<S extends object, K extends keyof S>(spec: S, names: readonly K[]): Omit<S, K> {
  return Object.fromEntries(Object.entries(spec).filter(([name]) => !names.includes(name as K))) as Omit<S, K>
}
