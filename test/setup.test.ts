import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'
import { readActions, readCommands } from '@deploy-actions/build'
import { nodeWorkspace } from '@deploy-actions/compose'
import { readInputs } from '@deploy-actions/kit'
import { cloudInit, doctorInputs, hostScript, init, initInputs, nodeFolder, SETUP_SCRIPT, tryInputs } from '@deploy-actions/setup'
import { FakeLog } from '@deploy-actions/testing'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { parseTemplate } from '../actions/sync-env/src/template.ts'
import { expectClean, testWith } from './needs-tool.ts'
import { files, read, root } from './repository.ts'
import { usesIn } from './uses.ts'

// What `npx . init` writes has to pass what our own workflows and scripts pass.

const COMPOSE = `
services:
  db: { image: 'postgres:16', environment: { POSTGRES_PASSWORD: '\${DB_PASSWORD:?}' } }
  web: { build: ., ports: ['8000:8000'] }
`
const SPEC = 'name: shop\nservices:\n  - { name: web, image: { registry_type: GHCR, registry: acme, repository: shop }, http_port: 8080 }\n'
const KINDS = [
  ['a Compose file', { 'compose.yaml': COMPOSE }, {}],
  ['one environment', { 'compose.yaml': COMPOSE }, { environments: 'production', test: 'make test', 'migrate-tool': 'alembic' }],
  ['an app spec', { '.do/app.yaml': SPEC }, { test: 'make test' }],
] as const

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'deploy-actions-init-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const defaultsOf = (name: string) => Object.fromEntries(command(name).inputs.map((input) => [input.name, input.default]))
const command = (name: string) => {
  const found = readCommands(root).find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no command ${name}`)
  return found
}

/** Runs init in a repository on disk, with actions that are pinned as zizmor wants it. @returns paths of the workflows */
async function written(given: Readonly<Record<string, string>>, inputs: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [path, text] of Object.entries(given)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const all: Record<string, string> = { ...defaultsOf('init'), actions: `acme/deploy-actions@${'a'.repeat(40)}`, ...inputs }
  const values = readInputs(initInputs, (name) => all[name] ?? '')
  const fates = await init(values, {
    workspace: nodeWorkspace(folder),
    folder: nodeFolder(folder),
    log: new FakeLog(),
    ask: undefined,
    random: (bytes) => Buffer.alloc(bytes),
    script: async () => read(SETUP_SCRIPT),
    about: { repository: 'acme/shop', folder: 'shop', actions: undefined, publicKey: 'ssh-ed25519 AAAA it is "mine"' },
  })
  return fates.map(({ path }) => path).filter((path) => path.startsWith('.github/workflows/'))
}

test.each(KINDS)(
  'GitHub accepts the workflows that init writes for %s, and they give our actions what these have and require',
  async (_kind, given, inputs) => {
    const contracts = contractsOfOurs()
    for (const path of await written(given, inputs)) {
      const content = readFileSync(join(folder, path), 'utf8')
      expect(parseWorkflow({ name: path, content }, new NoOperationTraceWriter()).context.errors.getErrors()).toEqual([])
      for (const use of usesIn(parse(content))) {
        const contract = contracts.get(use.action)
        expect([use.action, use.given.filter((name) => !contract?.all.includes(name))]).toEqual([use.action, []])
        expect([use.action, contract?.required.filter((name) => !use.given.includes(name))]).toEqual([use.action, []])
      }
    }
  },
)

test.each(KINDS)('what init writes for %s grants our workflows what their jobs ask for, and no more', async (_kind, given, inputs) => {
  for (const path of await written(given, inputs)) {
    const jobs: Record<string, { uses?: string; permissions?: object }> = parse(readFileSync(join(folder, path), 'utf8')).jobs
    for (const { uses, permissions } of Object.values(jobs)) {
      const called = /deploy-actions\/(\.github\/workflows\/[^@]+)@/.exec(uses ?? '')?.[1]
      if (called !== undefined) expect([called, permissions ?? {}]).toEqual([called, askedBy(called)])
    }
  }
})

/** The highest of each permission over all jobs of a workflow. */
function askedBy(path: string): Record<string, string> {
  const asked: Record<string, string> = {}
  const jobs: { permissions?: Record<string, string> }[] = Object.values(parse(read(path)).jobs)
  for (const { permissions = {} } of jobs)
    for (const [name, level] of Object.entries(permissions)) asked[name] = asked[name] === 'write' ? 'write' : level
  return asked
}

/** Inputs of our actions and reusable workflows. */
function contractsOfOurs(): ReadonlyMap<string, { all: string[]; required: string[] }> {
  const reusable = files(/^\.github\/workflows\/[^/]+\.yml$/).flatMap((path): [string, { all: string[]; required: string[] }][] => {
    const inputs: Record<string, { required?: boolean }> | undefined = parse(read(path)).on.workflow_call?.inputs
    return inputs === undefined
      ? []
      : [[path, { all: Object.keys(inputs), required: Object.keys(inputs).filter((name) => inputs[name]?.required) }]]
  })
  const actions = readActions(root).map(({ name, inputs }): [string, { all: string[]; required: string[] }] => [
    name,
    { all: inputs.map((input) => input.name), required: inputs.filter(({ required }) => required).map((input) => input.name) },
  ])
  return new Map([...reusable, ...actions])
}

for (const [kind, given, inputs] of KINDS) {
  testWith('actionlint', `actionlint finds nothing in the workflows that init writes for ${kind}`, async () => {
    // It does not know all that GitHub knows; ours is told the same way.
    expectClean('actionlint', ['-config-file', join(root, '.github/actionlint.yaml'), ...(await written(given, inputs))], folder)
  })

  testWith('zizmor', `zizmor finds nothing in the workflows and the update configuration that init writes for ${kind}`, async () => {
    await written(given, inputs)
    expectClean('zizmor', ['--offline', '--no-progress', '--quiet', '.github'], folder)
  })
}

test('sync-env reads the env template that init writes: what the Compose file needs is required, what has a default is not', async () => {
  await written({ 'compose.yaml': COMPOSE.replace('ports:', "environment: ['LEVEL=${LEVEL:-a b}'], ports:") }, {})
  const keys = parseTemplate(readFileSync(join(folder, '.env.example'), 'utf8'), '.env.example')
  expect(keys.map(({ name, optional }) => [name, optional])).toEqual([
    ['DB_PASSWORD', false],
    ['LEVEL', true],
  ])
})

testWith('shellcheck', 'shellcheck finds nothing in the set-up script with the values of an app', async () => {
  await written({ 'compose.yaml': COMPOSE }, { swap: '2G' })
  expectClean('shellcheck', ['deploy/setup-host.sh'], folder)
})

test('the script in cloud-init is the very same, and begins with #cloud-config', () => {
  const choices = { app: 'shop', user: 'deploy', publicKey: "ssh-ed25519 AAAA it's", swap: undefined } as Parameters<typeof hostScript>[1]
  const script = hostScript(read(SETUP_SCRIPT), choices)
  expect(script).toContain("public_key='ssh-ed25519 AAAA it'\\''s'")
  const text = cloudInit(script)
  expect(text.split('\n')[0]).toBe('#cloud-config')
  expect(parse(text).write_files[0]).toMatchObject({ path: '/root/setup-host.sh', content: script })
})

test.each([
  ['init', initInputs],
  ['doctor', doctorInputs],
  ['try', tryInputs],
])('%s: its manifest and its code have the same inputs in the same order, each described', (name, inputs) => {
  const described = command(name).inputs
  expect(Object.keys(inputs)).toEqual(described.map((input) => input.name))
  expect(described.filter(({ description }) => !/^[A-Z`].*[.)]$/.test(description)).map((input) => input.name)).toEqual([])
  const secrets = Object.entries(inputs).filter(([, reader]) => (reader as { secret?: boolean }).secret)
  expect(secrets.map(([input]) => input)).toEqual(described.filter(({ secret }) => secret).map((input) => input.name))
})
