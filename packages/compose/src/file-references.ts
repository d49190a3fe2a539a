import { posix } from 'node:path'
import { readYaml } from './read-yaml.ts'

/** A local path that a Compose file names, as written (not interpolated). */
export interface FileReference {
  readonly path: string
  /** Where it stands, for messages: `services.web.env_file`. */
  readonly at: string
  /** A bind that the container may write to: when it is a directory, it is data. */
  readonly writable?: boolean
  /** Its absence is no mistake. */
  readonly optional?: boolean
  /** Another Compose file, to be read too. */
  readonly follow?: Followed
}

/** How another Compose file is read: the whole of it, or one service of it. */
export interface Followed {
  readonly service?: string
  /** Where its paths begin, as written; default: the folder that it lies in. */
  readonly directory?: string
  /** Only an included file has values of its own, from these; default: the `.env` in its directory. */
  readonly envFiles?: readonly FileReference[]
}

type Yaml = Readonly<Record<string, unknown>>

/**
 * All local paths in one Compose file. `service`: only what this one names (for `extends`), and those of the same file that it extends.
 * @throws YAMLParseError
 */
export function fileReferences(text: string, service?: string): FileReference[] {
  return readYaml(text).flatMap((document) => {
    const root = asMap(document)
    const services = asMap(root.services)
    if (service !== undefined) return lineage(services, service).flatMap((name) => ofService(name, asMap(services[name])))
    const found = Object.entries(services).flatMap(([name, value]) => ofService(name, asMap(value)))
    const objects = [...fileObjects('configs', root.configs), ...fileObjects('secrets', root.secrets)]
    return [...found, ...objects, ...asList(root.include).flatMap(ofInclude)]
  })
}

/** A service and those that it extends in its own file. */
function lineage(services: Yaml, name: string, known: readonly string[] = []): string[] {
  const { extends: parent } = asMap(services[name])
  const { file, service } = typeof parent === 'string' ? { service: parent } : asMap(parent)
  const names = [...known, name]
  return typeof service === 'string' && file === undefined && !names.includes(service) ? lineage(services, service, names) : names
}

function ofService(name: string, service: Yaml): FileReference[] {
  const at = (key: string) => `services.${name}.${key}`
  return [
    ...asList(service.env_file).flatMap((item) => ofEnvFile(item, at('env_file'))),
    ...asList(service.label_file).flatMap((item) => (typeof item === 'string' ? [{ path: item, at: at('label_file') }] : [])),
    ...asList(service.volumes).flatMap((item) => ofVolume(item, at('volumes'))),
    ...ofExtends(service.extends, at('extends')),
  ]
}

function ofEnvFile(item: unknown, at: string): FileReference[] {
  if (typeof item === 'string') return [{ path: item, at }]
  const { path, required } = asMap(item)
  return typeof path === 'string' ? [{ path, at, optional: required === false || required === 'false' }] : []
}

function ofVolume(item: unknown, at: string): FileReference[] {
  if (typeof item === 'string') {
    const [path = '', target, options = ''] = splitVolume(item)
    if (target === undefined || !looksLikePath(path)) return []
    return [{ path, at, writable: !options.split(',').includes('ro') }]
  }
  const { type, source, read_only } = asMap(item)
  if (type !== 'bind' || typeof source !== 'string') return []
  return [{ path: source, at, writable: read_only !== true }]
}

/** At colons, but not at those within `${…}`. */
function splitVolume(text: string): string[] {
  return (text.match(/(?:\$\{(?:[^{}]|\{[^}]*\})*\}|[^:])+/g) ?? []) as string[]
}

/** In the short form everything else is the name of a volume. */
const looksLikePath = (source: string): boolean => /^(\.|\/|~|\$)/.test(source)

function ofExtends(value: unknown, at: string): FileReference[] {
  const { file, service } = asMap(value)
  if (typeof file !== 'string') return []
  return [{ path: file, at, follow: typeof service === 'string' ? { service } : {} }]
}

function ofInclude(item: unknown): FileReference[] {
  const at = 'include'
  if (typeof item === 'string') return ofInclude({ path: item })
  const { path, project_directory, env_file } = asMap(item)
  const paths = asList(path).filter((one) => typeof one === 'string')
  // All files of one list begin where the first one lies.
  const directory = typeof project_directory === 'string' ? project_directory : posix.dirname(paths[0] ?? '')
  const envFiles = asList(env_file).flatMap((one) => ofEnvFile(one, `${at}.env_file`))
  return paths.map((one) => ({ path: one, at, follow: { directory, ...(envFiles.length > 0 && { envFiles }) } }))
}

function fileObjects(kind: string, value: unknown): FileReference[] {
  return Object.entries(asMap(value)).flatMap(([name, object]) => {
    const { file } = asMap(object)
    return typeof file === 'string' ? [{ path: file, at: `${kind}.${name}.file` }] : []
  })
}

function asMap(value: unknown): Yaml {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Yaml) : {}
}

function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
