/**
 * The inputs given on a command line: `--name value`, `--name=value`, `--name` alone for a boolean. A flag given again adds a line.
 * @param {import('./actions.mjs').Action} action
 * @param {string[]} args
 * @returns {Map<string, string>}
 * @throws Error for an unknown flag (naming the nearest), a missing value, or a secret
 */
export function parseFlags(action, args) {
  const given = new Map()
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(arg) ?? []
    if (name === undefined) throw new Error(`\`${arg}\` is no flag; inputs are given as --name value.`)
    const input = findInput(action, name)
    const value = inline ?? valueAfter(input, rest)
    given.set(name, given.has(name) ? `${given.get(name)}\n${value}` : value)
  }
  return given
}

function findInput(action, name) {
  const input = action.inputs.find((one) => one.name === name)
  if (input === undefined) {
    const near = nearest(
      name,
      action.inputs.map((one) => one.name),
    )
    throw new Error(`${action.name} has no input \`${name}\`.${near ? ` Did you mean --${near}?` : ''}`)
  }
  if (input.secret) {
    const variable = secretVariable(name)
    throw new Error(
      `\`${name}\` is a secret, and every user of this machine can read a command line. Set ${variable}, or ${variable}_FILE to the path of a file.`,
    )
  }
  return input
}

function valueAfter(input, rest) {
  const next = rest[0]
  if (next !== undefined && !next.startsWith('--')) return rest.shift()
  if (input.default === 'true' || input.default === 'false') return 'true'
  throw new Error(`--${input.name} needs a value.`)
}

/** `ssh-key` is given as SSH_KEY. */
export function secretVariable(name) {
  return name.replaceAll('-', '_').toUpperCase()
}

/** The name that takes the fewest edits, if they are few. */
export function nearest(name, names) {
  const ranked = names.map((other) => ({ other, edits: distance(name, other) })).sort((a, b) => a.edits - b.edits)
  return ranked[0] !== undefined && ranked[0].edits <= Math.max(2, name.length / 3) ? ranked[0].other : undefined
}

/** Levenshtein's distance. */
function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1))
    }
    row = next
  }
  return row[b.length]
}
