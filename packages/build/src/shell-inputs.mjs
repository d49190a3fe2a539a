import { readFileSync } from 'node:fs'
import { secretVariable } from './shell-flags.mjs'

/**
 * The environment in which the bundle finds its inputs, as GitHub's runner would set them: INPUT_* in upper case with hyphens kept,
 * defaults of action.yml filled in, secrets taken from `SSH_KEY` or the file that `SSH_KEY_FILE` names.
 * @param {import('./actions.mjs').Action} action
 * @param {Map<string, string>} given
 * @param {Record<string, string | undefined>} env
 */
export function inputEnvironment(action, given, env) {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_'))
  const inputs = action.inputs.map((input) => {
    const value = input.secret ? secretOf(input, env) : (given.get(input.name) ?? plainDefault(input))
    return [`INPUT_${input.name.replaceAll(' ', '_').toUpperCase()}`, value]
  })
  return Object.fromEntries([...kept, ...inputs])
}

function secretOf(input, env) {
  const variable = secretVariable(input.name)
  const file = env[`${variable}_FILE`]
  if (env[variable]) return env[variable]
  if (!file) return plainDefault(input)
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`Cannot read ${variable}_FILE: ${cause.message}`, { cause })
  }
}

/** An expression like `${{ github.token }}` means something on GitHub only. */
function plainDefault(input) {
  return input.default.includes('${{') ? '' : input.default
}
