import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { labFolder } from '../state.ts'

/** The defaults of an action's inputs, which GitHub's runner fills in before the bundle starts. Expressions mean nothing here. */
export function actionDefaults(action: string): Record<string, string> {
  const manifest = parse(readFileSync(path.join(labFolder, '../actions', action, 'action.yml'), 'utf8'))
  const inputs = Object.entries((manifest.inputs ?? {}) as Record<string, { default?: unknown }>)
  return Object.fromEntries(inputs.map(([name, { default: value }]) => [name, plain(value)]))
}

const plain = (value: unknown): string => (value === undefined || String(value).includes('${{') ? '' : String(value))
