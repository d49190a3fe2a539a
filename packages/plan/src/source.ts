import { posix } from 'node:path'
import {
  type Collected,
  type CollectedFile,
  collectFiles,
  interpolate,
  type Refusal,
  readYaml,
  type Variables,
  type Workspace,
} from '@deploy-actions/compose'
import { encodeComposeEnvFile, parseComposeEnvFile } from '@deploy-actions/dotenv'
import type { UploadEntry } from '@deploy-actions/hosts'
import { UserError } from '@deploy-actions/kit'
import { readCaddyfile } from './caddyfile.ts'

/** What the consumer's repository and step give for Compose. */
export interface Source {
  /** Written to the agent's private folder on the host: `source/…` and `resolve/…`. */
  readonly entries: readonly UploadEntry[]
  /** The directory of the first Compose file, relative to the repository; `.` for its root. */
  readonly directory: string
  readonly project: string
  /** Who gave that name; undefined: nobody, it is the app's. */
  readonly namedBy: 'input' | 'file' | undefined
  /** Of the input, else of COMPOSE_PROFILES. */
  readonly profiles: readonly string[]
  /** Values for interpolation beside those of the `.env` in `directory`. */
  readonly values: ReadonlyMap<string, string>
  readonly files: readonly CollectedFile[]
  /** Directives for the edge's public listeners; empty without any. */
  readonly caddyfile: string
  readonly notes: readonly string[]
  readonly refusals: readonly Refusal[]
  /** Env files that the repository does not have, relative to `directory`: the host may. */
  readonly absentEnvFiles: readonly string[]
}

export interface SourceRequest {
  readonly workspace: Workspace
  readonly composeFile: readonly string[]
  readonly files: readonly string[]
  readonly profiles: readonly string[]
  readonly projectName: string | undefined
  readonly app: string
  /** The input. */
  readonly caddyfile?: string | undefined
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

/** What Compose would read beside the first of its own names. */
const OVERRIDES = ['compose.override.yml', 'compose.override.yaml', 'docker-compose.override.yml', 'docker-compose.override.yaml']

/** Finds the Compose files and everything that they name. @throws UserError DA-COMPOSE-FILE-MISSING */
export async function readSource(request: SourceRequest): Promise<Source> {
  const { workspace } = request
  const { composeFiles, values, notes } = await chooseFiles(request)
  const directory = posix.dirname(posix.normalize(composeFiles[0] as string))
  const collected = await collectFiles({ composeFiles, files: request.files, variables: (name) => values.get(name), workspace })
  const { variables } = collected
  const { caddyfile, refusals } = await readCaddyfile(request.caddyfile, workspace)
  const named = request.projectName ?? (await nameOf(workspace, composeFiles, variables))
  const namedBy = named === undefined ? undefined : request.projectName === undefined ? 'file' : 'input'
  const project = named ?? request.app
  const profiles = request.profiles.length > 0 ? request.profiles : listed(variables('COMPOSE_PROFILES'), ',')
  return {
    ...collected,
    notes: [...notes, ...collected.notes],
    refusals: [...collected.refusals, ...refusals],
    caddyfile,
    files: collected.entries,
    entries: [
      ...collected.entries.map((file) => upload(directory, file)),
      ...resolveEntries({ composeFiles, directory, project, namedBy, profiles, values }, collected),
    ],
    directory,
    project,
    namedBy,
    profiles,
    values,
  }
}

type Chosen = Pick<Source, 'values' | 'notes'> & { readonly composeFiles: readonly string[] }

/**
 * The files of the input; else those that COMPOSE_FILE names at the top of the repository, with the values beside it; else the first that exists.
 * @throws UserError DA-COMPOSE-FILE-MISSING
 */
export async function chooseFiles({
  composeFile,
  workspace,
  values,
}: Pick<SourceRequest, 'composeFile' | 'workspace' | 'values'>): Promise<Chosen> {
  if (composeFile.length > 0) return { composeFiles: composeFile, values, notes: [] }
  // A link that leads out of the repository is refused where its files are collected.
  const inside = (await workspace.stat('.env'))?.kind === 'file'
  const text = (inside && (await workspace.read('.env'))?.toString('utf8')) || ''
  const own = parseComposeEnvFile(text, (name) => values.get(name), 'env file .env')
  // Other names cannot be used in a Compose file.
  const all = new Map([...[...own].filter(([name]) => /^[A-Za-z_]\w*$/.test(name)), ...values])
  const named = listed(all.get('COMPOSE_FILE'), all.get('COMPOSE_PATH_SEPARATOR') || ':')
  if (named.length > 0) {
    const notes = [`COMPOSE_FILE in .env names the Compose files: ${named.join(', ')}`]
    // Beside the first file that .env goes along, and the host fills in what only it knows.
    const goesAlong = posix.dirname(named[0] as string) === '.'
    return { composeFiles: named, values: goesAlong ? values : all, notes }
  }
  const file = await firstThatExists(workspace, DEFAULT_FILES)
  if (file === undefined) {
    throw new UserError('DA-COMPOSE-FILE-MISSING', `the repository has no Compose file: looked for ${DEFAULT_FILES.join(', ')}`, {
      hint: 'Run actions/checkout before this step, or name the file in `compose-file`.',
    })
  }
  const override = file.includes('prod') ? undefined : await firstThatExists(workspace, OVERRIDES)
  const left = `${override} is left out: it is for development, mostly. If it belongs to this deploy, name both files in \`compose-file\``
  return { composeFiles: [file], values, notes: override === undefined ? [] : [left] }
}

async function firstThatExists(workspace: Workspace, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) if ((await workspace.stat(file)) !== undefined) return file
  return undefined
}

