import { posix } from 'node:path'
import type { Workspace } from '@deploy-actions/compose'
import { parseComposeEnvFile } from '@deploy-actions/dotenv'
import { appOf } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import { readSource } from '@deploy-actions/plan'
import { stringify } from 'yaml'
import { type ComposeProject, isSecretName, ownProxy, readComposeProject } from './compose-project.ts'
import { type ComposeSetup, composeSetup } from './compose-setup.ts'
import type { Random } from './made-secrets.ts'
import type { TryValues } from './try-inputs.ts'

/** What `npx . try` will do, before anything is started. */
export interface TryPlan {
  readonly app: string
  /** Name under which the app is opened; browsers send it to this machine, and Caddy signs its certificate itself. */
  readonly host: string
  readonly composeFiles: readonly string[]
  /** Services to build an image for; `context` where the Compose file has no `build:`. */
  readonly built: readonly { readonly name: string; readonly context?: string }[]
  /** The service that visitors reach. */
  readonly door: string
  /** A path of it that answers when it is well. */
  readonly path: string
  /** Services with env files: these are the server's. */
  readonly withEnvFiles: readonly string[]
  /** The project's own proxy. */
  readonly leftOut: string | undefined
  /** Text of a Compose file that leaves out the project's own proxy, which has no certificate here; undefined without one. */
  readonly override: string | undefined
  /** Env files that `env-file` stands in for: relative to the repository, or absolute paths of the host. */
  readonly envFiles: readonly string[]
  /** Values for the Compose file: given ones, and secrets that were made up. */
  readonly values: ReadonlyMap<string, string>
  /** Inputs of the deploy. */
  readonly inputs: Readonly<Record<string, string>>
  /** The migrations are a part of each release. */
  readonly migrates: boolean
  readonly notes: readonly string[]
}

/** Where the override lies in the copy of the repository. */
export const TRY_OVERRIDE = 'compose.deploy-actions-try.yaml'

/**
 * Decides what is tried, from the repository alone.
 * @param folder name of the repository's folder
 * @throws UserError DA-TRY-DOOR, DA-TRY-VALUES, DA-SETUP-PROJECT, DA-COMPOSE-FILE-MISSING, DA-COMPOSE-YAML
 */
export async function planTry(values: TryValues, workspace: Workspace, folder: string, random: Random): Promise<TryPlan> {
  const project = await readComposeProject(workspace, values.composeFile)
  const { app } = appOf({ app: values.app, directory: undefined }, folder)
  const none = { files: [], profiles: [], projectName: undefined }
  const source = await readSource({ workspace, composeFile: project.files, ...none, app, values: values.env })
  const absent = absentIn(project, source.absentEnvFiles, source.directory)
  const setup = await composeSetup({ project, values: { ...values, generate: [] }, ask: undefined, absentEnvFiles: [] })
  if (setup.door === undefined) throw noDoor(project)
  const given = new Map([...(await valuesIn(workspace, source.directory)), ...values.env])
  const made = madeUp(project, given, random)
  refuseMissing(project, given, absent, values)
  const all = new Map([...values.env, ...made])
  const host = `${app.replaceAll('_', '-')}.localhost`
  const proxy = ownProxy(project)?.name
  return {
    ...{ app, host, door: setup.door, path: setup.doorPath, composeFiles: project.files, envFiles: absent },
    built: setup.images.map(({ name, context }) => ({ name, ...(values.services.some((line) => line.name === name) && { context }) })),
    withEnvFiles: project.services.filter(({ envFiles }) => envFiles.length > 0).map(({ name }) => name),
    leftOut: proxy,
    override: proxy === undefined ? undefined : stringify({ services: { [proxy]: { profiles: ['not-in-try'] } } }),
    values: all,
    inputs: { ...inputsOf(setup, host, values, project, proxy !== undefined), 'env-keys': [...all.keys()].join(' ') },
    migrates: values.migrateTool !== undefined,
    notes: notesOn(setup, made, proxy),
  }
}

