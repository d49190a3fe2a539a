import { posix } from 'node:path'
import { type ComposePort, type ComposeService, type NamedVariable, readYaml, variablesIn, type Workspace } from '@deploy-actions/compose'
import { messageOf, UserError } from '@deploy-actions/kit'
import { chooseFiles } from '@deploy-actions/plan'
import { isRemote } from './build-place.ts'
import { readExpose, readPorts } from './compose-ports.ts'

/** How an image is made, as the Compose file says it; paths are relative to the repository. */
export interface Build {
  readonly context: string
  readonly file?: string
  readonly target?: string
}

/** A service as it is written in the file: no Compose has resolved it, so that this needs no Docker. */
export interface ProjectService {
  readonly name: string
  /** As written. */
  readonly image?: string
  readonly build?: Build
  readonly ports: readonly ComposePort[]
  readonly expose: readonly number[]
  readonly healthcheck: boolean
  readonly envFiles: readonly string[]
  /** Names of variables that look like secrets and have their value in the file, for everybody who reads the repository. */
  readonly openSecrets: readonly string[]
}

export interface ComposeProject {
  /** Relative to the repository. */
  readonly files: readonly string[]
  readonly name?: string
  readonly services: readonly ProjectService[]
  /** Variables that the files name, each once; those that only choose the image of a service with `build:` are not among them. */
  readonly variables: readonly NamedVariable[]
  readonly notes: readonly string[]
}

type Yaml = Readonly<Record<string, unknown>>

/**
 * Reads Compose files as far as a person would: services, images, ports, healthchecks, variables.
 * @throws UserError DA-COMPOSE-FILE-MISSING, DA-COMPOSE-YAML
 */
export async function readComposeProject(workspace: Workspace, composeFile: readonly string[]): Promise<ComposeProject> {
  const { composeFiles, notes } = await chooseFiles({ workspace, composeFile, values: new Map() })
  const documents: Yaml[] = []
  for (const file of composeFiles) documents.push(...(await documentsOf(workspace, file)))
  const services = new Map<string, Yaml>()
  for (const document of documents)
    for (const [name, service] of Object.entries(asMap(document.services))) services.set(name, { ...services.get(name), ...asMap(service) })
  const name = documents.flatMap((document) => (typeof document.name === 'string' ? [document.name] : [])).at(-1)
  return {
    files: composeFiles,
    ...(name !== undefined && { name }),
    services: [...services].map(([service, yaml]) => readService(service, yaml, posix.dirname(composeFiles[0] as string))),
    variables: namedVariables(documents),
    notes: [...notes, ...notSeen(documents, services)],
  }
}

async function documentsOf(workspace: Workspace, file: string): Promise<Yaml[]> {
  const bytes = await workspace.read(file)
  if (bytes === undefined)
    throw new UserError('DA-COMPOSE-FILE-MISSING', `the repository has no ${file}`, {
      hint: 'Check `compose-file`; it is taken from the folder of the repository.',
    })
  try {
    return readYaml(bytes.toString('utf8')).map(asMap)
  } catch (cause) {
    throw new UserError('DA-COMPOSE-YAML', `${file} is not YAML: ${messageOf(cause)}`, {
      hint: 'Mend that line; `docker compose config` shows the same.',
      cause,
    })
  }
}

function notSeen(documents: readonly Yaml[], services: ReadonlyMap<string, Yaml>): string[] {
  const extended = [...services].filter(([, service]) => service.extends !== undefined).map(([name]) => name)
  return [
    ...(documents.some((document) => document.include !== undefined)
      ? ['services of files under `include` are not looked at here; deploys see them']
      : []),
    ...(extended.length > 0 ? [`${extended.join(', ')}: what comes by \`extends\` is not looked at here; deploys see it`] : []),
  ]
}

