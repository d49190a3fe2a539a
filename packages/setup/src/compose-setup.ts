import { postgresServices } from '@deploy-actions/compose'
import { UserError } from '@deploy-actions/kit'
import { isElsewhere, isRemote } from './build-place.ts'
import { builtRepository, imageProblem } from './built-image.ts'
import type { Ask } from './choices.ts'
import { asModelService, type Build, type ComposeProject, ownProxy, type ProjectService, switchable } from './compose-project.ts'
import type { WantedImage } from './images-yaml.ts'
import type { InitValues } from './init-inputs.ts'

/** What the pipeline is told of a Compose project. */
export interface ComposeSetup {
  readonly images: readonly WantedImage[]
  /** Lines `web:8000`. */
  readonly switched: readonly string[]
  /** Where visitors go: the first of these. */
  readonly door: string | undefined
  readonly doorPath: string
  /** Lines of the input `health`. */
  readonly health: readonly string[]
  /** Undefined: deploys find them by themselves. */
  readonly composeFiles: readonly string[] | undefined
  /** PostgreSQL services. */
  readonly databases: readonly string[]
  /** The file on the host that gets the values, from the folder of the Compose file. */
  readonly envPath: string
  readonly template: string | undefined
  /** A proxy of the project's own, which stays in front. */
  readonly proxy: string | undefined
  readonly migrateService: string | undefined
  readonly notes: readonly string[]
}

export interface SetupRequest {
  readonly project: ComposeProject
  readonly values: Pick<InitValues, 'composeFile' | 'services' | 'health' | 'generate' | 'migrateTool' | 'migrateService'>
  readonly ask: Ask | undefined
  /** Env files of the project that are not in the repository. */
  readonly absentEnvFiles: readonly string[]
}

/** @throws UserError DA-SETUP-PROJECT when there is nothing to build */
export async function composeSetup(request: SetupRequest): Promise<ComposeSetup> {
  const { project: written, values, ask, absentEnvFiles } = request
  const project = withBuilds(written, values.services)
  const built = project.services.filter(({ build }) => build !== undefined)
  if (built.length === 0) throw nothingToBuild(project)
  const paths = await healthPaths(project, values, ask)
  const doors = switchable(project)
  const guessed = doors.flatMap(({ service: { name, healthcheck } }) =>
    healthcheck || values.health.some((line) => line.service === name) ? [] : [name],
  )
  const door = doors.find(({ service }) => service.ports.length > 0) ?? doors[0]
  const proxy = ownProxy(project)
  const envPath = absentEnvFiles.length === 1 && project.variables.length === 0 ? (absentEnvFiles[0] as string) : '.env'
  return {
    images: built.map((service) => wantedImage(service, doors, paths)),
    switched: doors.map(({ service, port }) => `${service.name}:${port}`),
    door: door && `${door.service.name}:${door.port}`,
    doorPath: (door && paths.get(door.service.name)) ?? '/',
    health: doors.flatMap(({ service, port }) => {
      const path = paths.get(service.name)
      return path === undefined ? [] : [`${service.name}: http :${port}${path}`]
    }),
    composeFiles: values.composeFile.length > 0 ? values.composeFile : undefined,
    databases: postgresServices({
      services: Object.fromEntries(project.services.map((service) => [service.name, asModelService(service)])),
    }),
    envPath,
    template: project.variables.length > 0 || absentEnvFiles.length > 0 || values.generate.length > 0 ? '.env.example' : undefined,
    proxy: proxy?.name,
    migrateService: values.migrateTool === undefined ? undefined : (values.migrateService ?? built[0]?.name),
    notes: [
      ...project.notes,
      ...notesOn({ ...request, project, guessed: ask === undefined ? guessed : [], switched: doors.length, envPath }),
    ],
  }
}

