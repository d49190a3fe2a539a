import { secretVariable } from './shell-flags.mjs'

const WIDTH = 100

/**
 * @param {import('./actions.mjs').Action[]} actions
 * @param {import('./actions.mjs').Action[]} commands what there is for the first day
 */
export function listOf(actions, commands = []) {
  const width = Math.max(0, ...[...actions, ...commands].map((action) => action.name.length))
  const row = (action) => entry(`  ${action.name.padEnd(width)}  `, action.description)
  const rows = actions.map(row)
  return [
    'Usage: deploy-actions <action> [--input value …]',
    '',
    ...(commands.length === 0 ? [] : ['To begin with:', ...commands.map(row), '']),
    'Actions:',
    ...rows,
    '',
    'deploy-actions <action> --help lists the inputs of one.',
  ].join('\n')
}

/** @param {import('./actions.mjs').Action} action */
export function helpFor(action) {
  const inputs = action.inputs.map((input) => `${inputHead(input)}\n${entry('      ', input.description)}`)
  const width = Math.max(0, ...action.outputs.map((output) => output.name.length))
  const outputs = action.outputs.map((output) => entry(`  ${output.name.padEnd(width)}  `, output.description))
  return [
    `Usage: deploy-actions ${action.name} [--input value …]`,
    '',
    wrap(action.description, WIDTH).join('\n'),
    '',
    'Inputs (a flag given twice makes two lines):',
    ...inputs,
    '',
    'Outputs, printed at the end:',
    ...outputs,
  ].join('\n')
}

function inputHead(input) {
  const variable = secretVariable(input.name)
  if (input.secret) return `  ${variable} or ${variable}_FILE in the environment (\`${input.name}\`)`
  const shown = input.default.includes('\n') ? JSON.stringify(input.default) : input.default
  return `  --${input.name}${input.required ? '  (required)' : shown === '' ? '' : `  (default ${shown})`}`
}

/** A text whose further lines stand under its first. */
function entry(head, text) {
  return wrap(text, WIDTH - head.length)
    .map((line, at) => (at === 0 ? head : ' '.repeat(head.length)) + line)
    .join('\n')
}

function wrap(text, width) {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
