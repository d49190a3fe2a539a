import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { type ComposeModel, type ComposeService, nodeWorkspace, type ReleasePlan } from '@deploy-actions/compose'
import { encodeComposeEnvFile } from '@deploy-actions/dotenv'
import type { UserError } from '@deploy-actions/kit'
import type { ImageReference } from '@deploy-actions/release'
import { parse } from 'yaml'
import { deploy } from '../src/deploy.ts'
import { type ComposeAnswer, ComposeHost, compose, writeFiles } from './compose-host.ts'
import { digest, FACTS, sceneOf } from './ground.ts'

export const projects = join(import.meta.dirname, 'compose-projects')

/** Every project that is here, by its name. */
export const projectNames = (): string[] =>
  readdirSync(projects)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -5))

/** `<name>.yaml` beside the repository `<name>/`: how it is deployed, and what must come of it. */
export interface Expectation {
  /** The form that it is here for. */
  readonly about: string
  /** Inputs of the action; without `routes` and `switch` nothing is switched. */
  readonly with?: Readonly<Record<string, string>>
  /** Values of `env-keys`. */
  readonly env?: Readonly<Record<string, string>>
  /** Strategies by service; of all of them. */
  readonly services?: Readonly<Record<string, string>>
  /** Instead: each code, and a piece of its message. */
  readonly refused?: Readonly<Record<string, string>>
  /** Pieces of notes. */
  readonly notes?: readonly string[]
  /** What the host has besides. */
  readonly facts?: readonly string[]
  /** The Compose project. */
  readonly project?: string
  /** An older Compose does not know the form and must say so itself. */
  readonly since?: string
  /** Where a person would be, when it is not the folder of the first Compose file. */
  readonly from?: string
  /** What a person adds to `docker compose` to get the same, where that is not found by itself. */
  readonly byHand?: string
  /** Base services that are no longer what a person's `docker compose up` made, and why that must be. */
  readonly recreated?: readonly string[]
  /** Why no host of the lab can run it. What is refused, or is empty, needs no reason. */
  readonly plannedOnly?: string
  /** A command on the host before the first deploy: what others made there. */
  readonly given?: string
  /** Services whose image the second deploy changes; else those that are switched, else the first that starts. */
  readonly moves?: readonly string[]
  /** Services that have ended by themselves when all is done. */
  readonly ends?: readonly string[]
  /** Variables that containers see, where only the host knows them. */
  readonly seen?: Readonly<Record<string, Readonly<Record<string, string>>>>
}

export const expectationOf = (name: string): Expectation => parse(readFileSync(join(projects, `${name}.yaml`), 'utf8'))

/** What became of a project. `folder` is the app's directory on the host, where the project also lies as a person would run it. */
export interface Outcome {
  readonly folder: string
  readonly plan?: ReleasePlan
  /** The same once more, with that release live. */
  readonly again?: ReleasePlan
  readonly error?: UserError
  readonly log: string
  readonly inDirectory: string
}

