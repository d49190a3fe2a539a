import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/**
 * @typedef {{ name: string, description: string, default: string, required: boolean, secret: boolean }} Input
 * @typedef {{ name: string, folder: string, text: string, title: string, description: string, using: string, inputs: Input[], outputs: { name: string, description: string }[] }} Action
 */

/** What the description of a secret input ends with. Such an input is masked, and a shell run takes it by environment or file only. */
export const SECRET_MARK = '(secret)'

/**
 * All actions of the repository, by name: every folder of actions/ with an action.yml.
 * @param {string} root folder of the repository
 * @returns {Action[]}
 */
export function readActions(root) {
  return readdirSync(join(root, 'actions'))
    .filter((name) => existsSync(join(root, 'actions', name, 'action.yml')))
    .sort()
    .map((name) => readAction(root, name))
}

/** Where the commands of the shell are described that are no actions, in the form of an action.yml. */
const COMMANDS = 'packages/setup/commands'

/**
 * What `npx .` runs beside the actions: `init`, `try` and `doctor`.
 * @param {string} root
 * @returns {Action[]}
 */
export function readCommands(root) {
  return ['init', 'try', 'doctor'].map((name) => readManifest(name, join(root, 'packages/setup'), join(root, COMMANDS, `${name}.yml`)))
}

function readAction(root, name) {
  const folder = join(root, 'actions', name)
  return readManifest(name, folder, join(folder, 'action.yml'))
}

/**
 * @param {string} name
 * @param {string} folder
 * @param {string} path
 * @returns {Action}
 */
function readManifest(name, folder, path) {
  const text = readFileSync(path, 'utf8')
  const manifest = parse(text)
  return {
    name,
    folder,
    text,
    title: manifest.name ?? name,
    description: oneLine(manifest.description),
    using: manifest.runs?.using ?? '',
    inputs: Object.entries(manifest.inputs ?? {}).map(([input, about]) => readInput(input, about ?? {})),
    outputs: Object.entries(manifest.outputs ?? {}).map(([output, about]) => ({ name: output, description: oneLine(about?.description) })),
  }
}

function readInput(name, about) {
  const description = oneLine(about.description)
  return {
    name,
    description,
    default: about.default === undefined ? '' : String(about.default),
    required: about.required === true,
    secret: description.endsWith(SECRET_MARK),
  }
}

function oneLine(text) {
  return (text ?? '').replace(/\s+/g, ' ').trim()
}
