#!/usr/bin/env node
// Runs an action from a shell: `npx . <action> --input value`. For the day on which GitHub is down too.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActions } from './actions.mjs'
import { findNode24 } from './node24.mjs'
import { parseFlags } from './shell-flags.mjs'
import { helpFor, listOf } from './shell-help.mjs'
import { inputEnvironment } from './shell-inputs.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function main([name, ...args]) {
  const actions = readActions(root)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return print(listOf(actions))
  const action = actions.find((one) => one.name === name)
  if (action === undefined) throw new Error(`There is no action \`${name}\`.\n\n${listOf(actions)}`)
  if (args.includes('--help') || args.includes('-h')) return print(helpFor(action))
  const env = inputEnvironment(action, parseFlags(action, args), process.env)
  run(findNode24(root), join(root, 'dist', name, 'index.cjs'), env)
}

function run(node, bundle, env) {
  const child = spawn(node, [bundle], { env, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143)
  })
}

function print(text) {
  process.stdout.write(`${text}\n`)
}

try {
  main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`)
  process.exitCode = 2
}
