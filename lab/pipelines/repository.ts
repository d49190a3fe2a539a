import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { FakeRepository } from '@deploy-actions/testing'
import { must } from '../shell.ts'
import { labFolder } from '../state.ts'
import { Act } from './act.ts'
import { type Environments, withEnvironments } from './environments.ts'

/** How a file of the example is changed, by its path. */
export type Edits = Readonly<Record<string, (text: string) => string>>

export interface Origin {
  /** Folder below `examples/`, or the path of another one. */
  readonly example: string
  readonly github: FakeRepository
  /** What stands in for registries, base images and services that nobody reaches here: applied to every file of the example, and to our workflows. */
  readonly standIns: (text: string) => string
  /** Manifests in place of those of our actions, by name. */
  readonly actions?: Readonly<Record<string, object>>
  /** With these a run gets the values of all environments, and each job those of its own; else a run is of one environment. */
  readonly environments?: Environments
  /** For every step. */
  readonly env?: Readonly<Record<string, string>>
}

const root = path.join(labFolder, '..')
const AUTHOR = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com']

/** An example as a team's own repository at a GitHub that is ours, and act beside it. */
export class ExampleRepository {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'lab-pipeline-'))
  readonly act: Act
  readonly #consumer = path.join(this.folder, 'consumer')
  readonly #github: FakeRepository

  private constructor({ github, env = {} }: Origin) {
    this.#github = github
    const checkout = path.join(this.folder, 'checkout')
    const actions = Object.fromEntries(checkouts().map((ref) => [`actions/checkout@${ref}`, checkout]))
    this.act = new Act(this.folder, { 'org/deploy-actions@v1': path.join(this.folder, 'deploy-actions'), ...actions }, env)
  }

  static async open(origin: Origin): Promise<ExampleRepository> {
    const opened = new ExampleRepository(origin)
    cpSync(path.resolve(root, 'examples', origin.example), opened.#consumer, { recursive: true })
    const workflow = (text: string) => withEnvironments(forAct(origin.standIns(text)), origin.environments ?? {})
    const edited = (file: string) => (/^\.github\/workflows\//.test(file) ? workflow : origin.standIns)
    for (const file of filesBelow(opened.#consumer)) opened.#rewrite(file, edited(file))
    await opened.#git('init', '-q', '-b', 'main')
    await opened.#git('remote', 'add', 'origin', `https://github.com/${origin.github.name}.git`)
    await opened.#commit('Nothing yet', 'main', '--allow-empty')
    await opened.#publishActions(workflow)
    for (const [name, manifest] of Object.entries(origin.actions ?? {})) opened.#standInFor(`deploy-actions/${name}`, manifest)
    opened.#standInForCheckout()
    return opened
  }

  /** Commits what `edits` make of the files, and pushes it to GitHub. */
  async push(message: string, edits: Edits = {}, branch = 'main'): Promise<string> {
    const known = (await this.#git('branch', '--list', branch)) !== ''
    await this.#git('checkout', '-q', ...(known ? [branch] : ['-b', branch]))
    for (const [file, edit] of Object.entries(edits)) this.#rewrite(file, edit)
    await this.#git('add', '-A')
    return this.#commit(message, branch)
  }

  /** A merge as GitHub's button makes it: always a commit of its own. */
  async merge(from: string, into: string): Promise<string> {
    await this.#git('checkout', '-q', into)
    await this.#git(...AUTHOR, 'merge', '-q', '--no-ff', '--no-commit', from)
    return this.#commit(`Merge ${from}`, into)
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #rewrite(file: string, edit: (text: string) => string): void {
    const full = path.join(this.#consumer, file)
    mkdirSync(path.dirname(full), { recursive: true })
    const [before, exists] = readIfThere(full)
    const after = edit(before)
    if (exists && after === before) return
    writeFileSync(full, after)
  }

  async #commit(message: string, branch: string, ...options: string[]): Promise<string> {
    await this.#git(...AUTHOR, 'commit', '-q', '--no-verify', '-m', message, ...options)
    const [sha, tree] = [await this.#git('rev-parse', 'HEAD'), await this.#git('rev-parse', 'HEAD^{tree}')]
    const files = (await this.#git('show', '--name-only', '--format=', 'HEAD')).split('\n').filter((file) => file !== '')
    this.#github.push(branch, { sha, tree, message, files })
    return sha
  }

  #git(...args: string[]): Promise<string> {
    return must('git', args, { cwd: this.#consumer })
  }

  /** What GitHub would download for `org/deploy-actions@v1`. */
  async #publishActions(workflow: (text: string) => string): Promise<void> {
    const listed = await must('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'], { cwd: root })
    const published = listed.split('\0').filter((file) => /^([^/]+\/[^/]*\/?)?(index\.cjs|action\.yml)$|^\.github\/workflows\//.test(file))
    for (const file of published) {
      const copy = path.join(this.folder, 'deploy-actions', file)
      cpSync(path.join(root, file), copy)
      if (file.startsWith('.github/')) writeFileSync(copy, workflow(readFileSync(copy, 'utf8')))
    }
  }

  /** act copies the working tree where a checkout names no `ref`; of another commit it would ask the network. */
  #standInForCheckout(): void {
    const script = `git init -q . && git fetch -q '${this.#consumer}' '+refs/heads/*:refs/remotes/origin/*' && git checkout -q -f "\${REF:-origin/main}"`
    const step = { run: script, shell: 'sh', env: { REF: '${{ inputs.ref }}' } }
    const inputs = { ref: { default: '' }, 'persist-credentials': { default: '' } }
    this.#standInFor('checkout', { name: 'checkout', description: 'Stands in.', inputs, runs: { using: 'composite', steps: [step] } })
  }

  #standInFor(folder: string, manifest: object): void {
    mkdirSync(path.join(this.folder, folder), { recursive: true })
    writeFileSync(path.join(this.folder, folder, 'action.yml'), JSON.stringify(manifest))
  }
}

/** act knows neither `$/` nor `queue` nor `deployment`. */
export const forAct = (text: string): string =>
  text.replaceAll(/uses: \$\/(\S+)/g, 'uses: org/deploy-actions/$1@v1').replaceAll(/^ *(queue: max|deployment: false).*\n/gm, '')

/** Every ref of actions/checkout that our workflows and the examples name. */
function checkouts(): string[] {
  const folders = [path.join(root, '.github/workflows'), ...exampleFolders().map((folder) => path.join(folder, '.github/workflows'))]
  const texts = folders.flatMap((folder) => filesBelow(folder).map((file) => readFileSync(path.join(folder, file), 'utf8')))
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/actions\/checkout@(\S+)/g)].map(([, ref = '']) => ref)))]
}

function exampleFolders(): string[] {
  const found = readdirSync(path.join(root, 'examples'), { withFileTypes: true })
  return found.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(root, 'examples', name))
}

/** Paths of the files below a folder; none where it is not there. */
function filesBelow(folder: string): string[] {
  try {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    const files = found.filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
    return files.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readIfThere(file: string): [string, boolean] {
  try {
    return [readFileSync(file, 'utf8'), true]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ['', false]
    throw error
  }
}
