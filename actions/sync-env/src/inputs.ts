import { formats, parseJsonValues } from '@deploy-actions/dotenv'
import { type ConnectionValues, connectionInputs, connectionProblems } from '@deploy-actions/hosts'
import {
  bool,
  each,
  integer,
  list,
  Mistake,
  matching,
  oneOf,
  optional,
  optionalText,
  type Problem,
  type Reader,
  reader,
  requireInputs,
  secret,
  UserError,
  type Values,
} from '@deploy-actions/kit'
import { checkIdentity } from '@deploy-actions/sops'
import { type AppPlatformInputs, appPlatformInputs, appPlatformProblems } from './app-platform-inputs.ts'

const names = reader((raw) => {
  if (/^\s*(?:export\s+)?[\w.-]+\s*=/m.test(raw)) throw textBlock('keys')
  return list.read(raw)
})

/** A path and not a text: `KEY=${{ secrets.X }}` breaks with the first value that has a line end or a quote. */
const envFilePath = reader((raw) => {
  if (/[\r\n]|^[\w.-]+=/.test(raw)) throw textBlock('env-file')
  if (/^\/|(^|\/)\.\.(\/|$)/.test(raw)) throw new Mistake('must be a path in the repository')
  return raw
})

function textBlock(input: string): UserError {
  const hint =
    'A value with a line end or a quote would break such a text. Put each value under `env:` of the step (`DATABASE_URL: ${{ secrets.DATABASE_URL }}`) and its name into `keys`.'
  return new UserError('DA-ENV-TEXT-BLOCK', `\`${input}\` has a text of KEY=value lines`, { hint })
}

const jsonValues: Reader<Map<string, string>> = reader((raw) => {
  if (/^\s*(?:export\s+)?[\w.-]+=/.test(raw))
    throw new Mistake('is a text of KEY=value lines, not JSON', 'Put each value under `env:` of the step and its name into `keys`.')
  try {
    return parseJsonValues(raw)
  } catch (error) {
    throw new Mistake(`is wrong: ${(error as UserError).message}`, (error as UserError).hint)
  }
})

const path = matching(
  /^(?!.*(?:^|\/)\.\.?(?:\/|$))(?:\/|(?=[\w.]))[A-Za-z0-9._/@-]*[A-Za-z0-9_-]$/,
  'must be a path of letters, digits, `.`, `_`, `-`, without `..`',
)
const owner = matching(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/, 'must be `user` or `user:group`')
const mode = reader((raw) => {
  if (!/^0?[0-7]{3}$/.test(raw)) throw new Mistake('must be three octal digits, such as 0600')
  if (/[2367]$/.test(raw) || raw.endsWith('4') || raw.endsWith('5') || raw.endsWith('1'))
    throw new Mistake('lets everybody on the host at the file', 'Write 0600, or 0640 with `owner: user:group`.')
  return raw.slice(-3)
})
const ageKeys = reader((raw) => {
  const lines = raw.split(/\r?\n/).map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  for (const key of keys) checkIdentity(key)
  return keys
})
const namesOrPrefixes = each(matching(/^[A-Za-z0-9_.-]+\*?$/, 'must be a name, or a prefix with `*` at its end'))

const patterns: Reader<readonly string[]> = { read: (raw) => namesOrPrefixes.read(list.read(raw).join('\n')) }
const repository = matching(/^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._-]+$/, 'must be `owner/name`')

/** The inputs in the order of action.yml. */
export const inputs = {
  target: oneOf('compose-ssh', 'github', 'app-platform'),
  ...connectionInputs,
  host: optional(connectionInputs.host),
  'ssh-key': secret(optionalText),
  keys: names,
  values: secret(optional(jsonValues)),
  'env-file': optional(envFilePath),
  'env-file-format': oneOf(...formats),
  'age-key': secret(optional(ageKeys)),
  template: optional(envFilePath),
  'unknown-keys': oneOf('refuse', 'allow'),
  'allow-empty': list,
  environment: optionalText,
  path: optional(path),
  format: oneOf(...formats),
  owner: optional(owner),
  mode,
  prune: patterns,
  keep: integer({ min: 1, max: 100 }),
  rotated: list,
  apply: bool,
  'github-token': secret(optionalText),
  repository: optional(repository),
  variables: patterns,
  ...appPlatformInputs,
}

export type SyncEnvInputs = Values<typeof inputs>

