import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'
import { parseAction } from '@actions/workflow-parser/actions/action-parser'
import { readActions } from '@deploy-actions/build'
import { expect, test } from '@jest/globals'
import { parse, parseAllDocuments } from 'yaml'
import { files, read, root } from './repository.ts'
import { type Use, usesIn } from './uses.ts'

interface Called {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean }>>
}

/** Workflows of ours that others call, by path. */
const reusable = files(/^\.github\/workflows\/[^/]+\.yml$/).flatMap((path): [string, Called][] => {
  const { workflow_call: call } = parse(read(path)).on
  return call === undefined ? [] : [[path, { inputs: call.inputs ?? {} }]]
})

const inputsOf = new Map([
  ...readActions(root).map((action) => [action.name, action.inputs.map((input) => input.name)] as const),
  ...reusable.map(([path, { inputs }]) => [path, Object.keys(inputs)] as const),
])
const requiredOf = new Map([
  ...readActions(root).map((action) => [action.name, action.inputs.filter(({ required }) => required).map(({ name }) => name)] as const),
  ...reusable.map(([path, { inputs }]) => [path, Object.keys(inputs).filter((name) => inputs[name]?.required)] as const),
])

/** What is wrong with the uses of our actions, as lines to read. */
function wrongUses(uses: readonly Use[]): string[] {
  return uses.flatMap(({ action, given }) => {
    const known = inputsOf.get(action)
    if (known === undefined) return [`there is no action ${action}`]
    return given.filter((name) => !known.includes(name)).map((name) => `${action} has no input ${name}`)
  })
}

const workflows = files(/^(examples\/.*)?\.github\/workflows\/[^/]+\.ya?ml$|^examples\/.*\/\.github\/workflows\/[^/]+\.ya?ml$/)

test.each(workflows)('%s is a workflow that GitHub accepts', (path) => {
  const { context } = parseWorkflow({ name: path, content: read(path) }, new NoOperationTraceWriter())
  expect(context.errors.getErrors().map((error) => error.message)).toEqual([])
})

test.each(workflows)('%s gives our actions only inputs that they have, and all that they require', (path) => {
  const uses = usesIn(parse(read(path)))
  expect(wrongUses(uses)).toEqual([])
  const missing = uses.flatMap(({ action, given }) =>
    (requiredOf.get(action) ?? []).filter((name) => !given.includes(name)).map((name) => `${action}: ${name}`),
  )
  expect(missing).toEqual([])
})

const pages = files(/^(README\.md|docs\/.*\.md|actions\/[^/]+\/README\.md|examples\/.*\.md)$/)

test.each(pages)('the YAML in %s parses and names only inputs that exist', (path) => {
  const blocks = [...read(path).matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)].map((match) => match[1] as string)
  const documents = blocks.flatMap((block) => [...parseAllDocuments(block)])
  expect(documents.flatMap((document) => document.errors.map((error) => error.message))).toEqual([])
  expect(documents.flatMap((document) => wrongUses(usesIn(document.toJS())))).toEqual([])
})

const manifests = files(/^([^/]+\/|actions\/[^/]+\/)?action\.yml$/)

test.each(manifests)('%s is an action that GitHub accepts', (path) => {
  const { context } = parseAction({ name: path, content: read(path) }, new NoOperationTraceWriter())
  expect(context.errors.getErrors().map((error) => error.message)).toEqual([])
})
