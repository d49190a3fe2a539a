#!/usr/bin/env node
// `build` writes everything that is generated; `check` makes the same in memory and fails with the names of stale files.
import { fileURLToPath } from 'node:url'
import { makeArtifacts, makeSources, staleFiles, writeFiles } from './artifacts.mjs'
import { downloadSize, LIMIT_BYTES } from './size.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(2)} MB`

async function build() {
  const sources = writeFiles(root, makeSources(root))
  const { files, failures } = await makeArtifacts(root)
  const written = [...sources, ...writeFiles(root, files)]
  console.log(written.length === 0 ? 'Nothing to write.' : `Wrote:\n${indented(written)}`)
  return report(failures)
}

async function check() {
  const { files, failures } = await makeArtifacts(root)
  const stale = [...staleFiles(root, makeSources(root)), ...staleFiles(root, files)]
  if (stale.length > 0) console.error(`Stale, run \`npm run build\` and commit:\n${indented(stale)}`)
  return report(failures) && stale.length === 0
}

function report(failures) {
  for (const failure of failures) console.error(failure)
  const size = downloadSize(root)
  console.log(`A consumer downloads ${megabytes(size)} (limit ${megabytes(LIMIT_BYTES)}).`)
  return failures.length === 0 && size <= LIMIT_BYTES
}

function indented(lines) {
  return lines.map((line) => `  ${line}`).join('\n')
}

const commands = { build, check }
const command = commands[process.argv[2] ?? '']
if (command === undefined) {
  console.error(`Usage: cli.mjs ${Object.keys(commands).join('|')}`)
  process.exitCode = 2
} else {
  process.exitCode = 1
  if (await command()) process.exitCode = 0
}
