#!/usr/bin/env node
// `build` writes everything that is generated; `check` makes the same in memory and fails with the names of stale files.
import { fileURLToPath } from 'node:url'
import { makeArtifacts, makeSources, staleFiles, writeFiles } from './artifacts.mjs'
import { downloadSize, LIMIT_BYTES } from './size.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const megabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(2)} MB`

async function build() {
  const written = [...writeFiles(root, makeSources(root)), ...writeFiles(root, await makeArtifacts(root))]
  console.log(written.length === 0 ? 'Everything generated is up to date.' : `Wrote:\n${written.map((path) => `  ${path}`).join('\n')}`)
  return reportSize()
}

async function check() {
  const stale = [...staleFiles(root, makeSources(root)), ...staleFiles(root, await makeArtifacts(root))]
  if (stale.length > 0) console.error(`Stale, run \`npm run build\` and commit:\n${stale.map((path) => `  ${path}`).join('\n')}`)
  return reportSize() && stale.length === 0
}

function reportSize() {
  const size = downloadSize(root)
  console.log(`A consumer downloads ${megabytes(size)} (limit ${megabytes(LIMIT_BYTES)}).`)
  return size <= LIMIT_BYTES
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
