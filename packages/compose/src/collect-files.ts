import { posix } from 'node:path'
import { parseComposeEnvFile } from '@deploy-actions/dotenv'
import { messageOf } from '@deploy-actions/kit'
import { type FileReference, fileReferences } from './file-references.ts'
import { interpolate, type Variables } from './interpolate.ts'
import { type Refusal, refusal } from './refusal.ts'
import { inWorkspace, type Workspace } from './workspace.ts'

/** A file to upload. */
export interface CollectedFile {
  /** Relative to the first Compose file's directory, with `/`; begins with `../` when it lies beside that. */
  readonly path: string
  readonly bytes: Buffer
  /** Permission bits. */
  readonly mode: number
}

export interface CollectRequest {
  /** Relative to the workspace; Compose takes relative paths in all of them from the first one's directory. */
  readonly composeFiles: readonly string[]
  /** The `files` input: more files and directories, relative to the workspace. */
  readonly files?: readonly string[]
  /** Values that the step gives for interpolation; the `.env` beside the first file fills in. */
  readonly variables?: Variables
  readonly workspace: Workspace
}

export interface Collected {
  readonly entries: readonly CollectedFile[]
  readonly notes: readonly string[]
  readonly refusals: readonly Refusal[]
}

/**
 * Finds the local files that Compose files name, and reads them. Directories that a container writes to are data and stay out; absolute paths
 * are the host's. What is not there is noted, or left for Compose to refuse in its own words.
 */
export async function collectFiles(request: CollectRequest): Promise<Collected> {
  const collector = new Collector(request)
  await collector.run()
  return collector.result()
}

class Collector {
  readonly #request: CollectRequest
  readonly #directory: string
  readonly #entries = new Map<string, CollectedFile>()
  readonly #notes = new Set<string>()
  readonly #refusals = new Map<string, Refusal>()
  readonly #followed = new Set<string>()
  #variables: Variables = () => undefined

  constructor(request: CollectRequest) {
    this.#request = request
    this.#directory = posix.dirname(posix.normalize(request.composeFiles[0] ?? 'compose.yaml'))
  }

  async run(): Promise<void> {
    await this.#readDotEnv()
    for (const file of this.#request.composeFiles) await this.#composeFile(file, this.#directory, 'compose-file')
    for (const path of this.#request.files ?? []) await this.#named({ path, at: 'the input `files`' }, '.')
  }

  result(): Collected {
    const entries = [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
    return { entries, notes: [...this.#notes], refusals: [...this.#refusals.values()] }
  }

  async #readDotEnv(): Promise<void> {
    const given = this.#request.variables ?? (() => undefined)
    const path = posix.join(this.#directory, '.env')
    const bytes = await this.#request.workspace.read(path)
    const values = bytes === undefined ? new Map<string, string>() : parseComposeEnvFile(bytes.toString('utf8'), given)
    if (bytes !== undefined) await this.#path(path, { path: '.env', at: '.env' })
    this.#variables = (name) => given(name) ?? values.get(name)
  }

  /** Reads one Compose file, the paths in it taken from `directory`, and all that it names. */
  async #composeFile(path: string, directory: string, at: string, service?: string): Promise<void> {
    const once = JSON.stringify([path, directory, service ?? null])
    if (this.#followed.has(once)) return
    this.#followed.add(once)
    const bytes = await this.#request.workspace.read(path)
    if (bytes === undefined) return this.#refuse(missing(path, at))
    await this.#path(path, { path, at })
    for (const reference of this.#references(bytes, path, service)) await this.#named(reference, directory)
  }

  #references(bytes: Buffer, path: string, service?: string): FileReference[] {
    try {
      return fileReferences(bytes.toString('utf8'), service)
    } catch (error) {
      this.#refuse(
        refusal('DA-COMPOSE-YAML', `${path} is not YAML: ${messageOf(error)}`, 'Mend that line; `docker compose config` shows the same.'),
      )
      return []
    }
  }

  async #named(reference: FileReference, directory: string): Promise<void> {
    const filled = interpolate(reference.path, this.#variables)
    if ('unset' in filled) {
      this.#notes.add(`${reference.at}: ${reference.path} is left out, because ${filled.unset} has no value here`)
    } else if (filled.text !== '' && !/^[/~]/.test(filled.text)) {
      const path = inWorkspace(directory, filled.text)
      if (path === undefined) this.#refuse(outside(filled.text, reference.at))
      else if (reference.follow === undefined) await this.#path(path, reference)
      else await this.#follow(path, directory, reference)
    }
  }

  async #follow(path: string, directory: string, { at, follow }: FileReference): Promise<void> {
    const own = follow?.directory === undefined ? posix.dirname(path) : inWorkspace(directory, follow.directory)
    if (own === undefined) return this.#refuse(outside(follow?.directory ?? '', at))
    await this.#composeFile(path, own, at, follow?.service)
  }

  async #path(path: string, { at, writable, optional }: FileReference): Promise<void> {
    const { workspace } = this.#request
    const found = await workspace.stat(path)
    if (found === undefined) {
      if (!optional && !writable) this.#notes.add(`${at}: ${path} is not in the repository`)
    } else if (found.kind === 'outside') {
      this.#refuse(outside(path, at))
    } else if (found.kind === 'file') {
      const bytes = await workspace.read(path)
      const relative = posix.relative(this.#directory, path)
      if (bytes !== undefined) this.#entries.set(path, { path: relative, bytes, mode: found.mode & 0o777 })
    } else if (!writable) {
      // A repository's history is nobody's configuration.
      const names = (await workspace.list(path)).filter((name) => name !== '.git').sort()
      for (const name of names) await this.#path(posix.join(path, name), { path: name, at })
    }
  }

  #refuse(one: Refusal): void {
    this.#refusals.set(one.message, one)
  }
}

const missing = (path: string, at: string): Refusal =>
  refusal(
    'DA-FILE-MISSING',
    `${at} names ${path}, which is not in the repository`,
    'Check the path; it is taken from the repository, after checkout.',
  )

const outside = (path: string, at: string): Refusal =>
  refusal(
    'DA-FILE-OUTSIDE',
    `${at} names ${path}, which lies outside of the repository`,
    'Only files of the checked-out repository are uploaded. Move it there, or give the path on the host in full (/opt/…).',
  )
