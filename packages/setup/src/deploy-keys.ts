import type { Choices, Environment } from './choices.ts'
import { backupEnvironment } from './compose-workflows.ts'

/** A key for deploys, and who lets it in. */
export interface DeployKey {
  /** Of GitHub, whose secret it is; that of backups is another one than that of the hosts. */
  readonly environment: string
  /** Whose hosts know it. */
  readonly of: Environment
  /** Where it lies with whoever sets this up; the public half has `.pub` behind it. */
  readonly file: string
}

/** One for each environment: a job that may log in to staging must not be let in at production. Backups wait for no reviewer, so they have another one. */
export function deployKeys(choices: Choices, backups: boolean): DeployKey[] {
  const file = (environment: string) => `~/.ssh/${choices.app}_${environment}_deploy`
  const keys = choices.environments.map((of) => ({ environment: of.name, of, file: file(of.name) }))
  const last = choices.environments.at(-1)
  if (!backups || last === undefined) return keys
  const environment = backupEnvironment(choices)
  return [...keys, { environment, of: last, file: file(environment) }]
}
