import { environmentName } from '@deploy-actions/deployments'
import { type ConnectionValues, connectionInputs, connectionProblems } from '@deploy-actions/hosts'
import {
  bool,
  duration,
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
  text,
  type Values,
} from '@deploy-actions/kit'
import { registryInputs } from '@deploy-actions/registry'
import { parsePromotion } from './promotion.ts'

const sha = matching(/^[0-9a-f]{40}$/, 'must be a commit in full, 40 hex digits', 'Give `${{ github.sha }}`.')

const branchName = matching(/^[^\s~^:?*[\\]+$/, 'must be the name of a branch')

const workflowPaths = reader((raw) =>
  list.read(raw).map((path) => {
    if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(path))
      throw new Mistake(`has "${path}", which is no path of a workflow`, 'Write it like `.github/workflows/deploy.yml`.')
    return path
  }),
)

const people = reader((raw) =>
  list.read(raw).map((name) => {
    if (!/^[A-Za-z0-9][\w-]*(\/[a-z0-9][\w-]*)?$/.test(name))
      throw new Mistake(`has "${name}", which is no login and no team`, 'Write logins like `ann`, and teams like `acme/releases`.')
    return name
  }),
)

/** What a person typed; undefined where nobody is asked to. An empty answer is an answer, and a wrong one. */
const typed = reader((raw) => (raw === 'none' ? undefined : raw.trim()))

// Hosts are only looked at: no lock is waited for, and nothing could be done there that a dry run would leave out.
const { 'lock-timeout': _lockTimeout, 'dry-run': _dryRun, ...connection } = connectionInputs

/** The inputs in the order of action.yml. */
export const inputs = {
  phase: oneOf('plan', 'apply'),
  from: environmentName,
  to: environmentName,
  token: secret(text),
  variant: optionalText,
  promotion: passedOn(reader(parsePromotion)),
  commit: optional(sha),
  passed: oneOf('smoke', 'deploy'),
  'max-age': duration({ max: 365 * 24 * 3_600_000 }),
  branch: optional(branchName),
  creators: list,
  workflows: workflowPaths,
  approvers: people,
  confirm: typed,
  'allow-older': bool,
  force: bool,
  reason: optionalText,
  'to-app': optionalText,
  ...registryInputs,
  'insecure-registries': list,
  ...connection,
  host: optionalText,
  'ssh-key': secret(optionalText),
}

export type PromoteInputs = Values<typeof inputs>

export const outputs = ['status', 'build', 'promotion', 'code', 'commit', 'release-id', 'previous-release-id']

/** Rules across inputs, and those that need to know where we run. */
export function check(values: Partial<PromoteInputs>, repository: string | undefined): Problem[] {
  const { phase, from, to, promotion, confirm, force, reason, creators } = values
  const problems: Problem[] = []
  if (repository === undefined)
    problems.push({ input: 'token', rule: 'is of no use without a repository', fix: 'From a shell set GITHUB_REPOSITORY to `owner/name`.' })
  if (from !== undefined && from === to) problems.push({ input: 'to', rule: 'is the same environment as `from`' })
  if (phase === 'plan' && promotion !== undefined)
    problems.push({
      input: 'promotion',
      rule: 'is given with `phase: plan`, which makes a new one',
      fix: 'Leave it out, or set `phase: apply`.',
    })
  if (phase === 'apply' && promotion === undefined && confirm === undefined)
    problems.push({
      input: 'promotion',
      rule: 'is required with `phase: apply`: nobody has said what was approved',
      fix: 'Pass the output `promotion` of the plan, or ask a person for the code of the plan by `confirm`.',
    })
  if (promotion !== undefined && (promotion.from !== from || promotion.to !== to))
    problems.push({ input: 'promotion', rule: `is of ${promotion.from} to ${promotion.to}, not of ${from} to ${to}` })
  if (force === true && reason === undefined)
    problems.push({ input: 'reason', rule: 'is required with `force: true`', fix: 'Say why; it is written down where everybody sees it.' })
  if (creators?.length === 0)
    problems.push({ input: 'creators', rule: 'is empty, so nobody may have written the record', fix: 'Leave it out.' })
  return [...problems, ...hostProblems(values, repository)]
}

function hostProblems(values: Partial<PromoteInputs>, repository: string | undefined): Problem[] {
  const { host, sshKey, ...rest } = values
  if (host === undefined) return []
  const missing = sshKey === undefined ? [{ input: 'ssh-key', rule: 'is required with `host`' }] : []
  const given = { ...rest, host, ...(sshKey !== undefined && { sshKey }) } as Partial<ConnectionValues>
  return [...missing, ...connectionProblems(given, repository)]
}