/** A dry run over a copy of the project. Call `work` while its folder exists. */
export async function planned<T>(name: string, expected: Expectation, work: (outcome: Outcome) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-actions-plan-'))
  try {
    cpSync(join(projects, name), join(folder, 'repository'), { recursive: true, verbatimSymlinks: true })
    cpSync(join(projects, name), join(folder, 'app'), { recursive: true, verbatimSymlinks: true })
    const outcome = await dryRun(folder, expected)
    const again = outcome.plan && (await dryRun(folder, expected, outcome.plan)).plan
    return await work({ ...outcome, ...(again && { again }) })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function dryRun(folder: string, { with: inputs = {}, env = {}, facts = [] }: Expectation, live?: ReleasePlan): Promise<Outcome> {
  const record = live?.entries.find(({ path }) => path === 'release.json')?.bytes.toString()
  const current = live === undefined ? [] : [`current\t${live.id}`, `setting\tfingerprint\t${live.fingerprint}`]
  // Another folder each time: where it was resolved must not show.
  const host = new ComposeHost(join(folder, `run${current.length}`), [...FACTS, ...facts, ...current], record?.split('\n'))
  const scene = sceneOf({ inputs: { images: 'none', routes: '', health: '', 'dry-run': 'true', ...inputs }, values: env })
  const app = join(folder, 'app')
  const ports = {
    ...scene.ports,
    hosts: [{ name: 'shop.example.com', address: 'shop.example.com:22', connect: async () => host }],
    workspace: nodeWorkspace(join(folder, 'repository')),
    registry: () => anyRegistry,
  }
  const known = () => ({ folder: app, log: scene.log.text(), inDirectory: host.uploads.length === 0 ? '.' : directoryOf(host) })
  try {
    const { plan } = await deploy({ ...scene.request, directory: app }, ports)
    return { ...known(), ...(plan && { plan }) }
  } catch (error) {
    return { ...known(), error: error as UserError }
  }
}

const directoryOf = (host: ComposeHost): string =>
  host
    .options()
    .find((line) => line.startsWith('directory='))
    ?.slice(10) ?? '.'

const NOTHING_SET = { user: '', env: [], volumes: [], exposedPorts: [], entrypoint: [], command: [], workingDirectory: '', labels: {} }

/** Has every image, each with the same digest. */
const anyRegistry = {
  resolve: async (image: ImageReference, { platform }: { platform: string }) => ({
    digest: image.digest ?? digest('d'),
    mediaType: '',
    manifestDigest: digest('d'),
    platforms: [platform],
    size: 1_000,
    config: { ...NOTHING_SET, healthcheck: undefined },
  }),
}

/** What Compose refuses of the models that were made, in its words. */
export async function refusedModels({ folder, plan }: Outcome): Promise<string[]> {
  if (plan === undefined) return []
  const release = join(folder, 'releases', plan.id)
  writeFiles(release, plan.entries)
  writeFiles(folder, plan.stored)
  const { profiles, project } = settingsOf(plan)
  const suffixes = { base: '', plain: '', ...(plan.switched.length > 0 && { 'slot-blue': '-blue', 'slot-green': '-green', edge: '-edge' }) }
  const asked = Object.entries(suffixes).map(async ([model, suffix]) => {
    const args = [...applied(release, `${project}${suffix}`, `${model}.json`), ...profiles, 'config', '-q']
    const { ok, stderr } = await compose('/', ...args)
    return ok && !stderr.includes('level=warning') ? [] : [`${model}: ${stderr}`]
  })
  return (await Promise.all(asked)).flat()
}

const applied = (release: string, project: string, file: string): string[] => [
  ...['--env-file', '/dev/null', '--project-directory', release, '-p', project, '-f', join(release, file)],
]

function settingsOf({ entries }: ReleasePlan): { profiles: string[]; project: string } {
  const text = entries.find(({ path }) => path === 'settings')?.bytes.toString() ?? ''
  const settings = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
  const profiles = (settings.get('profiles') ?? '').split(',').filter((one) => one !== '')
  return { profiles: profiles.flatMap((one) => ['--profile', one]), project: settings.get('project') ?? '' }
}

/**
 * Services that Compose would recreate when base takes over from a person's `docker compose up` in the app's directory. Files that were uploaded
 * lie elsewhere now; where only that differs, it is not counted.
 */
export async function recreated(
  { folder, plan, inDirectory }: Outcome,
  { env = {}, byHand = '', from = byHand === '' ? inDirectory : '.' }: Expectation,
): Promise<string[]> {
  if (plan === undefined) return []
  const { profiles, project } = settingsOf(plan)
  const release = join(folder, 'releases', plan.id)
  const at = posix.join(folder, from)
  const byPerson = handArguments({ at, keys: folder, project, profiles }, { env, byHand })
  const theirs = modelOf(await compose(at, ...byPerson, 'config', '--format', 'json'))
  const base: ComposeModel = JSON.parse(readFileSync(join(release, 'base.json'), 'utf8'))
  const alike = {
    ...base,
    services: Object.fromEntries(Object.entries(base.services).map(([name, one]) => [name, inPlace(folder, one, theirs.services[name])])),
  }
  writeFiles(release, [{ path: 'alike.json', bytes: Buffer.from(JSON.stringify(alike)) }])
  const before = hashes(await compose(at, ...byPerson, 'config', '--hash', '*'))
  const after = hashes(await compose('/', ...applied(release, project, 'alike.json'), ...profiles, 'config', '--hash', '*'))
  const off = plan.lines.filter(({ strategy }) => strategy === 'off').map(({ service }) => service)
  const ignored = [...plan.switched, ...off]
  const changed = [...before].filter(([name, hash]) => !ignored.includes(name) && after.get(name) !== hash).map(([name]) => name)
  if (changed.length === 0) return []
  // Older versions print the hash of what stands in the file, before env files and the environment are read, and give containers another one.
  const absent = Object.fromEntries(Object.entries(base.services).filter(([name]) => theirs.services[name] === undefined))
  writeFiles(folder, [
    { path: 'resolved.json', bytes: Buffer.from(JSON.stringify({ ...theirs, services: { ...absent, ...theirs.services } })) },
  ])
  const resolved = hashes(await compose('/', ...applied(folder, project, 'resolved.json'), ...profiles, 'config', '--hash', '*'))
  return changed.filter((name) => after.get(name) !== resolved.get(name))
}

/** What a person who stands in the folder `at` writes after `docker compose` to get the same as the action; values of `env-keys` go to a file in `keys`. */
export function handArguments(
  { at, keys, project, profiles }: { at: string; keys: string; project: string; profiles: readonly string[] },
  { env = {}, byHand = '' }: Pick<Expectation, 'env' | 'byHand'>,
): string[] {
  const values = Object.entries(env)
  writeFiles(keys, [{ path: 'keys.env', bytes: Buffer.from(encodeComposeEnvFile(new Map(values))) }])
  const dotEnv = existsSync(join(at, '.env')) ? ['--env-file', join(at, '.env')] : []
  const own = [...(values.length === 0 ? [] : [...dotEnv, '--env-file', join(keys, 'keys.env')]), '-p', project, ...profiles]
  return [...own, ...byHand.split(' ').filter((one) => one !== '')]
}

/** With the sources of mounts where a person has them, as far as they lie in the app's directory here. */
function inPlace(folder: string, service: ComposeService, original: ComposeService | undefined): ComposeService {
  if (service.volumes === undefined) return service
  const volumes = service.volumes.map((mount) => {
    const theirs = original?.volumes?.find(({ target }) => target === mount.target)
    return mount.type === 'bind' && mount.source?.startsWith(`${folder}/`) && theirs?.source !== undefined
      ? { ...mount, source: theirs.source }
      : mount
  })
  return { ...service, volumes }
}

export function modelOf({ ok, stdout, stderr }: ComposeAnswer): ComposeModel {
  if (!ok) throw new Error(`by hand: ${stderr}`)
  return JSON.parse(stdout)
}

function hashes({ ok, stdout, stderr }: ComposeAnswer): Map<string, string> {
  if (!ok) throw new Error(stderr)
  return new Map(
    stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ') as [string, string]),
  )
}
