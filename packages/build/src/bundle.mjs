import { once } from 'node:events'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** Windows-only helper of ssh2; our bundles run on the runner's own Node without it. */
const DROPPED = ['pagent.exe']

/**
 * What is left out of the bundles. @actions/core brings an HTTP client for a request that no action of ours makes (an OIDC token); its undici would be
 * two fifths of what every run of every consumer downloads. A module of Node stands in its place, so that nothing has to be found at run time.
 */
const LEFT_OUT = { undici: 'node:http' }

/**
 * Bundles one action with ncc, in memory, in a thread of its own: ncc keeps what it has read, and all actions together fill the heap of one process.
 *
 * @param {import('./actions.mjs').Action} action
 * @returns {Promise<Map<string, string>>} content by path from the root
 * @throws Error when ncc emits a file that we do not know: it would differ between machines
 */
export async function bundleAction(action) {
  const thread = new Worker(new URL(import.meta.url), { workerData: { name: action.name, folder: action.folder } })
  const [files] = await once(thread, 'message') // an error in the thread rejects
  return files
}

if (!isMainThread) parentPort?.postMessage(await bundle(workerData))

/** CommonJS (`esm: false`, an option of the function that ncc's readme does not list), because ssh2 reads `__dirname`; not minified, so that a change of dist can be reviewed. */
async function bundle({ name, folder }) {
  const { default: ncc } = await import('@vercel/ncc') // only here: it is large, and tests that merely read action.yml should not wait for it
  const { code, assets } = await ncc(join(folder, 'src/index.ts'), {
    esm: false,
    filename: 'index.cjs',
    cache: false,
    quiet: true,
    externals: LEFT_OUT,
    license: 'licenses.txt',
    transpileOnly: true, // the compiler checks all types once (`npm run typecheck`); for each bundle anew that takes most of the build's time
  })
  const { 'licenses.txt': licenses, ...others } = assets
  const surprises = Object.keys(others).filter((file) => !DROPPED.includes(file))
  if (surprises.length > 0) {
    throw new Error(`${name}: ncc emitted ${surprises.join(', ')}; install with \`npm ci --ignore-scripts\` and import no data files`)
  }
  const files = new Map([[`dist/${name}/index.cjs`, code.toString()]])
  if (licenses) files.set(`dist/${name}/licenses.txt`, licenses.source.toString())
  return files
}
