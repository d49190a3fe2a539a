/** Between these two lines of a README stands a generated table. */
export const markers = (what) => [`<!-- ${what}: generated from action.yml by npm run build -->`, `<!-- /${what} -->`]

/**
 * The README with its tables of inputs and outputs made anew. A README without the markers comes back as it was.
 * @param {string} readme
 * @param {import('./actions.mjs').Action} action
 */
export function withTables(readme, { inputs, outputs }) {
  const inputRows = inputs.map((input) => [`\`${input.name}\``, defaultOf(input), input.description])
  const outputRows = outputs.map((output) => [`\`${output.name}\``, output.description])
  const filled = between(readme, 'inputs', table(['Input', 'Default', 'Description'], inputRows))
  return between(filled, 'outputs', table(['Output', 'Description'], outputRows))
}

function defaultOf(input) {
  if (input.default !== '')
    return input.default
      .trim()
      .split('\n')
      .map((line) => `\`${line}\``)
      .join('<br>')
  return input.required ? '**required**' : ''
}

function table(header, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

function between(readme, what, content) {
  const [open, close] = markers(what)
  const from = readme.indexOf(open)
  const to = readme.indexOf(close)
  if (from < 0 || to < from) return readme
  return `${readme.slice(0, from + open.length)}\n${content}\n${readme.slice(to)}`
}