export const outputs = ['status', 'added', 'changed', 'removed', 'unchanged', 'stale', 'release-id']

/** Rules across inputs, and those that need to know where we run. */
export function check(values: Partial<SyncEnvInputs>, repository: string | undefined): Problem[] {
  return [...sourceProblems(values), ...targetProblems(values, repository)]
}

function targetProblems(values: Partial<SyncEnvInputs>, repository: string | undefined): Problem[] {
  if (values.target === 'github') return githubProblems(values, repository)
  if (values.target === 'app-platform')
    return [
      ...others(values, ['host', 'sshKey', 'path', 'owner', 'rotated'], 'compose-ssh'),
      ...appPlatformProblems(values as Partial<AppPlatformInputs>),
    ]
  return fileProblems(values, repository)
}

function sourceProblems(values: Partial<SyncEnvInputs>): Problem[] {
  const { keys, envFile } = values
  if (values.ageKey !== undefined && envFile === undefined && 'envFile' in values)
    return [
      { input: 'age-key', rule: 'is given without `env-file`, which alone it is for', fix: 'Leave it out, or name the encrypted file.' },
    ]
  if (keys?.length === 0 && values.values === undefined && envFile === undefined && 'values' in values && 'envFile' in values)
    return [
      {
        input: 'keys',
        rule: 'is empty, and so are `values` and `env-file`: there is nothing to write',
        fix: 'Name the variables that this step has under `env:`.',
      },
    ]
  return []
}

/** Of the target `compose-ssh`. */
function fileProblems(values: Partial<SyncEnvInputs>, repository: string | undefined): Problem[] {
  const problems = others(values, ['githubToken', 'repository', 'variables'], 'github')
  if (values.apply === true && values.format !== undefined && values.format !== 'compose')
    problems.push({
      input: 'apply',
      rule: `is for files that Compose reads (\`format: compose\`), and this one is for ${values.format}`,
      fix: 'Leave it out, and deploy or restart what reads the file.',
    })
  if ((values.rotated?.length ?? 0) > 0 && values.format === 'compose-interpolation')
    problems.push({
      input: 'rotated',
      rule: 'is for files whose keys services get by the same names, and Compose puts the values of this one anywhere (`format: compose-interpolation`)',
      fix: 'Leave it out: a rollback brings back what the older release was made with. After it, deploy again.',
    })
  if ('path' in values && values.path === undefined)
    problems.push({ input: 'path', rule: 'is required', fix: 'Say which file on the host to write, such as `env/backend.env`.' })
  return [
    ...problems,
    ...requireInputs(values, ['host', 'ssh-key']),
    ...connectionProblems(values as Partial<ConnectionValues>, repository),
  ]
}

/** Of the target `github`. */
function githubProblems(values: Partial<SyncEnvInputs>, repository: string | undefined): Problem[] {
  const problems = others(values, ['host', 'sshKey', 'path', 'owner', 'rotated'], 'compose-ssh')
  if (values.apply === true)
    problems.push({ input: 'apply', rule: 'is for the target `compose-ssh`', fix: 'Leave it out: jobs take the values when they begin.' })
  if ('githubToken' in values && values.githubToken === undefined)
    problems.push({
      input: 'github-token',
      rule: 'is required for the target `github`',
      fix: 'Give a token that may write environments, from a secret: `github.token` may not.',
    })
  if ('environment' in values && values.environment === undefined)
    problems.push({ input: 'environment', rule: 'is required for the target `github`', fix: 'Name the environment to write to.' })
  if ('repository' in values && (values.repository ?? repository) === undefined)
    problems.push({ input: 'repository', rule: 'is required outside of a workflow', fix: 'Write it like acme/shop.' })
  return problems
}

const INPUTS = {
  githubToken: 'github-token',
  sshKey: 'ssh-key',
  host: 'host',
  path: 'path',
  owner: 'owner',
  rotated: 'rotated',
  repository: 'repository',
  variables: 'variables',
} as const

/** What is given and would be passed over. */
function others(values: Partial<SyncEnvInputs>, names: readonly (keyof typeof INPUTS)[], target: string): Problem[] {
  const given = names.filter((name) => values[name] !== undefined && String(values[name]) !== '')
  return given.map((name) => ({
    input: INPUTS[name],
    rule: `is for the target \`${target}\`, and this one is \`${values.target}\``,
    fix: 'Leave it out, or correct `target`.',
  }))
}
