import { UserError } from '@deploy-actions/kit'

/**
 * Writes values for Compose's `env_file`: exactly one line `NAME=…` for each name, in the order given, so that a shell script can exchange values line by line.
 * Compose 2.26 to 5.x read the same values back, whatever they contain.
 *
 * @throws UserError DA-ENV-UNREPRESENTABLE naming every name that cannot be written and why; values are not quoted
 */
export function encodeComposeEnvFile(values: ReadonlyMap<string, string>): string {
  const problems: string[] = []
  let text = ''
  for (const [name, value] of values) {
    const problem = whyUnrepresentable(name, value)
    if (problem === undefined) text += `${name}=${encodeComposeValue(value)}\n`
    else problems.push(`${JSON.stringify(name)} ${problem}`)
  }
  if (problems.length === 0) return text
  const hint = 'Rename the variable, or give the value in another form, for example base64, and decode it in the app.'
  throw new UserError('DA-ENV-UNREPRESENTABLE', `an env file cannot hold these variables: ${problems.join('; ')}`, { hint })
}

function whyUnrepresentable(name: string, value: string): string | undefined {
  // Compose reads more names than these, but skips some of them later on, and a shell cannot read the others.
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name)) return 'is not a name of letters, digits, `_`, `.` and `-` that begins with a letter or `_`'
  if (value.includes('\0')) return 'has a NUL character, which no environment can hold'
  if (/\p{Surrogate}/u.test(value)) return 'is not valid Unicode text'
  return undefined
}

/** How a value stands behind `NAME=`, on one line. */
export function encodeComposeValue(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=-]*$/.test(value)) return value
  if (fitsSingleQuotes(value)) return `'${value.replaceAll("'", "\\'")}'`
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
  return `"${escaped}"`
}

/** Single quotes keep everything as it is, but a backslash before a quote or the end would escape that quote, and a line break would end our line. */
const fitsSingleQuotes = (value: string): boolean => !/[\n\r]|\\'|\\$/.test(value)
