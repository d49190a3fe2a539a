// Runs the checks that are asked for (lint, types, unit, lab; all without an argument) and closes with one line of counts.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findNode24 } from '../packages/build/src/node24.mjs'
import { labSuites, suitesOfTheDay } from './lab-suites.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = findNode24(root)
const total = { passed: 0, failed: 0, skipped: 0 }

// Linters that .ci/run has put into the repository's own cache count as installed.
const tools = [join(root, '.cache/bin'), join(root, '.cache/venv/bin')].join(delimiter)
const env = { ...process.env, PATH: `${tools}${delimiter}${process.env.PATH}` }

function start(args, more = {}) {
  return spawnSync(node, args, { cwd: root, stdio: 'inherit', env: { ...env, ...more } }).status === 0
}

function check(name, args) {
  console.log(`\n== ${name}`)
  total[start(args) ? 'passed' : 'failed'] += 1
}

function jest(name, config, more, variables = {}) {
  console.log(`\n== ${name}`)
  mkdirSync(join(root, '.cache'), { recursive: true })
  const counts = join(root, '.cache', `counts-${process.pid}.json`)
  const args = [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    '--config',
    config,
    '--passWithNoTests',
    ...more,
  ]
  const green = start(args, { ...variables, TEST_COUNTS: counts })
  const found = existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : { passed: 0, failed: 0, skipped: 0 }
  rmSync(counts, { force: true })
  for (const key of Object.keys(total)) total[key] += found[key]
  if (!green && found.failed === 0) total.failed += 1 // jest itself did not run, or tests were left out although CI=true
}

function lab(more) {
  const obstacle = whyNoLab()
  if (obstacle !== undefined) return leaveOutLab(obstacle)
  if (more.length > 0) {
    jest('Lab', 'jest.lab.config.mjs', more)
    return jest('Lab, under load', 'jest.lab.config.mjs', more, { LAB_SUITES: 'load' })
  }
  const { load, others, anotherDay } = suitesOfTheDay(root)
  if (anotherDay.length > 0) console.log(`\n== Lab: ${anotherDay.length} suites have their turn another day; LAB_FULL=1 plays all`)
  for (const suite of anotherDay) console.log(`another day: ${suite}`)
  jest('Lab', 'jest.lab.config.mjs', ['--runTestsByPath', ...others])
  jest('Lab, under load', 'jest.lab.config.mjs', ['--runTestsByPath', ...load], { LAB_SUITES: 'load' })
}

function leaveOutLab(obstacle) {
  const suites = labSuites(root)
  console.log(`\n== Lab: LEFT OUT, because ${obstacle}`)
  for (const suite of suites) console.log(`LEFT OUT ${suite}`)
  total[process.env.CI === 'true' ? 'failed' : 'skipped'] += suites.length
}

/** The lab brings its own Docker engine where it may (root), and uses the machine's where there is one. */
function whyNoLab() {
  if (!existsSync(join(root, 'lab/lab.ts'))) return 'lab/lab.ts does not exist'
  if (process.getuid?.() === 0) return undefined
  const docker = spawnSync('docker', ['info'], { stdio: 'ignore' })
  return docker.status === 0 ? undefined : 'this is not root and `docker info` fails'
}

const parts = {
  lint: () => check('Lint and format', ['node_modules/@biomejs/biome/bin/biome', 'ci', '.']),
  types: () => check('Types', ['node_modules/typescript/bin/tsc', '--project', '.']),
  unit: (more) => jest('Unit and contract tests', 'jest.config.mjs', more),
  lab,
}

const [first, ...more] = process.argv.slice(2)
if (first !== undefined && !(first in parts)) {
  console.error(`Usage: run.mjs [${Object.keys(parts).join('|')} [jest options]]`)
  process.exit(2)
}
for (const part of first === undefined ? Object.values(parts) : [parts[first]]) part(more)
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 ? 1 : 0
