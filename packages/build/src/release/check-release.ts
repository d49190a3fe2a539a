import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sectionOf, unreleased } from './changelog.ts'
import type { Git } from './git.ts'
import { parseVersion, type Version } from './version.ts'

/** A release that may be made. */
export interface CheckedRelease {
  readonly version: Version
  readonly commit: string
  /** What its page says: the section of the changelog. */
  readonly notes: string
}

/**
 * Says whether the commit that is checked out may become that version.
 * @throws Error with everything that speaks against it
 */
export function checkRelease(folder: string, given: string, git: Git): CheckedRelease {
  const version = parseVersion(given)
  const commit = git.head()
  const changelog = readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')
  const problems: string[] = []
  let notes = ''
  try {
    notes = sectionOf(changelog, version.text)
  } catch (error) {
    problems.push((error as Error).message)
  }
  if (unreleased(changelog) !== '')
    problems.push('CHANGELOG.md has lines under "Unreleased": move them to the version, or leave them out of the commit')
  problems.push(...otherVersions(folder, version), ...tagProblems(version, commit, git))
  if (problems.length > 0) throw new Error(`${version.tag} cannot be released:\n- ${problems.join('\n- ')}`)
  return { version, commit, notes }
}

function otherVersions(folder: string, { text }: Version): string[] {
  const stated = ['package.json', 'package-lock.json'].map((file): [string, string] => [
    file,
    JSON.parse(readFileSync(join(folder, file), 'utf8')).version,
  ])
  return stated.filter(([, version]) => version !== text).map(([file, version]) => `${file} says version ${version}`)
}

/** A tag that is out is never moved: whoever pinned it has what they had. */
function tagProblems({ tag, majorTag }: Version, commit: string, git: Git): string[] {
  const taken = git.remoteTags().get(tag)
  const elsewhere = taken !== undefined && taken !== commit
  // Fixes of an older major version have a branch of their own.
  const branches = ['main', `releases/${majorTag}`]
  const isReviewed = branches.some((branch) => isOnIfThere(branch, commit, git))
  return [
    ...(elsewhere ? [`the tag ${tag} is out and points to ${taken}, this is ${commit}; a version is never given twice`] : []),
    ...(isReviewed ? [] : [`commit ${commit} is neither on ${branches.join(' nor on ')}`]),
  ]
}

function isOnIfThere(branch: string, commit: string, git: Git): boolean {
  try {
    return git.isOn(branch, commit)
  } catch {
    return false // there is no such branch
  }
}
