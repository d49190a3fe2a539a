import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { UserError } from '@deploy-actions/kit'
import { platformName } from './platforms.ts'

/** What one job of a matrix pushed and started: it goes to the job that merges as a file. */
export interface PlatformDigest {
  readonly schema: 1
  readonly name: string
  /** Registry and repository. */
  readonly ref: string
  readonly digest: string
  readonly platform: string
  readonly commit: string
}

/** Writes one file for each; names do not clash when the files of all jobs come together. */
export function writeDigests(folder: string, digests: readonly PlatformDigest[]): void {
  mkdirSync(folder, { recursive: true })
  for (const one of digests) writeFileSync(join(folder, `${one.name}-${platformName(one.platform)}.json`), `${JSON.stringify(one)}\n`)
}

/** Reads all of them, also from folders inside. @throws UserError DA-DIGESTS */
export function readDigests(folder: string, shown: string): PlatformDigest[] {
  const names = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'))
    : []
  if (names.length === 0)
    throw new UserError('DA-DIGESTS', `the folder ${shown} has no digests of builds`, {
      hint: 'Upload it with actions/upload-artifact in each job of the matrix, and get all of them here with actions/download-artifact (`pattern`, `path`, `merge-multiple: true`).',
    })
  return names.toSorted().map((name) => readOne(join(folder, name), join(shown, relative(folder, join(folder, name)))))
}

function readOne(path: string, shown: string): PlatformDigest {
  try {
    const one = JSON.parse(readFileSync(path, 'utf8')) as PlatformDigest
    const isRight = one.schema === 1 && [one.name, one.ref, one.platform, one.commit].every((part) => typeof part === 'string')
    if (isRight && /^sha256:[0-9a-f]{64}$/.test(one.digest)) return one
  } catch {
    // told below
  }
  throw new UserError('DA-DIGESTS', `${shown} is no digest that \`phase: build\` wrote`, {
    hint: 'Give the digests a folder of their own, with nothing else in it.',
  })
}
