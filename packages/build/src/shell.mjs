#!/usr/bin/env node
// Runs an action from a shell: `npx . <action> --input value`. For the day on which GitHub is down too. And for the first day: `npx . init`, `npx . try`, `npx . doctor`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readActions, readCommands } from './actions.mjs'
import { findNode24 } from './node24.mjs'
import { parseFlags } from './shell-flags.mjs'
import { helpFor, listOf } from './shell-help.mjs'
import { inputEnvironment } from './shell-inputs.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))

function main([name, ...args]) {
  const actions = readActions(root)
  const commands = readCommands(root)
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return print(listOf(actions, commands))
  const command = commands.find((one) => one.name === name)
  const chosen = command ?? actions.find((one) => one.name === name)
  if (chosen === undefined) throw new Error(`There is no action \`${name}\`.\n\n${listOf(actions, commands)}`)
  if (args.includes('--help') || args.includes('-h')) return print(helpFor(chosen))
  const env = inputEnvironment(chosen, parseFlags(chosen, args), process.env)
  if (command === undefined) return run([join(root, 'dist', name, 'index.cjs')], env)
  // From its sources, which Node 24 reads: a bundle would be downloaded by every run of every consumer, and no workflow needs it.
  const main = name === 'try' ? 'lab/try/main.ts' : 'packages/setup/src/main.ts'
  run(['--no-warnings', join(root, main), name], { ...env, DEPLOY_ACTIONS_ROOT: root })
}

function run(args, env) {
  const child = spawn(findNode24(root), args, { env, stdio: 'inherit' })
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
