export interface Input {
  readonly name: string
  readonly description: string
  /** As in action.yml, '' when there is none. */
  readonly default: string
  readonly required: boolean
  readonly secret: boolean
}

export interface Action {
  readonly name: string
  readonly folder: string
  /** The text of its action.yml. */
  readonly text: string
  readonly title: string
  readonly description: string
  readonly using: string
  readonly inputs: readonly Input[]
  readonly outputs: readonly { readonly name: string; readonly description: string }[]
}

export const SECRET_MARK: string
export const AGENT_MODULE: string
export const LIMIT_BYTES: number

export function readActions(root: string): Action[]
export function readCommands(root: string): Action[]
export function joinAgentScript(root: string): string | undefined
export function agentModule(script: string): string
export function facesOf(action: Action): Map<string, string>
export function markers(what: 'inputs' | 'outputs'): [string, string]
export function withTables(readme: string, action: Action): string
export function parseFlags(action: Action, args: readonly string[]): Map<string, string>
export function inputEnvironment(
  action: Action,
  given: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string>
export function helpFor(action: Action): string
export function listOf(actions: readonly Action[], commands?: readonly Action[]): string
export function staleFiles(root: string, files: ReadonlyMap<string, string>): string[]
export function writeFiles(root: string, files: ReadonlyMap<string, string>): string[]
export function downloadSize(root: string): number