function readService(name: string, service: Yaml, folder: string): ProjectService {
  const healthcheck = asMap(service.healthcheck)
  const build = readBuild(service.build, folder)
  return {
    name,
    ...(typeof service.image === 'string' && { image: service.image }),
    ...(build !== undefined && { build }),
    ports: asList(service.ports).flatMap(readPorts),
    expose: asList(service.expose).flatMap(readExpose),
    healthcheck: healthcheck.test !== undefined && healthcheck.disable !== true && healthcheck.test !== 'NONE',
    openSecrets: openSecrets(service.environment),
    envFiles: asList(service.env_file).flatMap((file) => textsIn(typeof file === 'string' ? file : asMap(file).path)),
  }
}

/** Of a list `KEY=value` or a mapping. */
function openSecrets(environment: unknown): string[] {
  const pairs = Array.isArray(environment)
    ? environment.map((line) => [String(line).split('=')[0] as string, String(line).split('=').slice(1).join('=')] as const)
    : Object.entries(asMap(environment)).map(([key, value]) => [key, value === null ? '' : String(value)] as const)
  return pairs.filter(([key, value]) => isSecretName(key) && value !== '' && !value.includes('$')).map(([key]) => key)
}

/** Whether a variable holds a secret, for as much as its name tells. */
export const isSecretName = (name: string): boolean => /SECRET|PASSWORD|_TOKEN$|_KEY$/.test(name) && !/PUBLIC|_PATH|_FILE|_ID$/.test(name)

function readBuild(build: unknown, folder: string): Build | undefined {
  const { context = '.', dockerfile, target } = typeof build === 'string' ? ({ context: build } as Yaml) : asMap(build)
  if (build === undefined || build === null || typeof context !== 'string') return undefined
  const remote = isRemote(context)
  const base = remote ? context : from(folder, context)
  return {
    context: base,
    ...(typeof dockerfile === 'string' && !remote && { file: from(base, dockerfile) }),
    ...(typeof target === 'string' && { target }),
  }
}

const from = (folder: string, path: string): string => (posix.isAbsolute(path) ? path : posix.join(folder, path))

/** Of the texts of all files. A tag of an image that the pipeline builds comes from the pipeline. */
function namedVariables(documents: readonly Yaml[]): NamedVariable[] {
  const found = new Map<string, NamedVariable>()
  const visit = (value: unknown): void => {
    if (typeof value === 'string') for (const variable of variablesIn(value)) keep(variable)
    else if (Array.isArray(value)) value.forEach(visit)
    else if (value !== null && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) if (key !== 'image' || !('build' in value)) visit(inner)
  }
  // Where one place has no fallback, a value is needed.
  const keep = (variable: NamedVariable) => {
    const known = found.get(variable.name)
    if (known === undefined || variable.fallback === undefined) found.set(variable.name, variable)
  }
  documents.forEach(visit)
  return [...found.values()]
}

/** Services that take requests, with the port to send them to: what is built and says a port. */
export function switchable(project: ComposeProject): { service: ProjectService; port: number }[] {
  return project.services.flatMap((service) => {
    const port = service.ports.find(({ protocol }) => protocol !== 'udp')?.target ?? service.expose[0]
    return service.build === undefined || port === undefined ? [] : [{ service, port }]
  })
}

const PROXIES = /(^|\/)(nginx|caddy|traefik|haproxy|httpd|nginx-proxy|openresty|envoy|swag|nginx-unprivileged)(:|@|$)/

/** A proxy of the project's own that has the ports of the web: it stays in front. */
export const ownProxy = (project: ComposeProject): ProjectService | undefined =>
  project.services.find(
    ({ image, ports }) => PROXIES.test(image ?? '') && ports.some(({ published }) => published === '80' || published === '443'),
  )

/** For readers of the resolved model. */
export const asModelService = ({ image }: ProjectService): ComposeService => (image === undefined ? {} : { image })

const textsIn = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])
const asMap = (value: unknown): Yaml => (value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Yaml) : {})
const asList = (value: unknown): readonly unknown[] => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value])
