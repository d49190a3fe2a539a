import { UserError } from '@deploy-actions/kit'

/** The values of `env-keys` from the step's environment. @throws UserError DA-ENV-KEY-MISSING naming every key that the step does not have */
export function valuesOf(keys: readonly string[], env: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const missing = keys.filter((key) => env[key] === undefined)
  if (missing.length > 0) {
    throw new UserError('DA-ENV-KEY-MISSING', `\`env-keys\` names ${missing.join(', ')}, which this step does not have`, {
      hint: 'Add each under `env:` of the step, such as `DATABASE_URL: ${{ secrets.DATABASE_URL }}`.',
    })
  }
  return new Map(keys.map((key) => [key, env[key] as string]))
}
