import { UserError } from '@deploy-actions/kit'

/** Of secrets, and of variables, in one environment. Source: docs.github.com, "Secrets reference" and "Variables reference". */
export const MOST = 100
const LARGEST = 48 * 1024

/** @throws UserError DA-GITHUB-LIMIT with every name and rule, never a value */
export function refuseUnfit(values: ReadonlyMap<string, string>): void {
  const problems = [...values].flatMap(([name, value]) => {
    const problem = whyUnfit(name, value)
    return problem === undefined ? [] : [`${JSON.stringify(name)} ${problem}`]
  })
  const seen = new Map<string, string>()
  for (const name of values.keys()) {
    const twin = seen.get(name.toUpperCase())
    if (twin !== undefined) problems.push(`"${twin}" and "${name}" are one name for GitHub, which knows no small letters`)
    seen.set(name.toUpperCase(), name)
  }
  if (problems.length === 0) return
  const hint = 'Rename the key; split a large value, or keep it encrypted in the repository and its key as the secret.'
  throw new UserError('DA-GITHUB-LIMIT', `GitHub does not take these: ${problems.join('; ')}`, { hint })
}

function whyUnfit(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'is not a name of letters, digits and `_` that begins with a letter or `_`'
  if (/^GITHUB_/i.test(name)) return 'begins with GITHUB_, which GitHub keeps for itself'
  const bytes = Buffer.byteLength(value)
  if (bytes > LARGEST) return `has a value of ${bytes} bytes, more than ${LARGEST} (48 KB)`
  return /\p{Surrogate}/u.test(value) ? 'is not valid Unicode text' : undefined
}
