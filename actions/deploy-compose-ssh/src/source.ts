import { posix } from 'node:path'
import { type Collected, type CollectedFile, collectFiles, type Refusal, type Workspace } from '@deploy-actions/compose'
import { encodeComposeEnvFile } from '@deploy-actions/dotenv'
import type { UploadEntry } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import { parse } from 'yaml'

/** What the consumer's repository and step give for Compose. */
export interface Source {
  /** Written to the agent's private folder on the host: `source/…` and `resolve/…`. */
  readonly entries: readonly UploadEntry[]
  /** The directory of the first Compose file, relative to the repository; `.` for its root. */
  readonly directory: string
  readonly project: string
  readonly files: readonly CollectedFile[]
  readonly notes: readonly string[]
  readonly refusals: readonly Refusal[]
}

export interface SourceRequest {
  readonly workspace: Workspace
  readonly composeFile: readonly string[]
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  readonly projectName: string | undefined
  readonly app: string
  /** Values that the step gives for interpolation. */
  readonly values: ReadonlyMap<string, string>
}

const DEFAULT_FILES = [
  'docker-compose.prod.yml',
  'compose.prod.yaml',
  'compose.yaml',
  'compose.yml',
  'docker-compose.yml',
  'docker-compose.yaml',
]

/** Finds the Compose files and everything that they name. @throws UserError DA-COMPOSE-FILE-MISSING */
export async function readSource(request: SourceRequest): Promise<Source> {
  const composeFiles = request.composeFile.length > 0 ? request.composeFile : [await firstThatExists(request.workspace)]
  const directory = posix.dirname(posix.normalize(composeFiles[0] as string))
  const { values: variables } = request
  const collected = await collectFiles({
    composeFiles,
    files: request.files,
    variables: (name) => variables.get(name),
    workspace: request.workspace,
  })
  const project = request.projectName ?? (await nameIn(request.workspace, composeFiles[0] as string)) ?? request.app
  return {
    ...collected,
    files: collected.entries,
    entries: [
      ...collected.entries.map((file) => upload(directory, file)),
      ...resolveEntries({ ...request, composeFiles, directory, project }, collected),
    ],
    directory,
    project,
  }
}

async function firstThatExists(workspace: Workspace): Promise<string> {
  for (const file of DEFAULT_FILES) if ((await workspace.stat(file)) !== undefined) return file
  throw new UserError('DA-COMPOSE-FILE-MISSING', `the repository has no Compose file: looked for ${DEFAULT_FILES.join(', ')}`, {
    hint: 'Run actions/checkout before this step, or name the file in `compose-file`.',
  })
}

/** The `name:` of a Compose file, where it is one that a project can have without interpolation. */
async function nameIn(workspace: Workspace, file: string): Promise<string | undefined> {
  const text = (await workspace.read(file))?.toString('utf8') ?? ''
  try {
    const name: unknown = parse(text, { merge: true })?.name
    return typeof name === 'string' && /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : undefined
  } catch {
    return undefined // the host's Compose says what is wrong, in its own words
  }
}

function upload(directory: string, file: CollectedFile): UploadEntry {
  return { path: posix.join('source', directory, file.path), bytes: file.bytes, mode: file.mode | 0o600 }
}

interface Options {
  readonly composeFiles: readonly string[]
  readonly directory: string
  readonly project: string
  readonly profiles: readonly string[]
  readonly values: ReadonlyMap<string, string>
}

/** What the agent's `resolve` reads: options for Compose, and two files for interpolation. */
function resolveEntries(options: Options, { entries }: Collected): UploadEntry[] {
  const lines = [
    `project=${options.project}`,
    `directory=${options.directory}`,
    ...options.composeFiles.map((file) => `file=${posix.normalize(file)}`),
    ...options.profiles.map((profile) => `profile=${profile}`),
  ]
  const dotEnv = entries.find(({ path }) => path === '.env')?.bytes ?? Buffer.alloc(0)
  const secret = (path: string, bytes: Uint8Array): UploadEntry => ({ path: `resolve/${path}`, bytes, mode: 0o600 })
  return [
    secret('options', Buffer.from(`${lines.join('\n')}\n`)),
    secret('runner.env', dotEnv),
    secret('keys.env', Buffer.from(encodeComposeEnvFile(options.values))),
  ]
}
