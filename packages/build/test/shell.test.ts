import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { helpFor, inputEnvironment, parseFlags } from '@deploy-actions/build'
import { expect, test } from '@jest/globals'
import { sampleAction } from './sample-action.ts'

const shell = fileURLToPath(new URL('../src/shell.mjs', import.meta.url))

function inputs(args: readonly string[], env: Record<string, string> = {}) {
  return inputEnvironment(sampleAction, parseFlags(sampleAction, args), env)
}

test('flags become the variables that the runner would set, with defaults filled in', () => {
  expect(inputs(['--host', 'web1', '--phase=prepare'])).toEqual({
    INPUT_HOST: 'web1',
    'INPUT_SSH-KEY': '',
    'INPUT_DRY-RUN': 'false',
    INPUT_PHASE: 'prepare',
    INPUT_TOKEN: '',
  })
})

test('a flag given twice makes two lines', () => {
  expect(inputs(['--host', 'web1', '--host', 'web2'])).toMatchObject({ INPUT_HOST: 'web1\nweb2' })
})

test('a boolean needs no value', () => {
  expect(inputs(['--dry-run', '--host', 'web1'])).toMatchObject({ 'INPUT_DRY-RUN': 'true', INPUT_HOST: 'web1' })
})

test('a missing value is named', () => {
  expect(() => inputs(['--host', '--dry-run'])).toThrow('--host needs a value')
})

test('an unknown flag is answered with the nearest name', () => {
  expect(() => inputs(['--hots', 'web1'])).toThrow('deploy-things has no input `hots`. Did you mean --host?')
  expect(() => inputs(['--frobnicate', 'x'])).toThrow(/no input `frobnicate`\.$/)
})

test('a word that is no flag is refused', () => {
  expect(() => inputs(['web1'])).toThrow('`web1` is no flag')
})

test('a secret on the command line is refused, naming the variable to use', () => {
  expect(() => inputs(['--ssh-key', 'hunter2'])).toThrow(/Set SSH_KEY, or SSH_KEY_FILE(?!.*hunter2)/)
})

test('a secret comes from its variable or from a file, byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-shell-'))
  writeFileSync(join(folder, 'key'), 'a\nb\n')
  expect(inputs([], { SSH_KEY: 'k' })).toMatchObject({ 'INPUT_SSH-KEY': 'k', SSH_KEY: 'k' })
  expect(inputs([], { SSH_KEY_FILE: join(folder, 'key') })).toMatchObject({ 'INPUT_SSH-KEY': 'a\nb\n' })
  expect(() => inputs([], { SSH_KEY_FILE: join(folder, 'none') })).toThrow('Cannot read SSH_KEY_FILE')
  rmSync(folder, { recursive: true })
})

test('inputs of a surrounding step do not leak in', () => {
  expect(inputs([], { INPUT_PHASE: 'switch', INPUT_OTHER: 'x', PATH: '/bin' })).toEqual(
    expect.objectContaining({ INPUT_PHASE: 'all', PATH: '/bin' }),
  )
  expect(inputs([], { INPUT_OTHER: 'x' })).not.toHaveProperty('INPUT_OTHER')
})

test('the help names each input as it is given in a shell', () => {
  const help = helpFor(sampleAction)
  expect(help).toContain('--host  (required)\n      Hosts, one per line.')
  expect(help).toContain('SSH_KEY or SSH_KEY_FILE in the environment (`ssh-key`)')
  expect(help).toContain('--phase  (default all)')
  expect(help).not.toContain('--ssh-key')
})

test('without an argument the actions are listed, and an unknown one is an error', () => {
  const list = spawnSync(process.execPath, [shell], { encoding: 'utf8' })
  expect([list.status, list.stdout]).toEqual([0, expect.stringContaining('Usage: deploy-actions <action>')])
  const unknown = spawnSync(process.execPath, [shell, 'no-such-action'], { encoding: 'utf8' })
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('There is no action `no-such-action`')])
})
