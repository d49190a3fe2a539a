import { posix } from 'node:path'
import { parseComposeEnvFile } from '@deploy-actions/dotenv'
import { messageOf } from '@deploy-actions/kit'
import { type FileReference, type Followed, fileReferences } from './file-references.ts'
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
  /** Env files that the repository does not have, relative to the first Compose file's directory: the host may. */
  readonly absentEnvFiles: readonly string[]
  /** What the step and the `.env` give. */
  readonly variables: Variables
}

/** Where the paths of a Compose file begin, and what fills in its variables. */
interface Scope {
  readonly directory: string
  readonly variables: Variables
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
  readonly #absentEnvFiles = new Set<string>()
  readonly #followed = new Set<string>()
  #variables: Variables

  constructor(request: CollectRequest) {
    this.#request = request
    this.#directory = posix.dirname(posix.normalize(request.composeFiles[0] ?? 'compose.yaml'))
    this.#variables = request.variables ?? (() => undefined)
  }

  async run(): Promise<void> {
    this.#variables = await this.#withEnvFile(posix.join(this.#directory, '.env'), this.#variables)
    const scope = { directory: this.#directory, variables: this.#variables }
    for (const file of this.#request.composeFiles) await this.#composeFile(file, scope, 'compose-file')
    for (const path of this.#request.files ?? []) await this.#named({ path, at: 'the input `files`' }, { ...scope, directory: '.' })
  }

  result(): Collected {
    const entries = [...this.#entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
    const absentEnvFiles = [...this.#absentEnvFiles].sort()
    return { entries, notes: [...this.#notes], refusals: [...this.#refusals.values()], absentEnvFiles, variables: this.#variables }
  }

  /** Uploads an env file that is there, and adds what `given` does not have. */
  async #withEnvFile(path: string, given: Variables): Promise<Variables> {
    const bytes = await this.#request.workspace.read(path)
    if (bytes === undefined) return given
    await this.#path(path, { path, at: posix.basename(path) })
    const values = parseComposeEnvFile(bytes.toString('utf8'), given, `env file ${path}`)
    return (name) => given(name) ?? values.get(name)
  }

  /** Reads one Compose file and all that it names. */
  async #composeFile(path: string, scope: Scope, at: string, service?: string): Promise<void> {
    const once = JSON.stringify([path, scope.directory, service ?? null])
    if (this.#followed.has(once)) return
    this.#followed.add(once)
    const bytes = await this.#request.workspace.read(path)
    if (bytes === undefined) return this.#refuse(missing(path, at))
    await this.#path(path, { path, at })
    for (const reference of this.#references(bytes, path, service)) await this.#named(reference, scope)
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

  async #named(reference: FileReference, scope: Scope): Promise<void> {
    const path = this.#local(reference.path, reference.at, scope)
    if (path === undefined) return
    if (reference.follow === undefined) await this.#path(path, reference)
    else await this.#follow(path, scope, reference.at, reference.follow)
  }

  /** A path as written, in the workspace; undefined when it is not there to be uploaded, which is noted or refused where it should be. */
  #local(written: string, at: string, { directory, variables }: Scope): string | undefined {
    // On the host Compose runs in the project's directory, wherever the file with these words lies.
    const here = posix.relative(directory, this.#directory) || '.'
    const filled = interpolate(written, (name) => variables(name) ?? (name === 'PWD' ? here : undefined))
    if ('unset' in filled) {
      this.#notes.add(`${at}: ${written} is left out, because ${filled.unset} has no value here`)
      return undefined
    }
    if (filled.text === '' || ELSEWHERE.test(filled.text)) return undefined
    const path = inWorkspace(directory, filled.text)
    if (path === undefined) this.#refuse(outside(filled.text, at))
    return path
  }

  async #follow(path: string, scope: Scope, at: string, { service, directory: written, envFiles }: Followed): Promise<void> {
    if (written === undefined) return this.#composeFile(path, { ...scope, directory: posix.dirname(path) }, at, service)
    const directory = this.#local(written, at, scope)
    if (directory === undefined) return this.#path(path, { path, at })
    const env = envFiles?.map((file) => this.#local(file.path, file.at, scope)) ?? [posix.join(directory, '.env')]
    let { variables } = scope
    // Of several the last one's values count.
    for (const file of env.reverse()) if (file !== undefined) variables = await this.#withEnvFile(file, variables)
    await this.#composeFile(path, { directory, variables }, at, service)
  }

  /** @param above the directories on the way here, so that a link up does not lead around in a circle */
  async #path(path: string, { at, writable, optional }: FileReference, above: readonly string[] = []): Promise<void> {
    const { workspace } = this.#request
    const found = await workspace.stat(path)
    if (found === undefined) {
      if (at.endsWith('.env_file')) this.#absentEnvFiles.add(posix.relative(this.#directory, path))
      if (!optional && !writable) this.#notes.add(`${at}: ${path} is not in the repository`)
    } else if (found.kind === 'outside') {
      this.#refuse(outside(path, at))
    } else if (found.kind === 'file') {
      const bytes = await workspace.read(path)
      const relative = posix.relative(this.#directory, path)
      if (bytes !== undefined) this.#entries.set(path, { path: relative, bytes, mode: found.mode & 0o777 })
    } else if (writable) {
      // The top of the repository is refused where it is mounted.
      const left = path === '.' ? [] : (await workspace.list(path)).filter((name) => !PLACEHOLDER.test(name))
      if (left.length > 0) this.#notes.add(isData(at, path))
    } else if (!above.includes(found.real ?? path) && !(found.real ?? path).split('/').includes('.git')) {
      // A repository's history is nobody's configuration.
      const names = (await workspace.list(path)).filter((name) => name !== '.git').sort()
      for (const name of names) await this.#path(posix.join(path, name), { path: name, at }, [...above, found.real ?? path])
    }
  }

  #refuse(one: Refusal): void {
    this.#refusals.set(one.message, one)
  }
}

/** Absolute paths and home folders are the host's; what another server has, Compose fetches itself. */
const ELSEWHERE = /^[/~]|^[a-z][a-z+]*:\/\/|^oci:|^git@/

/** What keeps an empty folder in a repository. */
const PLACEHOLDER = /^\.(git|keep)/

const isData = (at: string, path: string): string =>
  `${at}: the container may write to ./${path}, so that is data of the host, and the files that the repository has there are not uploaded. If the container only reads them, write \`:ro\` behind it: then they are`

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
