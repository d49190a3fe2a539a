import { randomBytes } from 'node:crypto'
import type { Run } from '@deploy-actions/kit'
import type { SmokeInputs } from './inputs.ts'

/** What `${name}` stands for in checks: what was given, and `unique` and `now` of this run. Values of `env-keys` are secrets from here on. */
export function variablesOf(
  { variables, envKeys }: Pick<SmokeInputs, 'variables' | 'envKeys'>,
  { env, secrets, clock }: Pick<Run, 'env' | 'secrets' | 'clock'>,
): Map<string, string> {
  const secret = envKeys.map((name): [string, string] => [name, env[name] ?? ''])
  for (const [, value] of secret) secrets.add(value)
  return new Map([...variables, ...secret, ['unique', randomBytes(4).toString('hex')], ['now', new Date(clock.now()).toISOString()]])
}
