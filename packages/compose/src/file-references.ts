import { parse } from 'yaml'

/** A local path that a Compose file names, as written (not interpolated). */
export interface FileReference {
  readonly path: string
  /** Where it stands, for messages: `services.web.env_file`. */
  readonly at: string
  /** A bind that the container may write to: when it is a directory, it is data. */
  readonly writable?: boolean
  /** Its absence is no mistake. */
  readonly optional?: boolean
  /** Another Compose file, to be read too: the whole of it, or one service. */
  readonly follow?: { readonly service?: string; readonly directory?: string }
}

type Yaml = Readonly<Record<string, unknown>>

/**
 * All local paths in one Compose file. `service`: only what this one names (for `extends`).
 * @throws YAMLParseError
 */
export function fileReferences(text: string, service?: string): FileReference[] {
  const root = asMap(parse(text, { merge: true, uniqueKeys: false, logLevel: 'error' }))
  const services = Object.entries(asMap(root.services)).filter(([name]) => service === undefined || name === service)
  const found = services.flatMap(([name, value]) => ofService(name, asMap(value)))
  const objects = [...fileObjects('configs', root.configs), ...fileObjects('secrets', root.secrets)]
  return service === undefined ? [...found, ...objects, ...asList(root.include).flatMap(ofInclude)] : found
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
  if (typeof item === 'string') return [{ path: item, at, follow: {} }]
  const { path, project_directory, env_file } = asMap(item)
  const follow = typeof project_directory === 'string' ? { directory: project_directory } : {}
  const paths = asList(path).filter((one) => typeof one === 'string')
  return [...paths.map((one) => ({ path: one, at, follow })), ...asList(env_file).flatMap((one) => ofEnvFile(one, at))]
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
