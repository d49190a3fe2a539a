import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { full, ofTheDay } from '../lab/of-the-day.mjs'

/** What is played at every push: a suite for each promise, and the ones that read most projects. */
const ALWAYS = [
  'actions/deploy-compose-ssh/test/compose-projects.lab.test.ts',
  'test/act.lab.test.ts',
  'test/lab/compose-projects.lab.test.ts',
  'test/lab/deploys-debian.load.lab.test.ts',
  'test/lab/examples.load.lab.test.ts',
  'test/lab/faults.lab.test.ts',
  'test/lab/fleet.load.lab.test.ts',
  'test/lab/kill-sample.load.lab.test.ts',
  'test/lab/refusals.lab.test.ts',
  'test/lab/secrets.lab.test.ts',
  'test/lab/two-deploys.load.lab.test.ts',
]
/** So many of the others come on top: of those that count lost requests, and of those that do not. */
const MORE = { load: 3, others: 10 }

const countsLosses = (file) => file.endsWith('.load.lab.test.ts')

/** All suites that need the lab, by path from the root. */
export function labSuites(root) {
  const folders = ['packages', 'actions', 'lab', 'test', 'examples'].filter((folder) => existsSync(join(root, folder)))
  return folders.flatMap((folder) => [...filesBelow(root, folder)].filter((file) => file.endsWith('.lab.test.ts'))).sort()
}

/** Not by `recursive` of Node, which follows links: some of the Compose projects have them in a circle. */
function* filesBelow(root, folder) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && entry.name !== 'node_modules') yield* filesBelow(root, path)
  }
}

/**
 * The suites to play today, and those whose turn is another day: on two processors all of them take over an hour.
 *
 * @param {string} root
 * @returns {{ load: string[], others: string[], anotherDay: string[] }}
 */
export function suitesOfTheDay(root, { all = full, date = new Date() } = {}) {
  const suites = labSuites(root)
  const rest = suites.filter((file) => !ALWAYS.includes(file))
  const draw = (kind, count) => (all ? rest.filter(kind) : ofTheDay(rest.filter(kind), count, String, date))
  const drawn = [...draw(countsLosses, MORE.load), ...draw((file) => !countsLosses(file), MORE.others)]
  const today = suites.filter((file) => ALWAYS.includes(file) || drawn.includes(file))
  return {
    load: today.filter(countsLosses),
    others: today.filter((file) => !countsLosses(file)),
    anotherDay: suites.filter((file) => !today.includes(file)),
  }
}
