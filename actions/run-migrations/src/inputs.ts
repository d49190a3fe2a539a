import { databaseImageInput, storeInputs, storeProblems } from '@deploy-actions/backups'
import { type ConnectionValues, connectionInputs, connectionProblems } from '@deploy-actions/hosts'
import {
  bool,
  duration,
  integer,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  requireInputs,
  secret,
  type Values,
} from '@deploy-actions/kit'
import { tools } from '@deploy-actions/migrations'
import { deployInputs } from '@deploy-actions/plan'
import { registryInputs } from '@deploy-actions/registry'

const name = (what: string) => optional(matching(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, `must be the name of ${what}`))
const folder = optional(matching(/^[A-Za-z0-9_./@-]+$/, 'must be a path of letters, digits, `.`, `_`, `-`, `@`'))
// It stands in a shell script as it is, so it is words and nothing else.
const words = optional(
  matching(
    /^[A-Za-z0-9_./@=:,+-]+( +[A-Za-z0-9_./@=:,+-]+)*$/,
    'must be plain words, such as `alembic -c db/alembic.ini`, without quotes or signs of the shell',
  ),
)
const migration = optional(matching(/^[A-Za-z0-9_.@+-]+$/, 'must be the name of a migration, such as `3f2ac81` or `shop.0004`'))
const variable = matching(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable')

/** The inputs in the order of action.yml. */
export const inputs = {
  operation: oneOf('apply', 'status', 'down'),
  tool: oneOf(...(Object.keys(tools) as [keyof typeof tools, ...(keyof typeof tools)[]])),
  'run-on': oneOf('ssh', 'runner'),
  ...connectionInputs,
  host: optional(connectionInputs.host),
  'ssh-key': secret(optionalText),
  'project-name': deployInputs['project-name'],
  'compose-file': deployInputs['compose-file'],
  profiles: deployInputs.profiles,
  files: deployInputs.files,
  build: deployInputs.build,
  variant: deployInputs.variant,
  images: deployInputs.images,
  'env-keys': deployInputs['env-keys'],
  service: name('a service of the Compose file'),
  entrypoint: bool,
  'working-directory': folder,
  command: words,
  migrations: folder,
  'database-url-env': variable,
  'database-service': name('a service of the Compose file'),
  'database-image': databaseImageInput,
  to: migration,
  'status-command': optionalText,
  'plan-command': optionalText,
  'apply-command': optionalText,
  'verify-command': optionalText,
  'down-command': optionalText,
  phase: oneOf('expand', 'contract'),
  destructive: oneOf('deny', 'warn', 'allow'),
  backup: oneOf('before', 'none'),
  ...storeInputs,
  'database-lock-timeout': duration({ min: 100, max: 600_000 }),
  'lock-retries': integer({ min: 0, max: 50 }),
  'statement-timeout': duration({ max: 24 * 3_600_000 }),
  timeout: duration({ min: 5_000, max: 6 * 3_600_000 }),
  ...registryInputs,
  'insecure-registries': deployInputs['insecure-registries'],
}

export type RunMigrationsInputs = Values<typeof inputs>

export const outputs = ['status', 'before', 'after', 'applied', 'pending-count', 'backup']

/** Rules across inputs, and those that need to know where we run. */
export function check(values: Partial<RunMigrationsInputs>, repository: string | undefined): Problem[] {
  const problems: Problem[] = [...toolProblems(values), ...commandProblems(values), ...storeProblems(values), ...backupProblems(values)]
  if (values.runOn === 'runner') return [...problems, ...runnerProblems(values)]
  if ('host' in values && values.host === undefined) problems.push(required('host', 'Give it under `with:`, or set `run-on: runner`.'))
  problems.push(...requireInputs(values, ['ssh-key']))
  if (values.build !== undefined && values.images !== undefined)
    problems.push({ input: 'images', rule: 'and `build` are both given', fix: 'Give one of them: both say which images the release has.' })
  return [...problems, ...connectionProblems(values as Partial<ConnectionValues>, repository)]
}

const required = (input: string, fix: string): Problem => ({ input, rule: 'is required', fix })

/** What this tool cannot do. */
function toolProblems({ tool, operation, to }: Partial<RunMigrationsInputs>): Problem[] {
  if (tool === undefined) return []
  const { down, stopsAt } = tools[tool] as { down?: unknown; stopsAt: boolean }
  const problems: Problem[] = []
  if (operation === 'down' && down === undefined)
    problems.push({
      input: 'operation',
      rule: `\`down\` is nothing that ${tool} can do`,
      fix: 'Go forward with a new migration, or restore a backup.',
    })
  if (operation === 'down' && to === undefined) problems.push(required('to', 'Say to which migration to go back; it stays applied.'))
  if (operation !== 'down' && to !== undefined && !stopsAt)
    problems.push({ input: 'to', rule: `is given, and ${tool} cannot stop half-way`, fix: 'Leave it out.' })
  if (tool === 'golang-migrate' && to !== undefined && !/^\d+$/.test(to))
    problems.push({ input: 'to', rule: 'must be the number of a migration', fix: 'Write its version, such as `4`.' })
  if (tool === 'django' && to !== undefined && !to.includes('.'))
    problems.push({ input: 'to', rule: 'must be `app.migration`', fix: 'Write it like `shop.0004`.' })
  return problems
}

function commandProblems(values: Partial<RunMigrationsInputs>): Problem[] {
  const { tool, operation, statusCommand, planCommand, applyCommand, downCommand } = values
  if (tool === undefined) return []
  if (tool === 'custom') {
    return [
      ...(statusCommand === undefined
        ? [required('status-command', 'It prints `current: NAME`, and `pending: NAME` for each that is not applied.')]
        : []),
      ...(applyCommand === undefined && operation === 'apply' ? [required('apply-command', 'It applies what is pending.')] : []),
      ...(downCommand === undefined && operation === 'down' ? [required('down-command', 'It goes back to `$TO`.')] : []),
    ]
  }
  const own = { 'status-command': statusCommand, 'plan-command': planCommand, 'apply-command': applyCommand, 'down-command': downCommand }
  return Object.entries(own).flatMap(([input, value]) =>
    value === undefined
      ? []
      : [{ input, rule: `is given, but ${tool} has commands of its own`, fix: 'Leave it out, or set `tool: custom`.' }],
  )
}

function backupProblems({ backup, s3Bucket }: Partial<RunMigrationsInputs>): Problem[] {
  return backup === 'none' && s3Bucket !== undefined
    ? [
        {
          input: 's3-bucket',
          rule: 'is given, and `backup: none` makes nothing that could go there',
          fix: 'Leave it out, or set `backup: before`.',
        },
      ]
    : []
}

/** There is no host that could do these. */
function runnerProblems({ backup, phase, operation, databaseService }: Partial<RunMigrationsInputs>): Problem[] {
  const problems: Problem[] = []
  if (backup === 'before' && operation !== 'status')
    problems.push({
      input: 'backup',
      rule: 'is `before`, and the runner makes none',
      fix: 'See to a backup in a step before this one, and set `backup: none`.',
    })
  if (phase === 'contract')
    problems.push({
      input: 'phase',
      rule: 'is `contract`, and the runner does not know which release is live',
      fix: 'Run it on the host (`run-on: ssh`), or with `phase: expand` and the mark `deploy-actions: expand` in the file.',
    })
  if (databaseService !== undefined)
    problems.push({ input: 'database-service', rule: 'is given, and there is no Compose project on the runner', fix: 'Leave it out.' })
  return problems
}
