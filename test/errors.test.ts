import { expect, test } from '@jest/globals'
import { files, read } from './repository.ts'

const CODE = /DA-[A-Z0-9]+(?:-[A-Z0-9]+)*/g
const QUOTED = /['"`](DA-[A-Z0-9]+(?:-[A-Z0-9]+)*)['"`]/g

/** Codes as string literals in TypeScript, and anywhere in the shell agent and in the job of the example that makes backups. */
function codesInSources(): Set<string> {
  const typescript = files(/^(packages|actions)\/[^/]+\/src\/.*(?<!\.generated)\.ts$/).flatMap((path) =>
    [...read(path).matchAll(QUOTED)].map((match) => match[1]),
  )
  const shell = files(/^(packages\/agent\/src\/sh|examples\/[^/]+\/backup)\/.*\.sh$/).flatMap((path) => read(path).match(CODE) ?? [])
  return new Set([...typescript, ...shell] as string[])
}

const entries = new Map(
  read('docs/errors.md')
    .split(/^### /m)
    .slice(1)
    .map((entry) => [entry.split('\n', 1)[0] as string, entry]),
)

test('every code in the sources has an entry in docs/errors.md', () => {
  expect([...codesInSources()].filter((code) => !entries.has(code)).sort()).toEqual([])
})

test('every entry in docs/errors.md is a code that the sources can give', () => {
  const known = codesInSources()
  expect([...entries.keys()].filter((code) => !known.has(code))).toEqual([])
})

test('every entry says what it means, why, and what to do', () => {
  const parts = ['**What it means.**', '**Why.**', '**What to do.**']
  expect([...entries].filter(([, entry]) => !parts.every((part) => entry.includes(part))).map(([code]) => code)).toEqual([])
})
