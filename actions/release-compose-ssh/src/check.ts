import { check as checkDeploy } from '@deploy-actions/deploy-compose-ssh/part'
import type { Problem } from '@deploy-actions/kit'
import { check as checkMigrations } from '@deploy-actions/run-migrations/part'
import { check as checkSmoke } from '@deploy-actions/smoke-test/part'
import { check as checkEnv } from '@deploy-actions/sync-env/part'
import type { ReleaseInputs } from './inputs.ts'
import { migrationInputs, smokeInputs } from './part-inputs.ts'

type Given = Partial<ReleaseInputs>
type World = Parameters<typeof checkSmoke>[1]

/** Whether an env file is to be written. */
export const writesEnv = ({ keys = [], values, envFile }: Given): boolean =>
  keys.length > 0 || values !== undefined || envFile !== undefined

/** What is wrong with the inputs of all parts, each rule as the part has it; a rule that several have is told once. */
export function check(given: Given, world: World): Problem[] {
  const problems = [
    ...checkDeploy({ ...given, phase: 'all' }, world.repository),
    ...envProblems(given, world.repository),
    ...migrationProblems(given, world.repository),
    ...smokeProblems(given, world),
  ]
  const key = ({ input, rule }: Problem) => `${input} ${rule}`
  return problems.filter((problem, at) => problems.findIndex((other) => key(other) === key(problem)) === at)
}

function envProblems(given: Given, repository: string | undefined): Problem[] {
  const { path, template, ageKey, owner, prune, rotated, allowEmpty } = given
  if (!writesEnv(given) && path === undefined && template === undefined && ageKey === undefined) {
    if (!('keys' in given && 'values' in given && 'envFile' in given)) return []
    return without('keys`, `values` or `env-file', 'Say what is written, or leave it out.', {
      ...{ owner, prune, rotated },
      'allow-empty': allowEmpty,
    })
  }
  const { variables: _ofSmoke, ...others } = given
  return checkEnv({ ...others, target: 'compose-ssh', apply: false }, repository)
}

function migrationProblems(given: Given, repository: string | undefined): Problem[] {
  const { tool } = given
  if (tool !== undefined) return checkMigrations(migrationInputs(given, tool), repository)
  if (!('tool' in given)) return []
  return without('tool', 'Say what migrates, or leave it out.', {
    service: given.service,
    command: given.command,
    migrations: given.migrations,
    'working-directory': given.workingDirectory,
    entrypoint: given.entrypoint,
    'status-command': given.statusCommand,
    'plan-command': given.planCommand,
    'apply-command': given.applyCommand,
    'verify-command': given.verifyCommand,
  })
}

function smokeProblems(given: Given, world: World): Problem[] {
  const { url } = given
  if (url === undefined) {
    if (!('url' in given)) return []
    const version = given.expectVersion
    return without('url', 'Say which address is asked, or leave it out.', {
      checks: given.checks,
      variables: given.variables,
      'smoke-env-keys': given.smokeEnvKeys,
      'expect-version': version,
      resolve: given.resolve,
      'tls-ca': given.tlsCa,
      junit: given.junit,
      'report-directory': given.reportDirectory,
    })
  }
  const here: Readonly<Record<string, string>> = { 'env-keys': 'smoke-env-keys', timeout: 'smoke-timeout' }
  return checkSmoke(smokeInputs(given, url), world).map((problem) => ({ ...problem, input: here[problem.input] ?? problem.input }))
}

/** What is given, and would be passed over because its part is left out. */
function without(needed: string, fix: string, given: Readonly<Record<string, unknown>>): Problem[] {
  const names = Object.keys(given).filter((name) => isGiven(given[name]))
  return names.map((input) => ({ input, rule: `is given without \`${needed}\`, and so would be passed over`, fix }))
}

/** A list that is left out is empty, and a switch is off. */
function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (value instanceof Map) return value.size > 0
  return value !== undefined && value !== false
}
