import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { joinAgentScript, parseFlags, readActions, readCommands } from '@deploy-actions/build'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { files, read, root } from './repository.ts'

const pages = files(/^docs\/(runbooks|runbook-host|guide-[a-z-]+|security)\.md$/)
const runbooks = read('docs/runbooks.md')
const agent = joinAgentScript(root) ?? ''
const actions = [...readActions(root), ...readCommands(root)]

/** Lines of shell blocks, and whatever stands in backticks in a line of text. */
const commandsIn = (text: string): string[] => {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) => block.split('\n'))
  const inText = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
  return [...blocks, ...inText].map((line) => line.replace(/ #.*/, '').trim())
}

/** The words of the agent's function for a verb: the sub-commands and options that it tells apart. */
const wordsOf = (verb: string): string => new RegExp(`^${verb}_command\\(\\)[\\s\\S]*?^}`, 'm').exec(agent)?.[0] ?? ''
const verbs = [...(/^main\(\) \{[\s\S]*?^\}/m.exec(agent)?.[0] ?? '').matchAll(/^ +([a-z-]+)\) /gm)].map(([, verb = '']) => verb)

/** What is wrong with a call of the agent, as lines to read. */
function wrongRelease(words: readonly string[]): string[] {
  const [verb = '', ...rest] = words
  if (!verbs.includes(verb)) return [`release has no ${verb}`]
  if (verb === 'logs') return [] // its options are Docker's
  const told = rest.filter((word) => /^--[a-z]/.test(word) || (['backup', 'maintenance', 'edge'].includes(verb) && word === rest[0]))
  return told
    .flatMap((word) => word.split('|'))
    .flatMap((word) => (wordsOf(verb).includes(word) ? [] : [`release ${verb} knows no ${word}`]))
}

/** What is wrong with a call of an action from a shell. */
function wrongShell(name: string, rest: string): string[] {
  const action = actions.find((one) => one.name === name)
  if (action === undefined) return [`there is no action ${name}`]
  const flags = [...rest.replaceAll(/"\$\([^)]*\)"|'[^']*'/g, 'text').matchAll(/--[a-z0-9-]+(?:[ =](?!--)[^ ]+)?/g)].map(([flag]) => flag)
  try {
    const given = flags.filter((flag) => flag !== '--help').flatMap((flag) => flag.split(' '))
    parseFlags(action, given)
    return []
  } catch (error) {
    return [`${name}: ${(error as Error).message}`]
  }
}

function wrongIn(text: string): string[] {
  return commandsIn(text).flatMap((line) => {
    const release = /(?:^|\/bin\/|&& )release ((?!COMMAND|…)[a-z].*)$/.exec(line)?.[1]
    const [, name = '', rest = ''] = /(?:npx \.|shell\.mjs) ([a-z-]+)(.*)$/.exec(line) ?? []
    return [
      ...(release === undefined
        ? []
        : release.split(' && ').flatMap((one) => wrongRelease(one.replace(/^\S*\/release /, '').split(/\s+/)))),
      ...(name === '' ? [] : wrongShell(name, rest)),
    ].map((wrong) => `${line}: ${wrong}`)
  })
}

test('every command of the runbooks exists', () => {
  expect(verbs).toEqual(
    expect.arrayContaining(['status', 'list', 'log', 'logs', 'rollback', 'doctor', 'maintenance', 'backup', 'uninstall']),
  )
  expect(commandsIn(runbooks).filter((line) => /\brelease [a-z]|npx \.|shell\.mjs/.test(line)).length).toBeGreaterThan(25)
  expect(wrongIn(runbooks)).toEqual([])
})

test.each(pages)('every command of the agent and of the shell that %s names exists', (path) => {
  expect(wrongIn(read(path))).toEqual([])
})

test('a command that does not exist would be seen', () => {
  expect(wrongIn('`release restart`')).toHaveLength(1)
  expect(wrongIn('```sh\n/opt/shop/bin/release backup mend\n```\n')).toHaveLength(1)
  expect(wrongIn('`release rollback --until now`')).toHaveLength(1)
  expect(wrongIn('`npx . rollback --hots x`')).toHaveLength(1)
})

test('the list of commands in the runbook of the host is what the agent prints', () => {
  const usage = /^usage\(\) \{\n {2}cat <<'EOF'\n([\s\S]*?)EOF$/m.exec(agent)?.[1] ?? 'none'
  expect(read('docs/runbook-host.md')).toContain(usage)
})

test('inputs, secrets and workflows that the runbooks name exist', () => {
  const known = new Set(actions.flatMap(({ inputs }) => inputs.map(({ name }) => name)))
  const called = files(/^\.github\/workflows\/[^/]+\.yml$/).map((path) => parse(read(path)).on.workflow_call ?? {})
  const secrets = new Set(called.flatMap(({ secrets: given = {} }) => Object.keys(given)))
  const named = [...runbooks.matchAll(/`([a-z0-9-]+): [^`]+`/g)].map(([, name = '']) => name)
  expect(named.filter((name) => !known.has(name))).toEqual([])
  for (const name of ['DEPLOY_SSH_KEY', 'BACKUP_ACCESS_KEY', 'BACKUP_SECRET_KEY', 'DIGITALOCEAN_TOKEN'])
    expect([name, secrets.has(name)]).toEqual([name, true])
  expect(existsSync(join(root, '.github/workflows/backup.yml'))).toBe(true)
})
