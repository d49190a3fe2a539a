import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { readActions } from './actions.mjs'
import { AGENT_MODULE, agentModule, joinAgentScript } from './agent-script.mjs'
import { bundleAction } from './bundle.mjs'
import { facesOf, isGeneratedFace } from './faces.mjs'
import { withTables } from './readme-tables.mjs'

/** The generated module that bundles import; it comes first. */
export function makeSources(root) {
  const script = joinAgentScript(root)
  return new Map(script === undefined ? [] : [[AGENT_MODULE, agentModule(script)]])
}

/**
 * Everything else that is generated, without touching the disk: bundles, faces, README tables. An action that cannot be bundled
 * keeps the bundle that it has, and the others are made all the same.
 * @param {string} root
 * @returns {Promise<{ files: Map<string, string>, failures: string[] }>} content by path from the root, and what went wrong
 */
export async function makeArtifacts(root) {
  const files = new Map()
  const failures = []
  const add = (more) => {
    for (const [path, content] of more) files.set(path, content)
  }
  const make = async (action) => {
    if (action.using !== 'composite') {
      try {
        add(await bundleAction(action))
      } catch (error) {
        // Without the stack: it would quote the bundler's own source, which is one line of megabytes.
        failures.push(`${action.name} cannot be bundled: ${error.message}`)
        add(bundleOnDisk(root, action.name))
      }
    }
    add(facesOf(action))
    const readme = `actions/${action.name}/README.md`
    if (existsSync(join(root, readme))) files.set(readme, withTables(readFileSync(join(root, readme), 'utf8'), action))
  }
  await eachOf(readActions(root), AT_ONCE, make)
  return { files, failures }
}

/** Each bundler takes about a gigabyte. */
const AT_ONCE = Math.min(2, availableParallelism())

async function eachOf(items, atOnce, work) {
  const left = [...items]
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}

function bundleOnDisk(root, name) {
  const paths = existsSync(join(root, 'dist', name)) ? filesUnder(root, `dist/${name}`) : []
  return paths.map((path) => [path, readFileSync(join(root, path), 'utf8')])
}

/**
 * The names of files that are missing, differ, or belong to an action that is gone.
 * @param {string} root
 * @param {Map<string, string>} files
 */
export function staleFiles(root, files) {
  const different = [...files].filter(
    ([path, content]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== content,
  )
  return [...different.map(([path]) => path), ...leftovers(root, files)].sort()
}

/**
 * Writes what differs and removes leftovers; returns the names of the files it touched.
 * @param {string} root
 * @param {Map<string, string>} files
 */
export function writeFiles(root, files) {
  const stale = staleFiles(root, files)
  for (const path of stale) {
    const content = files.get(path)
    if (content === undefined) {
      rmSync(join(root, path), { recursive: true })
    } else {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), content)
    }
  }
  return stale
}

/** Generated files (or folders of them) of actions that exist no longer. */
function leftovers(root, files) {
  if (![...files.keys()].some((path) => path.endsWith('/action.yml'))) return []
  const dist = existsSync(join(root, 'dist')) ? filesUnder(root, 'dist') : []
  const faces = readdirSync(root)
    .map((folder) => `${folder}/action.yml`)
    .filter((path) => existsSync(join(root, path)) && isGeneratedFace(readFileSync(join(root, path), 'utf8')))
  const gone = faces.filter((path) => !files.has(path)).flatMap((path) => filesUnder(root, dirname(path)))
  return [...dist.filter((path) => !files.has(path)), ...gone]
}

function filesUnder(root, folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? filesUnder(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
}
