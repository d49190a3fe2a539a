import { posix } from 'node:path'
import { sha256 } from './canonical-json.ts'
import type { CollectedFile } from './collect-files.ts'
import type { ComposeFileObject, ComposeModel, ComposeMount, ComposeService } from './compose-model.ts'
import { type Refusal, refusal } from './refusal.ts'
import { FileStore, type StoredFile } from './stored-files.ts'

/** Where the files lie and where they shall lie; absolute paths on the host. */
export interface Places {
  /** `/opt/<app>`. */
  readonly appDirectory: string
  /** The directory that the model was resolved in: it is temporary, no path below it may stay in the model. */
  readonly projectDirectory: string
  /** The top of what was uploaded, when the Compose file lies deeper; default: `projectDirectory`. */
  readonly uploadDirectory?: string
  /** Relative data paths are taken from here; default: `appDirectory`. */
  readonly dataDirectory?: string
  /** Files that base services mount from `dataDirectory`, where people put them: as long as the repository has the same, they stay there. */
  readonly kept?: KeptFiles
  /** Folders there that have other files besides: a container that mounts one would see these too. */
  readonly mixed?: readonly string[]
}

/** sha256 by path, relative to the project directory. */
export type KeptFiles = Readonly<Record<string, string>>

export interface Placed {
  readonly model: ComposeModel
  readonly stored: readonly StoredFile[]
  /** Data directories that binds need; sorted. */
  readonly directories: readonly string[]
  /** Those that are mounted from where they were. */
  readonly kept: KeptFiles
  readonly notes: readonly string[]
  readonly refusals: readonly Refusal[]
}

/** Names in `/opt/<app>` that are ours; no container gets one of them as its data. */
const OURS = [
  'releases',
  'files',
  'switch',
  'edge',
  'env',
  'bin',
  'current',
  'previous',
  'journal',
  'lock',
  'reservation',
  'log.jsonl',
  'compose.yaml',
]

/** Gives every path below the upload its lasting place: files by their content, data beside the app. Paths elsewhere are the host's and stay. */
export function placePaths(model: ComposeModel, files: readonly CollectedFile[], places: Places, switched: readonly string[] = []): Placed {
  const placing = new Placing(files, places, switched)
  const { services: _services, volumes: _volumes, configs: _configs, secrets: _secrets, ...rest } = model
  const placed = {
    ...placing.texts(rest),
    services: mapValues(model.services, (service, name) => placing.service(name, service)),
    ...(model.volumes === undefined ? {} : { volumes: placing.texts(model.volumes) }),
    ...(model.configs === undefined
      ? {}
      : { configs: mapValues(model.configs, (object, name) => placing.object(`config ${name}`, object)) }),
    ...(model.secrets === undefined
      ? {}
      : { secrets: mapValues(model.secrets, (object, name) => placing.object(`secret ${name}`, object)) }),
  }
  return { model: placed, ...placing.result() }
}

class Placing {
  readonly #places: Places
  readonly #store: FileStore
  readonly #temporary: RegExp
  readonly #files: readonly CollectedFile[]
  readonly #switched: readonly string[]
  readonly #directories = new Set<string>()
  readonly #kept = new Set<string>()
  readonly #notes = new Set<string>()
  readonly #refusals: Refusal[] = []

  constructor(files: readonly CollectedFile[], places: Places, switched: readonly string[]) {
    this.#files = files
    this.#switched = switched
    this.#places = places
    this.#store = new FileStore(places.appDirectory)
    this.#temporary = new RegExp(`${places.projectDirectory.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![A-Za-z0-9._-])`, 'g')
  }