/** Paths from the repository, or absolute ones of the host. */
function absentIn(project: ComposeProject, absent: readonly string[], directory: string): string[] {
  const ofHost = project.services.flatMap(({ envFiles }) => envFiles.filter((file) => posix.isAbsolute(file)))
  return [...new Set([...absent.map((file) => posix.join(directory, file)), ...ofHost])]
}

/** Of the `.env` that Compose reads by itself. */
async function valuesIn(workspace: Workspace, directory: string): Promise<Map<string, string>> {
  const path = posix.join(directory, '.env')
  const found = (await workspace.stat(path))?.kind === 'file' ? await workspace.read(path) : undefined
  return found === undefined ? new Map() : parseComposeEnvFile(found.toString('utf8'), () => undefined, path)
}

const needed = ({ variables }: ComposeProject, given: ReadonlyMap<string, string>): string[] =>
  variables.filter(({ name, fallback }) => fallback === undefined && !given.has(name)).map(({ name }) => name)

/** Of letters and digits alone: such a value fits into a URL too. */
const madeUp = (project: ComposeProject, given: ReadonlyMap<string, string>, random: Random): Map<string, string> =>
  new Map(needed(project, given).flatMap((name) => (isSecretName(name) ? [[name, random(24).toString('hex')]] : [])))

function refuseMissing(
  project: ComposeProject,
  given: ReadonlyMap<string, string>,
  absent: readonly string[],
  { envFile }: TryValues,
): void {
  const names = needed(project, given).filter((name) => !isSecretName(name))
  const files = envFile === undefined ? absent : []
  if (names.length === 0 && files.length === 0) return
  const what = [
    ...(names.length === 0 ? [] : [`the Compose file needs values for ${names.join(', ')}`]),
    ...(files.length === 0 ? [] : [`it names env files that the repository does not have: ${files.join(', ')}`]),
  ]
  const hints = [
    ...names.map((name) => `\`--env ${name}=…\``),
    ...(files.length === 0 ? [] : ['`--env-file <a file of yours with such values>`']),
  ]
  throw new UserError('DA-TRY-VALUES', what.join('; '), {
    hint: `Give ${hints.join(' ')}, or write the values into a \`.env\` beside the Compose file.`,
  })
}

const noDoor = ({ services }: ComposeProject): UserError =>
  new UserError('DA-TRY-DOOR', 'no service that is built says a port, so there is nothing to open', {
    hint: `Name the port of the one that takes requests, under \`ports:\` or \`expose:\`. There are ${services.map(({ name }) => name).join(', ')}.`,
  })

function inputsOf(
  setup: ComposeSetup,
  host: string,
  values: TryValues,
  project: ComposeProject,
  isLeftOut: boolean,
): Record<string, string> {
  const door = setup.door as string
  return {
    'compose-file': [...project.files, ...(isLeftOut ? [TRY_OVERRIDE] : [])].join('\n'),
    routes: `${host} -> ${door}`,
    switch: setup.switched.filter((line) => line !== door).join('\n'),
    health: setup.health.join('\n'),
    ...(values.migrateTool !== undefined && { tool: values.migrateTool, service: setup.migrateService ?? '', backup: 'none' }),
  }
}

const notesOn = ({ notes }: ComposeSetup, made: ReadonlyMap<string, string>, proxy: string | undefined): string[] => [
  ...notes,
  ...(made.size === 0 ? [] : [`made up for this try: ${[...made.keys()].join(', ')}`]),
  ...(proxy === undefined
    ? []
    : [`${proxy} is left out: nobody gives it a certificate here. The edge stands in for it, and on a server ${proxy} stays in front`]),
]

/** What the machine itself did not do, with the last words of the program. */
export const tryFailure = (
  code: 'DA-TRY-BUILD' | 'DA-TRY-IMAGE' | 'DA-TRY-SERVER' | 'DA-TRY-RELEASE',
  what: string,
  words: string,
): UserError => new UserError(code, what, { hint: words.trim().split('\n').slice(-15).join('\n') })
