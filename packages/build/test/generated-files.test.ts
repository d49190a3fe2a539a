import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AGENT_MODULE,
  agentModule,
  facesOf,
  joinAgentScript,
  markers,
  readActions,
  staleFiles,
  withTables,
  writeFiles,
} from '@deploy-actions/build'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { sampleAction } from './sample-action.ts'

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'deploy-actions-build-'))
})

afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, content: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true })
  writeFileSync(join(root, path), content)
}

test('the agent is its parts in order of their names, under one #! line, with comments', () => {
  put('packages/agent/src/sh/20-b.sh', '#!/bin/sh\n# second\nb\n')
  put('packages/agent/src/sh/10-a.sh', '#!/bin/sh\na\n\n')
  put('packages/agent/src/sh/notes.md', 'not a part')
  expect(joinAgentScript(root)).toBe('#!/bin/sh\na\n\n# second\nb\n')
})

test('the module of the agent gives back the script as it was, whatever is in it', async () => {
  const script = 'a=\\n`date` ${x} "\'$y\\\\\n'
  put(AGENT_MODULE, agentModule(script))
  const { releaseScript } = await import(join(root, AGENT_MODULE))
  expect(releaseScript).toBe(script)
})

test('a short address is the same action one level higher', () => {
  const faces = facesOf(sampleAction)
  expect([...faces.keys()]).toEqual(['deploy-things/action.yml', 'deploy-things/README.md'])
  expect(faces.get('deploy-things/action.yml')).toBe(
    '# GENERATED from actions/deploy-things/action.yml by `npm run build`. Do not edit.\nname: Deploy things\nruns:\n  using: node24\n  main: ../dist/deploy-things/index.cjs\n',
  )
})

test('the tables of a README are made between their markers and nowhere else', () => {
  const readme = ['# Title', ...markers('inputs'), 'text', markers('outputs')[0], 'old', markers('outputs')[1], ''].join('\n')
  const made = withTables(readme, sampleAction)
  expect(made).toContain('| `host` | **required** | Hosts, one per line. |')
  expect(made).toContain('| `phase` | `all` | Part to run: all \\| prepare. |')
  expect(made).toContain('text\n')
  expect(made).not.toContain('old')
  expect(withTables(made, sampleAction)).toBe(made)
})

test('a README without markers stays as it is', () => {
  expect(withTables('# Title\n', sampleAction)).toBe('# Title\n')
})

test('stale files are those that are missing, differ, or belong to an action that is gone', () => {
  const files = new Map([
    ['a/action.yml', '# GENERATED\n'],
    ['dist/a/index.cjs', 'new'],
    ['dist/a/same.txt', 'same'],
  ])
  put('dist/a/index.cjs', 'old')
  put('dist/a/same.txt', 'same')
  put('dist/gone/index.cjs', 'x')
  put('gone/action.yml', '# GENERATED\n')
  put('gone/README.md', 'x')
  put('by-hand/action.yml', 'name: by hand\n')
  const stale = ['a/action.yml', 'dist/a/index.cjs', 'dist/gone/index.cjs', 'gone/README.md', 'gone/action.yml']
  expect(staleFiles(root, files)).toEqual(stale)
  expect(writeFiles(root, files)).toEqual(stale)
  expect(staleFiles(root, files)).toEqual([])
  expect(readFileSync(join(root, 'by-hand/action.yml'), 'utf8')).toBe('name: by hand\n')
})

test('an action is read from its action.yml, descriptions on one line, secrets by their mark', () => {
  put('actions/not-yet/package.json', '{}')
  put(
    'actions/x/action.yml',
    'name: X\ndescription: >\n  Does\n  x.\ninputs:\n  key:\n    description: A key. (secret)\n    required: true\n  n:\n    default: 5\noutputs:\n  status:\n    description: How.\nruns:\n  using: node24\n',
  )
  expect(readActions(root)).toEqual([
    expect.objectContaining({
      name: 'x',
      description: 'Does x.',
      using: 'node24',
      inputs: [
        { name: 'key', description: 'A key. (secret)', default: '', required: true, secret: true },
        { name: 'n', description: '', default: '5', required: false, secret: false },
      ],
      outputs: [{ name: 'status', description: 'How.' }],
    }),
  ])
})
