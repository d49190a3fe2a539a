import type { Workspace } from '@deploy-actions/compose'
import { parse } from 'yaml'

/** What an action or reusable workflow of ours takes. */
export interface Contract {
  readonly inputs: readonly string[]
  readonly required: readonly string[]
  /** Names of secrets and variables that its jobs read from their environment. */
  readonly secrets: readonly string[]
  readonly variables: readonly string[]
}

/** By the name behind `deploy-actions/`, read in our own repository; undefined for one that is not there. */
export type Contracts = (name: string) => Promise<Contract | undefined>

export function contractsIn(own: Workspace): Contracts {
  return async (name) => {
    const isWorkflow = name.startsWith('.github/')
    const text = (await own.read(isWorkflow ? name : `actions/${name}/action.yml`))?.toString('utf8')
    if (text === undefined) return undefined
    const manifest = parse(text) as { inputs?: Inputs; on?: { workflow_call?: { inputs?: Inputs } } }
    const inputs = (isWorkflow ? manifest.on?.workflow_call?.inputs : manifest.inputs) ?? {}
    return {
      inputs: Object.keys(inputs),
      required: Object.keys(inputs).filter((input) => inputs[input]?.required === true),
      secrets: isWorkflow ? namesIn(text, 'secrets') : [],
      variables: isWorkflow ? namesIn(text, 'vars') : [],
    }
  }
}

type Inputs = Readonly<Record<string, { readonly required?: boolean }>>

/** Names in expressions such as `${{ secrets.KEY }}`. */
export const namesIn = (text: string, context: 'secrets' | 'vars'): string[] => [
  ...new Set(
    [...text.matchAll(/\$\{\{[\s\S]*?\}\}/g)].flatMap(([expression]) =>
      [...expression.matchAll(new RegExp(`\\b${context}\\.([A-Za-z_]\\w*)`, 'g'))].map((match) => match[1] as string),
    ),
  ),
]