  result(): Omit<Placed, 'model'> {
    const kept = Object.fromEntries([...this.#kept].sort().map((path) => [path, this.#places.kept?.[path] ?? '']))
    const directories = [...this.#directories].sort()
    return { stored: this.#store.all(), directories, kept, notes: [...this.#notes], refusals: this.#refusals }
  }

  service(name: string, { env_file: _resolved, ...service }: ComposeService): ComposeService {
    const { volumes, ...rest } = service
    return { ...this.texts(rest), ...(volumes === undefined ? {} : { volumes: volumes.map((mount) => this.#mount(name, mount)) }) }
  }

  object(what: string, object: ComposeFileObject): ComposeFileObject {
    const own = object.file === undefined ? undefined : this.#uploaded(object.file)
    if (own === undefined) return object
    return { ...object, file: this.#content(own) ?? this.#missing(what, own) }
  }

  /** The same with every mention of the temporary directory replaced: `${PWD}` in a variable, a volume's device. */
  texts<T>(value: T): T {
    const lasting = this.#data('')
    const replaced = (inner: unknown): unknown => {
      if (typeof inner === 'string') return inner.replace(this.#temporary, () => lasting)
      if (Array.isArray(inner)) return inner.map(replaced)
      if (inner === null || typeof inner !== 'object') return inner
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, replaced(one)]))
    }
    return replaced(value) as T
  }

  #mount(service: string, mount: ComposeMount): ComposeMount {
    const own = mount.type === 'bind' && mount.source !== undefined ? this.#uploaded(mount.source) : undefined
    if (own === undefined) return this.texts(mount)
    const isFile = this.#files.some(({ path }) => path === own)
    if (this.#stays(service, own)) return { ...mount, source: this.#data(own) }
    const content = isFile || mount.read_only === true ? this.#content(own) : undefined
    if (content !== undefined && mount.read_only !== true)
      this.#notes.add(`${service} may write to ${own}: what it writes is not kept by the next release`)
    return { ...mount, source: content ?? this.#dataMount(service, own, mount) }
  }

  /** Relative to the project directory when the path lies below the upload. */
  #uploaded(path: string): string | undefined {
    const top = this.#places.uploadDirectory ?? this.#places.projectDirectory
    if (path !== top && !path.startsWith(`${top}/`)) return undefined
    return posix.relative(this.#places.projectDirectory, path)
  }

  /** What a base service mounts since before the first release would be recreated for another path to the same bytes. */
  #stays(service: string, relative: string): boolean {
    const { kept = {}, mixed = [] } = this.#places
    if (this.#switched.includes(service)) return false
    const isFile = this.#files.some(({ path }) => path === relative)
    if (!isFile && mixed.some((folder) => folder === relative || folder.startsWith(`${relative}/`))) return false
    const files = this.#files.filter(({ path }) => path === relative || path.startsWith(`${relative}/`))
    if (files.length === 0 || !files.every(({ path, bytes }) => kept[path] === sha256(bytes))) return false
    for (const { path } of files) this.#kept.add(path)
    return true
  }

  /** The lasting path of an uploaded file or directory; undefined when nothing was uploaded there. */
  #content(relative: string): string | undefined {
    const file = this.#files.find(({ path }) => path === relative)
    if (file !== undefined) return this.#store.file(posix.basename(relative), file.bytes, file.mode)
    const inner = relative === '' ? '' : `${relative}/`
    const files = this.#files.filter(({ path }) => path.startsWith(inner)).map((one) => ({ ...one, path: one.path.slice(inner.length) }))
    return files.length === 0 ? undefined : this.#store.tree(posix.basename(relative) || 'project', files)
  }

  #dataMount(service: string, relative: string, mount: ComposeMount): string {
    const first = this.#below(relative).split('/')[0] ?? ''
    const inApp = this.#data('') === this.#places.appDirectory
    if (relative === '' || (inApp && OURS.includes(first))) this.#refusals.push(reserved(service, relative, mount.target))
    if (mount.read_only === true) this.#notes.add(`${service}: ./${relative} is not in the repository; the host's directory is used`)
    this.#directories.add(this.#data(relative))
    return this.#data(relative)
  }

  #missing(what: string, relative: string): string {
    this.#notes.add(`${what}: ./${relative} is not in the repository; the host's file is used`)
    return this.#data(relative)
  }

  /** Data lies in the app's directory as it lies beside the Compose file; what lies above that, as it lies in the repository: no path leaves the app. */
  #data(relative: string): string {
    const { dataDirectory, appDirectory } = this.#places
    // Where people started the project, its paths mean what they meant there.
    return dataDirectory === undefined ? posix.join(appDirectory, this.#below(relative)) : posix.join(dataDirectory, relative)
  }

  #below(relative: string): string {
    if (!relative.startsWith('..')) return relative
    const { projectDirectory, uploadDirectory = projectDirectory } = this.#places
    return posix.relative(uploadDirectory, posix.join(projectDirectory, relative)).replace(/^(\.\.(\/|$))+/, '')
  }
}

function reserved(service: string, relative: string, target: string): Refusal {
  const what = relative === '' ? 'the whole project directory' : `./${relative}`
  return refusal(
    'DA-BIND-RESERVED',
    `service "${service}" binds ${what} at ${target} for writing, where deploy-actions keeps its own files on the host`,
    'Bind a directory of its own (`./data/…`), give an absolute path, or make it read-only (`:ro`): then its files are uploaded.',
  )
}

/** The same keys with other values. */
export function mapValues<T, U>(object: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))
}
