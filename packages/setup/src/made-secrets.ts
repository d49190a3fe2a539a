import type { TemplateKey } from './env-template.ts'

/** Bytes that nobody can guess. */
export type Random = (bytes: number) => Buffer

/**
 * Commands that hand made-up secrets to GitHub by standard input, other ones for each environment. They are for the terminal alone: no file, no log.
 * What else the secret APP_ENV needs stands there to be filled in; sync-env refuses it while it has its brackets.
 */
export function madeSecrets(environments: readonly string[], keys: readonly TemplateKey[], random: Random): string[] {
  const needed = keys.filter(({ fallback, made }) => fallback === undefined || made)
  return environments.flatMap((environment) => {
    const values = needed.map(({ name, made }) => [name, made ? random(32).toString('base64url') : '<fill in>'])
    return [`gh secret set APP_ENV --env ${environment} <<'JSON'`, JSON.stringify(Object.fromEntries(values), null, 2), 'JSON']
  })
}