const listed = (text: string | undefined, separator: string): string[] =>
  (text ?? '')
    .split(separator)
    .map((one) => one.trim())
    .filter((one) => one !== '')

/** COMPOSE_PROJECT_NAME, else the last `name:` of the files; undefined when that is no name that a project can have. */
async function nameOf(workspace: Workspace, files: readonly string[], variables: Variables): Promise<string | undefined> {
  const names = (await Promise.all(files.map((file) => nameIn(workspace, file, variables)))).filter((name) => name !== undefined)
  const name = variables('COMPOSE_PROJECT_NAME') || names.at(-1)
  return name !== undefined && /^[a-z0-9][a-z0-9_-]*$/.test(name) ? name : undefined
}

async function nameIn(workspace: Workspace, file: string, variables: Variables): Promise<string | undefined> {
  const text = (await workspace.read(file))?.toString('utf8') ?? ''
  try {
    const names = readYaml(text).flatMap((document) => (document as { name?: unknown } | null)?.name ?? [])
    const filled = interpolate(String(names.at(-1) ?? ''), variables)
    return 'text' in filled && filled.text !== '' ? filled.text : undefined
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
  readonly namedBy: Source['namedBy']
  readonly profiles: readonly string[]
  readonly values: ReadonlyMap<string, string>
}

/** What the agent's `resolve` reads: options for Compose, and two files for interpolation. */
function resolveEntries(options: Options, { entries, absentEnvFiles }: Collected): UploadEntry[] {
  const lines = [
    `project=${options.project}`,
    ...(options.namedBy === undefined ? ['unnamed=yes'] : []),
    `directory=${options.directory}`,
    ...options.composeFiles.map((file) => `file=${posix.normalize(file)}`),
    ...options.profiles.map((profile) => `profile=${profile}`),
    ...absentEnvFiles.map((file) => `env_file=${file}`),
  ]
  const dotEnv = entries.find(({ path }) => path === '.env')?.bytes ?? Buffer.alloc(0)
  const secret = (path: string, bytes: Uint8Array): UploadEntry => ({ path: `resolve/${path}`, bytes, mode: 0o600 })
  return [
    secret('options', Buffer.from(`${lines.join('\n')}\n`)),
    secret('runner.env', dotEnv),
    secret('keys.env', Buffer.from(encodeComposeEnvFile(options.values))),
  ]
}