/** With what `services` says of them: these, and no others, are built. */
function withBuilds(project: ComposeProject, wanted: InitValues['services']): ComposeProject {
  if (wanted.length === 0) return project
  const unknown = wanted.filter(({ name }) => !project.services.some((service) => service.name === name))
  if (unknown.length > 0)
    throw new UserError('DA-SETUP-PROJECT', `the Compose file has no service ${unknown.map(({ name }) => `"${name}"`).join(', ')}`, {
      hint: `It has ${project.services.map(({ name }) => name).join(', ')}.`,
    })
  const services = project.services.map(({ build, ...service }) => {
    const line = wanted.find(({ name }) => name === service.name)
    if (line === undefined) return service
    const own: Build = line.context === undefined ? (build ?? { context: '.' }) : { context: line.context }
    return { ...service, build: own }
  })
  return { ...project, services }
}

const nothingToBuild = ({ files, services }: ComposeProject): UserError =>
  new UserError('DA-SETUP-PROJECT', `no service in ${files.join(', ')} has \`build:\`, so nothing says which images are yours`, {
    hint: `Name them: \`--services web\`, or \`--services web=folder\`. There are ${services.map(({ name }) => name).join(', ')}.`,
  })

/** Given ones, and where nothing says when a service is ready, what a person answers; `/` where nobody does. */
async function healthPaths(
  project: ComposeProject,
  values: SetupRequest['values'],
  ask: Ask | undefined,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map(values.health.map(({ service, path }) => [service, path]))
  for (const { service, port } of switchable(project)) {
    if (service.healthcheck || paths.has(service.name)) continue
    const answer = await ask?.(`Which path of ${service.name}:${port} answers 200 when it is well?`, '/health')
    paths.set(service.name, answer === undefined ? '/' : answer.startsWith('/') ? answer : `/${answer}`)
  }
  return paths
}

function wantedImage(service: ProjectService, doors: ReturnType<typeof switchable>, paths: ReadonlyMap<string, string>): WantedImage {
  const port = doors.find((door) => door.service.name === service.name)?.port
  const path = paths.get(service.name)
  const repository = builtRepository(service)
  return {
    name: service.name,
    ...(repository !== undefined && { image: repository }),
    ...(service.build as Build),
    ...(port !== undefined && path !== undefined && { verify: { port, path } }),
  }
}

interface Noted extends SetupRequest {
  /** Services that nobody said a path of. */
  readonly guessed: readonly string[]
  /** How many services are. */
  readonly switched: number
  readonly envPath: string
}

function notesOn({ project, values, guessed, switched, absentEnvFiles, envPath }: Noted): string[] {
  const others = absentEnvFiles.filter((file) => file !== envPath && file !== '.env')
  const unused = values.generate.filter(
    (name) => absentEnvFiles.length === 0 && !project.variables.some((variable) => variable.name === name),
  )
  const open = project.services.flatMap((service) => service.openSecrets.map((name) => openSecretNote(service.name, name)))
  return [
    ...open,
    ...unused.map((name) => `no service gets ${name}: write \`${name}: \${${name}}\` under its \`environment:\``),
    ...project.services.flatMap((service) => imageProblem(service) ?? []),
    ...project.services.flatMap(elsewhereNotes),
    ...guessed.map(
      (name) => `${name} has no healthcheck: \`/\` has to answer below 400 when it is well. \`--health ${name}=/path\` says it better`,
    ),
    ...(switched === 0
      ? [
          'no service that is built says a port: nothing is switched, and a deploy recreates with a gap. Name the port under `expose:` or `ports:`',
        ]
      : []),
    ...others.map(
      (file) =>
        `${file} is named under \`env_file\` and not in the repository: it has to lie beside the Compose file on the host (sync-env writes it)`,
    ),
  ]
}

/** A runner has the repository and nothing beside it. */
function elsewhereNotes({ name, build }: ProjectService): string[] {
  const paths = [build?.context, build?.file].filter((path) => path !== undefined && !isRemote(path) && isElsewhere(path))
  return [...new Set(paths)].map((path) => `${name} is built with ${path}, which is not in this repository: the pipeline will not find it`)
}

export const openSecretNote = (service: string, name: string): string =>
  `${service}: the value of ${name} stands in the Compose file, for everybody who reads the repository. Write \`${name}: \${${name}}\`, and give the value by the secret APP_ENV`
