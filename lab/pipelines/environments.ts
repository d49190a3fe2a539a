import { parse, stringify } from 'yaml'

/** What an environment of the repository gives to the jobs that name it, and to no other. */
export interface EnvironmentValues {
  readonly vars: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
}
export type Environments = Readonly<Record<string, EnvironmentValues>>

interface Job {
  environment?: string | { name?: string }
  uses?: string
  secrets?: Record<string, string>
}
interface Workflow {
  on: Record<string, { inputs?: Record<string, { default?: unknown }>; secrets?: Record<string, unknown> } | null>
  jobs: Record<string, Job>
}

/**
 * A workflow for act, which knows no environments: in a job of `production` the secret `KEY` becomes `PRODUCTION__KEY`. So a run may be given the
 * values of all environments, and each job still reads those of its own alone, as GitHub has it.
 */
export function withEnvironments(text: string, environments: Environments): string {
  if (Object.keys(environments).length === 0 || !/^jobs:/m.test(text)) return text
  const workflow = parse(text) as Workflow
  for (const job of Object.values(workflow.jobs)) {
    const name = environmentOf(job, workflow)
    if (name in environments) Object.assign(job, rename(job, name))
    if (job.secrets !== undefined) job.secrets = forEach(Object.keys(job.secrets), environments, (secret) => `\${{ secrets.${secret} }}`)
  }
  const call = workflow.on.workflow_call
  if (call?.secrets !== undefined) call.secrets = forEach(Object.keys(call.secrets), environments, () => ({ required: false }))
  return stringify(workflow, { lineWidth: 0 })
}

/** All values by the names that the jobs then ask for. */
export function valuesOf(environments: Environments, kind: keyof EnvironmentValues): Record<string, string> {
  const named = Object.entries(environments).flatMap(([name, values]) =>
    Object.entries(values[kind]).map(([key, value]) => [prefixed(name, key), value]),
  )
  return Object.fromEntries(named)
}

const prefixed = (environment: string, key: string): string => `${environment.toUpperCase().replaceAll('-', '_')}__${key}`

/** An input stands for its default: the harness gives none of them. */
function environmentOf({ environment }: Job, workflow: Workflow): string {
  const name = typeof environment === 'string' ? environment : (environment?.name ?? '')
  const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(name)?.[1]
  if (input === undefined) return name
  const call = workflow.on.workflow_call ?? workflow.on.workflow_dispatch
  return String(call?.inputs?.[input]?.default ?? '')
}

const rename = (job: Job, environment: string): Job =>
  JSON.parse(
    JSON.stringify(job).replaceAll(
      /\b(secrets|vars)\.(?!GITHUB_TOKEN)([A-Z][A-Z0-9_]*)/g,
      (_, kind, key) => `${kind}.${prefixed(environment, key)}`,
    ),
  )

function forEach<T>(names: readonly string[], environments: Environments, value: (name: string) => T): Record<string, T> {
  const all = names.flatMap((name) => Object.keys(environments).map((environment) => prefixed(environment, name)))
  return Object.fromEntries(all.map((name) => [name, value(name)]))
}
