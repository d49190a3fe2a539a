import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { read } from './repository.ts'

// The gate that docs/guide-pipelines.md offers where GitHub has no required reviewers and there is no staging, as it stands there.

interface Workflow {
  readonly jobs: Record<string, { readonly needs?: string; readonly steps: readonly { readonly if?: string; readonly run?: string }[] }>
}
const blocks = [...read('docs/guide-pipelines.md').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = '']) => block)
const { jobs } = parse(blocks.find((block) => block.includes('APPROVERS')) ?? '') as Workflow
const [step] = jobs.gate?.steps ?? []

const dictionary = (values: Readonly<Record<string, data.ExpressionData>>) =>
  new data.Dictionary(...Object.entries(values).map(([key, value]) => ({ key, value })))
const words = (values: Readonly<Record<string, string>>) =>
  dictionary(Object.fromEntries(Object.entries(values).map(([key, value]) => [key, new data.StringData(value)])))

/** Whether the step that ends the run would run. */
function isStopped(confirm: string, actor: string, variables: Readonly<Record<string, string>>): boolean {
  const condition = /^\$\{\{(.*)\}\}$/.exec(step?.if ?? '')?.[1] ?? ''
  const contexts = { inputs: words({ confirm }), vars: words(variables), github: words({ triggering_actor: actor }) }
  const expression = new Parser(new Lexer(condition).lex().tokens, Object.keys(contexts), []).parse()
  return new Evaluator(expression, dictionary(contexts)).evaluate().coerceString() === 'true'
}

const APPROVERS = '["ann", "bob"]'

test('who is named and typed the name of the environment gets through', () => {
  expect(isStopped('production', 'bob', { APPROVERS })).toBe(false)
})

test.each([
  ['another word', 'yes', 'ann', { APPROVERS }],
  ['nothing typed', '', 'ann', { APPROVERS }],
  ['somebody else', 'production', 'eve', { APPROVERS }],
  ['a part of a name', 'production', 'an', { APPROVERS }],
  ['no list at all', 'production', 'ann', {}],
  ['an empty list', 'production', 'ann', { APPROVERS: '[]' }],
])('%s is stopped', (_, confirm, actor, variables) => {
  expect(isStopped(confirm, actor, variables)).toBe(true)
})

test('the deploy waits for the gate, and a stop is a failure', () => {
  expect(jobs.deploy?.needs).toBe('gate')
  expect(step?.run).toBe('exit 1')
})
