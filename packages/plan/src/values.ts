import { type Run, UserError } from '@deploy-actions/kit'

/** The values of `env-keys` from the step's environment, suspected to be secrets from here on. @throws UserError DA-ENV-KEY-MISSING naming every key that the step does not have */
export function valuesOf(keys: readonly string[], { env, secrets }: Pick<Run, 'env' | 'secrets'>): Map<string, string> {
  const missing = keys.filter((key) => env[key] === undefined)
  if (missing.length > 0) {
    throw new UserError('DA-ENV-KEY-MISSING', `\`env-keys\` names ${missing.join(', ')}, which this step does not have`, {
      hint: 'Add each under `env:` of the step, such as `DATABASE_URL: ${{ secrets.DATABASE_URL }}`.',
    })
  }
  const values = new Map(keys.map((key) => [key, env[key] as string]))
  for (const value of values.values()) secrets.suspect(value)
  return values
}
